"""Sections of projects."""

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
from todos.api.projects import AFTER, FIRST, LAST, WORK
from todos.api.rows import Rows
from todos.api.serializers import PlaceSerializer, SectionSerializer, SectionUpdateSerializer, writable
from todos.filters import SectionFilter
from todos.models import Section
from todos.services import sections

NEW = OpenApiExample("A new section", {"title": "This week", "project": WORK}, request_only=True)
RENAMED = OpenApiExample("Another title", {"title": "Next week"}, request_only=True)


class SectionViewSet(mixins.ListModelMixin, Rows):
    """Sections of the projects you are in."""

    scope = "projects"
    serializer_class = SectionSerializer
    filterset_class = SectionFilter
    keyset = ("project_id", "order", "id")
    queryset = Section.objects.none()

    def get_queryset(self) -> Any:
        return Section.objects.visible_to(self.actor.pk)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.show(policies.visible_section(actor=self.actor, section_id=pk))

    @extend_schema(responses={201: SectionSerializer}, examples=[NEW])
    def create(self, request: Request) -> Response:
        """Create a section at the end of a project."""
        values = writable(self.get_serializer(data=request.data))
        section = sections.create_section(actor=self.actor, now=timezone.now(), **values)
        return self.show(section, status=201)

    @extend_schema(
        request=SectionUpdateSerializer(partial=True),
        responses=SectionSerializer,
        parameters=[IF_MATCH],
        examples=[RENAMED],
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Rename the section."""
        values = writable(SectionUpdateSerializer(data=request.data, partial=True))
        return self._call(sections.update_section, request, pk, values=values)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Move the section to the trash. Its todos stay in the project."""
        self._call(sections.delete_section, request, pk)
        return Response(status=204)

    @extend_schema(request=None, responses=SectionSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, pk: UUID) -> Response:
        """Bring the section back, with those of its todos that are in no other one since."""
        return self._call(sections.restore_section, request, pk)

    @extend_schema(
        request=PlaceSerializer, responses=SectionSerializer, parameters=[IF_MATCH], examples=[AFTER, FIRST, LAST]
    )
    @action(detail=True, methods=["put"])
    def position(self, request: Request, pk: UUID) -> Response:
        """Put the section right after or before another of its project."""
        return self._call(sections.reorder_section, request, pk, **writable(PlaceSerializer(data=request.data)))

    def _call(self, service: Any, request: Request, pk: UUID, **options: Any) -> Response:
        section = service(actor=self.actor, section_id=pk, now=timezone.now(), if_match=if_match(request), **options)
        return self.show(section)
