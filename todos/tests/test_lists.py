"""Lists of todos through the API: filters, search, orders, groups, and the views of a day."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from todos.models import Comment
from todos.services.search import index_comments
from todos.services.sections import create_section
from todos.services.todos import complete_todo, delete_todo

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY = date(2026, 3, 4)


@pytest.fixture(autouse=True)
def noon():
    """Let it be noon of 4 March 2026, a Wednesday, for all that asks; tokens are made by the same clock."""
    with time_machine.travel(NOON, tick=True):
        yield


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def titles(client):
    """Ask for a list: `titles("todos", filter="today")` returns the titles, in their order."""

    def titles(path="todos", client=client, **query):
        response = client.get(f"/api/v1/{path}/", query)
        assert response.status_code == 200, response.content
        return [row["title"] for row in response.json()["results"]]

    return titles


@pytest.fixture
def groups(client):
    """Ask for a grouped list: returns its groups as (key, title, count), and the rows as (group, title)."""

    def groups(path="todos", **query):
        body = client.get(f"/api/v1/{path}/", query).json()
        found = [(group["key"], group["title"], group["count"]) for group in body["groups"]]
        return found, [(row["group"], row["title"]) for row in body["results"]]

    return groups


@pytest.fixture
def week(make_todo, work, owner, editor):
    """Five todos that are due, or not, around today."""
    make_todo("Late", due_date=date(2026, 3, 1), priority=1, labels=["home"])
    make_todo("Today", due_date=TODAY, assignee=owner.pk)
    make_todo("Tomorrow", due_date=date(2026, 3, 5), labels=["home", "errands"], assignee=editor.pk)
    make_todo("Far", due_date=date(2026, 5, 1), project=work.pk)
    make_todo("Undated")


def test_a_filter_narrows_a_list_to_what_is_open(week, titles, make_todo, owner):
    complete_todo(actor=owner, todo_id=make_todo("Done", due_date=TODAY).pk, now=NOON)

    assert titles(filter="today | overdue", ordering="due_date") == ["Late", "Today"]
    assert titles(filter="#Work") == ["Far"]
    assert titles(filter="@home & !@errands") == ["Late"]
    assert titles(filter="assigned: me | p1", ordering="title") == ["Late", "Today"]
    assert titles(filter="completed") == ["Done"]
    assert titles(filter="today", completed="true") == ["Done"]
    assert titles(filter="#Home & due after: today", project="") == ["Tomorrow"]


def test_a_wrong_filter_is_refused_with_its_position(client, assert_problem):
    body = assert_problem(client.get("/api/v1/todos/", {"filter": "today & tomorow"}), 422, "invalid", "filter")

    assert body["position"] == 8
    assert body["fields"]["filter"] == ["At character 9: “tomorow” is no term of a filter. Did you mean “tomorrow”?"]


def test_today_is_the_day_of_the_viewers_zone(week, titles, client, owner):
    """At noon UTC it is the fifth in Kiritimati, and always will be: it has no summer time."""
    owner.time_zone = "Pacific/Kiritimati"
    owner.save()

    assert titles(filter="today") == ["Tomorrow"]
    assert titles("views/overdue") == ["Late", "Today"]
    assert titles(filter="today", time_zone="Europe/Berlin") == ["Today"]


def test_search_goes_with_a_filter_and_with_orders(week, titles, make_todo, owner, project):
    todo = make_todo("Milk", description="From the corner shop")
    stamps = {"revision": 1, "created_at": NOON, "updated_at": NOON}
    Comment.objects.create(todo=todo, project=project, author=owner, text="Late again", **stamps)
    index_comments(todo.pk)

    assert titles(search="late", ordering="title") == ["Late", "Milk"]
    assert titles(search="late", filter="p1") == ["Late"]
    assert titles(search='"corner sh" milk') == ["Milk"]
    assert titles(search="!?") == []
    assert titles(search="") == titles()


def test_S03_search_and_filters_and_counts_tell_nothing_of_what_is_not_ones_own(
    week, client, api, stranger, editor, titles
):
    for query in ({"search": "late"}, {"filter": "all"}, {"filter": '"late" | p1'}, {"group_by": "label"}):
        body = api(stranger).get("/api/v1/todos/", query).json()
        assert body["results"] == []
        assert body.get("groups", []) == []
    assert titles(client=api(editor), filter="#Work | @errands", search="") == ["Tomorrow"]
    assert titles(client=api(editor), search="far") == []


def test_what_is_in_the_trash_is_found_there_alone(week, titles, make_todo, owner):
    delete_todo(actor=owner, todo_id=make_todo("Latest").pk, now=NOON)

    assert titles(search="late") == ["Late"]
    assert titles(search="late", trashed="true") == ["Latest"]


# Views


def test_the_views_of_a_day(week, titles):
    assert titles("views/today") == ["Late", "Today"]
    assert titles("views/overdue") == ["Late"]
    assert titles("views/assigned") == ["Today"]
    assert titles("views/no-date") == ["Undated"]
    assert titles("views/upcoming") == ["Today", "Tomorrow"]
    assert titles("views/upcoming", **{"from": "2026-03-05", "to": "2026-05-01"}) == ["Tomorrow", "Far"]
    assert titles("views/today", filter="p1") == titles("views/today", search="lat") == ["Late"]


def test_upcoming_comes_by_day(week, groups):
    found, rows = groups("views/upcoming", to="2026-06-01")

    assert found == [("2026-03-04", "", 1), ("2026-03-05", "", 1), ("2026-05-01", "", 1)]
    assert rows == [("2026-03-04", "Today"), ("2026-03-05", "Tomorrow"), ("2026-05-01", "Far")]


@pytest.mark.parametrize("query", [{"from": "soon"}, {"to": "2026-02-30"}, {"from": "2026-03-04", "to": "2026-03-03"},
                                   {"to": "2027-03-06"}, {"from": "9999-12-31", "to": "9999-12-30"}])  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(client, assert_problem, query):
    response = client.get("/api/v1/views/upcoming/", query)

    assert_problem(response, 422, "invalid", "from" if query.get("from") == "soon" else "to")


def test_what_is_completed_comes_by_the_viewers_day_the_latest_first(make_todo, owner, groups):
    owner.time_zone = "Europe/Berlin"
    owner.save()
    for title, moment in (
        ("Early", datetime(2026, 3, 2, 22, 59, tzinfo=UTC)),
        ("Night", datetime(2026, 3, 2, 23, 30, tzinfo=UTC)),
        ("Noon", datetime(2026, 3, 3, 12, tzinfo=UTC)),
    ):
        complete_todo(actor=owner, todo_id=make_todo(title).pk, now=moment)

    found, rows = groups("views/completed")

    assert found == [("2026-03-03", "", 2), ("2026-03-02", "", 1)]
    assert rows == [("2026-03-03", "Noon"), ("2026-03-03", "Night"), ("2026-03-02", "Early")]
    assert groups("views/completed", **{"from": "2026-03-03"})[0] == [("2026-03-03", "", 2)]
    assert groups("views/completed", to="2026-03-02")[0] == [("2026-03-02", "", 1)]
    assert groups("views/completed", filter="created: today | all", ordering="title")[1][0] == ("2026-03-03", "Night")


@pytest.mark.parametrize("view", ["today", "overdue", "upcoming", "assigned", "no-date", "completed"])
def test_a_view_shows_nothing_of_an_archived_project_but_what_is_done(view, week, titles, owner, work, make_todo):
    from todos.services.projects import archive_project

    make_todo("Aside", project=work.pk, due_date=TODAY, assignee=owner.pk)
    complete_todo(actor=owner, todo_id=make_todo("Done aside", project=work.pk).pk, now=NOON)
    archive_project(actor=owner, project_id=work.pk, now=NOON)

    assert ("Done aside" in titles(f"views/{view}")) == (view == "completed")
    assert "Aside" not in titles(f"views/{view}")


# Groups


def test_a_list_falls_into_groups(week, groups, project, work, owner, editor, make_todo, now):
    later = create_section(actor=owner, project_id=project.pk, title="Later", now=now)
    make_todo("Someday", section=later.pk)

    assert groups(group_by="project")[0] == [(str(project.pk), "Home", 5), (str(work.pk), "Work", 1)]
    assert groups(group_by="priority")[0] == [("1", "", 1), ("4", "", 5)]
    assert groups(group_by="due_date", filter="!no date")[0][0] == ("2026-03-01", "", 1)
    assert groups(group_by="due_date")[0][-1] == (None, "", 2)
    assert groups(group_by="assignee")[0] == [(None, "", 4), (str(editor.pk), "Editor", 1), (str(owner.pk), "Owner", 1)]
    assert groups(group_by="section")[0] == [(None, "", 4), (str(later.pk), "Later", 1), (None, "", 1)]
    found, rows = groups(group_by="label", ordering="title")
    assert found == [(None, "", 4), ("errands", "errands", 1), ("home", "home", 2)]
    assert rows[-3:] == [("errands", "Tomorrow"), ("home", "Late"), ("home", "Tomorrow")]


@pytest.mark.parametrize("grouping", ["project", "section", "priority", "label", "due_date", "assignee"])
@pytest.mark.parametrize("ordering", ["title", "-due_date"])
def test_a_walk_through_a_grouped_list_meets_every_row_once(week, client, grouping, ordering):
    url = f"/api/v1/todos/?group_by={grouping}&ordering={ordering}"
    whole = client.get(url).json()
    met, pages = [], []
    page_url = f"{url}&limit=2"
    while page_url:
        page = client.get(page_url).json()
        met += page["results"]
        pages.append(page)
        page_url = page["next"]

    assert met == whole["results"]
    assert len(met) == (6 if grouping == "label" else 5)
    assert ["groups" in page for page in pages] == [True] + [False] * (len(pages) - 1)
    assert sum(group["count"] for group in whole["groups"]) == len(met)
    keys = [row["group"] for row in met]
    assert [key for at, key in enumerate(keys) if not at or keys[at - 1] != key] == [
        group["key"] for group in whole["groups"]
    ] or grouping == "section"


def test_a_list_without_groups_says_nothing_of_them(week, client):
    body = client.get("/api/v1/views/upcoming/?group_by=none").json()

    assert "groups" not in body
    assert "group" not in body["results"][0]


# What they cost


STATEMENTS = {
    "todos/?search=milk": 1,
    "todos/?filter=p1 | !subtask": 2,  # the viewer's zone
    'todos/?filter=(overdue | #Ho*) %26 !@none | /x | assigned: ada | "milk"': 6,  # and the names
    "todos/?group_by=label": 2,
    "todos/?group_by=section": 2,
    "views/today/": 2,
    "views/overdue/": 2,
    "views/upcoming/": 3,
    "views/assigned/": 1,
    "views/no-date/": 1,
    "views/completed/": 3,
}


@pytest.mark.parametrize(("path", "statements"), STATEMENTS.items())
def test_a_list_costs_the_same_statements_at_any_size(path, statements, client, make_todo, owner):
    def fill(count):
        for number in range(count):
            todo = make_todo(f"Milk {number}", due_date=TODAY, labels=["home"], assignee=owner.pk, priority=1)
            make_todo(f"Milk {number}")
            complete_todo(actor=owner, todo_id=make_todo("Done").pk, now=NOON)
            assert todo

    def cost():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/api/v1/{path}")
        assert response.status_code == 200
        return len([query for query in queries if "todos_" in query["sql"] or "accounts_user" in query["sql"]])

    fill(2)
    client.get(f"/api/v1/{path}")
    small = cost()
    fill(5)

    assert cost() == small == statements
