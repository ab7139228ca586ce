"""What every answer from history says about itself: whether all of it was there to be read."""

from typing import Any

from rest_framework import serializers

from activity.services.reading import History
from config.pagination import KeysetPagination

NOTE = "The archive of events is away just now. This is what the database still has; try again in a moment."
HELP = {
    "complete": "False while the archive of events is away: what is here is right, and some may be missing.",
    "note": "There unless it is complete: why, and what to do.",
}


def completeness(*read: History) -> dict[str, Any]:
    """Return what an answer from these histories says, once they are read."""
    if all(history.complete for history in read):
        return {"complete": True}
    return {"complete": False, "note": NOTE}


class CompletenessSerializer(serializers.Serializer[Any]):
    """The fields of `completeness`."""

    complete = serializers.BooleanField(help_text=HELP["complete"])
    note = serializers.CharField(required=False, help_text=HELP["note"])


class HistoryPagination(KeysetPagination):
    """Keyset pages over both stores, which say whether both answered."""

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        self.history = queryset
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Any:
        response = super().get_paginated_response(data)
        response.data |= completeness(self.history)
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["required"].append("complete")
        page["properties"]["complete"] = {"type": "boolean", "description": HELP["complete"]}
        page["properties"]["note"] = {"type": "string", "description": HELP["note"]}
        return page
