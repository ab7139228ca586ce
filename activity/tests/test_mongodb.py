"""The archive as a database of the ORM, on a real server. These few tests name both databases."""

import os
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connections

from activity.models import Event
from activity.services import Subject, record
from config.ids import uuid7

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not os.environ.get("MONGODB_URL"), reason="needs MONGODB_URL: the archive is a MongoDB server"),
    pytest.mark.django_db(databases=["default", "activity"]),
]


@pytest.fixture
def collection():
    found = connections["activity"].database["activity_event"]
    found.delete_many({})
    yield found
    found.delete_many({})


@pytest.fixture
def event():
    return Event(
        id=uuid7(),
        created_at=datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC),
        scope="project:1",
        revision=7,
        actor_id=uuid7(),
        actor_name="Owner",
        verb="todo.created",
        subject_type="todo",
        subject_id=uuid7(),
        subject_title="Milch & Brot ✓",
        local_day=datetime(2026, 3, 2, tzinfo=UTC).date(),
        data={"changes": {"title": {"before": None, "after": "Milch & Brot ✓"}}, "$set": {"a.b": 1}},
    )


def test_the_archive_can_be_migrated_again_and_holds_events_alone():
    call_command("migrate", database="activity", verbosity=0)

    names = set(connections["activity"].database.list_collection_names())
    assert "activity_event" in names
    assert not {name for name in names if name.startswith(("accounts_", "todos_", "auth_"))}


def test_the_archive_has_the_indexes_of_the_timeline():
    indexes = connections["activity"].database["activity_event"].index_information()

    assert {"event_timeline", "event_of_subject"} <= set(indexes)
    assert [name for name, _ in indexes["event_timeline"]["key"]] == ["scope", "created_at", "_id"]


def test_an_event_comes_back_as_it_went_with_its_id_as_the_key(collection, event):
    event.save(using="activity", force_insert=True)

    [document] = collection.find()
    found = Event.objects.using("activity").get(pk=event.pk)
    assert document["_id"].replace("-", "") == event.pk.hex if isinstance(document["_id"], str) else document["_id"]
    assert "id" not in document
    for field in Event._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(event, field.attname), field.name


def test_the_archive_answers_the_timelines_questions(collection, event):
    event.save(using="activity", force_insert=True)

    archive = Event.objects.using("activity")
    assert archive.in_scopes(["project:1", "project:2"]).about(event.subject_id).count() == 1
    assert archive.in_scopes(["project:2"]).count() == 0


def test_a_recorded_event_goes_to_the_journal_and_not_past_it(collection, owner, now):
    event = record(
        author=owner,
        scope="project:1",
        revision=1,
        verb="todo.created",
        subject=Subject("todo", owner.pk, "Buy milk"),
        data={},
        now=now,
    )

    assert Event.objects.journal().filter(pk=event.pk).exists()
    assert collection.count_documents({}) == 0
