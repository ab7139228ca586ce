from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from activity.models import Event
from activity.services.reading import timeline
from activity.services.recording import Subject, record
from todos.models import Membership


@pytest.fixture
def write(owner, now):
    def write(author=owner, now=now, **options):
        given = {"scope": f"project:{owner.pk}", "revision": 1, "verb": "todo.created", "data": {"a": 1}}
        return record(author=author, subject=Subject("todo", owner.pk, "Buy milk"), now=now, **(given | options))

    return write


def test_an_event_keeps_what_happened_as_it_was(write, owner, now):
    event = write()

    event.refresh_from_db(using="default")
    assert (event.created_at, event.verb, event.data) == (now, "todo.created", {"a": 1})
    assert (event.actor_id, event.actor_name) == (owner.pk, "Owner")
    assert (event.subject_type, event.subject_id, event.subject_title) == ("todo", owner.pk, "Buy milk")


def test_an_event_goes_with_the_change_that_fails(write):
    with transaction.atomic():
        write()
        transaction.set_rollback(True)

    assert not Event.objects.journal().filter(verb="todo.created").exists()


def test_a_revision_of_a_scope_is_told_once(write):
    write()

    with pytest.raises(IntegrityError), transaction.atomic():
        write()


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", datetime(2026, 3, 2, 23, 30, tzinfo=UTC), date(2026, 3, 2)),
        ("Asia/Tokyo", datetime(2026, 3, 2, 23, 30, tzinfo=UTC), date(2026, 3, 3)),
        ("America/New_York", datetime(2026, 3, 3, 3, 0, tzinfo=UTC), date(2026, 3, 2)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
    ],
)
def test_the_local_day_is_the_authors(write, owner, zone, moment, day):
    owner.time_zone = zone

    assert write(now=moment).local_day == day


def test_a_person_sees_what_is_theirs_and_their_projects(owner, editor, stranger, todo):
    def verbs(person):
        return {event.verb for event in timeline(actor_id=person.pk)[:100]}

    assert verbs(owner) == {"user.registered", "project.created", "todo.created"}
    assert verbs(editor) == {"user.registered", "project.created", "todo.created"}
    assert verbs(stranger) == {"user.registered"}
    assert {event.actor_id for event in timeline(actor_id=stranger.pk)[:100]} == {stranger.pk}


def test_S08_losing_a_membership_hides_its_events(editor, project, todo):
    before = len(timeline(actor_id=editor.pk).about(todo.pk)[:100])

    Membership.objects.filter(project=project, user=editor).delete()

    assert (before, timeline(actor_id=editor.pk).about(todo.pk)[:100]) == (1, [])
