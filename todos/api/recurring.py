"""Todos that repeat: when they will be due, and leaving an occurrence out."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import validate_time_zone
from config.preconditions import IF_MATCH, if_match
from todos.api.rows import Rows
from todos.api.serializers import LocalTimeField, OccurrenceSerializer, TodoSerializer, writable
from todos.models import RecurrenceAnchor
from todos.services import recurring

MOST = 50
WATER = {
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,TH"],
    "results": [
        {"occurrence": 1, "due_date": "2027-03-01", "due_time": "09:00:00", "due_at": "2027-03-01T08:00:00Z"},
        {"occurrence": 2, "due_date": "2027-03-04", "due_time": "09:00:00", "due_at": "2027-03-04T08:00:00Z"},
    ],
}


class DueSerializer(serializers.Serializer[Any]):
    """One time that a todo is due."""

    occurrence = serializers.IntegerField(help_text="Its number in the series.")
    due_date = serializers.DateField()
    due_time = LocalTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="The instant, where it has a time.")


class OccurrencesSerializer(serializers.Serializer[Any]):
    """What a recurrence comes to, each occurrence done when it is due."""

    recurrence = serializers.ListField(child=serializers.CharField(), help_text="The lines as they are kept.")
    results = DueSerializer(many=True)


class LimitSerializer(serializers.Serializer[Any]):
    """How many occurrences."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=5)


class PreviewSerializer(LimitSerializer):
    """What a todo to be would have."""

    recurrence = serializers.ListField(
        child=serializers.CharField(max_length=500), min_length=1, max_length=20, help_text="RFC 5545 lines."
    )
    recurrence_anchor = serializers.ChoiceField(RecurrenceAnchor.choices, required=False)
    due_date = serializers.DateField(required=False)
    due_time = LocalTimeField(required=False)
    time_zone = serializers.CharField(
        max_length=64, allow_blank=True, required=False, validators=[validate_time_zone], help_text="IANA, or empty."
    )
    start_date = serializers.DateField(required=False)


class RecurringViewSet(Rows):
    """What only todos that repeat have."""

    scope = "todos"
    serializer_class = TodoSerializer

    @extend_schema(
        request=OccurrenceSerializer,
        responses=TodoSerializer,
        parameters=[IF_MATCH],
        examples=[OpenApiExample("This one and no other", {"occurrence": 4}, request_only=True)],
    )
    def skip(self, request: Request, pk: UUID) -> Response:
        """Leave this occurrence out: the todo goes on to the next that has not passed, and nothing counts as done."""
        which = writable(OccurrenceSerializer(data=request.data))
        todo = recurring.skip_todo(
            actor=self.actor, todo_id=pk, now=timezone.now(), if_match=if_match(request), **which
        )
        return self.show(todo)

    @extend_schema(
        parameters=[OpenApiParameter("limit", int, description=f"At most {MOST}; 5 unless given.")],
        responses=OccurrencesSerializer,
        examples=[OpenApiExample("Twice a week", WATER, response_only=True)],
    )
    def occurrences(self, request: Request, pk: UUID) -> Response:
        """Tell when the todo is due, now and the next times; of one that does not repeat, nothing."""
        limit = writable(LimitSerializer(data=request.query_params))["limit"]
        lines, found = recurring.upcoming_of(actor=self.actor, todo_id=pk, most=limit)
        return Response({"recurrence": lines, "results": DueSerializer(found, many=True).data})

    @extend_schema(
        operation_id="todos_occurrences_preview",
        parameters=[PreviewSerializer],
        responses=OccurrencesSerializer,
        examples=[OpenApiExample("Twice a week", WATER, response_only=True)],
    )
    def preview(self, request: Request) -> Response:
        """Tell when a todo with such a recurrence would be due, and check it; nothing is kept."""
        values = writable(PreviewSerializer(data=request.query_params))
        limit = values.pop("limit")
        lines, found = recurring.upcoming_from(actor=self.actor, values=values, now=timezone.now(), most=limit)
        return Response({"recurrence": lines, "results": DueSerializer(found, many=True).data})
