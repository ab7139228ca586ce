from typing import Any
from uuid import UUID

from django.db.models import DateField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.errors import Invalid
from config.preconditions import IF_MATCH, if_match
from todos import policies
from todos.api.rows import Rows
from todos.api.serializers import (
    LabelSerializer,
    PositionSerializer,
    ProjectSerializer,
    TodoSerializer,
    TodoUpdateSerializer,
    writable,
)
from todos.filters import ProjectFilter, TodoFilter
from todos.models import Label, Project, Todo
from todos.services import labels, ordering, projects, todos

FAR = Value("9999-12-31", DateField())
ORDERINGS = {
    "order": ("order", "id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
    "updated_at": ("updated_at", "id"),
    "-updated_at": ("-updated_at", "-id"),
    "due_date": ("due", "priority", "id"),
    "priority": ("priority", "due", "id"),
}
ORDERING = OpenApiParameter(
    "ordering",
    str,
    enum=list(ORDERINGS),
    description="`order` within a project, else `-created_at`.",
)


class TodoViewSet(mixins.ListModelMixin, Rows):
    """Todos of every project you are in."""

    scope = "todos"
    serializer_class = TodoSerializer
    filterset_class = TodoFilter
    queryset = Todo.objects.none()

    def get_queryset(self) -> Any:
        rows = Todo.objects.visible_to(self.actor.pk)
        if "due" in self.get_keyset(self.request):
            rows = rows.annotate(due=Coalesce("due_date", FAR))
        return rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> Any:
        filtered: Any = super().filter_queryset(queryset)
        extra = ("due",) if "due" in self.get_keyset(self.request) else ()
        return filtered.as_rows(*extra)

    def get_keyset(self, request: Request) -> tuple[str, ...]:
        """Return the order of the list."""
        default = "order" if request.query_params.get("project") else "-created_at"
        name = request.query_params.get("ordering", default)
        if name not in ORDERINGS:
            raise Invalid.field("ordering", f"Order by one of {', '.join(ORDERINGS)}.")
        return ORDERINGS[name]

    @extend_schema(parameters=[ORDERING])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

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

    @extend_schema(request=None, responses=TodoSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def completion(self, request: Request, pk: UUID) -> Response:
        """Complete the todo and what is open under it."""
        return self.show(self._call(todos.complete_todo, request, pk))

    @extend_schema(request=None, responses={200: TodoSerializer}, parameters=[IF_MATCH])
    @completion.mapping.delete
    def reopening(self, request: Request, pk: UUID) -> Response:
        """Reopen the todo and what was completed with it."""
        return self.show(self._call(todos.reopen_todo, request, pk))

    @extend_schema(request=None, responses=TodoSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, pk: UUID) -> Response:
        """Bring the todo back from the trash."""
        return self.show(self._call(todos.restore_todo, request, pk))

    @extend_schema(request=PositionSerializer, responses=TodoSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["put"])
    def position(self, request: Request, pk: UUID) -> Response:
        """Put the todo in another place of its project."""
        values = writable(PositionSerializer(data=request.data))
        return self.show(
            ordering.reorder_todo(
                actor=self.actor,
                todo_id=pk,
                after=values["after"],
                now=timezone.now(),
                if_match=if_match(request),
            )
        )

    def _call(self, service: Any, request: Request, pk: UUID) -> Todo:
        todo: Todo = service(actor=self.actor, todo_id=pk, now=timezone.now(), if_match=if_match(request))
        return todo


class ProjectViewSet(mixins.ListModelMixin, Rows):
    """Projects you are in."""

    scope = "projects"
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    keyset = ("order", "id")
    queryset = Project.objects.none()

    def get_queryset(self) -> Any:
        return Project.objects.with_role(self.actor.pk)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.show(policies.visible_project(actor=self.actor, project_id=pk))

    @extend_schema(responses={201: ProjectSerializer})
    def create(self, request: Request) -> Response:
        values = writable(self.get_serializer(data=request.data))
        project = projects.create_project(actor=self.actor, now=timezone.now(), **values)
        return self._show_own(request, project.pk, status=201)

    @extend_schema(request=ProjectSerializer(partial=True), parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        values = writable(self.get_serializer(data=request.data, partial=True))
        projects.update_project(
            actor=self.actor,
            project_id=pk,
            values=values,
            now=timezone.now(),
            if_match=if_match(request),
        )
        return self._show_own(request, pk)

    @extend_schema(request=None, responses=ProjectSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """Put the project aside."""
        return self._call(projects.archive_project, request, pk)

    @extend_schema(request=None, responses={200: ProjectSerializer}, parameters=[IF_MATCH])
    @archive.mapping.delete
    def unarchive(self, request: Request, pk: UUID) -> Response:
        """Bring the project back."""
        return self._call(projects.unarchive_project, request, pk)

    def represent(self, project: Project) -> Any:
        """Return a project as the person sees it, with their role in it."""
        if not hasattr(project, "role"):
            project = policies.visible_project(actor=self.actor, project_id=project.pk)
        return super().represent(project)

    def _call(self, service: Any, request: Request, pk: UUID) -> Response:
        service(actor=self.actor, project_id=pk, now=timezone.now(), if_match=if_match(request))
        return self._show_own(request, pk)

    def _show_own(self, request: Request, pk: UUID, *, status: int = 200) -> Response:
        return self.show(policies.visible_project(actor=self.actor, project_id=pk), status=status)


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
