"""Saved filters."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import COLOURS
from config.preconditions import IF_MATCH, if_match
from todos import listing, policies
from todos.api.lists import TodoLists, listed
from todos.api.projects import FIRST, LAST
from todos.api.rows import Rows
from todos.api.serializers import PlaceSerializer, writable
from todos.domain.filters import mentions, parse
from todos.domain.filters.nodes import Completed
from todos.domain.filters.syntax import LONGEST
from todos.models import SavedFilter
from todos.services import saved_filters

NEW = OpenApiExample(
    "A filter", {"name": "Urgent", "query": "(overdue | today) & p1 & !@waiting", "colour": "red"}, request_only=True
)
SHARED = OpenApiExample(
    "Show it to a project's members", {"project": "0196a000-0000-7000-8000-000000000001"}, request_only=True
)


class SavedFilterSerializer(serializers.Serializer[SavedFilter]):
    """A query of the filter language under a name. Whoever sees it sees their own todos by it, on their own day."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation.")
    url = serializers.HyperlinkedIdentityField(view_name="api-filter-detail")
    name = serializers.CharField(max_length=100)
    query = serializers.CharField(
        max_length=LONGEST, trim_whitespace=False, help_text="As for `filter` of the list of todos."
    )
    colour = serializers.ChoiceField(COLOURS, required=False)
    is_favourite = serializers.BooleanField(required=False, help_text="Its owner's; false for others.")
    project = serializers.UUIDField(
        source="project_id",
        allow_null=True,
        required=False,
        help_text="Whose members see the filter too; you need to be one who may change it.",
    )
    owner = serializers.UUIDField(source="owner_id", read_only=True)
    order = serializers.CharField(read_only=True, help_text="Sorts bytewise. See `position/`.")
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, saved: SavedFilter) -> dict[str, Any]:
        shown = super().to_representation(saved)
        mine = saved.owner_id == self.context["request"].user.pk
        return shown | {"is_favourite": saved.is_favourite and mine}


class SavedFilterUpdateSerializer(SavedFilterSerializer):
    """What of a filter can be changed; whatever is left out stays (RFC 7396)."""

    id = serializers.UUIDField(read_only=True)


def _values(serializer: Any) -> dict[str, Any]:
    values = writable(serializer)
    if "project_id" in values:
        values["project"] = values.pop("project_id")
    return values


class SavedFilterViewSet(mixins.ListModelMixin, Rows):
    """Your filters, and those that others show to the members of a project you are in."""

    scope = "todos"
    serializer_class = SavedFilterSerializer
    keyset = ("order", "id")
    queryset = SavedFilter.objects.none()

    def get_queryset(self) -> Any:
        return SavedFilter.objects.visible_to(self.actor.pk)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.show(policies.visible_filter(actor=self.actor, filter_id=pk))

    @extend_schema(responses={201: SavedFilterSerializer}, examples=[NEW])
    def create(self, request: Request) -> Response:
        """Save a filter at the end of your list."""
        values = _values(self.get_serializer(data=request.data))
        saved = saved_filters.create_filter(actor=self.actor, values=values, now=timezone.now())
        return self.show(saved, status=201)

    @extend_schema(
        request=SavedFilterUpdateSerializer(partial=True),
        responses=SavedFilterSerializer,
        parameters=[IF_MATCH],
        examples=[SHARED],
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the filter, or whom it is shown to; its owner's to do."""
        values = _values(SavedFilterUpdateSerializer(data=request.data, partial=True))
        return self.show(self._call(saved_filters.update_filter, request, pk, values=values))

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete the filter, for those who were shown it too."""
        self._call(saved_filters.delete_filter, request, pk)
        return Response(status=204)

    @extend_schema(
        request=PlaceSerializer, responses=SavedFilterSerializer, parameters=[IF_MATCH], examples=[FIRST, LAST]
    )
    @action(detail=True, methods=["put"])
    def position(self, request: Request, pk: UUID) -> Response:
        """Put the filter right after or before another of yours."""
        place = writable(PlaceSerializer(data=request.data))
        return self.show(self._call(saved_filters.reorder_filter, request, pk, **place))

    def _call(self, service: Any, request: Request, pk: UUID, **options: Any) -> Any:
        return service(actor=self.actor, filter_id=pk, now=timezone.now(), if_match=if_match(request), **options)


class FilteredTodos(TodoLists):
    """The todos that a saved filter takes in, among those that you see."""

    ordering = "due_date"

    @listed(
        "Open todos, unless the filter asks for `completed` ones; whoever made it, by your rights and your day.",
        ordering="`due_date`",
    )
    def list(self, request: Request, pk: UUID) -> Response:
        saved = policies.visible_filter(actor=self.actor, filter_id=pk)
        node = parse(saved.query, name="query")
        rows = listing.filtered(listing.in_use(self.actor.pk), node, viewer_id=self.actor.pk, calendar=self.calendar)
        return self.answer(rows, done=mentions(node, Completed))
