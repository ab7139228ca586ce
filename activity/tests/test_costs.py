"""What the activity costs in statements, whatever there is of it."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from activity.models import Event
from activity.services.reading import doings, timeline
from activity.services.recording import Subject, record


@pytest.fixture
def write(owner, now):
    def write(revision: int, **options):
        given: dict[str, Any] = {
            "scope": f"user:{owner.pk}",
            "verb": "todo.created",
            "data": {"a": {"b": [1]}},
            "revision": revision,
        }
        return record(author=owner, subject=Subject("todo", owner.pk, "Buy milk", now), now=now, **(given | options))

    return write


def test_recording_is_one_insert(write):
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        write(100)

    [statement] = [query["sql"] for query in seen.captured_queries]
    assert statement.startswith('INSERT INTO "activity_event"')


def test_a_recorded_event_is_the_row_that_it_wrote(write):
    event = write(100, subjects=3, open_delta=-3)

    found = Event.objects.journal().get(pk=event.pk)
    for field in Event._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(event, field.attname), field.name
    assert not event._state.adding


@pytest.mark.parametrize(("count", "shown"), [(3, 7), (60, 50)])
def test_a_page_costs_three_statements_on_the_journal(archive, relay, owner, write, count, shown):
    for number in range(count):
        write(100 + number)
    relay()
    for number in range(count):
        write(500 + number)
    history = timeline(actor_id=owner.pk)

    with CaptureQueriesContext(connection) as seen:
        page = history[:50]

    assert len(page) == shown
    assert [_table(query["sql"]) for query in seen.captured_queries] == [
        "activity_relay",  # the last batch
        "activity_event",  # what is in flight
        "activity_event",  # the page
    ]


def test_a_page_costs_one_statement_without_an_archive(no_archive, owner, write):
    write(100)
    history = timeline(actor_id=owner.pk)

    with CaptureQueriesContext(connection) as seen:
        assert history[:50]

    assert [_table(query["sql"]) for query in seen.captured_queries] == ["activity_event"]


def test_totals_are_added_up_by_one_statement(no_archive, owner, write):
    for number in range(20):
        write(100 + number, subjects=2)

    with CaptureQueriesContext(connection) as seen:
        totals = doings(actor_id=owner.pk).filter(verb="todo.created").totals("local_day")

    assert sum(totals.values()) == 40
    assert [_table(query["sql"]) for query in seen.captured_queries] == ["activity_event"]


def _table(sql: str) -> str:
    return sql.split('FROM "', 1)[1].split('"', 1)[0]
