"""Taking back what was done to projects, sections, filters, reminders, feeds, and on todos."""

from datetime import UTC, datetime, timedelta

import pytest

from activity.models import Event
from todos.models import CalendarFeed, Membership, Project, PublicLink, Reminder, SavedFilter, Section, Todo

UNDO = "/api/v1/undo/"


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def section(client, project, make_todo):
    """A section with two todos."""
    found = client.post("/api/v1/sections/", {"project": str(project.pk), "title": "Soon"}).json()
    for title in ("One", "Two"):
        make_todo(title, section=found["id"])
    return found


@pytest.fixture
def inner(client, project):
    return client.post("/api/v1/projects/", {"title": "Inner", "parent": str(project.pk)}).json()


@pytest.fixture
def comment(client, todo):
    return client.post(f"/api/v1/todos/{todo.pk}/comments/", {"text": "Hi"}).json()


@pytest.fixture
def saved(client):
    return client.post("/api/v1/filters/", {"name": "Soon", "query": "today"}).json()


@pytest.fixture
def relation(client, todo, make_todo):
    other = make_todo("Other")
    path = f"/api/v1/todos/{todo.pk}/relations/"
    return client.post(path, {"other": str(other.pk), "kind": "blocks"}).json() | {"path": path}


@pytest.fixture
def reminder(client, todo):
    """A reminder that counts from the day the todo is due."""
    client.patch(f"/api/v1/todos/{todo.pk}/", {"due_date": "2030-03-09"})
    path = f"/api/v1/todos/{todo.pk}/reminders/"
    body = {"relative_to": "due", "offset_minutes": -30}
    return client.post(path, body).json() | {"path": path}


PASSING = {"revision", "updated_at", "trashed_at"}


def seen(client, *paths):
    """Return what the API shows at these addresses, but what counts changes; None for what is not there."""
    found = []
    for path in paths:
        answer = client.get(path)
        found.append(_plain(answer.json()) if answer.status_code == 200 else None)
    return found


def _plain(data):
    if isinstance(data, dict):
        return {name: _plain(value) for name, value in data.items() if name not in PASSING}
    return [_plain(item) for item in data] if isinstance(data, list) else data


@pytest.fixture
def changes(client, section, inner, comment, saved, relation, reminder, project, todo):
    """Every change by its name: the method, its path, what is sent, and where it shows."""
    home, part = f"/api/v1/projects/{project.pk}/", f"/api/v1/sections/{section['id']}/"
    said, kept = f"/api/v1/todos/{todo.pk}/comments/{comment['id']}/", f"/api/v1/filters/{saved['id']}/"
    tie = f"{relation['path']}{relation['id']}/"
    todos, projects = f"/api/v1/todos/?project={project.pk}", "/api/v1/projects/"
    nested, sections, filters = (
        f"{projects}{inner['id']}/",
        f"/api/v1/sections/?project={project.pk}",
        "/api/v1/filters/",
    )
    call, calls = f"{reminder['path']}{reminder['id']}/", reminder["path"]
    for path, body in ((projects, {"title": "Work"}), (filters, {"name": "Late", "query": "overdue"})):
        client.post(path, body)
    client.post("/api/v1/sections/", {"project": str(project.pk), "title": "Later"})
    return {
        "project renamed": ("patch", home, {"title": "House", "colour": "red"}, (home,)),
        "project archived": ("post", f"{home}archive/", None, (projects, home)),
        "project deleted": ("delete", home, None, (projects, home, todos)),
        "project favoured": ("put", f"{home}favourite/", None, (home,)),
        "section renamed": ("patch", part, {"title": "Later"}, (part,)),
        "section deleted": ("delete", part, None, (todos, part)),
        "comment edited": ("patch", said, {"text": "Hello"}, (said,)),
        "comment deleted": ("delete", said, None, (said, f"/api/v1/todos/{todo.pk}/comments/")),
        "filter changed": ("patch", kept, {"name": "Now", "query": "overdue", "is_favourite": True}, (kept,)),
        "project moved to the top": ("patch", nested, {"parent": None, "title": "Outer"}, (projects, nested)),
        "project reordered": ("put", f"{home}position/", {"after": None}, (projects,)),
        "section reordered": ("put", f"{part}position/", {"before": None}, (sections,)),
        "filter reordered": ("put", f"{kept}position/", {"before": None}, (filters,)),
        "filter deleted": ("delete", kept, None, (filters, kept)),
        "reminder changed": ("patch", call, {"relative_to": "deadline", "offset_minutes": 60}, (call,)),
        "reminder set to a moment": ("patch", call, {"remind_at": "2030-03-01T10:00:00.123456Z"}, (call,)),
        "reminder deleted": ("delete", call, None, (calls, call)),
        "relation removed": ("delete", tie, None, (relation["path"],)),
    }


KINDS = [
    "project renamed", "project archived", "project deleted", "project favoured", "section renamed",
    "section deleted", "comment edited", "comment deleted", "filter changed", "relation removed",
    "project moved to the top", "project reordered", "section reordered", "filter reordered", "filter deleted",
    "reminder changed", "reminder set to a moment", "reminder deleted",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_undone_and_the_undoing_too(kind, changes, client, project, owner, assert_gapless):
    method, path, body, where = changes[kind]
    before = seen(client, *where)

    answer = getattr(client, method)(path, body)
    assert answer.status_code in (200, 201, 204), answer.content
    changed = seen(client, *where)
    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})
    assert undone.status_code == 200, undone.content
    assert seen(client, *where) == before
    redone = client.post(UNDO, {"receipt": undone["Undo-Receipt"]})

    assert redone.status_code == 200, redone.content
    assert changed != before
    assert [row is None for row in seen(client, *where)] == [row is None for row in changed]
    for holder in (project, owner):
        assert_gapless(holder)


@pytest.mark.parametrize(
    "kind", ["project", "project in another", "section", "comment", "filter", "relation", "reminder"]
)
def test_what_was_made_is_unmade(kind, client, project, todo, make_todo):
    other = make_todo("Other")
    path, body = {
        "project": ("/api/v1/projects/", {"title": "New"}),
        "project in another": ("/api/v1/projects/", {"title": "New", "parent": str(project.pk)}),
        "reminder": (f"/api/v1/todos/{todo.pk}/reminders/", {"remind_at": "2030-03-01T10:00:00Z"}),
        "section": ("/api/v1/sections/", {"project": str(project.pk), "title": "New"}),
        "comment": (f"/api/v1/todos/{todo.pk}/comments/", {"text": "New"}),
        "filter": ("/api/v1/filters/", {"name": "New", "query": "today"}),
        "relation": (f"/api/v1/todos/{todo.pk}/relations/", {"other": str(other.pk), "kind": "blocks"}),
    }[kind]
    listed = f"{path}?project={project.pk}" if kind == "section" else path
    before = seen(client, listed)

    made = client.post(path, body)

    assert seen(client, listed) != before
    assert client.post(UNDO, {"receipt": made["Undo-Receipt"]}).status_code == 200
    assert seen(client, listed) == before


BY_ANOTHER = {
    "project renamed": {"title": "Flat"},
    "section renamed": {"title": "Never"},
    "filter changed": {"name": "Mine"},
    "comment edited": {"text": "Anew"},
    "reminder changed": {"offset_minutes": 5},
    "project moved to the top": {"title": "Mine"},
}


@pytest.mark.parametrize("kind", BY_ANOTHER)
def test_something_newer_stands_in_the_way(kind, changes, client, assert_problem):
    method, path, body, where = changes[kind]
    answer = getattr(client, method)(path, body)
    client.patch(path, BY_ANOTHER[kind])
    newer = seen(client, *where)

    problem = assert_problem(client.post(UNDO, {"receipt": answer["Undo-Receipt"]}), 409, "conflict")

    assert problem["detail"].endswith("was changed since. Nothing was undone.")
    assert seen(client, *where) == newer


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_serves_once(kind, changes, client, assert_problem):
    method, path, body, where = changes[kind]
    receipt = getattr(client, method)(path, body)["Undo-Receipt"]
    client.post(UNDO, {"receipt": receipt})
    before = seen(client, *where)

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert seen(client, *where) == before


ANEW = ["project reordered", "section reordered", "filter reordered"]


@pytest.mark.parametrize("kind", ANEW)
def test_another_order_since_stands_in_the_way(kind, changes, client, assert_problem):
    method, path, body, where = changes[kind]
    receipt = getattr(client, method)(path, body)["Undo-Receipt"]
    other = {"before": None} if "after" in body else {"after": None}
    getattr(client, method)(path, other)
    newer = seen(client, *where)

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert seen(client, *where) == newer


ROOMS = [("project reordered", Project), ("section reordered", Section), ("filter reordered", SavedFilter)]


@pytest.mark.parametrize(("kind", "model"), ROOMS)
def test_those_that_made_room_go_back_too(kind, model, changes, client, project, owner, assert_gapless):
    path = changes[kind][1]
    if model is not Project:  # of those the inbox is a third
        where = {"project": str(project.pk)} if model is Section else {"query": "p1"}
        client.post(f"/api/v1/{kind.split()[0]}s/", {"title": "Third", "name": "Third"} | where)
    beside = model.objects.filter(parent=None) if model is Project else model.objects.all()
    beside.update(order="a0")  # no key is left between any two
    before = dict(beside.values_list("pk", "order"))
    other = next(pk for pk in sorted(before) if str(pk) not in path)

    moved = client.put(path, {"after": str(other)})
    changed = dict(beside.values_list("pk", "order"))
    undone = client.post(UNDO, {"receipt": moved["Undo-Receipt"]})

    assert (moved.status_code, undone.status_code) == (200, 200)
    assert sum(changed[pk] != before[pk] for pk in before) >= 2
    assert dict(beside.values_list("pk", "order")) == before
    for holder in (project, owner):
        assert_gapless(holder)


def test_a_todo_in_a_new_section_keeps_it(client, project, make_todo, assert_problem):
    made = client.post("/api/v1/sections/", {"project": str(project.pk), "title": "New"})
    make_todo("In it", section=made.json()["id"])

    assert_problem(client.post(UNDO, {"receipt": made["Undo-Receipt"]}), 409, "conflict")
    assert Todo.objects.get(title="In it").section_id is not None


def test_a_new_project_with_something_in_it_stays(client, assert_problem):
    made = client.post("/api/v1/projects/", {"title": "New"})
    client.post("/api/v1/todos/", {"title": "In it", "project": made.json()["id"]})

    assert_problem(client.post(UNDO, {"receipt": made["Undo-Receipt"]}), 409, "conflict")
    assert Project.objects.get(title="New").deleted_at is None


def test_the_renaming_of_a_project_is_undone_whatever_happens_in_it(client, project, make_todo):
    answer = client.patch(f"/api/v1/projects/{project.pk}/", {"title": "House"})
    make_todo("Something")

    assert client.post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 200
    assert Project.objects.get(pk=project.pk).title == "Home"


def test_a_project_does_not_go_back_into_one_that_is_gone(client, inner, project, assert_problem):
    moved = client.patch(f"/api/v1/projects/{inner['id']}/", {"parent": None})
    client.delete(f"/api/v1/projects/{project.pk}/")

    problem = assert_problem(client.post(UNDO, {"receipt": moved["Undo-Receipt"]}), 409, "conflict")

    assert problem["detail"] == "The project that it was in is gone. Nothing was undone."
    assert Project.objects.get(pk=inner["id"]).parent_id is None


def test_a_project_does_not_go_back_into_one_that_is_in_it_by_now(client, inner, project, assert_problem):
    moved = client.patch(f"/api/v1/projects/{inner['id']}/", {"parent": None})
    client.patch(f"/api/v1/projects/{project.pk}/", {"parent": inner["id"]})

    assert_problem(client.post(UNDO, {"receipt": moved["Undo-Receipt"]}), 409, "conflict")
    assert Project.objects.get(pk=project.pk).parent_id == Project.objects.get(pk=inner["id"]).pk


def test_a_restoration_to_the_top_is_undone_and_the_undoing_too(client, inner, project, owner, assert_gapless):
    client.delete(f"/api/v1/projects/{inner['id']}/")
    client.delete(f"/api/v1/projects/{project.pk}/")
    path, where = f"/api/v1/projects/{inner['id']}/", ("/api/v1/projects/", "/api/v1/projects/?trash=true")
    before = seen(client, path, *where)

    restored = client.post(f"{path}restoration/")
    after = seen(client, path, *where)
    undone = client.post(UNDO, {"receipt": restored["Undo-Receipt"]})
    assert (undone.status_code, seen(client, path, *where)) == (200, before)
    redone = client.post(UNDO, {"receipt": undone["Undo-Receipt"]})

    assert (redone.status_code, seen(client, path, *where)) == (200, after)
    assert after != before
    assert_gapless(Project.objects.get(pk=inner["id"]))


def test_a_deleted_filter_does_not_come_back_where_its_owner_may_not_show_it_any_more(
    api, editor, project, saved, assert_problem
):
    client = api(editor)
    shown = client.post("/api/v1/filters/", {"name": "Ours", "query": "today", "project": str(project.pk)})
    gone = client.delete(shown.json()["url"])
    Membership.objects.filter(user=editor, project=project).update(role="viewer", granted="viewer")

    assert_problem(client.post(UNDO, {"receipt": gone["Undo-Receipt"]}), 403, "forbidden")
    assert not SavedFilter.objects.filter(name="Ours").exists()


def test_a_reminder_comes_back_to_where_the_date_is_now(client, todo, reminder):
    gone = client.delete(f"{reminder['path']}{reminder['id']}/")
    client.patch(f"/api/v1/todos/{todo.pk}/", {"due_date": "2031-01-01"})

    assert client.post(UNDO, {"receipt": gone["Undo-Receipt"]}).status_code == 200
    assert Reminder.objects.get(pk=reminder["id"]).remind_at == datetime(2031, 1, 1, 8, 30, tzinfo=UTC)


def test_a_reminder_that_was_delivered_stays_delivered(client, todo, reminder, now):
    Reminder.objects.filter(pk=reminder["id"]).update(sent_at=now, remind_at=now - timedelta(hours=1), relative_to="")
    before = Reminder.objects.values().get(pk=reminder["id"])
    changed = client.patch(f"{reminder['path']}{reminder['id']}/", {"remind_at": "2030-03-01T10:00:00Z"})

    assert changed.status_code == 200
    assert client.post(UNDO, {"receipt": changed["Undo-Receipt"]}).status_code == 200
    assert Reminder.objects.values().get(pk=reminder["id"]) | {"revision": 0} == before | {"revision": 0}


@pytest.mark.parametrize(("kind", "model"), [("feed", CalendarFeed), ("link", PublicLink)])
def test_a_new_door_is_shut_by_undoing_and_stays_shut(kind, model, client, project, assert_problem):
    path = {"feed": "/api/v1/feeds/", "link": f"/api/v1/projects/{project.pk}/links/"}[kind]
    made = client.post(path, {})
    again = client.post(path, {})
    revoked = client.delete(f"{path}{again.json()['id']}/")

    undone = client.post(UNDO, {"receipt": made["Undo-Receipt"]})

    assert (made.status_code, undone.status_code, model.objects.count()) == (201, 200, 0)
    assert "Undo-Receipt" not in undone
    assert "Undo-Receipt" not in revoked
    for receipt in (made["Undo-Receipt"], again["Undo-Receipt"]):
        assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")


def test_no_event_keeps_what_opens_a_door(client, project):
    secrets = []
    for path in ("/api/v1/feeds/", f"/api/v1/projects/{project.pk}/links/"):
        made = client.post(path, {"password": "open sesame"} if "links" in path else {}).json()
        secrets += [value for value in made.values() if isinstance(value, str) and made["prefix"] in value]
    told = str(list(Event.objects.journal().values_list("data", flat=True)))
    kept = [row for model in (CalendarFeed, PublicLink) for row in model.objects.values_list("digest", flat=True)]

    assert len(secrets) >= 2
    assert not any(secret in told for secret in [*secrets, *kept, "open sesame"])


def test_a_token_for_todos_undoes_no_change_of_a_project(client, owner, project, now, api):
    from rest_framework.test import APIClient

    from accounts.services.api_tokens import create_token

    answer = client.patch(f"/api/v1/projects/{project.pk}/", {"title": "House"})
    script = APIClient()
    secret = create_token(actor=owner, name="Script", scopes=["todos:write"], now=now).secret
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    assert script.post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 403
    assert Project.objects.get(pk=project.pk).title == "House"
