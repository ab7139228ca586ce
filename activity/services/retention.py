"""Keeping history as long as it is wanted, and no longer."""

import time
from datetime import datetime

from django.conf import settings

from activity import archive
from activity.models import Event
from activity.services.relay import PATIENCE, ROUND, SIZE, delete_claimable


def sweep_retention(now: datetime) -> int:
    """Delete what was written longer than `ACTIVITY_RETENTION` ago, step by step; returns how many rows in all.

    The journal goes first: what it has and the archive has not would be relayed again.
    """
    if settings.ACTIVITY_RETENTION is None:
        return 0
    edge, end, count = now - settings.ACTIVITY_RETENTION, time.monotonic() + ROUND, 0
    old = Event.objects.written_before(edge).order_by("pk")
    while time.monotonic() < end and (step := delete_claimable(old.journal()[:SIZE])):
        count += step
    while archive.is_configured() and time.monotonic() < end:
        with archive.answering(PATIENCE):
            ids = list(old.archive().values_list("pk", flat=True)[:SIZE])
            count += Event.objects.archive().filter(pk__in=ids).delete()[0]
        if len(ids) < SIZE:
            break
    return count
