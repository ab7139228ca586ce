"""The archive as a database of the ORM, on a real server. These few tests name both databases."""

import os
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connections

from activity.models import Event
from activity.services.recording import Subject, record
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


def test_the_archive_has_the_indexes_of_its_readers_and_none_of_the_journals_own():
    found = connections["activity"].database["activity_event"].index_information()
    expected = {index.name: keys(index) for index in Event._meta.indexes if not index.condition}

    assert {name: index["key"] for name, index in found.items()} == expected | {
        "_id_": [("_id", 1)],
        "event_scope_revision": [("scope", 1), ("revision", 1)],
    }
    assert found["event_scope_revision"]["unique"]
    assert {index.name for index in Event._meta.indexes} - set(found) == {
        "event_waiting",
        "event_in_flight",
        "event_archived",
    }


def keys(index):
    """Return an index's columns with 1 or -1, as MongoDB names its keys."""
    return [(Event._meta.get_field(name).column, -1 if order else 1) for name, order in index.fields_orders]


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
