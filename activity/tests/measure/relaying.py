"""What taking and delivering a batch costs, with ten thousand events waiting and with a million."""

import time
from collections.abc import Iterable
from statistics import median

from django.conf import settings
from django.utils import timezone

from activity.models import Event
from activity.services.relay import claim, deliver
from activity.tests.measure.events import Group, fill, strangers

BACKLOGS = (10_000, 990_000)


def measure(rounds: int) -> None:
    """Print the medians of a batch's steps, first in a small backlog and then in a large one."""
    settings.ACTIVITY_ARCHIVE = True  # without MONGODB_URL it is another SQLite
    scopes, people = strangers()
    for backlog in BACKLOGS:
        fill([Group(scopes, people, backlog)])
        waiting = Event.objects.journal().waiting().count()
        times = [_batch() for _ in range(rounds)]
        claims, deliveries, counts = zip(*times, strict=True)
        print(
            f"{waiting:,} waiting: to take a batch {median(claims) * 1000:.1f} ms, to deliver it "
            f"{median(deliveries) * 1000:.0f} ms (medians of {rounds}); {sum(counts) / sum(deliveries):.0f} events/s"
        )
        for name, rows in _questions().items():
            began = time.perf_counter()
            list(rows)
            print(f"    {name}: {(time.perf_counter() - began) * 1000:.1f} ms")


def _batch() -> tuple[float, float, int]:
    began = time.perf_counter()
    batch = claim(timezone.now())
    taken = time.perf_counter()
    assert batch is not None
    count = deliver(batch)
    return taken - began, time.perf_counter() - taken, count


def _questions() -> dict[str, Iterable[object]]:
    journal = Event.objects.journal()
    return {
        "what is in flight": journal.in_flight().values_list("pk"),
        "the oldest that waits": journal.waiting()[:1],
        "the first to prune": journal.archived_before(timezone.now()).order_by("archived_at").values_list("pk")[:500],
    }
