"""What each request costs in SQL statements, with a JWT.

The token store is asked once: without Redis that is one statement more (`STORE`). Savepoints
stand for the transactions that a request outside a test has, and count as they would. Where events
have an archive, it is asked once and the journal twice where the two meet (`ARCHIVE`).
"""

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext

from todos.services.labels import create_label
from todos.services.projects import create_project
from todos.services.sections import create_section

STORE = 0 if "redis" in settings.CACHES["tokens"]["BACKEND"].lower() else 1
ARCHIVE = 3 if settings.ACTIVITY_ARCHIVE else 0
MARKS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@pytest.fixture
def client(api, owner):
    client = api(owner)
    client.get("/api/v1/todos/")  # what is asked once a process is asked before
    return client


@pytest.fixture
def cost():
    """Count the statements that a call takes on every database, and check its status."""

    def cost(call, status=200) -> int:
        captures = [CaptureQueriesContext(connection) for connection in connections.all()]
        for capture in captures:
            capture.__enter__()
        try:
            response = call()
        finally:
            for capture in captures:
                capture.__exit__(None, None, None)
        assert response.status_code == status, response.content
        queries = [query["sql"] for capture in captures for query in capture]
        return len([sql for sql in queries if not sql.startswith(MARKS)])

    return cost


@pytest.mark.parametrize(
    "query",
    ["", "completed=false", "label=home", "trashed=false", "ordering=due_date", "ordering=priority&priority=4"],
)
def test_ten_todos_and_fifty_cost_one_statement(client, make_todo, cost, query):
    url = f"/api/v1/todos/?limit=200&{query}"
    for number in range(10):
        make_todo(str(number), labels=["home"], parent=None)
    ten = cost(lambda: client.get(url))
    for number in range(40):
        make_todo(str(number), labels=["home", "work"])

    fifty = cost(lambda: client.get(url))

    assert len(client.get(url).json()["results"]) == 50
    assert ten == fifty == 1 + STORE


def test_a_page_in_the_middle_costs_one_statement(client, make_todo, cost):
    for number in range(5):
        make_todo(str(number))
    url = client.get("/api/v1/todos/?limit=2").json()["next"]

    assert cost(lambda: client.get(url)) == 1 + STORE


def test_ten_projects_and_fifty_cost_one_statement(client, owner, now, cost):
    url = "/api/v1/projects/?limit=200"
    for number in range(8):
        create_project(actor=owner, title=str(number), now=now)
    ten = cost(lambda: client.get(url))
    for number in range(40):
        create_project(actor=owner, title=str(number), now=now)

    fifty = cost(lambda: client.get(url))

    assert len(client.get(url).json()["results"]) > 48
    assert ten == fifty == 1 + STORE


def test_ten_sections_and_fifty_cost_one_statement(client, owner, project, now, cost):
    for number in range(10):
        create_section(actor=owner, project_id=project.pk, title=str(number), now=now)
    ten = cost(lambda: client.get("/api/v1/sections/"))
    for number in range(40):
        create_section(actor=owner, project_id=project.pk, title=str(number), now=now)

    fifty = cost(lambda: client.get("/api/v1/sections/"))

    assert len(client.get("/api/v1/sections/").json()["results"]) == 50
    assert ten == fifty == 1 + STORE


def test_ten_labels_and_fifty_cost_one_statement(client, owner, now, cost):
    for number in range(10):
        create_label(actor=owner, name=f"label {number}", now=now)
    ten = cost(lambda: client.get("/api/v1/labels/"))
    for number in range(10, 50):
        create_label(actor=owner, name=f"label {number}", now=now)

    fifty = cost(lambda: client.get("/api/v1/labels/"))

    assert len(client.get("/api/v1/labels/").json()["results"]) == 50
    assert ten == fifty == 1 + STORE


def test_ten_events_and_fifty_cost_two_statements_and_the_archives(client, make_todo, cost):
    url = "/api/v1/activity/?limit=200&verb=todo.created"
    for number in range(10):
        make_todo(str(number))
    ten = cost(lambda: client.get(url))
    for number in range(40):
        make_todo(str(number))

    fifty = cost(lambda: client.get(url))

    assert len(client.get(url).json()["results"]) == 50
    assert ten == fifty == 2 + STORE + ARCHIVE


def test_one_todo_costs_one_statement(client, todo, cost):
    assert cost(lambda: client.get(f"/api/v1/todos/{todo.pk}/")) == 1 + STORE


def test_creating_a_todo_costs_six_statements(client, project, cost):
    body = {"title": "New", "project": str(project.pk)}

    assert cost(lambda: client.post("/api/v1/todos/", body), 201) == 6 + STORE


def test_editing_a_todo_costs_six_statements_and_what_is_searched_one_more(client, todo, cost):
    assert cost(lambda: client.patch(f"/api/v1/todos/{todo.pk}/", {"priority": 1})) == 6 + STORE
    assert cost(lambda: client.patch(f"/api/v1/todos/{todo.pk}/", {"title": "New"})) == 7 + STORE


def test_completing_a_todo_costs_seven_statements(client, todo, cost):
    assert cost(lambda: client.post(f"/api/v1/todos/{todo.pk}/completion/")) == 7 + STORE


def test_completing_five_subtasks_along_costs_two_statements_more(client, todo, make_todo, cost):
    for _ in range(5):
        make_todo(parent=todo.pk)

    assert cost(lambda: client.post(f"/api/v1/todos/{todo.pk}/completion/")) == 9 + STORE


def test_moving_a_todo_to_the_trash_costs_seven_statements(client, todo, cost):
    assert cost(lambda: client.delete(f"/api/v1/todos/{todo.pk}/"), 204) == 7 + STORE
