"""Relaying events to the archive: at least once by way of leases, exactly once by their ids.

Nothing here waits for an event's row that somebody else has locked, so nothing here can deadlock
with what forgets events.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from activity import archive
from activity.archive import ArchiveAway
from activity.models import Batch, Event, Relay
from activity.querysets import ARCHIVE, BatchQuerySet, EventQuerySet

logger = logging.getLogger(__name__)
SIZE = 500
LEASE = timedelta(seconds=60)
PATIENCE = 20.0
"""Seconds that a worker waits for one batch; well within its lease."""
ROUND = 5.0
"""Seconds after which the other sweeps get their turn."""
TRIES = 5
WAITS = (5, 30, 120, 600)
"""Seconds between the tries of what the archive refuses."""


def sweep_relay(now: datetime) -> int:
    """Relay what waits, batch by batch for `ROUND` seconds; returns how many events were acknowledged.

    Any number of workers may do so side by side. Raises ArchiveAway when it is away, and then for a
    moment without asking it.
    """
    if not archive.is_configured():
        return 0
    archive.breaker.check()
    count, end = 0, time.monotonic() + ROUND
    for delivered in drain():
        count += delivered
        if time.monotonic() > end:
            break
    return count


def drain() -> Iterator[int]:
    """Relay until nothing is left to take; yields how many events of each batch were acknowledged."""
    while batch := claim(timezone.now()):
        yield deliver(batch)


def claim(now: datetime) -> Batch | None:
    """Take a batch whose worker died, or a new one of the oldest events that wait; None when nothing does."""
    for stale in Batch.objects.stale(now)[:1]:
        # Whoever changes the lease first has it.
        if _held(stale).update(leased_until=now + LEASE):
            stale.leased_until = now + LEASE
            return stale
    if not Event.objects.journal().waiting().exists():  # most rounds: then no lock is taken
        return None
    return _take(now)


@transaction.atomic
def _take(now: datetime) -> Batch | None:
    relay, _ = Relay.objects.select_for_update().get_or_create(pk=1)
    ids = _claimed(Event.objects.journal().waiting()[:SIZE])
    if not ids:
        return None
    relay.last_batch += 1
    relay.save(update_fields=["last_batch"])
    Event.objects.journal().filter(pk__in=ids).update(batch=relay.last_batch)
    return Batch.objects.create(number=relay.last_batch, leased_until=now + LEASE)


def deliver(batch: Batch) -> int:
    """Store a batch in the archive, then mark it in the journal; returns how many events it was.

    The archive answers when a majority has the events in its journal. Until they are marked they
    count as being in flight; a worker that dies in between leaves that to the next.
    """
    # The time runs from before the reading: nobody stores long after what the journal forgot since.
    with archive.within(PATIENCE):
        events = list(Event.objects.journal().in_flight().of_batch(batch.number).order_by("created_at", "id"))
        try:
            with archive.answering(PATIENCE):
                archive.require_prepared()
                refused = _store(events)
        except ArchiveAway:
            _held(batch).update(leased_until=timezone.now())
            raise
    count = _acknowledge(batch, [event.pk for event in events if event.pk not in refused])
    if refused:
        _put_off(batch, refused)
    return count


def _store(events: Sequence[Event]) -> dict[UUID, Exception]:
    """Insert what the archive does not have; returns what it refused. Raises when it is away."""
    stored = set(Event.objects.archive().filter(pk__in=[event.pk for event in events]).values_list("pk", flat=True))
    missing = [event for event in events if event.pk not in stored]
    try:
        with transaction.atomic(using=ARCHIVE):  # nothing to MongoDB; an SQL archive would keep the fault otherwise
            Event.objects.archive().bulk_create(missing)
    except Exception as error:  # one that cannot be encoded raises whatever its value provokes
        if archive.is_away(error):
            raise
        return _store_one_by_one(missing)
    return {}


def _store_one_by_one(events: Sequence[Event]) -> dict[UUID, Exception]:
    refused: dict[UUID, Exception] = {}
    for event in events:
        try:
            with transaction.atomic(using=ARCHIVE):
                event.save(using=ARCHIVE, force_insert=True)
        except Exception as error:  # as above: one event must not keep the others
            if archive.is_away(error):
                raise
            # A duplicate of its id is here already, from a worker that died; one of its revision is not.
            if not isinstance(error, IntegrityError) or not Event.objects.archive().filter(pk=event.pk).exists():
                refused[event.pk] = error
    return refused


@transaction.atomic
def _acknowledge(batch: Batch, stored: Sequence[UUID]) -> int:
    """Mark what the archive has; a batch that nothing is left of is gone."""
    ids = _claimed(Event.objects.journal().in_flight().of_batch(batch.number).filter(pk__in=stored))
    Event.objects.journal().filter(pk__in=ids).update(archived_at=timezone.now())
    _drop_empty(Batch.objects.filter(pk=batch.pk))
    return len(ids)


def _drop_empty(batches: BatchQuerySet) -> None:
    """Drop batches that nothing is left of: what they took is in the archive, or forgotten."""
    left = Event.objects.journal().in_flight().of_batch(OuterRef("number"))
    batches.filter(~Exists(left)).delete()


def _put_off(batch: Batch, refused: dict[UUID, Exception]) -> None:
    """Try what was refused again later, or park it; unless another worker has taken the batch over."""
    now, error = timezone.now(), next(iter(refused.values()))
    attempts, reason = batch.attempts + 1, f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
    if attempts < TRIES:
        leased_until = now + timedelta(seconds=WAITS[attempts - 1])
        _held(batch).update(attempts=attempts, error=reason, leased_until=leased_until)
    elif _held(batch).update(attempts=attempts, error=reason, leased_until=now, parked_at=now):
        names = ", ".join(str(pk) for pk in refused)
        logger.error("The archive refuses %d events for good (%s): %s", len(refused), reason, names)


def _held(batch: Batch) -> BatchQuerySet:
    """Return the batch as long as nobody else has taken it over."""
    return Batch.objects.filter(pk=batch.pk, leased_until=batch.leased_until, parked_at=None)


def retry_parked(now: datetime) -> int:
    """Give what is parked its tries again; returns how many batches."""
    return Batch.objects.parked().update(parked_at=None, attempts=0, leased_until=now)


def sweep_pruning(now: datetime) -> int:
    """Delete from the journal what the archive has had for `JOURNAL_KEEP`; returns how many events.

    The archive is asked once more: what it lost since is relayed again instead.
    """
    if not archive.is_configured():
        return 0
    _drop_empty(Batch.objects.parked())
    archive.breaker.check()
    count, end = 0, time.monotonic() + ROUND
    old = Event.objects.journal().archived_before(now - settings.JOURNAL_KEEP).order_by("archived_at")
    while time.monotonic() < end and (ids := list(old.values_list("pk", flat=True)[:SIZE])):
        with archive.answering(PATIENCE):
            kept = set(Event.objects.archive().filter(pk__in=ids).values_list("pk", flat=True))
        pruned = delete_claimable(old.filter(pk__in=kept))
        again = requeue([pk for pk in ids if pk not in kept])
        count += pruned
        if not pruned + again:  # others are at these
            break
    return count


@transaction.atomic
def delete_claimable(rows: EventQuerySet) -> int:
    """Delete rows of the journal, but those that somebody else has locked; returns how many."""
    count, _ = Event.objects.journal().filter(pk__in=_claimed(rows)).delete()
    return count


def _claimed(rows: EventQuerySet) -> list[UUID]:
    return list(rows.claimable().values_list("pk", flat=True))


@transaction.atomic
def requeue(ids: Sequence[UUID]) -> int:
    """Let events that the archive turned out not to have be relayed again; returns how many."""
    found = _claimed(Event.objects.journal().archived().filter(pk__in=ids))
    if found:
        logger.error("The archive lost %d events; they are relayed again", len(found))
        Event.objects.journal().filter(pk__in=found).update(batch=None, archived_at=None)
    return len(found)
