from typing import Any, cast
from uuid import UUID

from rest_framework import mixins, viewsets

from activity.api.completeness import HistoryPagination
from activity.api.serializers import EventSerializer
from activity.filters import EventFilter
from activity.models import Event
from activity.querysets import NEWEST_FIRST
from activity.services.reading import timeline


class ActivityViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Event]):
    """What happened in your projects and to your account, newest first."""

    scope = "activity"
    serializer_class = EventSerializer
    pagination_class = HistoryPagination
    filterset_class = EventFilter
    keyset = NEWEST_FIRST
    queryset = Event.objects.none()

    def get_queryset(self) -> Any:
        return timeline(actor_id=cast(UUID, self.request.user.pk))
