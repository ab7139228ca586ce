"""Taking back what was done to projects, sections, filters, and on todos."""

import pytest

from todos.models import Project, Todo

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
def changes(section, inner, comment, saved, relation, project, todo):
    """Every change by its name: the method, its path, what is sent, and where it shows."""
    home, part = f"/api/v1/projects/{project.pk}/", f"/api/v1/sections/{section['id']}/"
    said, kept = f"/api/v1/todos/{todo.pk}/comments/{comment['id']}/", f"/api/v1/filters/{saved['id']}/"
    tie = f"{relation['path']}{relation['id']}/"
    todos, projects = f"/api/v1/todos/?project={project.pk}", "/api/v1/projects/"
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
        "relation removed": ("delete", tie, None, (relation["path"],)),
    }


KINDS = [
    "project renamed", "project archived", "project deleted", "project favoured", "section renamed",
    "section deleted", "comment edited", "comment deleted", "filter changed", "relation removed",
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


@pytest.mark.parametrize("kind", ["project", "section", "comment", "filter", "relation"])
def test_what_was_made_is_unmade(kind, client, project, todo, make_todo):
    other = make_todo("Other")
    path, body = {
        "project": ("/api/v1/projects/", {"title": "New"}),
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


def test_what_cannot_be_taken_back_has_no_receipt(client, inner, project):
    moved = client.patch(f"/api/v1/projects/{inner['id']}/", {"parent": None})

    assert moved.status_code == 200
    assert "Undo-Receipt" not in moved


def test_a_token_for_todos_undoes_no_change_of_a_project(client, owner, project, now, api):
    from rest_framework.test import APIClient

    from accounts.services.api_tokens import create_token

    answer = client.patch(f"/api/v1/projects/{project.pk}/", {"title": "House"})
    script = APIClient()
    secret = create_token(actor=owner, name="Script", scopes=["todos:write"], now=now).secret
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    assert script.post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 403
    assert Project.objects.get(pk=project.pk).title == "House"
