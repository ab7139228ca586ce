"""Forgetting, in both stores: in the journal at once, in the archive as soon as it answers."""

import time
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from activity import archive
from activity.models import Erasure, Event
from activity.querysets import EventQuerySet
from activity.services.relay import LEASE, PATIENCE, ROUND

DELETED_PERSON = "Deleted person"
SETTLED = 10 * LEASE
"""After this long nobody can still be writing what was read before the journal forgot it."""


def forget_scopes(scopes: Collection[str], *, now: datetime) -> None:
    """Delete the events of scopes that are gone, in the caller's transaction."""
    Event.objects.journal().in_scopes(scopes).delete()
    Erasure.objects.bulk_create([Erasure(scope=scope, asked_at=now, due_at=now) for scope in scopes])


def forget_person(person_id: UUID, *, now: datetime) -> None:
    """Delete a person's own events, and take their name off those that others see, in the caller's transaction.

    What happened stays, and is counted as it was.
    """
    forget_scopes([f"user:{person_id}"], now=now)
    Event.objects.journal().by(person_id).update(actor_name=DELETED_PERSON)
    Erasure.objects.create(actor_id=person_id, asked_at=now, due_at=now)


def sweep_erasures(now: datetime) -> int:
    """Carry out in both stores what is to be forgotten; returns how many erasures are done with.

    Each is carried out twice, `SETTLED` apart: a worker may have been storing an event while it was
    forgotten, and a transaction beside the first one recording it.
    """
    count, end = 0, time.monotonic() + ROUND
    for erasure in Erasure.objects.due(now)[:100]:
        if time.monotonic() > end:
            break
        _erase(erasure, Event.objects.journal())
        if archive.is_configured():
            with archive.answering(PATIENCE):
                _erase(erasure, Event.objects.archive())
        if erasure.due_at > erasure.asked_at:
            count += erasure.delete()[0]
        else:
            Erasure.objects.filter(pk=erasure.pk).update(due_at=now + SETTLED)
    return count


def _erase(erasure: Erasure, events: EventQuerySet) -> None:
    if erasure.actor_id is None:
        events.in_scopes([erasure.scope]).delete()
    else:
        events.by(erasure.actor_id).exclude(actor_name=DELETED_PERSON).update(actor_name=DELETED_PERSON)
