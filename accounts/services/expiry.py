"""Sweeps of what has run out: it lets nobody in any more, and need not be kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from accounts.models import Device, Session

KEPT = timedelta(days=90)
"""How long a device that has ended can still be looked up."""
BATCH = 1000


def sweep_expired_sessions(now: datetime) -> int:
    """Delete page sessions that have run out; returns how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=now).delete()
    return deleted


def sweep_expired_token_state(now: datetime) -> int:
    """Delete expired rows of the embedded token store; Redis expires its own. Returns how many."""
    backend = settings.CACHES["tokens"]
    if not backend["BACKEND"].endswith("DatabaseCache"):
        return 0
    table = connection.ops.quote_name(backend["LOCATION"])
    expired = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [expired])  # noqa: S608  a quoted name of ours
        return int(cursor.rowcount)


def sweep_old_devices(now: datetime) -> int:
    """Delete devices that ended or ran out long ago, some at a time; their events stay. Returns how many."""
    old = Device.objects.ended_before(now - KEPT).values_list("pk", flat=True)[:BATCH]
    _, deleted = Device.objects.filter(pk__in=list(old)).delete()
    return deleted.get(Device._meta.label, 0)
