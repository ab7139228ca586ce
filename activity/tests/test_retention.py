"""History is kept as long as is wanted: for ever, unless told otherwise."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from activity.archive import ArchiveAway
from activity.models import Event
from activity.services import retention
from activity.services.relay import requeue
from activity.services.retention import sweep_retention

MONTH = timedelta(days=30)


@pytest.fixture
def written(events):
    """Record events as if that many days ago: `written(40, 20)` returns their ids."""

    def written(*days: float) -> list[UUID]:
        found = []
        for number, event in zip(days, events(len(days)), strict=True):
            moment = timezone.now() - timedelta(days=number)
            Event.objects.journal().filter(pk=event.pk).delete()
            event.pk = UUID(int=(int(moment.timestamp() * 1000) << 80) | (event.pk.int & (1 << 80) - 1))
            event.created_at = moment.replace(microsecond=0)
            event.save(using="default", force_insert=True)
            found.append(event.pk)
        return found

    return written


def journal():
    return list(Event.objects.journal().order_by("created_at").values_list("pk", flat=True))


@pytest.mark.parametrize("kept", [None, timedelta(days=36_500)])
def test_by_default_and_for_a_century_everything_is_kept(settings, written, relay, archived, kept):
    settings.ACTIVITY_RETENTION = kept
    old = written(20_000, 1)
    relay()

    assert sweep_retention(timezone.now()) == 0
    assert archived() == journal() == old


def test_what_is_older_goes_from_both_stores(settings, written, relay, archived):
    settings.ACTIVITY_RETENTION = MONTH
    written(40, 30.01)
    kept = written(29.99, 1)
    relay()

    assert sweep_retention(timezone.now()) == 4
    assert archived() == journal() == kept


def test_without_an_archive_it_goes_from_the_journal(no_archive, settings, written):
    settings.ACTIVITY_RETENTION = MONTH
    [_, kept] = written(31, 29)

    assert sweep_retention(timezone.now()) == 1
    assert journal() == [kept]


def test_what_was_pruned_from_the_journal_goes_from_the_archive(settings, written, relay, archived):
    settings.ACTIVITY_RETENTION = MONTH
    [_, kept] = written(31, 29)
    relay()
    Event.objects.journal().delete()

    sweep_retention(timezone.now())

    assert archived() == [kept]


def test_many_go_step_by_step(settings, written, relay, archived, monkeypatch):
    monkeypatch.setattr(retention, "SIZE", 2)
    settings.ACTIVITY_RETENTION = MONTH
    kept = written(35, 34, 33, 32, 31, 1)[-1:]
    relay()

    assert sweep_retention(timezone.now()) == 10
    assert archived() == journal() == kept


def test_nothing_that_went_comes_back(settings, written, relay, archived):
    settings.ACTIVITY_RETENTION = MONTH
    old = written(31)
    relay()
    sweep_retention(timezone.now())

    assert requeue(old) == 0
    assert relay() == 0
    assert archived() == []


def test_while_the_archive_is_away_the_journal_alone_forgets(settings, written, relay, archived, archive_goes):
    settings.ACTIVITY_RETENTION = MONTH
    written(31)
    relay()
    archive_goes()

    with pytest.raises(ArchiveAway):
        sweep_retention(timezone.now())

    archive_goes(back=True)
    assert journal() == []
    assert sweep_retention(timezone.now()) == 1
    assert archived() == []
