"""The fault script's own eyes: what it must see in the end."""

from uuid import UUID

import pytest

from activity.models import Event
from activity.tests.faults.checking import Diary, violations


@pytest.fixture
def ids(archive, relay, todo) -> list[UUID]:
    """Return the events of a history that is whole, and in the archive."""
    relay()
    return list(Event.objects.journal().order_by("created_at").values_list("pk", flat=True))


def test_a_whole_history_passes(ids):
    assert list(violations(Diary(kept=ids, seconds=[0.1]))) == []


def test_an_event_that_the_archive_lost_is_seen(ids):
    Event.objects.archive().filter(pk=ids[-1]).delete()

    found = "\n".join(violations(Diary(kept=ids)))

    assert "the archive has no event of them" in found
    assert "the archive does not have them" in found
    assert "activity_verify: 1 findings" in found


def test_an_event_of_what_was_rolled_back_is_seen(ids):
    found = "\n".join(violations(Diary(kept=ids[:-1], undone=ids[-1:])))

    assert "the archive has an event of them" in found
    assert "the journal has an event of them" in found


def test_an_event_that_nobody_marked_is_seen(ids):
    Event.objects.journal().filter(pk=ids[-1]).update(archived_at=None)

    found = "\n".join(violations(Diary(kept=ids)))

    assert "are not marked as archived" in found


def test_a_write_that_failed_or_waited_is_seen(ids):
    found = list(violations(Diary(kept=ids, failed=["OperationalError: no"], seconds=[0.1, 20.0])))

    assert found == ["1 writes failed, such as OperationalError: no", "1 writes took longer than 5 s, such as 20.0"]
