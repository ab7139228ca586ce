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


def sweep_expired_cache(now: datetime) -> int:
    """Delete expired rows of the embedded caches, token state among them; Redis expires its own. Returns how many."""
    options = settings.CACHES.values()
    tables = [backend["LOCATION"] for backend in options if backend["BACKEND"].endswith("DatabaseCache")]
    return sum(_sweep_table(name, now) for name in tables)


def _sweep_table(name: str, now: datetime) -> int:
    table = connection.ops.quote_name(name)
    expired = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [expired])  # noqa: S608  a quoted name of ours
        return int(cursor.rowcount)


def sweep_old_devices(now: datetime) -> int:
    """Delete devices that ended or ran out long ago, some at a time; their events stay. Returns how many."""
    old = Device.objects.ended_before(now - KEPT).values_list("pk", flat=True)[:BATCH]
    _, deleted = Device.objects.filter(pk__in=list(old)).delete()
    return deleted.get(Device._meta.label, 0)
