"""How the two stores stand to one another, for those who look after them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from activity import archive
from activity.archive import ArchiveAway
from activity.models import Batch, Erasure, Event

PATIENCE = 10.0
"""Seconds that a look waits for the archive, which may have much to count."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A batch that the archive refused for good, and why."""

    number: int
    parked_at: datetime | None
    error: str
    events: list[UUID]


@dataclass(frozen=True, slots=True)
class Status:
    """What waits to be relayed or erased, what is stuck, and what each store has.

    `archived` is None when there is no archive, or when it does not answer; `lag` is how many
    seconds the oldest event that the archive lacks has been waiting.
    """

    configured: bool
    answers: bool
    waiting: int
    in_flight: int
    lag: float
    parked: list[Parked]
    erasures: int
    journal: int
    archived: int | None


def status(*, now: datetime) -> Status:
    """Look at both stores; one that is away is part of the answer."""
    configured, archived = archive.is_configured(), _archived()
    journal = Event.objects.journal()
    missing = [journal.waiting(), journal.in_flight()] if configured else []
    oldest = [found for rows in missing if (found := rows.aggregate(oldest=Min("created_at"))["oldest"])]
    waiting, in_flight = [rows.count() for rows in missing] or (0, 0)
    return Status(
        configured=configured,
        answers=archived is not None,
        waiting=waiting,
        in_flight=in_flight,
        lag=max(0.0, (now - min(oldest, default=now)).total_seconds()),
        parked=[
            Parked(batch.number, batch.parked_at, batch.error, _events(batch))
            for batch in Batch.objects.parked().order_by("number")
        ],
        erasures=Erasure.objects.count(),
        journal=journal.count(),
        archived=archived,
    )


def _archived() -> int | None:
    if not archive.is_configured():
        return None
    try:
        with archive.answering(PATIENCE):
            return Event.objects.archive().count()
    except ArchiveAway:
        return None


def _events(batch: Batch) -> list[UUID]:
    rows = Event.objects.journal().in_flight().of_batch(batch.number)
    return list(rows.order_by("created_at", "id").values_list("pk", flat=True))
