"""Damage that is done by hand is found, and a sound history is left in peace."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity import registry
from activity.models import Batch, Erasure, Event
from activity.services import relay as relaying
from activity.services.erasure import DELETED_PERSON, forget_person, forget_scopes, sweep_erasures
from activity.services.verification import CONTENT, Finding, Verification
from config.ids import uuid7
from todos.models import Project
from todos.services.todos import complete_todo


@pytest.fixture
def written(owner, project, make_todo, now):
    """The events of a project, from 1 to 6."""
    for number in range(5):
        make_todo(f"{number}", now=now + timedelta(minutes=number))
    assert Project.objects.get(pk=project.pk).revision == 6
    return Event.objects.journal().in_scopes([project.scope])


def findings():
    return list(Verification(now=timezone.now()).findings())


def at(rows, revision):
    return rows.filter(revision=revision)


def as_another(event, **values):
    """Return the event as another one, with an id of its own."""
    copy = Event(**{name: getattr(event, name) for name in CONTENT} | {"batch": event.batch} | values)
    copy.pk = values.get("id", uuid7())
    return copy


def test_a_sound_history_is_sound_before_it_is_relayed_and_after(archive, relay, written, owner, make_todo, now):
    assert findings() == []

    relay()
    later = now + timedelta(hours=1)
    complete_todo(actor=owner, todo_id=make_todo("One more", now=later).pk, now=later)

    assert findings() == []


def test_a_sound_history_without_an_archive_is_sound(no_archive, written, stranger):
    verification = Verification(now=timezone.now())

    assert list(verification.findings()) == []
    assert verification.events == Event.objects.journal().count()
    assert verification.scopes == Project.objects.count() + 2


def test_a_batch_on_its_way_is_no_finding(archive, written):
    batch = relaying.claim(timezone.now())
    relaying._store(list(Event.objects.journal().filter(batch=batch.number)))

    assert findings() == []


def test_what_was_pruned_is_no_finding(archive, relay, written):
    relay()
    at(written, 2).delete()

    assert findings() == []


@pytest.mark.parametrize(("revisions", "span"), [([1], (1, 1)), ([2, 3], (2, 3)), ([5, 6], (5, 6))])
def test_a_gap_is_found_wherever_it_is(no_archive, written, project, revisions, span):
    written.filter(revision__in=revisions).delete()

    assert findings() == [Finding("gap", project.scope, *span)]


def test_a_scope_that_lost_everything_is_one_gap(archive, relay, written, project):
    relay()
    written.delete()
    archive().in_scopes([project.scope]).delete()

    assert findings() == [Finding("gap", project.scope, 1, 6)]


def test_an_event_that_was_marked_and_never_stored_is_found(archive, relay, written, project):
    relay()
    archive().in_scopes([project.scope]).filter(revision__in=[3, 4]).delete()

    assert findings() == [Finding("lost", project.scope, 3, 4)]


def test_an_event_that_nobody_counted_is_found(no_archive, written, project):
    as_another(written.get(revision=6), revision=8).save(using="default", force_insert=True)

    assert findings() == [Finding("ahead", project.scope, 8, 8)]


def test_another_event_with_the_same_number_is_found(archive, relay, written, project):
    relay()
    event = at(written, 4).get()
    at(archive().in_scopes([project.scope]), 4).delete()
    as_another(event).save(using="activity", force_insert=True)

    assert findings() == [Finding("double", project.scope, 4, 4)]


def test_an_event_that_differs_between_the_stores_is_found(archive, relay, written, project):
    relay()
    at(archive().in_scopes([project.scope]), 2).update(subject_title="Another")

    assert findings() == [Finding("differs", project.scope, 2, 2)]


def test_an_event_with_other_data_in_the_archive_is_found(archive, relay, written, project):
    relay()
    at(written, 2).update(data={"changes": {}})

    assert findings() == [Finding("differs", project.scope, 2, 2)]


def test_an_event_that_readers_would_see_twice_is_found(archive, relay, written, project):
    relay()
    at(written, 5).update(batch=None, archived_at=None)

    assert findings() == [Finding("repeated", project.scope, 5, 5)]


def test_an_archived_event_that_no_reader_sees_is_found(archive, relay, written, project):
    relay()
    at(written, 5).delete()
    at(archive().in_scopes([project.scope]), 5).update(batch=99)

    assert findings() == [Finding("hidden", project.scope, 5, 5)]


def test_an_event_whose_batch_is_gone_is_found(archive, relay, written, project):
    batch = relaying.claim(timezone.now())
    Event.objects.journal().filter(batch=batch.number).exclude(scope=project.scope).update(batch=None)
    written.exclude(revision=3).update(batch=None)
    Batch.objects.all().delete()

    assert findings() == [Finding("stuck", project.scope, 3, 3)]


def test_an_event_much_earlier_than_the_one_before_is_found(no_archive, written, project, now):
    at(written, 4).update(created_at=now - timedelta(days=1))

    assert findings() == [Finding("order", project.scope, 4, 4)]


def test_an_event_a_moment_earlier_than_the_one_before_is_no_finding(no_archive, written, now):
    at(written, 4).update(created_at=at(written, 3).get().created_at - timedelta(seconds=20))

    assert findings() == []


def test_an_event_of_a_scope_that_nobody_counts_is_found_in_either_store(archive, relay, written, project):
    relay()
    stray = as_another(at(written, 1).get(), scope="project:gone", revision=7, archived_at=timezone.now())
    stray.save(using="default", force_insert=True)
    kept = as_another(stray, scope=f"project:{uuid7()}")
    kept.save(using="activity", force_insert=True)

    assert findings() == [Finding("stray", "project:gone", 7, 7), Finding("unforgotten", kept.scope, 7, 7)]


def test_a_scope_that_is_being_forgotten_is_no_finding_and_one_that_came_back_is(archive, relay, written, project):
    relay()
    back = as_another(at(written, 2).get())
    scope = project.scope
    Project.objects.filter(pk=project.pk).delete()
    forget_scopes([scope], now=timezone.now())
    assert findings() == []
    sweep_erasures(timezone.now())
    sweep_erasures(timezone.now() + timedelta(hours=1))
    assert not Erasure.objects.exists()

    back.save(using="activity", force_insert=True)

    assert findings() == [Finding("unforgotten", scope, 2, 2)]


def test_a_name_that_is_being_forgotten_is_no_finding_and_one_that_came_back_is(
    archive, relay, written, project, owner
):
    relay()
    Event.objects.journal().by(owner.pk).update(actor_name=DELETED_PERSON)
    Erasure.objects.create(actor_id=owner.pk, asked_at=timezone.now(), due_at=timezone.now())
    assert findings() == []

    Erasure.objects.all().delete()

    assert Finding("differs", project.scope, 1, 6) in findings()


def test_a_deleted_person_leaves_nothing_to_find(archive, relay, written, stranger):
    relay()
    person = stranger.pk
    Project.objects.owned_by(person).delete()
    inboxes = set(Event.objects.journal().by(person).values_list("scope", flat=True))
    stranger.devices.all().delete()
    stranger.delete()
    forget_person(person, now=timezone.now())
    forget_scopes(inboxes, now=timezone.now())

    assert findings() == []


@pytest.mark.parametrize("kept", [timedelta(days=30), timedelta(days=1)])
def test_history_that_starts_where_its_time_runs_out_is_no_finding(no_archive, written, settings, now, kept):
    settings.ACTIVITY_RETENTION = kept
    written.filter(revision__lte=3).delete()

    assert list(Verification(now=now + kept + timedelta(minutes=2)).findings()) == []


def test_a_gap_in_what_should_still_be_kept_is_found(no_archive, written, project, settings, now):
    settings.ACTIVITY_RETENTION = timedelta(days=1)
    written.filter(revision__in=[1, 4]).delete()

    found = list(Verification(now=now + timedelta(hours=23)).findings())

    assert found == [Finding("gap", project.scope, 4, 4)]


def test_events_that_are_written_meanwhile_are_no_finding(archive, relay, written, make_todo, now):
    def write():
        make_todo("Meanwhile", now=now + timedelta(hours=1))
        relay()
        return Project.objects.none()

    registry.add_counter("written after the others were counted", write)
    try:
        assert findings() == []
    finally:
        del registry._counters["written after the others were counted"]
    assert written.count() >= 8


def test_it_asks_as_often_for_many_scopes_as_for_few(archive, relay, written, register, django_assert_num_queries):
    relay()
    with CaptureQueriesContext(connection) as before:
        assert findings() == []

    for number in range(6):
        register(f"more{number}")

    with django_assert_num_queries(len(before)):
        assert findings() == []


def test_the_command_says_that_all_is_well(archive, relay, written, capsys):
    relay()

    call_command("activity_verify")

    assert "Every change is there once, in order." in capsys.readouterr().out


def test_the_command_names_each_finding_and_ends_with_one(no_archive, written, project, capsys):
    written.filter(revision=2).delete()

    with pytest.raises(CommandError) as failed:
        call_command("activity_verify")

    assert failed.value.returncode == 1
    assert f"gap: {project.scope}, 2: missing, though they were counted" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "shown"), [([], 50), (["--all"], 60)])
def test_the_command_names_no_more_than_one_can_read(no_archive, written, capsys, options, shown):
    event = at(written, 1).get()
    Event.objects.bulk_create([as_another(event, scope=f"project:{number}") for number in range(60)])

    with pytest.raises(CommandError, match="60 findings"):
        call_command("activity_verify", *options)

    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("stray: ")]) == shown
    assert any(line.startswith("… and 10 more") for line in lines) is (shown == 50)


def test_the_command_tells_programs_too(no_archive, written, project, capsys):
    written.filter(revision=2).delete()

    with pytest.raises(CommandError):
        call_command("activity_verify", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["kinds"] == {"gap": 1}
    assert told["findings"] == [{"kind": "gap", "scope": project.scope, "first": 2, "last": 2}]


def test_the_command_says_so_when_it_cannot_look(archive, written):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE activity_batch RENAME TO elsewhere")

    with pytest.raises(CommandError) as failed:
        call_command("activity_verify")

    assert failed.value.returncode == 2
