"""Events of one project, and an archive that does not answer."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from activity.archive import breaker
from activity.models import Batch, Event
from activity.querysets import ARCHIVE
from activity.services.recording import Subject, record


@pytest.fixture
def events(owner, project, now):
    """Record events of the owner's project: `events(3)` returns them, oldest first. Nothing else waits."""
    numbers = iter(range(100, 10_000))
    Event.objects.journal().delete()

    def events(count: int, **values) -> list[Event]:
        return [
            record(
                **(
                    {
                        "author": owner,
                        "scope": project.scope,
                        "revision": number,
                        "verb": "todo.created",
                        "subject": Subject("todo", owner.pk, f"Todo {number}"),
                        "data": {},
                        "now": now + timedelta(milliseconds=number),
                    }
                    | values
                )
            )
            for _, number in zip(range(count), numbers, strict=False)
        ]

    return events


@pytest.fixture
def archived(archive):
    """Return the ids that the archive has, oldest first, as often as it has them."""
    return lambda: list(archive().order_by("created_at", "id").values_list("pk", flat=True))


@pytest.fixture
def leases_end(db):
    """Let every lease and wait be over."""
    return lambda: Batch.objects.update(leased_until=timezone.now())


@pytest.fixture
def archive_goes(archive):
    """Let the archive be where nobody answers: `archive_goes()`, and `archive_goes(back=True)`."""
    kept = connections[ARCHIVE]
    nowhere = {"NAME": "/nowhere/archive.sqlite3"} if kept.vendor == "sqlite" else {"HOST": "mongodb://127.0.0.1:9"}
    gone = type(kept)(kept.settings_dict | nowhere, ARCHIVE)
    gone.features.supports_transactions = kept.vendor == "sqlite"
    gone._connection_pools = {}  # else MongoDB's would lend the client of the one that answers

    def archive_goes(*, back: bool = False) -> None:
        connections[ARCHIVE] = kept if back else gone
        breaker.closed_from = 0.0  # as it is after a moment

    yield archive_goes
    archive_goes(back=True)
    gone.close()
    for client in gone._connection_pools.values():
        client.close()
