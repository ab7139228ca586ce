"""What JSON clients rely on, field by field, by a client that knows nothing but the API."""

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from config.ids import uuid7
from todos.models import Project, Todo

TODO_FIELDS = [
    "id",
    "url",
    "title",
    "description",
    "completed",
    "completed_at",
    "priority",
    "due_date",
    "due_time",
    "time_zone",
    "start_date",
    "deadline",
    "duration_minutes",
    "recurrence",
    "recurrence_anchor",
    "occurrence",
    "occurrence_date",
    "occurrence_time",
    "assignee",
    "project",
    "section",
    "parent",
    "labels",
    "order",
    "revision",
    "created_by",
    "created_at",
    "updated_at",
    "deleted_at",
]
PROJECT_FIELDS = [
    "id",
    "url",
    "title",
    "colour",
    "is_inbox",
    "parent",
    "is_favourite",
    "archived",
    "archived_at",
    "role",
    "owner",
    "order",
    "revision",
    "created_at",
    "updated_at",
    "deleted_at",
]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ACCOUNT = {"email": "Ada@Example.org", "password": "analytical engine 1843", "name": "Ada"}


@pytest.fixture
def ada(db):
    """A client that signed up and signed in by the API, with what it was answered."""
    client = APIClient()
    client.account = client.post("/api/v1/auth/register/", ACCOUNT).json()
    client.pair = client.post("/api/v1/auth/login/", {name: ACCOUNT[name] for name in ("email", "password")}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {client.pair['access']}")
    return client


@pytest.fixture
def create(ada):
    """Create a todo by the API: `create("Buy milk", priority=1)`."""

    def create(title="Buy milk", **values):
        response = ada.post("/api/v1/todos/", {"title": title} | values)
        assert response.status_code == 201, response.content
        return response.json()

    return create


@pytest.fixture
def titles(ada):
    """List the titles that a query finds, in order."""

    def titles(**query):
        response = ada.get("/api/v1/todos/", query)
        assert response.status_code == 200, response.content
        return [todo["title"] for todo in response.json()["results"]]

    return titles


# Accounts


def test_signing_up_answers_with_the_account_and_no_secret(ada):
    settings = {"time_zone", "week_start", "language", "theme", "shortcuts"}
    assert ada.account.keys() == {"id", "email", "name", "role", "email_verified_at", "created_at", *settings}
    assert (ada.account["email"], ada.account["name"], ada.account["role"]) == ("ada@example.org", "Ada", "user")
    assert MOMENT.fullmatch(ada.account["created_at"])
    assert ada.get("/api/v1/users/me/").json() == ada.account


def test_signing_in_answers_with_a_pair_and_nothing_else(ada):
    assert ada.pair.keys() == {"access", "refresh"}


def test_refreshing_swaps_the_pair_and_the_new_one_counts(ada):
    response = APIClient().post("/api/v1/auth/refresh/", {"refresh": ada.pair["refresh"]})

    assert response.status_code == 200
    pair = response.json()
    assert pair.keys() == {"access", "refresh"}
    assert set(pair.values()).isdisjoint(ada.pair.values())
    ada.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert ada.get("/api/v1/todos/").status_code == 200


def test_signing_out_ends_access_and_refresh_at_once(ada, assert_problem):
    response = ada.post("/api/v1/auth/logout/")

    assert (response.status_code, response.content) == (204, b"")
    refused = ada.get("/api/v1/todos/")
    assert_problem(refused, 401, "unauthenticated")
    assert refused["WWW-Authenticate"] == 'Bearer realm="api"'
    assert_problem(APIClient().post("/api/v1/auth/refresh/", {"refresh": ada.pair["refresh"]}), 401, "unauthenticated")


# One todo


def test_a_new_todo_is_answered_whole(ada, create):
    todo = create()

    inbox = next(row for row in ada.get("/api/v1/projects/").json()["results"] if row["is_inbox"])
    assert list(todo) == TODO_FIELDS
    assert UUID(todo["id"]).version == 7
    assert todo["url"] == f"http://testserver/api/v1/todos/{todo['id']}/"
    assert MOMENT.fullmatch(todo["created_at"])
    assert todo["updated_at"] == todo["created_at"]
    assert todo | {"id": "", "url": "", "order": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "url": "",
        "title": "Buy milk",
        "description": "",
        "completed": False,
        "completed_at": None,
        "priority": 4,
        "due_date": None,
        "due_time": None,
        "time_zone": "",
        "start_date": None,
        "deadline": None,
        "duration_minutes": None,
        "recurrence": [],
        "recurrence_anchor": "schedule",
        "occurrence": 1,
        "occurrence_date": None,
        "occurrence_time": None,
        "assignee": None,
        "project": inbox["id"],
        "section": None,
        "parent": None,
        "labels": [],
        "order": "",
        "revision": 1,
        "created_by": ada.account["id"],
        "created_at": "",
        "updated_at": "",
        "deleted_at": None,
    }


def test_every_field_that_can_be_given_comes_back_and_is_kept(ada, create):
    project = ada.post("/api/v1/projects/", {"title": "Home"}).json()
    parent = create("Shop", project=project["id"])
    values = {
        "id": str(uuid7()),
        "description": "    Two *litres*\n\n",
        "priority": 1,
        "due_date": "2026-03-09",
        "due_time": "09:30:00",
        "time_zone": "Europe/Berlin",
        "project": project["id"],
        "parent": parent["id"],
        "labels": ["errand", "home"],
    }

    todo = create("Milk ☕ <b>", **values)

    assert {name: todo[name] for name in values} == values
    assert todo["title"] == "Milk ☕ <b>"
    assert ada.get(todo["url"]).json() == todo
    assert todo in ada.get("/api/v1/todos/").json()["results"]


def test_a_new_todo_says_where_it_is_and_which_state_it_has(ada):
    response = ada.post("/api/v1/todos/", {"title": "Buy milk"})

    assert response["Location"] == response.json()["url"]
    assert re.fullmatch(r'"[!#-~]+"', response["ETag"])
    assert ada.get(response["Location"])["ETag"] == response["ETag"]


def test_a_patch_changes_what_it_names_and_nothing_else(ada, create):
    todo = create(description="Two litres", priority=2, due_date="2026-03-09", labels=["errand"])

    response = ada.patch(todo["url"], {"title": "Oat milk", "due_date": None})

    assert response.status_code == 200
    edited = response.json()
    changed = {"title", "due_date", "revision", "updated_at"}
    assert {name for name in TODO_FIELDS if edited[name] != todo[name]} == changed
    assert (edited["title"], edited["due_date"], edited["revision"]) == ("Oat milk", None, todo["revision"] + 1)
    assert ada.get(todo["url"]).json() == edited


def test_a_merge_patch_is_read_as_one(ada, create):
    url = create(priority=2)["url"]

    response = ada.patch(url, data='{"priority": 1}', content_type="application/merge-patch+json")

    assert response.json()["priority"] == 1


@pytest.mark.parametrize("clock", ["09:30:00", "09:30:00.053642", "00:00:00"])
def test_a_time_of_day_comes_back_as_it_was_sent(ada, create, clock):
    todo = create(due_date="2026-03-09", due_time=clock)

    assert todo["due_time"] == ada.get(todo["url"]).json()["due_time"] == clock


def test_null_in_a_merge_patch_takes_a_value_away(ada, create):
    given = {"description": "Two litres", "priority": 1, "labels": ["errand"], "duration_minutes": 5}
    given |= {"due_date": "2026-03-09", "due_time": "09:30", "time_zone": "Europe/Berlin"}
    todo = create(**given, recurrence=["RRULE:FREQ=DAILY"], recurrence_anchor="completion")
    plain = create()
    taken = dict.fromkeys([*given, "recurrence", "recurrence_anchor"])

    edited = ada.patch(todo["url"], taken).json()

    assert {name: edited[name] for name in taken} == {name: plain[name] for name in taken}


def test_S10_what_is_read_only_is_passed_over(ada, create):
    todo = create()
    forged = {"revision": 99, "created_by": str(uuid7()), "completed": True, "deleted_at": "2026-01-01T00:00:00Z"}
    forged |= {"id": str(uuid7()), "order": "zz", "created_at": "2001-01-01T00:00:00Z"}

    assert ada.patch(todo["url"], forged).json() == todo


def test_completing_and_reopening_answer_with_the_todo(ada, create):
    todo = create()

    done = ada.post(f"{todo['url']}completion/")
    again = ada.post(f"{todo['url']}completion/")
    reopened = ada.delete(f"{todo['url']}completion/")

    assert (done.status_code, again.status_code, reopened.status_code) == (200, 200, 200)
    assert done.json()["completed"] is True
    assert MOMENT.fullmatch(done.json()["completed_at"])
    assert again.json() == done.json()
    assert (reopened.json()["completed"], reopened.json()["completed_at"]) == (False, None)
    assert reopened["ETag"] != done["ETag"]


def test_deleting_moves_to_the_trash_and_restoring_brings_back(ada, create, titles):
    todo = create()

    deleted = ada.delete(todo["url"])
    in_trash = titles(trashed="true"), titles()
    restored = ada.post(f"{todo['url']}restoration/")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert in_trash == (["Buy milk"], [])
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert titles() == ["Buy milk"]


def test_a_todo_is_put_after_another(ada, create, titles):
    first, second = create("1"), create("2")

    response = ada.put(f"{first['url']}position/", {"after": second["id"]})

    assert response.status_code == 200
    assert response.json()["order"] > second["order"]
    assert titles(ordering="order") == ["2", "1"]


# Projects and labels


def test_a_project_is_answered_whole_at_every_step(ada):
    created = ada.post("/api/v1/projects/", {"title": "Home", "colour": "teal"})
    project = created.json()

    renamed = ada.patch(project["url"], {"title": "House"}, HTTP_IF_MATCH=created["ETag"])
    archived = ada.post(f"{project['url']}archive/")
    back = ada.delete(f"{project['url']}archive/")

    assert (created.status_code, created["Location"]) == (201, project["url"])
    assert list(project) == PROJECT_FIELDS
    assert (project["role"], project["owner"], project["revision"]) == ("owner", ada.account["id"], 1)
    assert (renamed.status_code, renamed.json()["title"], renamed.json()["revision"]) == (200, "House", 2)
    assert archived.json()["archived"] is True
    assert MOMENT.fullmatch(archived.json()["archived_at"])
    assert (back.json()["archived"], back.json()["archived_at"]) == (False, None)
    assert ada.get(project["url"]).json() == back.json()


def test_projects_can_be_listed_by_whether_they_are_favourites_and_by_where_they_are(ada):
    above = ada.post("/api/v1/projects/", {"title": "Above"}).json()
    ada.post("/api/v1/projects/", {"title": "Below", "parent": above["id"]})
    ada.put(f"{above['url']}favourite/")

    def listed(**query):
        return [row["title"] for row in ada.get("/api/v1/projects/", query).json()["results"]]

    assert listed(favourite="true") == ["Above"]
    assert sorted(listed(favourite="false")) == ["Below", "Inbox"]
    assert listed(parent=above["id"]) == ["Below"]


def test_projects_can_be_listed_by_whether_they_are_archived(ada):
    for title in ("Kept", "Aside"):
        project = ada.post("/api/v1/projects/", {"title": title}).json()
    ada.post(f"{project['url']}archive/")

    def listed(**query):
        return [row["title"] for row in ada.get("/api/v1/projects/", query).json()["results"]]

    assert listed() == ["Inbox", "Kept", "Aside"]
    assert listed(archived="true") == ["Aside"]
    assert listed(archived="false") == ["Inbox", "Kept"]


def test_a_label_can_be_made_changed_and_deleted(ada):
    created = ada.post("/api/v1/labels/", {"name": "home", "colour": "sky"})
    label = created.json()

    changed = ada.patch(label["url"], {"name": "house"})
    deleted = ada.delete(label["url"])

    assert (created.status_code, created["Location"]) == (201, label["url"])
    assert list(label) == ["id", "url", "name", "colour", "revision", "created_at", "updated_at"]
    assert (changed.status_code, changed.json()["name"]) == (200, "house")
    assert (deleted.status_code, ada.get("/api/v1/labels/").json()["results"]) == (204, [])


# Activity


def test_an_event_is_answered_whole(ada, create):
    todo = create()

    event = ada.get("/api/v1/activity/").json()["results"][0]

    assert event.keys() == {"id", "verb", "sentence", "actor", "subject", "scope", "revision", "created_at", "data"}
    assert (event["verb"], event["sentence"]) == ("todo.created", "You added “Buy milk”")
    assert event["actor"] == {"id": ada.account["id"], "name": "Ada"}
    assert event["subject"] == {"type": "todo", "id": todo["id"], "title": "Buy milk"}
    assert (event["scope"], event["revision"]) == (f"project:{todo['project']}", todo["revision"])
    assert event["data"]["changes"]["title"] == {"before": "", "after": "Buy milk"}
    assert MOMENT.fullmatch(event["created_at"])


def test_the_story_of_a_day_is_told_once_and_in_order(ada, create, titles):
    todos = [create(f"Todo {number}") for number in range(10)]
    for todo in todos[:3]:
        ada.post(f"{todo['url']}completion/")
    ada.delete(f"{todos[0]['url']}completion/")
    ada.patch(todos[5]["url"], {"title": "Todo five"})
    ada.delete(todos[6]["url"])
    ada.post(f"{todos[6]['url']}restoration/")

    story = [
        (event["verb"], event["subject"]["title"])
        for event in ada.get("/api/v1/activity/", {"limit": 200}).json()["results"]
        if event["subject"]["type"] == "todo"
    ]

    assert story[::-1] == [
        *(("todo.created", f"Todo {number}") for number in range(10)),
        *(("todo.completed", f"Todo {number}") for number in range(3)),
        ("todo.reopened", "Todo 0"),
        ("todo.updated", "Todo five"),
        ("todo.deleted", "Todo 6"),
        ("todo.restored", "Todo 6"),
    ]
    assert sorted(titles(completed="true")) == ["Todo 1", "Todo 2"]
    assert len(titles(completed="false")) == 8


def test_activity_can_be_narrowed(ada, create):
    todo = create()
    create("Other")
    ada.post(f"{todo['url']}completion/")

    def verbs(**query):
        return [event["verb"] for event in ada.get("/api/v1/activity/", query).json()["results"]]

    assert verbs(subject=todo["id"]) == ["todo.completed", "todo.created"]
    assert verbs(verb="todo.completed") == ["todo.completed"]
    assert verbs(scope=f"user:{ada.account['id']}") == ["device.signed_in", "user.registered"]
    assert len(verbs(actor=ada.account["id"])) == 5
    assert verbs(actor=str(uuid7())) == []


# Filters


def test_todos_can_be_narrowed_by_each_filter(ada, create, titles):
    project = ada.post("/api/v1/projects/", {"title": "Home"}).json()
    section = ada.post("/api/v1/sections/", {"title": "Soon", "project": project["id"]}).json()
    top = create("top", project=project["id"], priority=1, due_date="2026-03-01", labels=["Home"])
    create("below", parent=top["id"], due_date="2026-03-02")
    done = create("done", priority=1, due_date="2026-03-03")
    ada.post(f"{done['url']}completion/")
    create("plain", labels=["work"])
    ada.delete(create("gone")["url"])
    ada.put(f"{create('soon', project=project['id'])['url']}position/", {"section": section["id"]})

    for query, expected in [
        ({}, "soon plain done below top"),
        ({"completed": "true"}, "done"),
        ({"completed": "false"}, "soon plain below top"),
        ({"project": project["id"]}, "top below soon"),
        ({"due_before": "2026-03-02"}, "top"),
        ({"due_after": "2026-03-02"}, "done"),
        ({"due_date": "2026-03-02"}, "below"),
        ({"label": "home"}, "top"),
        ({"label": "@HOME"}, "top"),
        ({"label": "none"}, ""),
        ({"parent": top["id"]}, "below"),
        ({"section": section["id"]}, "soon"),
        ({"priority": 1}, "done top"),
        ({"trashed": "true"}, "gone"),
        ({"trashed": "false"}, "soon plain done below top"),
        ({"completed": "false", "priority": 1, "due_before": "2026-04-01"}, "top"),
    ]:
        assert titles(**query) == expected.split(), query


def test_todos_of_an_archived_project_show_only_when_it_is_asked_for(ada, create, titles):
    project = ada.post("/api/v1/projects/", {"title": "Home"}).json()
    create("aside", project=project["id"])
    ada.post(f"{project['url']}archive/")

    assert titles() == []
    assert titles(project=project["id"]) == ["aside"]


# Pages of a list


def _urgency(todo):
    return (todo.due_time or time.max, todo.priority, todo.order, todo.pk)


def _due(todo):
    return (todo.due_date or date.max, todo.due_time or time.max)


ORDERINGS = {
    "order": lambda todo: (todo.order, todo.pk),
    "title": lambda todo: (todo.title.lower(), todo.pk),
    "created_at": lambda todo: (todo.created_at, todo.pk),
    "updated_at": lambda todo: (todo.updated_at, todo.pk),
}
ORDERINGS |= {f"-{name}": key for name, key in ORDERINGS.items()} | {
    "due_date": lambda todo: (todo.due_date or date.max, *_urgency(todo)),
    "-due_date": lambda todo: (-(todo.due_date or date.min).toordinal(), *_urgency(todo)),
    "priority": lambda todo: (todo.priority, *_due(todo), todo.order, todo.pk),
    "-priority": lambda todo: (-todo.priority, *_due(todo), todo.order, todo.pk),
}


@pytest.fixture
def many(ada):
    """130 todos of which many share their place in every order."""
    inbox, start = Project.objects.get(is_inbox=True), datetime(2026, 3, 2, tzinfo=UTC)
    return Todo.objects.bulk_create(
        Todo(
            id=uuid7(),
            project=inbox,
            title=f"{'tT'[number % 2]}odo {number % 7:03}",
            due_time=time(9 + number % 2) if number % 3 and number % 7 else None,
            order=f"a{number % 10}",
            priority=number % 4 + 1,
            due_date=date(2026, 3, 1 + number % 5) if number % 3 else None,
            created_at=start + timedelta(microseconds=number % 20),
            updated_at=start + timedelta(microseconds=number % 30),
            revision=1,
        )
        for number in (number * 37 % 130 for number in range(130))
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_walking_there_and_back_meets_each_todo_once_while_others_come_in(ada, many, create, ordering):
    backwards = ordering.removeprefix("-") not in ("due_date", "priority") and ordering.startswith("-")
    expected = [str(todo.pk) for todo in sorted(many, key=ORDERINGS[ordering], reverse=backwards)]
    present = set(expected)

    def walk(url, direction):
        while url:
            page = ada.get(url).json()
            assert len(page["results"]) <= 7
            yield page
            url = page[direction]
            create("Newcomer", priority=1, due_date="2026-03-03")

    pages = list(walk(f"/api/v1/todos/?ordering={ordering}&limit=7", "next"))
    there = [todo["id"] for page in pages for todo in page["results"] if todo["id"] in present]
    back_pages = list(walk(pages[-1]["previous"], "previous"))
    back = [todo["id"] for page in reversed(back_pages) for todo in page["results"] if todo["id"] in present]

    last = [todo["id"] for todo in pages[-1]["results"] if todo["id"] in present]
    assert pages[0]["previous"] is None
    assert there == expected
    assert back + last == expected


def test_links_to_neighbours_keep_the_query(ada, many):
    page = ada.get("/api/v1/todos/?completed=false&limit=3").json()

    assert page.keys() == {"results", "next", "previous"}
    assert page["next"].startswith("http://testserver/api/v1/todos/?")
    assert "completed=false" in page["next"]
    assert "limit=3" in page["next"]


def test_a_page_has_fifty_rows_unless_another_number_is_asked_for(ada, many):
    assert len(ada.get("/api/v1/todos/").json()["results"]) == 50
    assert len(ada.get("/api/v1/todos/?limit=200").json()["results"]) == 130


# Conditional writes


@pytest.mark.parametrize("condition", ["{tag}", '"other", {tag}', "*", '"{revision}"', '  {tag} , "x"'])
def test_a_write_goes_through_when_its_condition_holds(ada, condition):
    created = ada.post("/api/v1/todos/", {"title": "Buy milk"})
    header = condition.format(tag=created["ETag"], revision=created.json()["revision"])

    response = ada.patch(created["Location"], {"title": "Bread"}, HTTP_IF_MATCH=header)

    assert response.status_code == 200
    assert response["ETag"] != created["ETag"]


@pytest.mark.parametrize("condition", ["W/{tag}", '"0"', '"{revision}0"', "nonsense", "{revision}.5", '"a", W/{tag}'])
@pytest.mark.parametrize("write", ["patch", "delete", "completion", "position", "restoration", "reopening"])
def test_a_stale_write_is_refused_and_changes_nothing(ada, assert_problem, condition, write):
    created = ada.post("/api/v1/todos/", {"title": "Buy milk"})
    url, header = created["Location"], condition.format(tag=created["ETag"], revision=created.json()["revision"])
    headers = {"HTTP_IF_MATCH": header}

    response = {
        "patch": lambda: ada.patch(url, {"title": "Bread"}, **headers),
        "delete": lambda: ada.delete(url, **headers),
        "completion": lambda: ada.post(f"{url}completion/", **headers),
        "reopening": lambda: ada.delete(f"{url}completion/", **headers),
        "restoration": lambda: ada.post(f"{url}restoration/", **headers),
        "position": lambda: ada.put(f"{url}position/", {"after": None}, **headers),
    }[write]()

    assert_problem(response, 412, "stale")
    assert ada.get(url).json() == created.json()


def test_a_stale_write_to_a_project_is_refused(ada, create, assert_problem):
    created = ada.post("/api/v1/projects/", {"title": "Home"})
    create(project=created.json()["id"])

    response = ada.patch(created["Location"], {"title": "House"}, HTTP_IF_MATCH=created["ETag"])

    assert_problem(response, 412, "stale")
    assert ada.get(created["Location"]).json()["title"] == "Home"
