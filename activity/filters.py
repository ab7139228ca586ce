"""How the API's timeline can be narrowed."""

from typing import Any
from uuid import UUID

import django_filters as filters
from django import forms
from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field

from activity.models import Event

FIELD = r"^[a-z]+(_[a-z]+)*$"


class VerbsWidget(forms.Widget):
    """Reads what is given several times, with commas, or both."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        given = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return ",".join(given)


class VerbsField(forms.CharField):
    """Text into a list."""

    widget = VerbsWidget

    def clean(self, value: Any) -> Any:
        return [part.strip() for part in super().clean(value).split(",") if part.strip()]


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "string"},
        "description": "Such as `todo.completed`; several may be given, with commas too.",
    }
)
class VerbsFilter(filters.Filter):
    """One verb or several, any of which will do."""

    field_class = VerbsField


class EventFilter(filters.FilterSet):
    """By what happened, where, to what, by whom and when."""

    verb = VerbsFilter(method="by_verb", max_length=500)
    subject = filters.UUIDFilter(field_name="subject_id", help_text="What it happened to, such as a todo.")
    actor = filters.UUIDFilter(field_name="actor_id", help_text="Who did it.")
    who = filters.ChoiceFilter(
        choices=[("me", "what you did"), ("everyone", "what anyone did")], method="by_whom", help_text="Whose they are."
    )
    project = filters.UUIDFilter(method="by_project", help_text="In one project.")
    scope = filters.CharFilter(method="by_scope", help_text="In one scope, as events name it.")
    day = filters.DateFilter(field_name="local_day", help_text="On one day, where the actor was.")
    after = filters.DateFilter(field_name="local_day", lookup_expr="gt", help_text="On a later day.")
    before = filters.DateFilter(field_name="local_day", lookup_expr="lt", help_text="On an earlier day.")
    changed = filters.CharFilter(
        method="by_change",
        max_length=40,
        validators=[RegexValidator(FIELD, "Name a field, such as due_date.")],
        help_text="What changed a field, such as `due_date`.",
    )

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Any:
        """Narrow a history, which is two querysets and so not one to django-filter."""
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def by_verb(self, queryset: Any, name: str, value: list[str]) -> Any:
        return queryset.narrowed(lambda rows: rows.of_kinds(value))

    def by_whom(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.by(self.request.user.pk) if value == "me" else queryset

    def by_project(self, queryset: Any, name: str, value: UUID) -> Any:
        return queryset.within([f"project:{value}"])

    def by_scope(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.within([value])

    def by_change(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.narrowed(lambda rows: rows.changing(value))
