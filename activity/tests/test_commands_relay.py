"""What somebody who looks after a server types, and reads."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activity.models import Batch, Event
from activity.services.relay import TRIES, claim
from config.ids import uuid7


def run(name, **options):
    output = StringIO()
    call_command(name, stdout=output, no_color=True, **options)
    return output.getvalue()


def fails(name, **options):
    output = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command(name, stdout=output, no_color=True, **options)
    assert failure.value.returncode == 1
    return output.getvalue(), str(failure.value)


def told():
    return json.loads(run("activity_status", json=True))


@pytest.fixture
def parked(events, archive, relay, leases_end):
    """Return an event that the archive has refused for good."""
    [event] = events(1)
    twin = Event.objects.journal().get(pk=event.pk)
    twin.pk = uuid7()
    twin.save(using="activity", force_insert=True)
    for _ in range(TRIES):
        relay()
        leases_end()
    return event


def test_relaying_in_the_foreground_ends_with_a_figure(events, archived, monkeypatch):
    monkeypatch.setattr("activity.services.relay.SIZE", 2)
    events(5)

    output = run("activity_relay")

    lines = output.split("\r")
    assert [line.strip() for line in lines[1:]] == [
        "2 events relayed …",
        "4 events relayed …",
        "5 events relayed …",
        "5 events relayed, 0 left.",
    ]
    assert len(archived()) == 5


def test_what_is_with_a_worker_is_left_to_it(archive, events):
    events(2)
    claim(timezone.now())

    output = run("activity_relay")

    assert "0 events relayed, 2 left." in output
    assert "activity_status" in output


def test_without_an_archive_there_is_nowhere_to_relay_to(no_archive, events):
    events(1)

    _, message = fails("activity_relay")

    assert "MONGODB_URL" in message
    assert Event.objects.journal().waiting().count() == 1


def test_while_the_archive_is_away_relaying_says_that_nothing_is_lost(events, archive_goes):
    events(3)
    archive_goes()

    _, message = fails("activity_relay")

    assert "The archive is away" in message
    assert "0 events were relayed; nothing is lost" in message
    assert Event.objects.journal().count() == 3


def test_what_was_parked_is_tried_again_when_asked(parked, archived):
    run("activity_relay")
    before = archived()
    Event.objects.archive().delete()

    output = run("activity_relay", retry_parked=True)

    assert parked.pk not in before
    assert "1 parked batches get their tries again." in output
    assert archived() == [parked.pk]


def test_the_status_says_what_waits_and_since_when(events, relay):
    events(2)
    relay()
    events(2, now=timezone.now() - timedelta(seconds=90))
    claim(timezone.now())
    events(3, now=timezone.now() - timedelta(seconds=30))

    found = told()

    assert 85 < found.pop("lag") < 120
    assert found == {
        "configured": True,
        "answers": True,
        "waiting": 3,
        "in_flight": 2,
        "parked": [],
        "erasures": 0,
        "journal": 7,
        "archived": 2,
    }


def test_the_status_is_readable(events, relay):
    events(2)
    relay()

    output = run("activity_status")

    assert [line.split(":", 1)[0] for line in output.splitlines()] == [
        "Journal",
        "Erasures waiting",
        "Archive",
        "Waiting",
        "In flight",
        "Lag",
        "Parked",
    ]
    assert "Lag:              0:00:00\n" in output


def test_without_an_archive_the_status_is_fine(no_archive, events):
    events(2)

    output = run("activity_status")

    assert "none; the journal keeps every event" in output
    assert told()["lag"] == 0


def test_what_is_parked_is_named_with_its_reason_and_ends_with_1(parked):
    output, message = fails("activity_status")
    document, _ = fails("activity_status", json=True)

    assert str(parked.pk) in output
    assert "IntegrityError" in output
    assert "--retry-parked" in message
    [batch] = json.loads(document)["parked"]
    assert (batch["number"], batch["events"]) == (Batch.objects.get().number, [str(parked.pk)])


def test_an_archive_that_is_away_is_told_and_ends_with_1(events, archive_goes):
    events(2)
    archive_goes()

    output, message = fails("activity_status")
    archive_goes()
    document, _ = fails("activity_status", json=True)

    assert "Archive:          away" in output
    assert "Nothing is lost" in message
    found = json.loads(document)
    assert (found["answers"], found["archived"], found["waiting"]) == (False, None, 2)
