"""Delta sync over HTTP."""

import pytest

from todos.domain.sync import Position
from todos.services.comments import add_comment
from todos.services.sections import create_section


@pytest.fixture
def get(api, owner):
    client = api(owner)
    return lambda query="", path="/api/v1/sync/": client.get(path + query)


def test_a_client_gets_everything_and_then_what_changed(owner, viewer, project, todo, editor, now, get, edit):
    section = create_section(actor=owner, title="Soon", project_id=project.pk, now=now)
    comment = add_comment(actor=editor, todo_id=todo.pk, text="**Now**, @Owner", now=now)

    first = get().json()
    edit(todo, title="Buy bread")
    second = get(f"?token={first['token']}").json()

    assert list(first) == [
        "gone", "projects", "memberships", "sections", "todos", "comments", "attachments", "relations", "labels",
        "filters", "reminders", "token", "more",
    ]  # fmt: skip
    assert first["todos"] == [get(path=f"/api/v1/todos/{todo.pk}/").json() | _before(first["todos"][0])]
    assert {row["title"] for row in first["projects"]} == {"Inbox", "Home"}
    assert {(row["name"], row["role"]) for row in first["memberships"]} == {
        ("Owner", "owner"),
        ("Editor", "editor"),
        ("Viewer", "viewer"),
    }
    assert [row["id"] for row in first["sections"]] == [str(section.pk)]
    [said] = first["comments"]
    assert (said["id"], said["text"], said["mentions"]) == (str(comment.pk), "**Now**, @Owner", [str(owner.pk)])
    assert first["more"] is False
    assert [row["title"] for row in second["todos"]] == ["Buy bread"]
    assert second["comments"] == second["sections"] == second["gone"] == []
    assert get(f"?token={second['token']}").json()["token"] == second["token"]


def _before(todo):
    return {name: todo[name] for name in ("title", "revision", "updated_at")}


def test_pages_hold_as_many_rows_as_asked_for(get, make_todo):
    for number in range(5):
        make_todo(str(number))

    pages = [get("?limit=3").json()]
    while pages[-1]["more"]:
        pages.append(get(f"?limit=3&token={pages[-1]['token']}").json())

    sizes = [sum(len(rows) for rows in page.values() if isinstance(rows, list)) for page in pages]
    assert max(sizes) == 3
    assert {row["title"] for page in pages for row in page["todos"]} == set("01234")


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1", ""])
def test_a_limit_out_of_bounds_is_refused(get, assert_problem, limit):
    assert_problem(get(f"?limit={limit}"), 422, "invalid", "limit")


def test_a_made_up_token_is_refused(get, assert_problem):
    assert_problem(get("?token=made-up"), 422, "invalid", "token")


def test_a_token_that_is_too_old_is_gone(get, owner, now, assert_problem):
    old = Position(owner.pk, int(now.timestamp())).token()

    assert_problem(get(f"?token={old}"), 410, "gone")


def test_S12_no_member_sees_an_address_of_another(get, editor, viewer):
    assert "@example.org" not in get().text
