"""A person's reminders of a todo."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from config.preconditions import IF_MATCH, if_match
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import MomentField, writable
from todos.domain.reminding import FARTHEST
from todos.models import Reminder, ReminderBase
from todos.services import reminders

EXAMPLES = [
    OpenApiExample("Half an hour before it is due", {"relative_to": "due", "offset_minutes": -30}, request_only=True),
    OpenApiExample("At a moment", {"remind_at": "2026-03-02T08:30:00Z"}, request_only=True),
    OpenApiExample(
        "A reminder",
        {
            "id": "0196a000-0000-7000-8000-000000000000",
            "url": "https://todos.example.org/api/v1/todos/0196a000-0000-7000-8000-000000000001/reminders/"
            "0196a000-0000-7000-8000-000000000000/",
            "todo": "0196a000-0000-7000-8000-000000000001",
            "relative_to": "due",
            "offset_minutes": -30,
            "remind_at": "2026-03-02T08:30:00Z",
            "sent_at": None,
            "created_at": "2026-03-01T12:00:00Z",
        },
        response_only=True,
    ),
]


class ReminderSerializer(serializers.Serializer[Reminder]):
    """A moment at which you hear of a todo, by mail and in your notifications: give either the moment, or a date.

    One that counts from a date moves with it, and reminds of each occurrence of a todo that recurs.
    Dates without a time count from 09:00 on your clock. What is completed, in the trash or out of
    your reach by then reminds nobody.
    """

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation.")
    url = serializers.SerializerMethodField()
    todo = serializers.UUIDField(read_only=True, source="todo_id")
    relative_to = serializers.ChoiceField(
        [("", "No date"), *ReminderBase.choices], required=False, help_text="The date it counts from; empty for none."
    )
    offset_minutes = serializers.IntegerField(
        min_value=-FARTHEST, max_value=FARTHEST, required=False, help_text="From that date; negative: before it."
    )
    remind_at = MomentField(
        allow_null=True,
        required=False,
        help_text="The moment, one ahead. Of one that counts from a date: null while the todo has no such date.",
    )
    sent_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it was dealt with: you were reminded, or it was too late."
    )
    created_at = serializers.DateTimeField(read_only=True)

    def get_url(self, reminder: Reminder) -> str:
        args = [reminder.todo_id, reminder.pk]
        return str(reverse("api-reminder-detail", args=args, request=self.context["request"]))


@extend_schema_view(list=extend_schema(summary="Your reminders of a todo"))
class ReminderViewSet(mixins.ListModelMixin, Rows):
    """Your reminders of a todo. Others have their own."""

    scope = "todos"
    serializer_class = ReminderSerializer
    keyset = ("created_at", "id")
    queryset = Reminder.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Reminder.objects.none()
        todo = policies.visible_todo(actor=self.actor, todo_id=self.kwargs["todo_id"])
        return Reminder.objects.of(self.actor.pk).of_todo(todo.pk)

    def retrieve(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        return self.show(policies.own_reminder(actor=self.actor, todo_id=todo_id, reminder_id=pk))

    @extend_schema(responses={201: ReminderSerializer}, examples=EXAMPLES)
    def create(self, request: Request, todo_id: UUID) -> Response:
        """Remind you of the todo. One whose moment has passed while its date is to come reminds at once."""
        values = writable(self.get_serializer(data=request.data))
        reminder = reminders.create_reminder(actor=self.actor, todo_id=todo_id, values=values, now=timezone.now())
        return self.show(reminder, status=201)

    @extend_schema(request=ReminderSerializer(partial=True), parameters=[IF_MATCH], examples=EXAMPLES)
    def partial_update(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        values = writable(self.get_serializer(data=request.data, partial=True))
        return self.show(self._call(reminders.update_reminder, request, todo_id, pk, values=values))

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        self._call(reminders.delete_reminder, request, todo_id, pk)
        return Response(status=204)

    def _call(self, service: Any, request: Request, todo_id: UUID, pk: UUID, **values: Any) -> Any:
        return service(
            actor=self.actor,
            todo_id=todo_id,
            reminder_id=pk,
            now=timezone.now(),
            if_match=if_match(request),
            **values,
        )
