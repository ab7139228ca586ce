"""The numbers of the charts over HTTP."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from accounts.models import User
from todos.services.projects import create_project
from todos.services.todos import complete_todo, create_todo

BASE = "/api/v1/activity/stats/"
NAMES = ("heatmap", "days", "streaks", "projects", "hours", "durations")
TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
STORE = 0 if "redis" in settings.CACHES["tokens"]["BACKEND"].lower() else 1


@pytest.fixture(autouse=True)
def at_noon(now):
    with travel(now + timedelta(hours=3), tick=True):
        yield


@pytest.fixture
def ask(api):
    """Ask for numbers: `ask(owner, "days", first="2026-03-01")`."""

    def ask(person, name, status=200, **query):
        response = api(person).get(f"{BASE}{name}/", query)
        assert response.status_code == status, response.content
        return response.json()

    return ask


@pytest.fixture
def finish(make_todo, now):
    """Finish todos so many days ago, each two hours after it was made."""

    def finish(person, *ago, **values):
        for days in ago:
            moment = now - days * DAY
            todo = make_todo(actor=person, now=moment - timedelta(hours=2), **values)
            complete_todo(actor=person, todo_id=todo.pk, now=moment)

    return finish


def test_a_heatmap_has_each_day_up_to_today(ask, finish, owner):
    finish(owner, 0, 0, 1, 400)

    found = ask(owner, "heatmap")

    days = found.pop("days")
    assert found == {"first": "2025-03-03", "last": "2026-03-02", "total": 3, "active_days": 2, "complete": True}
    assert len(days) == 365
    assert days[-2:] == [{"day": "2026-03-01", "count": 1, "level": 1}, {"day": "2026-03-02", "count": 2, "level": 4}]


def test_days_are_the_last_30_unless_one_says_otherwise(ask, finish, owner):
    finish(owner, 0, 3, 3, 40)

    usual = ask(owner, "days")
    asked = ask(owner, "days", first="2026-02-26", last="2026-02-28")

    assert (usual["first"], usual["last"], len(usual["days"]), usual["total"]) == ("2026-02-01", "2026-03-02", 30, 3)
    assert (usual["average"], usual["best"]) == (0.1, {"day": "2026-02-27", "count": 2})
    assert asked == {
        "first": "2026-02-26",
        "last": "2026-02-28",
        "total": 2,
        "average": 0.67,
        "best": {"day": "2026-02-27", "count": 2},
        "days": [
            {"day": "2026-02-26", "count": 0},
            {"day": "2026-02-27", "count": 2},
            {"day": "2026-02-28", "count": 0},
        ],
        "complete": True,
    }


def test_streaks_say_from_when_to_when(ask, finish, owner):
    finish(owner, 1, 2, 10, 11, 12)

    assert ask(owner, "streaks") == {
        "current": {"length": 2, "first": "2026-02-28", "last": "2026-03-01"},
        "longest": {"length": 3, "first": "2026-02-18", "last": "2026-02-20"},
        "complete": True,
    }


def test_projects_come_by_how_much_was_finished_there(ask, finish, owner, project, now):
    garden = create_project(actor=owner, title="Garden", colour="lime", now=now)
    finish(owner, 0)
    finish(owner, 0, 1, 2, project=garden.pk)

    found = ask(owner, "projects")

    assert (found["total"], found["elsewhere"], found["first"], found["last"]) == (4, 0, "2025-03-03", "2026-03-02")
    assert found["projects"] == [
        {"id": str(garden.pk), "title": "Garden", "colour": "lime", "count": 3, "share": 0.75},
        {"id": str(project.pk), "title": "Home", "colour": "green", "count": 1, "share": 0.25},
    ]


def test_hours_begin_with_the_persons_first_day_of_the_week(ask, finish, owner):
    User.objects.filter(pk=owner.pk).update(week_start="SU")
    finish(owner, 0, 7, 8)

    found = ask(owner, "hours")

    assert [row["weekday"] for row in found["weekdays"]] == ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
    assert [row["hours"][9] for row in found["weekdays"]] == [1, 2, 0, 0, 0, 0, 0]
    assert (found["total"], found["unknown"]) == (3, 0)


def test_durations_come_in_buckets(ask, finish, owner):
    finish(owner, 0, 5)

    found = ask(owner, "durations")

    assert (found["total"], found["half_within"]) == (2, 86400)
    assert found["buckets"][1] == {
        "name": "Within a day",
        "at_least": 3600,
        "less_than": 86400,
        "count": 2,
        "share": 1.0,
    }


def test_a_burn_down_is_of_one_project(ask, finish, make_todo, owner, project, now):
    finish(owner, 1)
    make_todo(now=now - 5 * DAY)
    create_todo(actor=owner, values={"title": "Elsewhere"}, now=now)

    found = ask(owner, "burndown", project=project.pk, first="2026-02-28")

    assert found == {
        "project": str(project.pk),
        "first": "2026-02-28",
        "last": "2026-03-02",
        "days": [
            {"day": "2026-02-28", "open": 1, "finished": 0, "added": 0},
            {"day": "2026-03-01", "open": 1, "finished": 1, "added": 1},
            {"day": "2026-03-02", "open": 1, "finished": 0, "added": 0},
        ],
        "complete": True,
    }


def test_numbers_are_ones_own_unless_one_asks_for_everyones(ask, finish, owner, editor, stranger):
    finish(owner, 0)
    finish(editor, 0, 0)

    def totals(person, **query):
        return [ask(person, name, **query)["total"] for name in NAMES if name != "streaks"]

    assert totals(owner) == [1] * 5
    assert totals(owner, who="everyone") == [3] * 5
    assert totals(stranger) == totals(stranger, who="everyone") == [0] * 5


def test_numbers_of_one_project_leave_the_others_out(ask, finish, owner, project, now):
    garden = create_project(actor=owner, title="Garden", now=now)
    finish(owner, 0)
    finish(owner, 0, 0, project=garden.pk)

    for who in ("me", "everyone"):
        assert [ask(owner, name, who=who, project=garden.pk).get("total", 2) for name in NAMES] == [2] * 6


def test_a_project_that_one_does_not_see_is_not_there(ask, stranger, project):
    for name in (*NAMES, "burndown"):
        assert ask(stranger, name, 404, project=project.pk)["detail"] == "There is no such project."


@pytest.mark.parametrize(("zone", "last"), [("Pacific/Auckland", "2026-03-03"), ("Pacific/Honolulu", "2026-03-02")])
def test_today_is_the_persons(ask, owner, zone, last):
    User.objects.filter(pk=owner.pk).update(time_zone=zone)

    for name in ("heatmap", "days", "projects", "hours", "durations"):
        assert ask(owner, name)["last"] == last


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("days", {"who": "nobody"}, "who"),
        ("days", {"project": "home"}, "project"),
        ("days", {"first": "soon"}, "first"),
        ("days", {"last": "2026-02-30"}, "last"),
        ("days", {"first": "2026-03-03", "last": "2026-03-02"}, "first"),
        ("days", {"first": "2026-03-03"}, "first"),
        ("days", {"first": "2020-01-01", "last": "2026-01-01"}, "first"),
        ("days", {"first": "1999-12-31", "last": "1999-12-31"}, "first"),
        ("days", {"last": "0001-01-01"}, "last"),
        ("hours", {"first": "2020-01-01"}, "first"),
        ("burndown", {}, "project"),
        ("burndown", {"project": "home"}, "project"),
        ("heatmap", {"who": "x\x00"}, "who"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(ask, owner, name, query, field):
    assert field in ask(owner, name, 422, **query)["fields"]


def test_five_years_can_be_asked_for_up_to_the_last_day_there_is(ask, owner):
    assert len(ask(owner, "days", first="2021-03-02")["days"]) == 1827
    assert len(ask(owner, "days", first="9995-01-01", last="9999-12-31")["days"]) == 1826
    assert ask(owner, "days", last="2000-01-01")["first"] == "1999-12-03"


EXPECTED = {  # statements beside those of the token store: the person's calendar, their scopes, the border, the sums
    "heatmap": {"me": 2, "everyone": 3},
    "days": {"me": 2, "everyone": 3},
    "streaks": {"me": 2, "everyone": 3},
    "projects": {"me": 3, "everyone": 4},
    "hours": {"me": 2, "everyone": 3},
    "durations": {"me": 2, "everyone": 3},
}


@pytest.fixture
def cost(api):
    """Count the statements of an API call on SQL databases."""

    def cost(client, path, **query):
        captures = [CaptureQueriesContext(connection) for connection in connections.all()]
        for capture in captures:
            capture.__enter__()
        try:
            response = client.get(path, query)
        finally:
            for capture in captures:
                capture.__exit__(None, None, None)
        assert response.status_code == 200, response.content
        return sum(len(capture) for capture in captures) - STORE

    return cost


@pytest.mark.parametrize("who", ["me", "everyone"])
def test_numbers_cost_the_same_statements_however_much_there_is(no_archive, api, finish, cost, owner, project, who):
    client = api(owner)
    client.get(f"{BASE}days/")
    finish(owner, 1)
    few = {name: cost(client, f"{BASE}{name}/", who=who) for name in NAMES}
    finish(owner, *range(20))

    many = {name: cost(client, f"{BASE}{name}/", who=who) for name in NAMES}

    assert few == many == {name: costs[who] for name, costs in EXPECTED.items()}
    assert cost(client, f"{BASE}burndown/", project=project.pk) == 4


def test_with_an_archive_each_look_costs_its_border_and_both_sums(relay, api, finish, cost, owner, project):
    client = api(owner)
    client.get(f"{BASE}days/")
    finish(owner, 1)
    relay()
    finish(owner, *range(5))

    heatmap = cost(client, f"{BASE}heatmap/")
    burndown = cost(client, f"{BASE}burndown/", project=project.pk)

    assert (heatmap, burndown) == (5, 7)


EVERY = [BASE.removesuffix("stats/"), *(f"{BASE}{name}/" for name in NAMES), f"{BASE}burndown/"]


@pytest.mark.parametrize("path", EVERY)
def test_while_the_archive_is_away_the_journal_answers_and_says_so(
    relay, archive_goes, api, finish, owner, project, path
):
    finish(owner, 0)
    relay()
    client, query = api(owner), {"project": project.pk, "who": "everyone"}
    whole = client.get(path, query).json()

    archive_goes()
    away = client.get(path, query)
    archive_goes(back=True)
    back = client.get(path, query).json()

    assert away.status_code == 200
    assert "The archive of events is away" in away.json()["note"]
    assert away.json() == whole | {"complete": False, "note": away.json()["note"]}  # the journal has it all still
    assert back == whole
    assert whole["complete"]
