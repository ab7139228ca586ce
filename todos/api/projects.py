"""Projects: what one is in, their order, the archive and the trash."""

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
from todos.api.rows import Rows
from todos.api.serializers import PlaceSerializer, ProjectSerializer, PurgedSerializer, writable
from todos.filters import ProjectFilter
from todos.models import Project
from todos.services import projects, purge, trash

WORK, HOME = "0196a000-0000-7000-8000-000000000001", "0196a000-0000-7000-8000-000000000002"
BELOW = OpenApiExample("Below another", {"title": "Launch", "colour": "blue", "parent": WORK}, request_only=True)
TO_THE_TOP = OpenApiExample("Out to the top", {"parent": None}, request_only=True)
AFTER = OpenApiExample("After another", {"after": HOME}, request_only=True)
FIRST = OpenApiExample("First", {"after": None}, request_only=True)
LAST = OpenApiExample("Last", {"before": None}, request_only=True)


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

    @extend_schema(responses={201: ProjectSerializer}, examples=[BELOW])
    def create(self, request: Request) -> Response:
        """Create a project, at the top or below one that you may edit: there it is its owner's."""
        project = projects.create_project(actor=self.actor, now=timezone.now(), **self._values(request))
        return self.show(project, status=201)

    @extend_schema(request=ProjectSerializer(partial=True), parameters=[IF_MATCH], examples=[TO_THE_TOP])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the title, the colour or the parent. Only the owner moves a project, with all below it."""
        values = self._values(request, partial=True)
        return self._call(projects.update_project, request, pk, values=values)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Move the project to the trash, with all below it and everything in them."""
        trash.delete_project(actor=self.actor, project_id=pk, now=timezone.now(), if_match=if_match(request))
        return Response(status=204)

    @extend_schema(request=None, responses=ProjectSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, pk: UUID) -> Response:
        """Bring the project back from the trash as it was; below one that is there still, it comes to the top."""
        return self._call(trash.restore_project, request, pk)

    @extend_schema(request=None, responses=ProjectSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: UUID) -> Response:
        """Put the project aside, with all below it."""
        return self._call(projects.archive_project, request, pk)

    @extend_schema(request=None, responses={200: ProjectSerializer}, parameters=[IF_MATCH])
    @archive.mapping.delete
    def unarchive(self, request: Request, pk: UUID) -> Response:
        """Bring the project back, with what was put aside along with it."""
        return self._call(projects.unarchive_project, request, pk)

    @extend_schema(
        request=PlaceSerializer, responses=ProjectSerializer, parameters=[IF_MATCH], examples=[AFTER, FIRST, LAST]
    )
    @action(detail=True, methods=["put"])
    def position(self, request: Request, pk: UUID) -> Response:
        """Put the project right after or before another of those beside it."""
        place = writable(PlaceSerializer(data=request.data))
        return self._call(projects.reorder_project, request, pk, **place)

    @extend_schema(request=None, responses=ProjectSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["put"])
    def favourite(self, request: Request, pk: UUID) -> Response:
        """Make the project one of your favourites. Other members have their own."""
        return self._call(projects.set_favourite, request, pk, favourite=True)

    @extend_schema(request=None, responses={200: ProjectSerializer}, parameters=[IF_MATCH])
    @favourite.mapping.delete
    def unfavourite(self, request: Request, pk: UUID) -> Response:
        """Take the project off your favourites."""
        return self._call(projects.set_favourite, request, pk, favourite=False)

    def represent(self, project: Project) -> Any:
        """Return a project as the person sees it, with their role in it."""
        if not hasattr(project, "role"):
            project = policies.listed_project(actor=self.actor, project_id=project.pk)
        return super().represent(project)

    def _values(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        values = writable(self.get_serializer(data=request.data, partial=partial))
        if "parent_id" in values:
            values["parent"] = values.pop("parent_id")
        return values

    def _call(self, service: Any, request: Request, pk: UUID, **options: Any) -> Response:
        project = service(actor=self.actor, project_id=pk, now=timezone.now(), if_match=if_match(request), **options)
        return self.show(project)


class TrashViewSet(Rows):
    """What waits to be deleted for good."""

    scope = "projects"
    serializer_class = PurgedSerializer

    @extend_schema(
        responses={200: PurgedSerializer},
        examples=[OpenApiExample("All gone", {"deleted": 42, "more": False}, response_only=True)],
    )
    def destroy(self, request: Request) -> Response:
        """Delete for good what is in the trash of your own projects, and those that are there themselves."""
        deleted, more = purge.empty_trash(actor=self.actor, now=timezone.now())
        return Response(self.get_serializer({"deleted": deleted, "more": more}).data)
