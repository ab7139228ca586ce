"""Lines in people's in-app lists."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.policies import Actor
from config.together import write
from todos import policies
from todos.models import Notification, Project, Todo

KEPT = timedelta(days=90)
BATCH = 1000
MOST_COUNTED = 1000


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
    """Put a line into a person's list, in the caller's transaction, once for each `key`.

    They see it while they see its todo; one without a todo, while they see its project; one
    without either always: `data` then tells all that they may know.
    """
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
    write(put_lines, line)


def put_lines(lines: Iterable[Notification]) -> None:
    """Put many lines, each once for its person and key."""
    Notification.objects.bulk_create(list(lines), ignore_conflicts=True)


def mark_read(*, actor: Actor, notification_id: UUID, now: datetime) -> Notification:
    """Note that the person read a line; one that they read before keeps its moment."""
    line = policies.own_notification(actor=actor, notification_id=notification_id)
    if line.read_at is None:
        line.read_at = now
        line.save(update_fields=["read_at"])
    return line


def mark_unread(*, actor: Actor, notification_id: UUID) -> Notification:
    """Make a line new again."""
    line = policies.own_notification(actor=actor, notification_id=notification_id)
    if line.read_at is not None:
        line.read_at = None
        line.save(update_fields=["read_at"])
    return line


def mark_all_read(*, actor: Actor, now: datetime, until: datetime | None = None) -> int:
    """Note that the person read all lines up to a moment; returns how many were new."""
    lines = Notification.objects.of(actor.pk).unread()
    return lines.filter(created_at__lte=until or now).update(read_at=now)


def unread_count(*, actor: Actor) -> int:
    """Return how many lines are new to the person, a thousand for more."""
    return Notification.objects.visible_to(actor.pk).unread()[:MOST_COUNTED].count()


def sweep_old_notifications(now: datetime) -> int:
    """Delete lines of long ago, some at a time; returns how many."""
    old = Notification.objects.before(now - KEPT).order_by("created_at").values_list("pk", flat=True)[:BATCH]
    deleted, _ = Notification.objects.filter(pk__in=list(old)).delete()
    return deleted
