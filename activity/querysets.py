"""The repository of events."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

from django.db.models import QuerySet

JOURNAL = "default"
NEWEST_FIRST = ("-created_at", "-id")


class EventQuerySet(QuerySet[Any]):
    def journal(self) -> Self:
        """Read where events are written. Nothing is relayed to the archive yet, so it has all."""
        return self.using(JOURNAL)

    def in_scopes(self, scopes: Collection[str]) -> Self:
        return self.filter(scope__in=scopes)

    def by(self, actor_id: UUID) -> Self:
        return self.filter(actor_id=actor_id)

    def of_kinds(self, verbs: Collection[str]) -> Self:
        return self.filter(verb__in=verbs)

    def about(self, subject_id: UUID) -> Self:
        return self.filter(subject_id=subject_id)
