"""Both stores read as one, whatever is on its way between them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from activity.models import Batch, Event
from activity.services import relay as relaying
from activity.services.reading import timeline
from activity.services.recording import Subject, record


@pytest.fixture
def write(owner, project, now):
    """Record events of the owner's project: `write(3)` returns their titles, oldest first."""
    counter = iter(range(100, 1000))

    def write(count: int) -> list[str]:
        titles = []
        for _ in range(count):
            number = next(counter)
            titles.append(f"{number}")
            record(
                author=owner,
                scope=project.scope,
                revision=number,
                verb="todo.created",
                subject=Subject("todo", owner.pk, f"{number}"),
                data={},
                now=now + timedelta(milliseconds=number),
            )
        return titles

    return write


def titles(history, count=100):
    return [event.subject_title for event in reversed(history[:count]) if event.verb == "todo.created"]


def mine(owner):
    return timeline(actor_id=owner.pk)


def test_events_on_both_sides_read_as_one(archive, relay, owner, write):
    written = write(3)
    relay()
    written += write(3)

    found = mine(owner)

    assert titles(found) == written
    assert found.complete
    assert found.filter(verb="todo.created").totals("verb") == {"todo.created": 6}
    assert [event.subject_title for event in found.iterator() if event.verb == "todo.created"] == written


def test_what_a_dead_worker_has_stored_and_not_marked_counts_once(archive, owner, write):
    written = write(3)
    batch = relaying.claim(timezone.now())
    relaying._store(list(Event.objects.journal().filter(batch=batch.number)))

    found = mine(owner)

    assert titles(found) == written
    assert found.filter(verb="todo.created").totals("verb") == {"todo.created": 3}


def test_what_is_relayed_while_one_reads_counts_once(archive, relay, owner, write):
    write(3)
    relay()
    write(3)
    found = mine(owner)
    assert found.reading.border

    relay()
    late = write(1)

    assert len(titles(found)) == 7
    assert titles(found)[-1:] == late
    assert found.filter(verb="todo.created").totals("verb") == {"todo.created": 7}


def test_pages_follow_one_another_across_the_border(archive, relay, owner, write):
    from activity.querysets import NEWEST_FIRST
    from config.pagination import keyset_page

    written = write(4)
    relay()
    written += write(3)
    seen, cursor = [], ""
    while True:
        page = keyset_page(mine(owner).filter(verb="todo.created"), NEWEST_FIRST, cursor=cursor, size=2)
        seen += [event.subject_title for event in page.rows]
        cursor = page.next
        if not cursor:
            break

    assert seen == written[::-1]


def test_a_batch_of_a_dead_worker_goes_to_the_next(archive, relay, owner, write):
    write(2)
    batch = relaying.claim(timezone.now())
    assert relay() == 0

    Batch.objects.filter(pk=batch.pk).update(leased_until=timezone.now())

    assert relay() > 0
    assert not Batch.objects.exists()
    assert not Event.objects.journal().filter(archived_at=None).exists()
