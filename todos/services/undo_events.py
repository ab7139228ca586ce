"""What an event tells its undoing: how things were, and whether they still are as it left them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from config.errors import Conflict
from todos.services.ranks import Ranked


def in_the_way(title: str) -> Conflict:
    """Return what stands against taking a change back: something newer."""
    return Conflict(f"“{title}” was changed since. Nothing was undone.")


def tag_of(event: Any) -> frozenset[str]:
    """Return the tag of the state that an event left."""
    return frozenset([str(event.revision)])


def values_before(event: Any) -> dict[str, Any]:
    """Return what the changed fields were."""
    return {name: both["before"] for name, both in event.data["changes"].items()}


def id_of(text: str | None) -> UUID | None:
    """Return an id as an event keeps it."""
    return UUID(text) if text else None


def moment_of(text: str | None) -> datetime | None:
    """Return a moment as an event keeps it."""
    return datetime.fromisoformat(text) if text else None


def keys_before(event: Any, rows: Mapping[UUID, Ranked]) -> dict[UUID, str]:
    """Return the order keys that locked rows had; raises Conflict unless they are as the event left them."""
    own = event.data["changes"].get("order")
    moved = {UUID(id): both for id, both in event.data.get("others", {}).items()}
    moved |= {event.subject_id: own} if own else {}
    if any(id not in rows or rows[id].order != both["after"] for id, both in moved.items()):
        raise in_the_way(event.subject_title)
    return {id: both["before"] for id, both in moved.items()}
