"""Writing history down, and reading one's own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from activity import registry
from activity.models import Event
from activity.querysets import EventQuerySet


class Author(Protocol):
    """Who did it, as the event remembers them."""

    @property
    def pk(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was done to."""

    type: str
    id: UUID
    title: str


def record(
    *,
    author: Author,
    scope: str,
    revision: int,
    verb: str,
    subject: Subject,
    data: dict[str, Any],
    now: datetime,
) -> Event:
    """Insert an event in the caller's transaction: both are kept, or neither is."""
    return Event.objects.create(
        created_at=now,
        scope=scope,
        revision=revision,
        actor_id=author.pk,
        actor_name=author.name,
        verb=verb,
        subject_type=subject.type,
        subject_id=subject.id,
        subject_title=subject.title,
        local_day=now.astimezone(ZoneInfo(author.time_zone)).date(),
        data=data,
    )


def timeline(*, actor_id: UUID) -> EventQuerySet:
    """Return the events that the person may see, through the scopes they may see now."""
    return Event.objects.journal().in_scopes(registry.scopes_of(actor_id))


def history(*, subject_id: UUID, verbs: Collection[str]) -> EventQuerySet:
    """Return what of these kinds happened to one subject, newest first: for those who look after it, in any scope."""
    return Event.objects.journal().about(subject_id).of_kinds(verbs)


DELETED_PERSON = "Deleted person"


def forget_scopes(scopes: Collection[str]) -> None:
    """Delete the events of scopes that are gone, in the caller's transaction."""
    Event.objects.journal().in_scopes(scopes).delete()


def forget_person(person_id: UUID) -> None:
    """Delete a person's own events, and take their name off those that others see, in the caller's transaction.

    What happened stays, and is counted as it was.
    """
    forget_scopes([f"user:{person_id}"])
    Event.objects.journal().by(person_id).update(actor_name=DELETED_PERSON)
