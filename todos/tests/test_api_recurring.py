"""Todos that repeat, as clients of the API and people on the pages have them."""

from datetime import date, time

import pytest
from django.urls import reverse

from activity.models import Event
from activity.sentences import people_known_to, places_seen_by, sentence_of, tell
from todos.models import Todo
from todos.services.recurring import skip_todo
from todos.services.todos import complete_todo, reopen_todo

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def write(client, project):
    def write(**values):
        return client.post("/api/v1/todos/", {"title": "Water plants", "project": str(project.pk)} | values)

    return write


@pytest.fixture
def daily(make_todo):
    return make_todo("Water plants", due_date=date(2026, 3, 2), recurrence=["FREQ=DAILY"])


def path(todo, part=""):
    return f"/api/v1/todos/{todo.pk}/{part}"


# Fields


def test_a_recurrence_is_written_and_read(write, client):
    made = write(
        due_date="2099-09-18",
        recurrence=["FREQ=WEEKLY;BYDAY=WE,SA", "EXDATE;VALUE=DATE:20990926"],
        recurrence_anchor="schedule",
    ).json()

    assert made["due_date"] == "2099-09-19"
    assert made["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=WE,SA", "EXDATE;VALUE=DATE:20990926"]
    assert (made["recurrence_anchor"], made["occurrence"], made["occurrence_date"]) == ("schedule", 1, None)
    assert client.get(made["url"]).json() == made


@pytest.mark.parametrize(
    "lines",
    [
        ["FREQ=SECONDLY"],
        ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
        ["nonsense"],
        ["FREQ=DAILY", "FREQ=DAILY;X=1"],
    ],
)
def test_what_is_no_recurrence_is_refused(write, client, daily, lines, assert_problem):
    assert_problem(write(recurrence=lines), 422, "invalid", "recurrence")
    assert_problem(client.patch(path(daily), {"recurrence": lines}), 422, "invalid", "recurrence")


@pytest.mark.parametrize("lines", ["FREQ=DAILY", [1.5, None], [["FREQ=DAILY"]], None, ["FREQ=DAILY"] * 21, ["x" * 501]])
def test_what_is_no_list_of_lines_is_refused(write, lines):
    assert write(recurrence=lines).status_code == 422


def test_a_date_alone_moves_one_occurrence(client, daily):
    shown = client.patch(path(daily), {"due_date": "2026-03-06"}).json()

    assert (shown["due_date"], shown["occurrence_date"], shown["recurrence"]) == (
        "2026-03-06",
        "2026-03-02",
        ["RRULE:FREQ=DAILY"],
    )


# Actions


def test_completing_shows_where_the_todo_goes_and_taking_back_where_it_was(client, make_todo):
    todo = make_todo(due_date=date(2099, 3, 2), recurrence=["FREQ=DAILY"])

    done = client.post(path(todo, "completion/"))
    back = client.delete(path(todo, "completion/"))

    assert (done.json()["due_date"], done.json()["completed"], done.json()["occurrence"]) == ("2099-03-03", False, 2)
    assert done["ETag"] != back["ETag"]
    assert (back.json()["due_date"], back.json()["occurrence"]) == ("2099-03-02", 1)


def test_one_occurrence_is_completed_and_taken_back_once(client, make_todo):
    todo = make_todo(due_date=date(2099, 3, 2), recurrence=["FREQ=DAILY"])

    done = [client.post(path(todo, "completion/"), {"occurrence": 1}).json() for _ in range(2)]
    client.post(path(todo, "completion/"), {"occurrence": 2})
    back = [client.delete(path(todo, "completion/?occurrence=2")).json() for _ in range(2)]

    assert [shown["due_date"] for shown in done] == ["2099-03-03"] * 2
    assert [shown["due_date"] for shown in back] == ["2099-03-03"] * 2


@pytest.mark.parametrize("occurrence", [0, -1, 2**40, "x"])
def test_an_odd_occurrence_is_refused(client, daily, occurrence, assert_problem):
    for part in ("completion/", "skip/"):
        assert_problem(client.post(path(daily, part), {"occurrence": occurrence}), 422, "invalid", "occurrence")
    answer = client.delete(path(daily, f"completion/?occurrence={occurrence}"))
    assert_problem(answer, 422, "invalid", "occurrence")


def test_the_state_that_was_seen_completes_once(client, daily, assert_problem):
    etag = client.get(path(daily))["ETag"]

    first = client.post(path(daily, "completion/"), headers={"If-Match": etag})
    second = client.post(path(daily, "completion/"), headers={"If-Match": etag})

    assert first.status_code == 200
    assert second.status_code == 412
    assert Todo.objects.get().occurrence == first.json()["occurrence"]


def test_an_occurrence_is_skipped(client, make_todo, recorded):
    todo = make_todo(due_date=date(2099, 3, 2), recurrence=["FREQ=DAILY"])

    shown = client.post(path(todo, "skip/"), {"occurrence": 1}).json()

    assert (shown["due_date"], shown["occurrence"]) == ("2099-03-03", 2)
    assert recorded(todo) == ["todo.created", "todo.skipped"]


def test_what_does_not_repeat_is_not_skipped(client, todo, assert_problem):
    assert_problem(client.post(path(todo, "skip/")), 409, "conflict")


# What is to come


def test_what_is_to_come_is_told(client, make_todo):
    todo = make_todo(
        due_date=date(2099, 10, 24), due_time=time(9), time_zone="Europe/Berlin", recurrence=["FREQ=DAILY"]
    )

    shown = client.get(path(todo, "occurrences/?limit=2")).json()

    assert shown == {
        "recurrence": ["RRULE:FREQ=DAILY"],
        "results": [
            {"occurrence": 1, "due_date": "2099-10-24", "due_time": "09:00:00", "due_at": "2099-10-24T07:00:00Z"},
            {"occurrence": 2, "due_date": "2099-10-25", "due_time": "09:00:00", "due_at": "2099-10-25T08:00:00Z"},
        ],
    }


def test_nothing_is_to_come_of_what_does_not_repeat(client, todo):
    assert client.get(path(todo, "occurrences/")).json() == {"recurrence": [], "results": []}


def test_a_recurrence_is_tried_without_a_todo(client):
    query = {"recurrence": ["FREQ=MONTHLY", "EXDATE:20990331"], "due_date": "2099-01-31", "limit": 3}

    shown = client.get("/api/v1/todos/occurrences/", query).json()

    assert shown["recurrence"] == ["RRULE:FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "EXDATE:20990331"]
    assert [row["due_date"] for row in shown["results"]] == ["2099-01-31", "2099-02-28", "2099-04-30"]
    assert not Todo.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "recurrence"),
        ({"recurrence": "FREQ=SECONDLY"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY", "limit": 0}, "limit"),
        ({"recurrence": "FREQ=DAILY", "limit": 51}, "limit"),
        ({"recurrence": "FREQ=DAILY", "due_date": "soon"}, "due_date"),
        ({"recurrence": "FREQ=DAILY", "time_zone": "Mars"}, "time_zone"),
    ],
)
def test_what_cannot_be_tried_is_refused(client, query, field, assert_problem):
    assert_problem(client.get("/api/v1/todos/occurrences/", query), 422, "invalid", field)


# Pages


def test_a_page_completes_the_occurrence_that_it_shows_once(pages, owner, daily):
    page, url = pages(owner), reverse("todo-completion", args=[daily.pk])
    shown = page.get(reverse("todo", args=[daily.pk]), headers={"Accept": "text/html"}).text
    assert '<input type="hidden" name="occurrence" value="1">' in shown

    for _ in range(2):
        page.post(url, {"occurrence": 1})

    found = Todo.objects.get()
    assert (found.completed, found.occurrence > 1) == (False, True)
    assert Event.objects.journal().of_kinds(["todo.completed"]).count() == 1


def test_the_toast_takes_a_completion_back(pages, owner, make_todo):
    todo = make_todo(due_date=date(2099, 3, 2), recurrence=["FREQ=DAILY"])
    page = pages(owner)

    answer = page.post(reverse("todo-completion", args=[todo.pk]), {"occurrence": 1}, follow=True)
    undo = reverse("todo-reopening", args=[todo.pk], query={"occurrence": 1})
    assert undo in answer.text
    for _ in range(2):
        page.post(undo)

    assert (Todo.objects.get().due_date, Todo.objects.get().occurrence) == (date(2099, 3, 2), 1)


@pytest.mark.parametrize("given", ["x", "²", "-1", "9" * 30, ""])
def test_an_odd_number_from_a_page_is_left_alone(pages, owner, daily, given):
    answer = pages(owner).post(reverse("todo-completion", args=[daily.pk]), {"occurrence": given})

    assert answer.status_code == 303


# Words


@pytest.fixture
def told(owner, project):
    """Return the last event of the project as the owner reads it, without its details."""

    def told(reader=None):
        event = Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()
        return sentence_of(event, reader_id=(reader or owner).pk)

    return told


def test_going_on_reads_as_a_person_would_say_it(owner, make_todo, told, now):
    todo = make_todo("Todo", due_date=date(2026, 3, 2), recurrence=["FREQ=WEEKLY;BYDAY=MO,FR"])
    timed = make_todo("Pot", due_date=date(2026, 3, 2), due_time=time(9), recurrence=["FREQ=HOURLY"])
    said = []

    for service in (complete_todo, reopen_todo, skip_todo):
        service(actor=owner, todo_id=todo.pk, now=now)
        said.append(told())
    complete_todo(actor=owner, todo_id=timed.pk, now=now)
    said.append(told())

    assert said == [
        "You completed “Todo”, next on Friday",
        "You reopened “Todo”, due on Monday",
        "You skipped “Todo” once, next on Friday",
        "You completed “Pot”, next at 10:00",
    ]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"recurrence": ["FREQ=DAILY"], "due_date": date(2026, 3, 2)}, "changed the date and repetition of “Todo”"),
        (
            {"due_date": date(2026, 3, 2)},
            {"recurrence": ["FREQ=WEEKLY;INTERVAL=2"]},
            "made “Todo” repeat every 2 weeks",
        ),
        (
            {"due_date": date(2026, 3, 2), "recurrence": ["FREQ=DAILY"]},
            {"recurrence": ["FREQ=WEEKLY;BYDAY=MO;UNTIL=20260601"]},
            "made “Todo” repeat every Monday until 1 June, and no longer every day",
        ),
        (
            {"due_date": date(2026, 3, 2), "recurrence": ["FREQ=DAILY"]},
            {"recurrence": ["FREQ=DAILY", "EXDATE:20260306"]},
            "made “Todo” repeat except on Friday",
        ),
        (
            {"due_date": date(2026, 3, 2), "recurrence": ["FREQ=DAILY"]},
            {"recurrence": []},
            "stopped “Todo” from repeating",
        ),
        (
            {"due_date": date(2026, 3, 2), "recurrence": ["FREQ=DAILY"]},
            {"recurrence_anchor": "completion"},
            "made “Todo” repeat from the day it is done",
        ),
        ({}, {"start_date": date(2026, 3, 6)}, "planned to start “Todo” on Friday"),
        ({"start_date": date(2026, 3, 6)}, {"start_date": None}, "took the start off “Todo”"),
        ({}, {"deadline": date(2026, 3, 6)}, "gave “Todo” the deadline Friday"),
        (
            {"deadline": date(2026, 3, 6)},
            {"deadline": date(2026, 4, 6)},
            "moved the deadline of “Todo” from Friday to 6 April",
        ),
        ({}, {"duration_minutes": 90}, "planned 1 h 30 min for “Todo”"),
        ({"duration_minutes": 90}, {"duration_minutes": 30}, "planned 30 min for “Todo” instead of 1 h 30 min"),
    ],
)
def test_an_edit_of_when_reads_as_a_person_would_say_it(make_todo, edit, told, before, after, sentence):
    edit(make_todo("Todo", **before), **after)

    assert told() == f"You {sentence}"


def test_whom_a_todo_is_for_is_told_by_name_to_those_who_know_them(owner, editor, viewer, stranger, todo, edit, told):
    edit(todo, assignee=editor.pk)

    assert told() == "You assigned “Buy milk” to Editor"
    assert told(editor) == "Owner assigned “Buy milk” to you"
    assert told(viewer) == "Owner assigned “Buy milk” to Editor"
    assert told(stranger) == "Owner assigned “Buy milk” to somebody"

    edit(todo, assignee=viewer.pk)
    assert told() == "You assigned “Buy milk” to Viewer instead of Editor"
    edit(todo, assignee=None)
    assert told() == "You took “Buy milk” off Viewer"


def test_no_id_is_ever_shown(owner, editor, todo, edit):
    edit(todo, assignee=editor.pk, priority=1)

    event = Event.objects.journal().about(todo.pk).order_by("-revision").first()
    told = tell(event, places=places_seen_by(owner.pk), people=people_known_to(owner.pk))
    assert ("Assignee", "", "Editor") in [(detail.label, detail.before, detail.after) for detail in told.details]
    assert str(editor.pk) not in f"{told}{told.details}"
