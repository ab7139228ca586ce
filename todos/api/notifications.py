"""What a person is told in the app."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import MomentField, writable
from todos.filters import NotificationFilter
from todos.models import Notification
from todos.services import notifications

EXAMPLE = OpenApiExample(
    "A mention",
    {
        "id": "0196a000-0000-7000-8000-000000000000",
        "url": "https://todos.example.org/api/v1/notifications/0196a000-0000-7000-8000-000000000000/",
        "kind": "mention",
        "todo": "0196a000-0000-7000-8000-000000000001",
        "todo_title": "Buy milk",
        "project": "0196a000-0000-7000-8000-000000000002",
        "project_title": "Home",
        "actor": "0196a000-0000-7000-8000-000000000003",
        "actor_name": "Ada",
        "data": {"comment": "0196a000-0000-7000-8000-000000000004"},
        "created_at": "2026-03-02T08:30:00Z",
        "read": False,
        "read_at": None,
    },
    response_only=True,
)


class NotificationSerializer(serializers.Serializer[Notification]):
    """A line in your list. You see it as long as you see its todo or project, by their names of now."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.URLField(read_only=True)
    kind = serializers.CharField(read_only=True, help_text="`reminder`, `mention`, `assigned`, `invitation`, …")
    todo = serializers.UUIDField(read_only=True, source="todo_id", allow_null=True)
    todo_title = serializers.CharField(read_only=True, allow_null=True)
    project = serializers.UUIDField(read_only=True, allow_null=True, help_text="Where the todo is now.")
    project_title = serializers.CharField(read_only=True, allow_null=True)
    actor = serializers.UUIDField(
        read_only=True, source="actor_id", allow_null=True, help_text="Who did it, if anybody."
    )
    actor_name = serializers.CharField(read_only=True, allow_null=True)
    data = serializers.DictField(  # type: ignore[assignment]  # a name of DRF too
        read_only=True, help_text="What else there is to say of its kind."
    )
    created_at = serializers.DateTimeField(read_only=True)
    read = serializers.BooleanField(read_only=True, help_text="See `read/`.")
    read_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, line: Notification) -> dict[str, Any]:
        project = line.todo.project if line.todo else line.project
        return {
            "id": line.pk,
            "url": reverse("api-notification-detail", args=[line.pk], request=self.context["request"]),
            "kind": line.kind,
            "todo": line.todo_id,
            "todo_title": line.todo.title if line.todo else None,
            "project": project.pk if project else None,
            "project_title": project.title if project else None,
            "actor": line.actor_id,
            "actor_name": line.actor.name if line.actor else None,
            "data": line.data,
            "created_at": line.created_at,
            "read": line.read_at is not None,
            "read_at": line.read_at,
        }


class UnreadSerializer(serializers.Serializer[Any]):
    """How many lines are new to you."""

    unread = serializers.IntegerField(help_text="1000 for more.")


class ReadingSerializer(serializers.Serializer[Any]):
    """Up to which line you have read."""

    until = MomentField(required=False, help_text="All up to this moment; without it, all.")


class NotificationViewSet(mixins.ListModelMixin, Rows):
    """What you are told in the app, the newest first, for ninety days."""

    scope = "todos"
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    keyset = ("-created_at", "-id")
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        return Notification.objects.visible_to(self.actor.pk).with_subjects()

    @extend_schema(examples=[EXAMPLE])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List your notifications: those of `kind`, and with `unread=true` the new ones."""
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[EXAMPLE])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(self.represent(policies.own_notification(actor=self.actor, notification_id=pk)))

    @extend_schema(request=None, responses={200: NotificationSerializer})
    @action(detail=True, methods=["put"])
    def read(self, request: Request, pk: UUID) -> Response:
        """Note that you have read it."""
        line = notifications.mark_read(actor=self.actor, notification_id=pk, now=timezone.now())
        return Response(self.represent(line))

    @extend_schema(request=None, responses={200: NotificationSerializer})
    @read.mapping.delete
    def unread(self, request: Request, pk: UUID) -> Response:
        """Make it new again."""
        return Response(self.represent(notifications.mark_unread(actor=self.actor, notification_id=pk)))

    @extend_schema(request=ReadingSerializer, responses={200: UnreadSerializer}, filters=False)
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def reading(self, request: Request) -> Response:
        """Note that you have read all of them, or all up to a moment; the answer counts what is new still."""
        values = writable(ReadingSerializer(data=request.data))
        notifications.mark_all_read(actor=self.actor, now=timezone.now(), **values)
        return Response({"unread": notifications.unread_count(actor=self.actor)})

    @extend_schema(responses={200: UnreadSerializer}, filters=False)
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def count(self, request: Request) -> Response:
        """Count what is new to you."""
        return Response({"unread": notifications.unread_count(actor=self.actor)})
