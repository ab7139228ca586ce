"""Moving the whole history to the archive or back, beside those who write it. Stopped and run again, it goes on."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from activity import archive, registry
from activity.models import Batch, Erasure, Event, Relay
from activity.querysets import EventQuerySet
from activity.services.erasure import DELETED_PERSON
from activity.services.relay import PATIENCE, SIZE, drain
from activity.services.verification import uncounted

STEP = 0.2
"""Seconds between looks at what others are doing."""
WAITING = {"batch": None, "archived_at": None}


def copy_to_archive(*, now: datetime) -> Iterator[int]:
    """Bring the archive everything that the journal has; yields how many events each step stored.

    What the archive refuses is left as it is: parked, or put off.
    """
    _forget_what_is_gone(now)
    for ids in _pages(Event.objects.journal().archived()):
        with archive.within(PATIENCE):
            kept = set(Event.objects.archive().filter(pk__in=ids).values_list("pk", flat=True))
        _update(Event.objects.journal().archived().filter(pk__in=set(ids) - kept), **WAITING)
        yield 0
    _update(Event.objects.journal().in_flight().exclude(batch__in=Batch.objects.values("number")), **WAITING)
    yield from drain()
    while Batch.objects.filter(parked_at=None, attempts=0).exists():  # other workers have them, or had
        time.sleep(STEP)
        yield 0
        yield from drain()


def copy_to_journal(*, now: datetime) -> Iterator[int]:
    """Bring the journal everything that the archive has; yields how many events each step looked at.

    What is there counts as archived from `now` on, so it stays for `JOURNAL_KEEP` at least. It keeps
    its batch: whatever that is, readers find it in one of the two stores.
    """
    for ids in _pages(Event.objects.archive()):
        _keep(ids, now)
        missing = set(ids) - set(Event.objects.journal().filter(pk__in=ids).values_list("pk", flat=True))
        with archive.within(PATIENCE):
            events = list(Event.objects.archive().filter(pk__in=missing).order_by("pk"))
        for event in events:
            event.archived_at = now
        Event.objects.journal().bulk_create(events, ignore_conflicts=True)  # another copy may be running
        _count_batches(max((event.batch or 0 for event in events), default=0))
        yield len(ids)


def missing_in_journal() -> int:
    """Return how many events of the archive the journal lacks; those are at odds with others that it has."""
    return sum(len(ids) - Event.objects.journal().filter(pk__in=ids).count() for ids in _pages(Event.objects.archive()))


def _pages(rows: EventQuerySet) -> Iterator[list[UUID]]:
    """Yield ids from the oldest on, in pages; what is added meanwhile comes last."""
    found: list[UUID] = []
    while True:
        rest = rows.filter(pk__gt=found[-1]) if found else rows
        with archive.within(PATIENCE):
            found = list(rest.order_by("pk").values_list("pk", flat=True)[:SIZE])
        if not found:
            return
        yield found


def _keep(ids: list[UUID], now: datetime) -> None:
    """Count what the journal has of these as archived now: nobody prunes it then."""
    old = Event.objects.journal().filter(pk__in=ids).archived_before(now)
    while old.exists():
        if not _update(old, archived_at=now):  # they are being pruned, or forgotten
            time.sleep(STEP)


@transaction.atomic
def _update(rows: EventQuerySet, **values: Any) -> int:
    """Change what nobody else has locked; returns how many."""
    ids = list(rows.claimable().values_list("pk", flat=True))
    return Event.objects.journal().filter(pk__in=ids).update(**values)


def _forget_what_is_gone(now: datetime) -> None:
    """Let the archive forget what was deleted while nobody told it: it may have been switched off for a while."""
    events = Event.objects.archive()
    gone = [Erasure(scope=scope, asked_at=now, due_at=now) for scopes in uncounted(events) for scope in scopes]
    named = events.exclude(actor_name=DELETED_PERSON).exclude(actor_id=None).order_by()
    people = {f"user:{id}": id for id in named.values_list("actor_id", flat=True).distinct()}
    for scope, _ in registry.revisions(list(people)):
        del people[scope]
    Erasure.objects.bulk_create([*gone, *(Erasure(actor_id=id, asked_at=now, due_at=now) for id in people.values())])


@transaction.atomic
def _count_batches(number: int) -> None:
    """Know of every batch up to this one: the archive's are older than a journal that was lost."""
    if number > (Relay.objects.values_list("last_batch", flat=True).first() or 0):
        relay, _ = Relay.objects.select_for_update().get_or_create(pk=1)
        relay.last_batch = max(relay.last_batch, number)
        relay.save(update_fields=["last_batch"])
