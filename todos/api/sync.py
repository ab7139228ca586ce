"""Delta sync: what changed since a client last asked."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import COLOURS
from config.pagination import limit_of
from todos.api.attachments import AttachmentSerializer
from todos.api.rows import Rows
from todos.api.serializers import LabelSerializer, ProjectSerializer, SectionSerializer, TodoSerializer
from todos.models import MembershipRole, RelationKind, ReminderBase
from todos.services import sync

TOKEN = OpenApiParameter("token", str, description="From the answer before; none to begin with.")
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": sync.LARGEST, "default": sync.PAGE},
    description="Rows a page.",
)


class GoneSerializer(serializers.Serializer[Any]):
    """Something that is not there any more, or not for you; a project with all that was in it."""

    kind = serializers.CharField(help_text="`todo`, `project`, `section`, `comment`, `label`, …")
    id = serializers.UUIDField()

    def to_representation(self, gone: Any) -> dict[str, Any]:
        kind, id = gone
        return {"kind": kind, "id": id}


class MembershipSerializer(serializers.Serializer[Any]):
    """Who is in a project, and as what."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    user = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(MembershipRole.choices)


class SyncedCommentSerializer(serializers.Serializer[Any]):
    """A comment, in Markdown."""

    id = serializers.UUIDField()
    todo = serializers.UUIDField(source="todo_id")
    author = serializers.UUIDField(source="author_id", allow_null=True)
    text = serializers.CharField()
    mentions = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)

    def get_mentions(self, comment: Any) -> list[UUID]:
        return sorted(UUID(id) for id in comment.mentioned)


class SyncedRelationSerializer(serializers.Serializer[Any]):
    """A tie between two todos that you see."""

    id = serializers.UUIDField()
    todo = serializers.UUIDField(source="todo_id")
    kind = serializers.ChoiceField(RelationKind.choices)
    other = serializers.UUIDField(source="other_id")
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class SyncedReminderSerializer(serializers.Serializer[Any]):
    """A reminder of yours. It comes again when its moment moves with a date of the todo, or with your time zone."""

    id = serializers.UUIDField()
    todo = serializers.UUIDField(source="todo_id")
    relative_to = serializers.ChoiceField([("", "No date"), *ReminderBase.choices])
    offset_minutes = serializers.IntegerField()
    remind_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class SyncedFilterSerializer(serializers.Serializer[Any]):
    """A filter of yours."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    query = serializers.CharField()
    colour = serializers.ChoiceField(COLOURS)
    order = serializers.CharField()
    is_favourite = serializers.BooleanField()
    project = serializers.UUIDField(source="project_id", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DeltaSerializer(serializers.Serializer[Any]):
    """What changed: forget first what is `gone`, then put each row in the place of the one with its id."""

    gone = GoneSerializer(many=True)
    projects = ProjectSerializer(many=True)
    memberships = MembershipSerializer(many=True)
    sections = SectionSerializer(many=True)
    todos = TodoSerializer(many=True)
    comments = SyncedCommentSerializer(many=True)
    attachments = AttachmentSerializer(many=True)
    relations = SyncedRelationSerializer(many=True)
    labels = LabelSerializer(many=True)
    filters = SyncedFilterSerializer(many=True)
    reminders = SyncedReminderSerializer(many=True)
    token = serializers.CharField(help_text="Where you are now; keep it with what you got. It lives 30 days.")
    more = serializers.BooleanField(help_text="Ask again at once, with the new token.")

    def to_representation(self, delta: sync.Delta) -> dict[str, Any]:
        found: dict[str, Any] = {"gone": delta.gone, "token": delta.token, "more": delta.more, **delta.rows}
        return {name: field.to_representation(found[name]) for name, field in self.fields.items()}


class SyncViewSet(Rows):
    """What changed for you."""

    scope = "todos"
    serializer_class = DeltaSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(parameters=[TOKEN, LIMIT], responses=DeltaSerializer)
    def retrieve(self, request: Request) -> Response:
        """Answer with what changed since the token: nothing that was committed is ever left out.

        Begin without a token, and go on with that of each answer, at once while there is `more`. A
        page may repeat what you have. Todos in the trash come with their `deleted_at`. A project
        that is gone takes with it all that was in it, and a todo what was on it. A token older
        than 30 days gets 410: forget everything and begin anew.
        """
        delta = sync.changes_since(
            actor=self.actor,
            token=request.query_params.get("token", ""),
            now=timezone.now(),
            limit=limit_of(request, default=sync.PAGE, largest=sync.LARGEST),
        )
        return Response(self.get_serializer(delta).data)
