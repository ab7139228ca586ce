"""The step that every change of what is a person's own shares: count them on, and record it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from activity.services.recording import Subject, event_of, record, record_all


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


@dataclass(frozen=True, slots=True)
class Happening:
    """One of several things that happen to what is a person's own at once."""

    verb: str
    subject: Subject
    data: dict[str, Any]


def commit_user_all(user: User, happenings: Sequence[Happening], *, now: datetime) -> None:
    """Count a locked person on and record it for each, as `commit_user` does for one."""
    events = [
        event_of(
            author=user,
            scope=f"user:{user.pk}",
            revision=revision,
            verb=one.verb,
            subject=one.subject,
            data=one.data,
            now=now,
        )
        for revision, one in enumerate(happenings, start=user.revision + 1)
    ]
    user.revision += len(events)
    user.save(update_fields=["revision"])
    record_all(events)
