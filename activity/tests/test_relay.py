"""From the journal to the archive, once each, whatever comes between."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from activity.archive import ArchiveAway, breaker, require_prepared
from activity.models import Batch, Event
from activity.querysets import ARCHIVE
from activity.services import relay as relaying
from activity.services.relay import LEASE, TRIES, claim, deliver, retry_parked, sweep_pruning, sweep_relay
from config.ids import uuid7

on_servers = [
    pytest.mark.servers,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite lets one writer in at a time"
    ),
    pytest.mark.django_db(transaction=True),
]


def ids(events):
    return [event.pk for event in events]


def unmarked():
    return Event.objects.journal().filter(archived_at=None)


@pytest.fixture
def poison(archive, events):
    """Record an event whose place in its scope the archive has given to another."""

    def poison() -> Event:
        [event] = events(1)
        twin = Event.objects.journal().get(pk=event.pk)
        twin.pk = uuid7()
        twin.save(using="activity", force_insert=True)
        return event

    return poison


def heal(event):
    Event.objects.archive().filter(revision=event.revision).exclude(pk=event.pk).delete()


# Batches


def test_what_waits_goes_in_batches_oldest_first(events, archived, monkeypatch):
    monkeypatch.setattr(relaying, "SIZE", 2)
    written = events(5)

    sizes = list(relaying.drain())

    assert sizes == [2, 2, 1]
    assert archived() == ids(written)
    batches = Event.objects.archive().order_by("created_at").values_list("batch", flat=True)
    first = batches[0]
    assert list(batches) == [first, first, first + 1, first + 1, first + 2]
    assert not Batch.objects.exists()
    assert not unmarked().exists()


def test_an_event_reaches_the_archive_whole(events, relay):
    [written] = events(1, data={"changes": {"labels": {"before": [], "after": ["errand", "été"]}}}, open_delta=-1)

    relay()

    kept, found = Event.objects.journal().get(pk=written.pk), Event.objects.archive().get(pk=written.pk)
    for field in Event._meta.concrete_fields:
        if field.name != "archived_at":
            assert getattr(found, field.attname) == getattr(kept, field.attname), field.name


def test_relaying_again_changes_nothing(events, relay, archived):
    written = events(3)
    relay()

    assert relay() == 0
    assert archived() == ids(written)


def test_a_round_with_nothing_to_do_is_two_queries(archive, events, relay, django_assert_num_queries):
    with django_assert_num_queries(2):
        relay()


def test_without_an_archive_nothing_is_taken(no_archive, events):
    events(2)

    assert sweep_relay(timezone.now()) == 0
    assert not Batch.objects.exists()


# Crashes


def test_what_was_taken_and_never_stored_goes_when_the_lease_is_over(events, relay, archived, leases_end):
    written = events(3)
    claim(timezone.now())
    before = relay()
    leases_end()

    after = relay()

    assert (before, after) == (0, 3)
    assert archived() == ids(written)


@pytest.mark.parametrize("stored", [1, 3])
def test_what_was_stored_and_not_marked_is_marked_by_the_next(events, relay, archived, leases_end, stored):
    written = events(3)
    batch = claim(timezone.now())
    relaying._store(list(Event.objects.journal().of_batch(batch.number).order_by("created_at"))[:stored])
    leases_end()

    assert relay() == 3
    assert archived() == ids(written)
    assert not Batch.objects.exists()


def test_what_was_marked_leaves_no_batch_behind(events, relay, leases_end):
    events(2)
    batch = claim(timezone.now())
    deliver(batch)
    Batch.objects.create(number=batch.number, leased_until=timezone.now())

    assert relay() == 0
    assert not Batch.objects.exists()


def test_a_batch_is_taken_over_once(events):
    events(2)
    batch = claim(timezone.now())
    later = timezone.now() + LEASE

    taken = [claim(later), claim(later)]

    assert [found and found.number for found in taken] == [batch.number, None]


def test_two_workers_on_one_batch_store_it_once(events, archived):
    written = events(3)
    first = claim(timezone.now())
    second = claim(timezone.now() + LEASE)

    counts = [deliver(second), deliver(first)]

    assert counts == [3, 0]
    assert archived() == ids(written)


def test_a_worker_that_lost_its_lease_does_not_count_a_try(poison):
    poison()
    first = claim(timezone.now())
    second = claim(timezone.now() + LEASE)

    deliver(first)

    batch = Batch.objects.get()
    assert (batch.attempts, batch.leased_until) == (0, second.leased_until)


# Poison


def test_a_refused_event_does_not_keep_the_others(poison, events, relay, archived):
    written = events(2)
    bad = poison()
    written += events(2)

    assert relay() == 4
    assert set(ids(written)) < set(archived())
    assert bad.pk not in archived()
    assert list(unmarked().values_list("pk", flat=True)) == [bad.pk]
    later = events(1)
    assert relay() == 1
    assert later[0].pk in archived()


def test_what_is_refused_again_and_again_is_parked_and_reported(poison, relay, leases_end, caplog):
    bad = poison()
    for number in range(TRIES):
        assert not Batch.objects.parked().exists(), number
        relay()
        leases_end()

    batch = Batch.objects.parked().get()
    assert (batch.attempts, batch.error[:14]) == (TRIES, "IntegrityError")
    [report] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(bad.pk) in report.getMessage()
    assert relay() == 0
    assert Batch.objects.parked().get().attempts == TRIES


def test_what_is_refused_waits_longer_each_time(poison, relay, leases_end):
    poison()
    waits = []
    for _ in range(TRIES - 1):
        relay()
        waits.append(round((Batch.objects.get().leased_until - timezone.now()).total_seconds()))
        leases_end()

    assert waits == list(relaying.WAITS)


def test_what_was_parked_goes_once_it_is_mended(poison, relay, leases_end, archived):
    bad = poison()
    for _ in range(TRIES):
        relay()
        leases_end()
    heal(bad)

    assert retry_parked(timezone.now()) == 1
    assert relay() == 1
    assert archived() == [bad.pk]


def test_a_parked_batch_whose_events_were_forgotten_goes(poison, relay, leases_end):
    poison()
    for _ in range(TRIES):
        relay()
        leases_end()
    Event.objects.journal().delete()

    sweep_pruning(timezone.now())

    assert not Batch.objects.exists()


@pytest.mark.servers
@pytest.mark.skipif(connections["activity"].vendor != "mongodb", reason="needs MONGODB_URL: SQL keeps any JSON")
def test_a_value_that_mongodb_cannot_keep_is_refused_alone(events, relay, archived):
    [good, _] = events(1) + events(1, data={"changes": {"length": {"before": 0, "after": 2**70}}})

    assert relay() == 1
    assert archived() == [good.pk]
    assert "8-byte" in Batch.objects.get().error


# Away


def test_S35_while_the_archive_is_away_nothing_is_lost_and_nothing_parked(events, archive_goes, relay, archived):
    written = events(3)
    archive_goes()
    for _ in range(TRIES + 1):
        archive_goes()
        with pytest.raises(ArchiveAway):
            relay()
    batch = Batch.objects.get()
    archive_goes(back=True)

    assert batch.attempts == 0
    assert relay() == 3
    assert archived() == ids(written)


def test_an_archive_that_did_not_answer_is_not_asked_again_at_once(events, archive_goes, relay, caplog):
    events(1)
    archive_goes()
    with pytest.raises(ArchiveAway):
        relay()

    with pytest.raises(ArchiveAway, match="a moment ago"):
        relay()

    assert len([line for line in caplog.messages if "archive is away" in line]) == 1


def test_it_is_said_once_that_the_archive_is_away_and_once_that_it_is_back(events, archive_goes, relay, caplog):
    caplog.set_level(logging.INFO, "activity.archive")
    events(1)
    for _ in range(3):
        archive_goes()
        with pytest.raises(ArchiveAway):
            relay()
    archive_goes(back=True)
    relay()
    relay()

    lines = [line.split(":")[0] for line in caplog.messages if "archive" in line]
    assert lines == ["The archive is away", "The archive answers again"]


@pytest.fixture
def unprepared(archive):
    """Let the archive's last migration not have run; `unprepared()` runs it."""
    recorder, last = MigrationRecorder(connections[ARCHIVE]), ("activity", "0005_name_batches")
    recorder.record_unapplied(*last)
    require_prepared.cache_clear()

    def prepare() -> None:
        if last not in recorder.applied_migrations():
            recorder.record_applied(*last)

    yield prepare
    prepare()


def test_an_archive_without_its_indexes_is_not_filled(events, unprepared, relay, archived):
    [event] = events(1)

    with pytest.raises(ArchiveAway, match="migrate --database activity"):
        relay()
    before = archived()
    unprepared()
    breaker.reset()

    assert relay() == 1
    assert (before, archived()) == ([], [event.pk])


def test_S35_nothing_is_pruned_while_the_archive_is_away(events, relay, archive_goes, settings):
    events(2)
    relay()
    archive_goes()

    with pytest.raises(ArchiveAway):
        sweep_pruning(timezone.now() + settings.JOURNAL_KEEP + LEASE)

    archive_goes(back=True)
    assert Event.objects.journal().count() == 2


# Pruning


def test_the_journal_keeps_what_it_has_relayed_for_a_while(events, relay, settings):
    events(2)
    relay()
    Event.objects.journal().update(archived_at=timezone.now() - settings.JOURNAL_KEEP - LEASE)
    young = events(2)
    relay()
    waiting = events(1)

    assert sweep_pruning(timezone.now()) == 2

    left = Event.objects.journal().order_by("created_at").values_list("pk", flat=True)
    assert list(left) == ids(young) + ids(waiting)
    assert Event.objects.archive().count() == 4


def test_pruning_asks_the_archive_and_relays_again_what_it_lost(events, relay, archived, settings, caplog):
    written = events(4)
    relay()
    Event.objects.archive().filter(pk__in=ids(written[1:3])).delete()

    pruned = sweep_pruning(timezone.now() + settings.JOURNAL_KEEP + LEASE)

    assert pruned == 2
    assert "The archive lost 2 events; they are relayed again" in caplog.messages
    assert relay() == 2
    assert archived() == ids(written)


def test_only_what_was_relayed_can_be_lost(events, archive):
    events(2)
    claim(timezone.now())

    assert relaying.requeue(list(Event.objects.journal().values_list("pk", flat=True))) == 0
    assert Event.objects.journal().in_flight().count() == 2


# Side by side


class TestSideBySide:
    pytestmark = on_servers

    @staticmethod
    def together(*tasks):
        def run(task):
            try:
                return task()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(tasks)) as pool:
            return list(pool.map(run, tasks))

    def test_workers_share_what_waits_and_store_it_once(self, archive, events, archived, monkeypatch):
        monkeypatch.setattr(relaying, "SIZE", 7)
        written = events(100)

        counts = self.together(*[lambda: sweep_relay(timezone.now())] * 4)

        assert sum(counts) == 100
        assert archived() == ids(written)
        assert not Batch.objects.exists()
        assert not unmarked().exists()

    def test_workers_on_one_batch_store_it_once(self, archive, events, archived):
        written = events(50)
        batches = [claim(timezone.now() + number * LEASE) for number in range(4)]

        self.together(*[lambda batch=batch: deliver(batch) for batch in batches])

        assert archived() == ids(written)
        assert not unmarked().exists()

    def test_a_batch_is_claimed_by_one_of_those_who_try(self, archive, events):
        events(3)
        claim(timezone.now())
        later = timezone.now() + timedelta(hours=1)

        claimed = self.together(*[lambda: claim(later)] * 6)

        assert len([batch for batch in claimed if batch]) == 1

    def test_what_somebody_has_locked_is_not_waited_for(self, archive, events, archived):
        from django.db import transaction

        written = events(4)
        with transaction.atomic():
            Event.objects.journal().filter(pk=written[1].pk).update(actor_name="Being changed")
            [first] = self.together(lambda: sweep_relay(timezone.now()))

        assert first == 3
        assert sweep_relay(timezone.now()) == 1
        assert archived() == ids(written)

    def test_what_is_being_forgotten_is_marked_later(self, archive, events, archived, leases_end):
        from django.db import transaction

        written = events(4)
        batch = claim(timezone.now())
        with transaction.atomic():
            Event.objects.journal().filter(pk=written[1].pk).update(actor_name="Being changed")
            [first] = self.together(lambda: deliver(batch))
        leases_end()

        assert first == 3
        assert sweep_relay(timezone.now()) == 1
        assert archived() == ids(written)
        assert not Batch.objects.exists()
