"""How a list of todos can be narrowed, on pages and in the API."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from config.filters import FlagFilter
from todos.domain.search import needles
from todos.models import Notification, Project, Section, Todo


class NarrowFilter(filters.FilterSet):
    """What any list of todos can be narrowed by."""

    project = filters.UUIDFilter(field_name="project_id", help_text="Of one project, archived or not.")
    section = filters.UUIDFilter(field_name="section_id", help_text="Of one section.")
    parent = filters.UUIDFilter(field_name="parent_id", help_text="Right below one todo.")
    label = filters.CharFilter(method="by_label", help_text="With a label of this name.")
    priority = filters.NumberFilter(min_value=1, max_value=4)
    search = filters.CharFilter(
        method="by_search",
        help_text="Words in title, description or comments, whatever their case and marks: at the beginning of a "
        'word, or from three letters on anywhere in it; "in quotes" one after the other.',
    )

    class Meta:
        model = Todo
        fields: tuple[str, ...] = ()

    def by_label(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.with_label_named(value)

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.holding(needles(value))


class TodoFilter(NarrowFilter):
    """Live todos outside archived projects, unless one asks for a project or for the trash."""

    completed = FlagFilter(method="by_completed", help_text="Done, or still open.")
    trashed = FlagFilter(method="by_trashed", help_text="In the trash instead.")
    due_date = filters.DateFilter()
    due_before = filters.DateFilter(field_name="due_date", lookup_expr="lt", help_text="Due earlier.")
    due_after = filters.DateFilter(field_name="due_date", lookup_expr="gt", help_text="Due later.")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: Any = super().filter_queryset(queryset)
        if not self.form.cleaned_data["trashed"]:
            found = found.live()
        return found if self.form.cleaned_data["project"] else found.outside_archives()

    def by_completed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.completed() if value else queryset.open()

    def by_trashed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.trashed() if value else queryset


class ProjectFilter(filters.FilterSet):
    """Projects in use, those put aside, or your own in the trash."""

    trashed = FlagFilter(method="by_trashed", help_text="Your own in the trash, instead.")  # first: it starts anew
    archived = FlagFilter(method="by_archived", help_text="Put aside, or in use.")
    favourite = FlagFilter(field_name="is_favourite", help_text="Among your favourites, or not.")
    parent = filters.UUIDFilter(field_name="parent_id", help_text="Right below one project.")

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def by_trashed(self, queryset: Any, name: str, value: bool) -> Any:
        return Project.objects.in_trash_of(self.request.user.pk) if value else queryset

    def by_archived(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.archived() if value else queryset.live()


class SectionFilter(filters.FilterSet):
    """Live sections, unless one asks for the trash."""

    trashed = FlagFilter(method="by_trashed", help_text="In the trash instead.")
    project = filters.UUIDFilter(field_name="project_id", help_text="Of one project.")

    class Meta:
        model = Section
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: Any = super().filter_queryset(queryset)
        return found if self.form.cleaned_data["trashed"] else found.live()

    def by_trashed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.trashed() if value else queryset


class NotificationFilter(filters.FilterSet):
    """New lines or read ones, of one kind."""

    unread = FlagFilter(method="by_unread", help_text="New to you, or read.")
    kind = filters.CharFilter(max_length=30)

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()

    def by_unread(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.unread() if value else queryset.read()
