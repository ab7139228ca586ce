"""The whole history moves to the archive and back, whenever it is stopped and whatever is written meanwhile."""

from datetime import timedelta
from itertools import islice

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from activity.models import Batch, Erasure, Event, Relay
from activity.services import copying
from activity.services import relay as relaying
from activity.services.copying import copy_to_archive, copy_to_journal, missing_in_journal
from activity.services.erasure import DELETED_PERSON, forget_scopes, sweep_erasures
from activity.services.reading import timeline
from activity.services.verification import CONTENT, Verification
from config.ids import uuid7


@pytest.fixture
def small_pages(monkeypatch):
    """Let a few events be many pages."""
    monkeypatch.setattr(copying, "SIZE", 3)
    monkeypatch.setattr(relaying, "SIZE", 3)


@pytest.fixture
def write(owner, project, make_todo, now):
    """Write history, each call later than the one before: `write(3)`."""
    moments = (now + timedelta(minutes=number) for number in range(1, 1000))

    def write(count):
        for moment in islice(moments, count):
            make_todo("Buy milk", now=moment)

    return write


def journal():
    return Event.objects.journal()


def contents(events):
    """Return what the events say, by their ids, in order."""
    return [[getattr(event, name) for name in CONTENT] for event in events.order_by("pk")]


def history(owner):
    return [event.pk for event in timeline(actor_id=owner.pk)[:1000]]


def prune():
    """Leave the archive alone with what it has, as the worker does in time."""
    count = journal().exclude(archived_at=None).delete()[0]
    assert count


def is_sound():
    return list(Verification(now=timezone.now()).findings()) == []


def test_everything_goes_to_the_archive(archive, small_pages, write, owner):
    write(10)
    before = history(owner)

    stored = sum(copy_to_archive(now=timezone.now()))

    assert stored == journal().count() == archive().count()
    assert contents(archive()) == contents(journal())
    assert history(owner) == before
    assert is_sound()


def test_everything_comes_back_to_the_journal(archive, relay, small_pages, write, owner, settings):
    write(10)
    before, said = history(owner), contents(journal())
    relay()
    prune()

    looked_at = sum(copy_to_journal(now=timezone.now()))

    assert looked_at == len(said)
    assert contents(journal()) == said
    assert history(owner) == before
    assert is_sound()
    settings.ACTIVITY_ARCHIVE = False
    assert history(owner) == before
    assert is_sound()


def test_there_and_back_and_there_again(archive, small_pages, write, owner, settings):
    """From the journal to an archive, back while events are written, without it, and to another one."""
    write(5)
    list(copy_to_archive(now=timezone.now()))
    prune()
    write(5)
    list(copy_to_journal(now=timezone.now()))
    settings.ACTIVITY_ARCHIVE = False
    write(5)
    alone = history(owner)

    settings.ACTIVITY_ARCHIVE = True
    archive().delete()
    list(copy_to_archive(now=timezone.now()))

    assert history(owner) == alone
    assert contents(archive()) == contents(journal())
    assert is_sound()
    prune()
    assert history(owner) == alone
    assert is_sound()


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_copy_that_was_stopped_goes_on(archive, relay, small_pages, write, owner, steps):
    write(10)
    said = contents(journal())
    list(islice(copy_to_archive(now=timezone.now()), steps))

    list(copy_to_archive(now=timezone.now()))
    assert contents(archive()) == said

    prune()
    list(islice(copy_to_journal(now=timezone.now()), steps))
    assert is_sound()

    list(copy_to_journal(now=timezone.now()))
    assert contents(journal()) == said
    assert is_sound()


def test_a_second_copy_changes_nothing(archive, small_pages, write, owner):
    write(5)
    for copy in (copy_to_archive, copy_to_archive, copy_to_journal, copy_to_journal):
        list(copy(now=timezone.now()))

    assert contents(archive()) == contents(journal())
    assert len(set(history(owner))) == len(history(owner)) == journal().count()
    assert is_sound()


def test_what_is_written_meanwhile_is_copied_too(archive, relay, small_pages, write, owner):
    write(5)
    relay()
    prune()

    for _ in copy_to_journal(now=timezone.now()):
        write(1)
        if Event.objects.journal().count() < 12:
            relay()

    assert is_sound()
    assert missing_in_journal() == 0
    assert len(set(history(owner))) == len(history(owner)) == journal().count()


def test_what_was_copied_back_is_not_pruned_again_at_once(archive, relay, small_pages, write, settings):
    write(5)
    relay()
    long_ago = timezone.now() - settings.JOURNAL_KEEP - timedelta(days=1)
    journal().update(archived_at=long_ago)
    journal().filter(revision__lte=3).delete()
    now = timezone.now()

    list(copy_to_journal(now=now))

    assert relaying.sweep_pruning(now + settings.JOURNAL_KEEP) == 0
    assert missing_in_journal() == 0
    assert relaying.sweep_pruning(now + settings.JOURNAL_KEEP + timedelta(seconds=1)) == archive().count()


def test_what_waits_or_is_on_its_way_stays_so_while_the_rest_comes_back(archive, relay, small_pages, write, owner):
    write(3)
    relay()
    prune()
    write(6)
    batch = relaying.claim(timezone.now())
    before = history(owner)

    list(copy_to_journal(now=timezone.now()))

    assert history(owner) == before
    assert relaying.deliver(batch) == 3
    relay()
    assert archive().count() == journal().count()
    assert is_sound()


def test_what_the_archive_lost_is_stored_again(archive, relay, small_pages, write):
    write(5)
    relay()
    archive().filter(revision__in=[2, 5]).delete()

    stored = sum(copy_to_archive(now=timezone.now()))

    assert stored == 2
    assert is_sound()


def test_what_a_lost_batch_had_taken_is_stored(archive, write):
    write(5)
    relaying.claim(timezone.now())
    Batch.objects.all().delete()

    list(copy_to_archive(now=timezone.now()))

    assert is_sound()
    assert archive().count() == journal().count()


def test_an_archive_that_was_switched_off_forgets_what_was_deleted_since(
    archive, relay, write, project, owner, stranger, settings
):
    write(3)
    relay()
    settings.ACTIVITY_ARCHIVE = False
    forget_scopes([f"user:{stranger.pk}"], now=timezone.now())
    journal().by(stranger.pk).update(actor_name=DELETED_PERSON)
    owned = [found.scope for found in stranger.projects.all()]
    stranger.projects.all().delete()
    forget_scopes(owned, now=timezone.now())
    stranger.delete()
    Erasure.objects.all().delete()  # done with, as far as the journal goes

    settings.ACTIVITY_ARCHIVE = True
    list(copy_to_archive(now=timezone.now()))
    sweep_erasures(timezone.now())

    assert not archive().in_scopes([f"user:{stranger.pk}", *owned]).exists()
    assert not archive().by(stranger.pk).exclude(actor_name=DELETED_PERSON).exists()
    assert archive().by(owner.pk).filter(actor_name=owner.name).exists()
    assert is_sound()


def test_a_journal_that_is_older_than_the_archive_learns_its_batches(archive, relay, small_pages, write, owner):
    write(9)
    before = history(owner)
    relay()
    prune()
    Relay.objects.update(last_batch=0)

    list(copy_to_journal(now=timezone.now()))

    assert Relay.objects.get().last_batch == max(archive().values_list("batch", flat=True))
    assert history(owner) == before
    assert is_sound()


def test_the_command_says_what_to_do_next(archive, write, capsys):
    write(3)
    total = journal().count()

    call_command("activity_copy", "--to", "archive")
    told = capsys.readouterr().out
    assert f"{total} events stored" in told
    assert told.splitlines()[-1].startswith("The archive has the whole history. Give MONGODB_URL to every process")

    call_command("activity_copy", "--to", "journal")
    told = capsys.readouterr().out
    assert f"{total} events looked at" in told
    assert told.splitlines()[-1].startswith("The journal has the whole history. Take MONGODB_URL away")


def test_the_command_needs_an_archive(no_archive, db):
    with pytest.raises(CommandError, match="name it in MONGODB_URL"):
        call_command("activity_copy", "--to", "journal")


def test_the_command_wants_an_archive_that_was_migrated(archive, write):
    write(1)
    recorder = MigrationRecorder(connections["activity"])
    last = max(name for app, name in recorder.applied_migrations() if app == "activity")
    recorder.record_unapplied("activity", last)
    try:
        with pytest.raises(CommandError, match="migrate --database activity"):
            call_command("activity_copy", "--to", "archive")
    finally:
        recorder.record_applied("activity", last)

    assert archive().count() == 0


def test_the_command_ends_with_one_when_the_archive_refuses_something(archive, write, project):
    write(3)
    event = journal().get(scope=project.scope, revision=2)
    Event(**{name: getattr(event, name) for name in CONTENT} | {"id": uuid7()}).save(
        using="activity", force_insert=True
    )

    with pytest.raises(CommandError, match="refuses 1 events"):
        call_command("activity_copy", "--to", "archive")

    assert archive().count() == journal().count()


def test_the_command_ends_with_one_when_the_stores_are_at_odds(archive, relay, write, project):
    write(3)
    relay()
    journal().filter(scope=project.scope, revision=2).update(revision=99)
    at_odds = journal().get(scope=project.scope, revision=99)
    copy = Event(**{name: getattr(at_odds, name) for name in CONTENT} | {"id": uuid7(), "revision": 2})
    at_odds.delete()
    copy.save(using="default", force_insert=True)

    with pytest.raises(CommandError, match="1 events are at odds"):
        call_command("activity_copy", "--to", "journal")
