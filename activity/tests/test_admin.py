"""The Django admin's view of history, from the store that has it."""

import html
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from activity import archive as archiving
from activity.admin import MOST
from activity.models import Batch, Erasure, Event

LIST = "/admin/activity/event/"


@pytest.fixture
def desk(superadmin, pages):
    return pages(superadmin)


def row_titles(response):
    return [event.subject_title for event in response.context["cl"].result_list]


def choices(response):
    [found] = [spec for spec in response.context["cl"].filter_specs if spec.parameter_name == "day"]
    return [(text, value) for value, text in found.lookup_choices]


def test_events_are_read_from_the_archive_where_there_is_one(desk, relay, make_todo):
    make_todo("Archived")
    relay()
    Event.objects.journal().delete()
    make_todo("Waiting")

    found = row_titles(desk.get(LIST))

    assert "Archived" in found
    assert "Waiting" not in found


def test_events_are_read_from_the_journal_where_there_is_no_archive(no_archive, desk, make_todo):
    make_todo("Buy milk")

    assert row_titles(desk.get(LIST))[0] == "Buy milk"


@pytest.mark.parametrize("path", [LIST, LIST + "{}/change/", LIST + "{}/history/"])
def test_the_journal_answers_with_a_warning_while_the_archive_is_away(archive, desk, make_todo, path):
    make_todo("Buy milk")
    event = Event.objects.journal().get(verb="todo.created")
    archiving.breaker.trip(DatabaseError("away"))

    response = desk.get(path.format(event.pk))

    assert response.status_code == 200
    assert "Buy milk" in response.text
    assert "The archive is away just now" in response.text


def test_an_event_that_waits_for_the_archive_can_be_looked_at_already(archive, desk, make_todo):
    make_todo("Buy milk")
    event = Event.objects.journal().get(verb="todo.created")

    assert desk.get(f"{LIST}{event.pk}/change/").status_code == 200


@pytest.mark.parametrize("id", ["01a206f7-339a-7865-a3a7-bff001e158a2", "nonsense"])
def test_what_is_in_neither_store_is_not_found(archive, desk, id):
    response = desk.get(f"{LIST}{id}/change/", follow=True)

    assert "doesn’t exist" in response.text


def test_an_event_shows_its_data_in_lines(no_archive, desk, make_todo):
    make_todo("Milch & <Brot>")
    event = Event.objects.journal().get(verb="todo.created")

    response = desk.get(f"{LIST}{event.pk}/change/")

    shown = html.unescape(response.text[response.text.index("<pre>") : response.text.index("</pre>")])
    assert '\n  "changes": {\n' in shown
    assert "Milch & <Brot>" in shown
    assert "<Brot>" not in response.text


@pytest.mark.parametrize(("query", "count"), [("verb=todo.created", 2), ("subject_type=project", 1), ("verb=x", 0)])
def test_events_are_narrowed_by_verb_and_type(relay, desk, make_todo, query, count):
    Event.objects.journal().delete()
    make_todo("One")
    make_todo("Two")
    make_project(make_todo)
    relay()

    assert len(row_titles(desk.get(f"{LIST}?{query}"))) == count


def make_project(make_todo):
    from todos.services.projects import create_project

    create_project(actor=User.objects.get(name="Owner"), title="Garden", now=timezone.now())


@pytest.mark.parametrize("what", ["title", "actor", "scope", "pk", "subject"])
def test_events_are_searched(relay, desk, make_todo, project, owner, what):
    Event.objects.journal().delete()
    todo = make_todo("Plan the garden")
    event = Event.objects.journal().get()
    words = {"title": "GARDEN plan", "actor": "owner", "scope": project.scope, "pk": event.pk, "subject": todo.pk}
    relay()

    assert row_titles(desk.get(LIST, {"q": words[what]})) == ["Plan the garden"]
    assert row_titles(desk.get(LIST, {"q": f"{words[what]} elsewhere"})) == []


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_what_it_was_on_the_clock_of_whoever_looks(relay, superadmin, desk, make_todo, settings, zone):
    settings.TIME_ZONE = zone
    User.objects.filter(pk=superadmin.pk).update(time_zone=zone)
    there = ZoneInfo(zone)
    local = [
        datetime(2025, 12, 31, 23, 59, 59, 999000, tzinfo=there),
        datetime(2026, 1, 1, tzinfo=there),
        datetime(2026, 1, 1, 23, 59, tzinfo=there),
        datetime(2026, 1, 2, tzinfo=there),
        datetime(2026, 2, 1, tzinfo=there),
    ]
    Event.objects.journal().delete()
    for number, moment in enumerate(local):
        make_todo(f"{number}", now=moment.astimezone(UTC))
    relay()

    def shown(day):
        return sorted(row_titles(desk.get(LIST, {"day": day})))

    assert shown("2025") == ["0"]
    assert shown("2026") == ["1", "2", "3", "4"]
    assert shown("2026-01") == ["1", "2", "3"]
    assert shown("2026-01-01") == ["1", "2"]
    assert shown("2026-01-02") == ["3"]
    assert shown("2025-12-31") == ["0"]
    assert choices(desk.get(LIST)) == [("2025", "2025"), ("2026", "2026")]
    assert choices(desk.get(LIST, {"day": "2026"})) == [
        ("2026", "2026"),
        ("January 2026", "2026-01"),
        ("February 2026", "2026-02"),
    ]
    assert choices(desk.get(LIST, {"day": "2025-12"})) == [
        ("2025", "2025"),
        ("December 2025", "2025-12"),
        ("31 December 2025", "2025-12-31"),
    ]
    assert [text for text, _ in choices(desk.get(LIST, {"day": "2026-01-02"}))] == [
        "2026",
        "January 2026",
        "2 January 2026",
    ]


@pytest.mark.parametrize("day", ["x", "2026-13", "2026-02-30", "0", "2026-1-1-1", "99999"])
def test_a_day_that_is_none_is_left_out(no_archive, desk, make_todo, day):
    make_todo("Buy milk")

    response = desk.get(LIST, {"day": day}, follow=True)

    assert response.status_code == 200
    assert row_titles(response)[0] == "Buy milk"


def test_an_empty_history_has_a_page(archive, desk):
    response = desk.get(LIST)

    assert response.status_code == 200
    assert row_titles(response) == []


def test_a_list_asks_as_often_for_many_events_as_for_one_and_counts_no_further_than_its_pages(
    no_archive, desk, make_todo
):
    def ask():
        with CaptureQueriesContext(connections["default"]) as asked:
            assert desk.get(LIST, {"_facets": "True"}).status_code == 200
        return [query["sql"] for query in asked if "activity_event" in query["sql"]]

    make_todo("0")
    before = ask()
    for number in range(1, 30):
        make_todo(f"{number}")

    after = ask()

    counts = [sql for sql in after if "COUNT(" in sql]
    assert len(after) == len(before)
    assert counts
    assert all(f"LIMIT {MOST}" in sql for sql in counts)


def test_operators_see_what_is_parked_and_what_is_being_forgotten(desk, now):
    Batch.objects.create(number=7, leased_until=now, attempts=5, error="BadDocument: x", parked_at=now)
    Batch.objects.create(number=8, leased_until=now)
    Erasure.objects.create(scope="project:gone", asked_at=now, due_at=now + timedelta(minutes=10))

    parked = desk.get("/admin/activity/batch/?parked_at__isempty=0")

    assert "BadDocument: x" in parked.text
    assert [batch.number for batch in parked.context["cl"].result_list] == [7]
    assert "project:gone" in desk.get("/admin/activity/erasure/").text
    assert desk.get(reverse("admin:activity_batch_change", args=[7])).status_code == 200
