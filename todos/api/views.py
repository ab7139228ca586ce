from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.preconditions import IF_MATCH, if_match
from todos import policies
from todos.api.lists import TodoLists, listed
from todos.api.rows import Rows
from todos.api.serializers import (
    LabelSerializer,
    OccurrenceSerializer,
    PositionSerializer,
    TodoSerializer,
    TodoUpdateSerializer,
    writable,
)
from todos.filters import TodoFilter
from todos.models import Label, Todo
from todos.services import labels, ordering, todos

PROJECT, SECTION, TODO = (f"0196a000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))


class TodoViewSet(TodoLists):
    """Todos of every project you are in."""

    filterset_class = TodoFilter

    def default_ordering(self) -> str:
        return "order" if self.request.query_params.get("project") else "-created_at"

    @listed(
        "Todos outside archived projects and the trash, unless you ask for those.",
        ordering="`order` within a project, else `-created_at`,",
    )
    def list(self, request: Request) -> Response:
        done = "completed" in request.query_params
        return self.answer(Todo.objects.visible_to(self.actor.pk), done=done)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.show(policies.visible_todo(actor=self.actor, todo_id=pk))

    @extend_schema(responses={201: TodoSerializer})
    def create(self, request: Request) -> Response:
        values = writable(self.get_serializer(data=request.data))
        todo = todos.create_todo(actor=self.actor, values=values, now=timezone.now())
        return self.show(todo, status=201)

    @extend_schema(request=TodoUpdateSerializer(partial=True), responses=TodoSerializer, parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        values = writable(TodoUpdateSerializer(data=request.data, partial=True))
        return self.show(
            todos.update_todo(
                actor=self.actor,
                todo_id=pk,
                values=values,
                now=timezone.now(),
                if_match=if_match(request),
            )
        )

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Move the todo to the trash."""
        self._call(todos.delete_todo, request, pk)
        return Response(status=204)

    @extend_schema(
        request=OccurrenceSerializer,
        responses=TodoSerializer,
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("A todo that does not repeat", {}, request_only=True),
            OpenApiExample("The fourth occurrence, once", {"occurrence": 4}, request_only=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def completion(self, request: Request, pk: UUID) -> Response:
        """Complete the todo and what is open under it. One that repeats goes on to its next occurrence.

        With the number of an occurrence, that one is completed once, however often this is asked. Without,
        a completion within two seconds of another one counts as the same.
        """
        which = writable(OccurrenceSerializer(data=request.data))
        return self.show(self._call(todos.complete_todo, request, pk, **which))

    @extend_schema(request=None, responses={200: TodoSerializer}, parameters=[IF_MATCH, OccurrenceSerializer])
    @completion.mapping.delete
    def reopening(self, request: Request, pk: UUID) -> Response:
        """Reopen the todo and what was completed with it. One that repeats goes back to the occurrence done last.

        That fails with 409 when its dates changed since; with the number of an occurrence, it goes back to
        that one once.
        """
        which = writable(OccurrenceSerializer(data=request.query_params))
        return self.show(self._call(todos.reopen_todo, request, pk, **which))

    @extend_schema(request=None, responses=TodoSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, pk: UUID) -> Response:
        """Bring the todo back from the trash."""
        return self.show(self._call(todos.restore_todo, request, pk))

    @extend_schema(
        request=PositionSerializer,
        responses=TodoSerializer,
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("First", {"after": None}, request_only=True),
            OpenApiExample(
                "Into another section, after a todo there", {"after": TODO, "section": SECTION}, request_only=True
            ),
            OpenApiExample("Last in another project", {"project": PROJECT}, request_only=True),
        ],
    )
    @action(detail=True, methods=["put"])
    def position(self, request: Request, pk: UUID) -> Response:
        """Put the todo in another place of its list, in another section or project, under another todo."""
        place = writable(PositionSerializer(data=request.data))
        return self.show(
            ordering.reorder_todo(actor=self.actor, todo_id=pk, now=timezone.now(), if_match=if_match(request), **place)
        )

    def _call(self, service: Any, request: Request, pk: UUID, **values: Any) -> Todo:
        todo: Todo = service(actor=self.actor, todo_id=pk, now=timezone.now(), if_match=if_match(request), **values)
        return todo


class LabelViewSet(mixins.ListModelMixin, Rows):
    """Your labels."""

    scope = "todos"
    serializer_class = LabelSerializer
    keyset = ("name", "id")
    queryset = Label.objects.none()

    def get_queryset(self) -> Any:
        return Label.objects.of(self.actor.pk)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.show(policies.own_label(actor=self.actor, label_id=pk))

    @extend_schema(responses={201: LabelSerializer})
    def create(self, request: Request) -> Response:
        values = writable(self.get_serializer(data=request.data))
        label = labels.create_label(actor=self.actor, now=timezone.now(), **values)
        return self.show(label, status=201)

    @extend_schema(request=LabelSerializer(partial=True), parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        values = writable(self.get_serializer(data=request.data, partial=True))
        return self.show(
            labels.update_label(
                actor=self.actor, label_id=pk, values=values, now=timezone.now(), if_match=if_match(request)
            )
        )

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        labels.delete_label(actor=self.actor, label_id=pk, now=timezone.now(), if_match=if_match(request))
        return Response(status=204)
