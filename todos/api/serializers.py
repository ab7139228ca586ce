from datetime import time
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import COLOURS, validate_time_zone
from todos.models import MembershipRole, RecurrenceAnchor, Todo

LABELS = serializers.CharField(max_length=60)


@extend_schema_field({"type": "string", "pattern": r"^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$", "examples": ["09:30:00"]})
class LocalTimeField(serializers.TimeField):
    """A time of day on the wall. RFC 3339's `time` would want an offset, which is refused here."""

    default_error_messages: ClassVar = {
        "offset": "Give the time on the wall, such as 09:30; its zone goes into time_zone."
    }

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not set(value) <= set("0123456789:."):
            self.fail("offset")
        return super().to_internal_value(value)


class MomentField(serializers.DateTimeField):
    """An instant. RFC 3339 wants its offset: without one it would be read by a clock that is not the person's."""

    default_error_messages: ClassVar = {"offset": "Say which clock: 2026-03-02T09:30:00+01:00, or Z for UTC."}

    def enforce_timezone(self, value: Any) -> Any:
        if timezone.is_naive(value) and self.field_name:
            self.fail("offset")
        return super().enforce_timezone(value)


class TodoSerializer(serializers.Serializer[Todo]):
    """Something to do. Priority 1 is the highest; a time without a zone floats."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation; UUIDv7 is best.")
    url = serializers.URLField(read_only=True)
    title = serializers.CharField(max_length=500)
    description = serializers.CharField(
        max_length=50_000, allow_blank=True, trim_whitespace=False, required=False, help_text="Markdown."
    )
    completed = serializers.BooleanField(read_only=True, help_text="See `completion/`.")
    completed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    priority = serializers.IntegerField(min_value=1, max_value=4, required=False)
    due_date = serializers.DateField(allow_null=True, required=False)
    due_time = LocalTimeField(allow_null=True, required=False)
    time_zone = serializers.CharField(
        max_length=64,
        allow_blank=True,
        required=False,
        validators=[validate_time_zone],
        help_text="IANA, or empty.",
    )
    start_date = serializers.DateField(allow_null=True, required=False, help_text="When to begin.")
    deadline = serializers.DateField(allow_null=True, required=False, help_text="When it must be done at last.")
    duration_minutes = serializers.IntegerField(
        min_value=1, max_value=60 * 24 * 365, allow_null=True, required=False, help_text="How long it takes."
    )
    recurrence = serializers.ListField(
        child=serializers.CharField(max_length=500),
        max_length=20,
        required=False,
        help_text="RFC 5545 lines: RRULE (its name may be left out) and EXDATE; the due date starts them. None ends it."
        " A day of the month that some months lack is kept as the last of the days up to it. Without a due date,"
        " the first occurrence becomes it. A date changed alone moves this occurrence only.",
    )
    recurrence_anchor = serializers.ChoiceField(
        RecurrenceAnchor.choices, required=False, help_text="What the next occurrence counts from."
    )
    occurrence = serializers.IntegerField(read_only=True, help_text="The number of this occurrence in its series.")
    occurrence_date = serializers.DateField(
        read_only=True, allow_null=True, help_text="When the rule has this occurrence, where it was moved."
    )
    occurrence_time = LocalTimeField(read_only=True, allow_null=True)
    assignee = serializers.UUIDField(allow_null=True, required=False, help_text="A member of the project.")
    project = serializers.UUIDField(required=False, help_text="The inbox, unless given.")
    section = serializers.UUIDField(allow_null=True, required=False, help_text="Of the project.")
    parent = serializers.UUIDField(allow_null=True, required=False)  # type: ignore[assignment]  # a name of DRF too
    labels = serializers.ListField(child=LABELS, max_length=50, required=False, help_text="Names; new ones are made.")
    order = serializers.CharField(read_only=True, help_text="Sorts bytewise. See `position/`.")
    revision = serializers.IntegerField(read_only=True)
    created_by = serializers.UUIDField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, todo: Any) -> dict[str, Any]:
        """Build the dict by hand: a list's rows are light tuples, and this is the hottest path."""
        return {
            "id": todo.id,
            "url": f"{self.base}{todo.id}/",
            "title": todo.title,
            "description": todo.description,
            "completed": todo.completed_at is not None,
            "completed_at": todo.completed_at,
            "priority": todo.priority,
            "due_date": todo.due_date,
            "due_time": _on_the_wall(todo.due_time),
            "time_zone": todo.time_zone,
            "start_date": todo.start_date,
            "deadline": todo.deadline,
            "duration_minutes": todo.duration_minutes,
            "recurrence": todo.recurrence,
            "recurrence_anchor": todo.recurrence_anchor,
            "occurrence": todo.occurrence,
            "occurrence_date": todo.occurrence_date,
            "occurrence_time": _on_the_wall(todo.occurrence_time),
            "assignee": todo.assignee_id,
            "project": todo.project_id,
            "section": todo.section_id,
            "parent": todo.parent_id,
            "labels": todo.label_names,
            "order": todo.order,
            "revision": todo.revision,
            "created_by": todo.created_by_id,
            "created_at": todo.created_at,
            "updated_at": todo.updated_at,
            "deleted_at": todo.deleted_at,
        }

    @cached_property
    def base(self) -> str:
        return str(self.context["request"].build_absolute_uri(reverse("api-todo-list")))


def _on_the_wall(clock: time | None) -> str | None:
    # orjson 3.13 drops the first zeros of a fraction: 9:30 and 0.05 s would be 9:30 and 0.5 s.
    return None if clock is None else clock.isoformat()


class TodoUpdateSerializer(TodoSerializer):
    """What of a todo can be changed; whatever is left out stays, and null takes a value away (RFC 7396)."""

    id = serializers.UUIDField(read_only=True)
    WITHOUT: ClassVar = {
        "description": "",
        "priority": 4,
        "time_zone": "",
        "recurrence": [],
        "recurrence_anchor": RecurrenceAnchor.SCHEDULE,
        "labels": [],
    }
    """What a todo has of these when nobody gave it one."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in self.WITHOUT:
            fields[name].allow_null = True
        return fields

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        return values | {name: without for name, without in self.WITHOUT.items() if values.get(name, "") is None}


class PlaceSerializer(serializers.Serializer[Any]):
    """Where something goes: right after another, or right before it. Give one of the two."""

    after = serializers.UUIDField(allow_null=True, required=False, help_text="Null: first.")
    before = serializers.UUIDField(allow_null=True, required=False, help_text="Null: last.")


class OccurrenceSerializer(serializers.Serializer[Any]):
    """Which occurrence of a todo that repeats is meant; one that is over already stays as it is."""

    occurrence = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Its number; the present one, unless given."
    )


class PositionSerializer(PlaceSerializer):
    """Where a todo goes: after or before another of its project, and what changes of where it is.

    With a project, a section or a parent alone, it goes last there.
    """

    project = serializers.UUIDField(required=False, help_text="Another one; its subtasks go along.")
    section = serializers.UUIDField(allow_null=True, required=False, help_text="Of the project it goes to.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # a name of DRF too
        allow_null=True, required=False, help_text="Of the project it goes to; null takes it out."
    )


class ProjectSerializer(serializers.Serializer[Any]):
    """A list of todos, and your role in it."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation.")
    url = serializers.HyperlinkedIdentityField(view_name="api-project-detail")
    title = serializers.CharField(max_length=200)
    colour = serializers.ChoiceField(COLOURS, required=False)
    is_inbox = serializers.BooleanField(read_only=True)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # a name of DRF too
        source="parent_id", allow_null=True, required=False, help_text="What it is in; null at the top."
    )
    is_favourite = serializers.BooleanField(read_only=True, help_text="Yours, whoever else is in it. See `favourite/`.")
    archived = serializers.BooleanField(read_only=True, source="archived_at", help_text="See `archive/`.")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)
    role = serializers.ChoiceField(MembershipRole.choices, read_only=True)
    owner = serializers.UUIDField(read_only=True, source="owner_id")
    order = serializers.CharField(read_only=True, help_text="Sorts bytewise among those beside it. See `position/`.")
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it went to the trash.")

    def to_representation(self, project: Any) -> dict[str, Any]:
        shown = super().to_representation(project)
        return shown | {"archived": project.archived_at is not None}


class SectionSerializer(serializers.Serializer[Any]):
    """A part of a project under a heading of its own."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation.")
    url = serializers.HyperlinkedIdentityField(view_name="api-section-detail")
    title = serializers.CharField(max_length=200)
    project = serializers.UUIDField(source="project_id")
    order = serializers.CharField(read_only=True, help_text="Sorts bytewise within the project. See `position/`.")
    revision = serializers.IntegerField(read_only=True, help_text="The project's at its last change.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SectionUpdateSerializer(SectionSerializer):
    """What of a section can be changed."""

    id = serializers.UUIDField(read_only=True)
    project = serializers.UUIDField(source="project_id", read_only=True)


class PurgedSerializer(serializers.Serializer[Any]):
    """What came of emptying the trash."""

    deleted = serializers.IntegerField(help_text="How many things are gone for good.")
    more = serializers.BooleanField(help_text="Some are left: it takes longer, or somebody is at them. Ask again.")


class LabelSerializer(serializers.Serializer[Any]):
    """A word of yours to put on todos."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation.")
    url = serializers.HyperlinkedIdentityField(view_name="api-label-detail")
    name = serializers.CharField(max_length=60)
    colour = serializers.ChoiceField(COLOURS, required=False)
    revision = serializers.IntegerField(read_only=True, help_text="Yours at its last change.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


def writable(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return the checked values of a bound serializer; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
