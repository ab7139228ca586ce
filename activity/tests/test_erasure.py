"""Forgetting, in the journal and in what was relayed already."""

from datetime import timedelta

import pytest
from django.utils import timezone

from activity.archive import ArchiveAway
from activity.models import Batch, Erasure, Event
from activity.services import relay as relaying
from activity.services.erasure import DELETED_PERSON, SETTLED, forget_person, forget_scopes, sweep_erasures
from activity.services.recording import Subject
from activity.services.relay import claim, deliver

SOON = timedelta(seconds=1)


def names(rows):
    return set(rows.values_list("actor_name", flat=True))


def test_what_is_forgotten_goes_from_both_stores(events, relay, archived, project):
    events(2)
    relay()
    events(1)
    kept = events(1, scope="project:other")
    now = timezone.now()

    forget_scopes([project.scope], now=now)
    sweep_erasures(now)

    assert list(Event.objects.journal().values_list("pk", flat=True)) == [kept[0].pk]
    assert archived() == []


def test_a_name_is_replaced_in_both_stores_and_the_counts_stay(events, relay, archive, owner, editor):
    Event.objects.journal().delete()
    events(2)
    events(1, author=editor)
    relay()
    events(2)
    now = timezone.now()

    forget_person(owner.pk, now=now)
    sweep_erasures(now)

    assert names(Event.objects.journal()) == names(archive()) == {DELETED_PERSON, "Editor"}
    assert archive().by(owner.pk).filter(actor_name=DELETED_PERSON).count() == 2
    assert Event.objects.journal().by(owner.pk).count() == 4


def test_what_is_forgotten_before_it_is_read_is_never_stored(events, archived, project):
    events(2)
    batch = claim(timezone.now())
    forget_scopes([project.scope], now=timezone.now())

    assert deliver(batch) == 0
    assert archived() == []
    assert not Batch.objects.exists()


def test_what_a_worker_was_storing_meanwhile_is_erased_the_second_time(events, archived, project):
    events(2)
    batch = claim(timezone.now())
    read = list(Event.objects.journal().of_batch(batch.number))
    now = timezone.now()
    forget_scopes([project.scope], now=now)
    sweep_erasures(now)
    relaying._store(read)

    early, late = sweep_erasures(now + SETTLED - SOON), sweep_erasures(now + SETTLED)

    assert (early, late) == (0, 1)
    assert archived() == []
    assert not Erasure.objects.exists()


def test_a_name_that_a_worker_was_storing_meanwhile_is_replaced_the_second_time(events, archive, owner):
    events(2)
    batch = claim(timezone.now())
    read = list(Event.objects.journal().of_batch(batch.number))
    now = timezone.now()
    forget_person(owner.pk, now=now)
    sweep_erasures(now)
    relaying._store(read)

    sweep_erasures(now + SETTLED)

    assert names(archive()) == {DELETED_PERSON}
    assert not Erasure.objects.exists()


def test_what_was_being_recorded_meanwhile_loses_its_name_the_second_time(no_archive, events, owner):
    now = timezone.now()
    forget_person(owner.pk, now=now)
    sweep_erasures(now)
    events(1, scope="project:other", subject=Subject("todo", owner.pk, "Committed a moment later"))

    sweep_erasures(now + SETTLED)

    assert names(Event.objects.journal()) == {DELETED_PERSON}
    assert not Erasure.objects.exists()


def test_an_erasure_waits_for_the_archive_and_is_still_carried_out_twice(
    events, relay, archived, archive_goes, project
):
    events(2)
    relay()
    now = timezone.now()
    forget_scopes([project.scope], now=now)
    archive_goes()
    with pytest.raises(ArchiveAway):
        sweep_erasures(now + 2 * SETTLED)
    archive_goes(back=True)

    first = sweep_erasures(now + 3 * SETTLED)
    left = archived()
    second = sweep_erasures(now + 4 * SETTLED)

    assert (first, left, second) == (0, [], 1)
    assert not Erasure.objects.exists()
