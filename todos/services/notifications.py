"""Lines in people's in-app lists."""

from datetime import datetime
from typing import Any
from uuid import UUID

from todos.models import Notification, Project, Todo


def notify(
    *,
    user_id: UUID,
    kind: str,
    key: str,
    now: datetime,
    actor_id: UUID | None = None,
    project: Project | None = None,
    todo: Todo | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Put a line into a person's list, in the caller's transaction, once for each `key`."""
    line = Notification(
        user_id=user_id,
        kind=kind,
        key=key,
        project=project,
        todo=todo,
        actor_id=actor_id,
        data=data or {},
        created_at=now,
    )
    Notification.objects.bulk_create([line], ignore_conflicts=True)
