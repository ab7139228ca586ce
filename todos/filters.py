"""How a list of todos can be narrowed, on pages and in the API."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from config.filters import FlagFilter
from todos.models import Notification, Project, Todo


class TodoFilter(filters.FilterSet):
    """Live todos outside archived projects, unless one asks for a project or for the trash."""

    completed = FlagFilter(method="by_completed", help_text="Done, or still open.")
    trashed = FlagFilter(method="by_trashed", help_text="In the trash instead.")
    project = filters.UUIDFilter(field_name="project_id", help_text="Of one project, archived or not.")
    parent = filters.UUIDFilter(field_name="parent_id", help_text="Right below one todo.")
    label = filters.CharFilter(method="by_label", help_text="With a label of this name.")
    priority = filters.NumberFilter(min_value=1, max_value=4)
    due_date = filters.DateFilter()
    due_before = filters.DateFilter(field_name="due_date", lookup_expr="lt", help_text="Due earlier.")
    due_after = filters.DateFilter(field_name="due_date", lookup_expr="gt", help_text="Due later.")

    class Meta:
        model = Todo
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: Any = super().filter_queryset(queryset)
        if not self.form.cleaned_data["trashed"]:
            found = found.live()
        return found if self.form.cleaned_data["project"] else found.outside_archives()

    def by_completed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.completed() if value else queryset.open()

    def by_trashed(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.trashed() if value else queryset

    def by_label(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.with_label_named(value)


class ProjectFilter(filters.FilterSet):
    """Projects in use, or those put aside."""

    archived = FlagFilter(method="by_archived", help_text="Put aside, or in use.")

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def by_archived(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.archived() if value else queryset.live()


class NotificationFilter(filters.FilterSet):
    """New lines or read ones, of one kind."""

    unread = FlagFilter(method="by_unread", help_text="New to you, or read.")
    kind = filters.CharFilter(max_length=30)

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()

    def by_unread(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.unread() if value else queryset.read()
