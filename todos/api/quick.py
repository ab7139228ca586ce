"""Quick add: what a person types, read and made into todos."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import validate_time_zone
from todos.api.rows import Rows
from todos.api.serializers import TodoSerializer, writable
from todos.domain.quickadd import Draft
from todos.models import RecurrenceAnchor
from todos.services.quickadd import LONGEST_TEXT, QuickText, Reading, lines_of, quick_add, read_quick

KINDS = (
    "date", "time", "recurrence", "duration", "deadline", "priority", "project", "section", "label", "assignee",
    "literal", "escape",
)  # fmt: skip
MOST_REJECTED = 500
GRAMMAR = """
Each line that is not blank becomes a todo, an indented one a subtask of the line above.
In a line, English phrases tell when (`tomorrow at 10`, `27 dec`, `in 3 weeks`, `every other fri`,
`every! 2 weeks`, `after 10 days`), and signs tell where and what: `#project`, `/section`, `@label`,
`+person`, `p1` to `p4`, `{deadline}`, `for 45 min` behind a time. Names of several words may be
quoted: `#"Office Move"`. What is quoted, or cannot be understood in its place, stays in the title.

`dry_run` only reads. Spans are ranges of Unicode code points of `text`; send one back in `rejected`
and it stays in the title.
"""
DRAFT = {
    "title": "Call Ana",
    "project": "0196a000-0000-7000-8000-000000000001",
    "section": None,
    "parent": None,
    "assignee": None,
    "labels": [],
    "priority": 2,
    "due_date": "2026-09-18",
    "due_time": "10:00:00",
    "time_zone": "Europe/Berlin",
    "deadline": None,
    "duration_minutes": None,
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=FR"],
    "recurrence_anchor": "schedule",
    "start": 0,
    "end": 29,
    "spans": [
        {"start": 9, "end": 18, "kind": "recurrence", "text": "every fri", "used": True},
        {"start": 19, "end": 24, "kind": "time", "text": "at 10", "used": True},
        {"start": 25, "end": 27, "kind": "priority", "text": "p2", "used": True},
    ],
    "unknown": [],
}
EXAMPLES = [
    OpenApiExample("Read only", {"text": "Call Ana every fri at 10 p2", "dry_run": True}, request_only=True),
    OpenApiExample("Lines", {"text": "Plan move\n  Book van friday\n  Pack boxes p1"}, request_only=True),
    OpenApiExample(
        "A span that stays in the title",
        {"text": "Read the friday report tomorrow", "rejected": [[9, 15]]},
        request_only=True,
    ),
    OpenApiExample("What was read", {"drafts": [DRAFT], "todos": []}, response_only=True, status_codes=["200"]),
]


class QuickAddSerializer(serializers.Serializer[Any]):
    """A text of todos, and where they go."""

    text = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False, help_text="A todo a line.")
    project = serializers.UUIDField(required=False, allow_null=True, help_text="Where lines go that name none.")
    section = serializers.UUIDField(required=False, allow_null=True)
    parent = serializers.UUIDField(required=False, allow_null=True, help_text="Above every line.")  # type: ignore[assignment]
    dry_run = serializers.BooleanField(default=False, help_text="Read the text and create nothing.")
    rejected = serializers.ListField(
        child=serializers.ListField(
            child=serializers.IntegerField(min_value=0, max_value=LONGEST_TEXT), min_length=2, max_length=2
        ),
        required=False,
        max_length=MOST_REJECTED,
        help_text="`[start, end]` of spans that are to stay in the title.",
    )
    time_zone = serializers.CharField(
        max_length=64, required=False, validators=[validate_time_zone], help_text="IANA; yours, unless given."
    )


class SpanSerializer(serializers.Serializer[Any]):
    """A piece of the text that was understood, in code points."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    kind = serializers.ChoiceField(KINDS)
    text = serializers.CharField()
    used = serializers.BooleanField(help_text="Whether no later one of its kind took its place.")


class UnknownSerializer(serializers.Serializer[Any]):
    """A name that nothing, or more than one thing, is known by. It stays in the title; offer to create it."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    kind = serializers.ChoiceField(("project", "section", "assignee"))
    name = serializers.CharField()


class DraftSerializer(serializers.Serializer[Any]):
    """A todo as a line was read."""

    title = serializers.CharField()
    project = serializers.UUIDField()
    section = serializers.UUIDField(allow_null=True)
    parent = serializers.IntegerField(allow_null=True, help_text="Which draft it hangs below, from 0.")  # type: ignore[assignment]
    assignee = serializers.UUIDField(allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    priority = serializers.IntegerField(allow_null=True)
    due_date = serializers.DateField(allow_null=True)
    due_time = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField(help_text="The zone that a time is fixed to; empty without one.")
    deadline = serializers.DateField(allow_null=True)
    duration_minutes = serializers.IntegerField(allow_null=True)
    recurrence = serializers.ListField(child=serializers.CharField(), help_text="RFC 5545 lines.")
    recurrence_anchor = serializers.ChoiceField(RecurrenceAnchor.choices, allow_null=True)
    start = serializers.IntegerField(help_text="Where its line begins.")
    end = serializers.IntegerField()
    spans = SpanSerializer(many=True)
    unknown = UnknownSerializer(many=True)


class QuickAddedSerializer(serializers.Serializer[Any]):
    """How the text was read, and the todos that it became, each above its subtasks."""

    drafts = DraftSerializer(many=True)
    todos = TodoSerializer(many=True)


class QuickAddViewSet(Rows):
    """Todos from a text."""

    scope = "todos"
    serializer_class = TodoSerializer

    @extend_schema(
        operation_id="todos_quick_add",
        description=GRAMMAR,
        request=QuickAddSerializer,
        responses={
            200: OpenApiResponse(QuickAddedSerializer, description="Read only."),
            201: OpenApiResponse(QuickAddedSerializer, description="Created."),
        },
        examples=EXAMPLES,
    )
    def create(self, request: Request) -> Response:
        """Create the todos that a text says, or with `dry_run` only tell how it is read."""
        values = writable(QuickAddSerializer(data=request.data))
        dry_run = values.pop("dry_run")
        quick = QuickText(**values | {"rejected": [(start, end) for start, end in values.get("rejected", ())]})
        now = timezone.now()
        if dry_run:
            reading = read_quick(actor=self.actor, quick=quick, now=now)
            return Response({"drafts": _drafts(reading), "todos": []})
        reading, todos = quick_add(actor=self.actor, quick=quick, now=now)
        serializer: Any = self.get_serializer(todos, many=True)
        return Response({"drafts": _drafts(reading), "todos": serializer.data}, status=201)


def _drafts(reading: Reading) -> list[dict[str, Any]]:
    return [_shown(draft, reading.time_zone) for draft in reading.drafts]


def _shown(draft: Draft, time_zone: str) -> dict[str, Any]:
    plain = ("title", "project", "section", "parent", "assignee", "labels", "priority", "due_date", "due_time",
             "deadline", "duration_minutes", "start", "end")  # fmt: skip
    shown = {name: getattr(draft, name) for name in plain} | {
        "time_zone": time_zone if draft.due_time else "",
        "recurrence": lines_of(draft),
        "recurrence_anchor": draft.recurrence.anchor if draft.recurrence else None,
        "spans": [
            {name: getattr(span, name) for name in ("start", "end", "kind", "text", "used")} for span in draft.spans
        ],
        "unknown": [{name: getattr(it, name) for name in ("start", "end", "kind", "name")} for it in draft.unknown],
    }
    return {name: shown[name] for name in DRAFT}
