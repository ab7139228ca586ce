"""The step that every change of what is a person's own shares: count them on, and record it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import User
from activity.services.recording import Subject, record


def commit_user(
    user: User,
    *,
    verb: str,
    data: dict[str, Any],
    now: datetime,
    fields: Iterable[str] = (),
    subject: Subject | None = None,
    author: User | None = None,
) -> None:
    """Save a locked person's changed `fields` and their next revision, with its event.

    The event is about the person and by the person, unless told otherwise.
    """
    user.revision += 1
    user.save(update_fields=[*fields, "revision"])
    record(
        author=author or user,
        scope=f"user:{user.pk}",
        revision=user.revision,
        verb=verb,
        subject=subject or Subject("user", user.pk, user.name),
        data=data,
        now=now,
    )
