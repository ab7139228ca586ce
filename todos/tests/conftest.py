"""What the tests of todos share: a second project, edits, history by scope, and answers of the API."""

import pytest


@pytest.fixture
def work(owner, now):
    """Return another project of the owner's."""
    from todos.services.projects import create_project

    return create_project(actor=owner, title="Work", now=now)


@pytest.fixture
def edit(owner, now):
    """Let the owner edit a todo: `edit(todo, title="Buy bread")`."""
    from todos.services.todos import update_todo

    def edit(todo, **values):
        return update_todo(actor=owner, todo_id=todo.pk, values=values, now=now)

    return edit


@pytest.fixture
def history():
    """Return `(revision, verb)` of every event in the scope of a project or a person, in order."""
    from activity.models import Event

    def history(holder) -> list[tuple[int, str]]:
        scope = getattr(holder, "scope", f"user:{holder.pk}")
        events = Event.objects.journal().in_scopes([scope]).order_by("revision")
        return list(events.values_list("revision", "verb"))

    return history


@pytest.fixture
def assert_gapless(history):
    """Check that each change of a scope has one event: its revision counts them without a gap."""

    def assert_gapless(holder) -> None:
        holder.refresh_from_db()
        revisions = [revision for revision, _ in history(holder)]
        assert revisions == list(range(1, holder.revision + 1))

    return assert_gapless


@pytest.fixture
def assert_problem():
    """Check that an answer is problem details (RFC 9457) of a status and a code."""

    def assert_problem(response, status: int, code: str, *fields: str) -> dict:
        body: dict = response.json() if response.content else {}
        assert response.status_code == status, body
        assert response["Content-Type"] == "application/problem+json"
        assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
        assert body["title"]
        assert body["detail"]
        assert set(body.get("fields", {})) == set(fields)
        return body

    return assert_problem
