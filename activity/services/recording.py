"""Writing history down, in the transaction of what happened."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ParamSpec, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from activity.models import Event
from config.together import write

BATCH = 500
Told = ParamSpec("Told")
_collecting: ContextVar[list[Event] | None] = ContextVar("collecting", default=None)


class Author(Protocol):
    """Who did it, as the event remembers them; the worker has no id."""

    @property
    def pk(self) -> UUID | None: ...
    @property
    def name(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was done to; with `created_at`, the event keeps its age too."""

    type: str
    id: UUID
    title: str
    created_at: datetime | None = None


def event_of(
    *,
    author: Author,
    scope: str,
    revision: int,
    verb: str,
    subject: Subject,
    data: dict[str, Any],
    now: datetime,
    subjects: int = 1,
    open_delta: int = 0,
    takes_back: Event | None = None,
) -> Event:
    """Return an event that is still to be inserted.

    `subjects` counts what went through the change, its subject included; `open_delta` is how many
    more of them wait to be done in the scope since, or fewer. An event that `takes_back` another
    names it, and counts where that one did: on its day, at its hour, at its age.
    """
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    local = now.astimezone(ZoneInfo(author.time_zone))
    counted: tuple[date, int | None, int | None] = local.date(), local.hour, _age(subject, now)
    if takes_back is not None:
        counted = takes_back.local_day, takes_back.local_hour, takes_back.subject_age
        data = {**data, "undoes": takes_back.pk}
    day, hour, age = counted
    return Event(
        created_at=now,
        scope=scope,
        revision=revision,
        actor_id=author.pk,
        actor_name=author.name,
        verb=verb,
        subject_type=subject.type,
        subject_id=subject.id,
        subject_title=subject.title,
        local_day=day,
        local_hour=hour,
        subjects=subjects,
        open_delta=open_delta,
        subject_age=age,
        data=data,
    )


def record_all(events: Sequence[Event]) -> None:
    """Insert events, made by `event_of`, as `record` does one: by as few statements as their number allows."""
    write(_insert, *events)
    _collect(events)


def _recording(make: Callable[Told, Event]) -> Callable[Told, Event]:
    def record(*args: Told.args, **told: Told.kwargs) -> Event:
        event = make(*args, **told)
        record_all([event])
        return event

    return record


record = _recording(event_of)
"""Insert what `event_of` makes in the caller's transaction: both are kept, or neither is."""


def _collect(events: Iterable[Event]) -> None:
    collected = _collecting.get()
    if collected is not None:
        collected += events


def _insert(events: list[Event]) -> None:
    journal = Event.objects.journal()
    if len(events) == 1:
        journal.insert(events[0])
    else:
        journal.bulk_create(events, batch_size=BATCH)


@contextmanager
def collecting_events() -> Iterator[list[Event]]:
    """Collect what is recorded meanwhile, here and in blocks of this kind inside, but for those that fail."""
    outer, events = _collecting.get(), list[Event]()
    token = _collecting.set(events)
    try:
        yield events
    finally:
        _collecting.reset(token)
    if outer is not None:
        outer += events


def _age(subject: Subject, now: datetime) -> int | None:
    if subject.created_at is None:
        return None
    return max(0, int((now - subject.created_at).total_seconds()))
