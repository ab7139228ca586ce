"""Ties of a todo to others."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from config.preconditions import IF_MATCH
from todos import policies
from todos.api.serializers import writable
from todos.api.talk import OnTodo
from todos.models import Relation
from todos.services import relations


class RelationSerializer(serializers.Serializer[Any]):
    """How a todo is tied to another, as seen from it."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation; UUIDv7 is best.")
    url = serializers.URLField(read_only=True)
    todo = serializers.UUIDField(read_only=True)
    kind = serializers.ChoiceField(relations.KINDS, help_text="What the todo does to the other, or has done to it.")
    other = serializers.UUIDField(help_text="A todo that you see, maybe of another project.")
    other_title = serializers.CharField(read_only=True)
    other_project = serializers.UUIDField(read_only=True)
    other_completed = serializers.BooleanField(read_only=True)
    created_by = serializers.UUIDField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    revision = serializers.IntegerField(read_only=True, help_text="Of the project of the todo that blocks.")

    def to_representation(self, relation: Relation) -> dict[str, Any]:
        todo_id, request = self.context["view"].todo_id, self.context["request"]
        goes_out = relation.todo_id == todo_id
        other = relation.other if goes_out else relation.todo
        is_blocked = not goes_out and relation.kind == "blocks"
        return {
            "id": relation.pk,
            "url": reverse("api-relation-detail", args=[todo_id, relation.pk], request=request),
            "todo": todo_id,
            "kind": relations.BLOCKED_BY if is_blocked else relation.kind,
            "other": other.pk,
            "other_title": other.title,
            "other_project": other.project_id,
            "other_completed": other.completed,
            "created_by": relation.created_by_id,
            "created_at": relation.created_at,
            "revision": relation.revision,
        }


TIE = OpenApiExample(
    "Wait for another todo", {"kind": "blocked_by", "other": "0196a000-0000-7000-8000-000000000000"}, request_only=True
)


class RelationViewSet(OnTodo):
    """What a todo blocks, is blocked by and relates to, as far as you see it."""

    serializer_class = RelationSerializer
    queryset: Any = Relation.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return self._seen().select_related("todo", "other")

    def _seen(self) -> Any:
        return policies.visible_relations(actor=self.actor, todo_id=self.todo_id)

    def retrieve(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        return self.show(policies.visible_relation(actor=self.actor, todo_id=todo_id, relation_id=pk))

    @extend_schema(responses={201: RelationSerializer}, examples=[TIE])
    def create(self, request: Request, todo_id: UUID) -> Response:
        """Tie the todo to another; what is to block it, you must be able to change too."""
        values = writable(self.get_serializer(data=request.data))
        values["other_id"] = values.pop("other")
        return self.show(relations.relate(actor=self.actor, todo_id=todo_id, now=timezone.now(), **values), status=201)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Remove a tie for good, with the right to change the todo that blocks, or that it was made from."""
        self.change(relations.unrelate, request, relation_id=pk)
        return Response(status=204)
