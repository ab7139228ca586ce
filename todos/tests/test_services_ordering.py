import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.errors import Invalid
from config.ids import uuid7
from todos.models import Todo
from todos.models.fields import OrderKeyField
from todos.services.ordering import reorder_todo
from todos.services.projects import create_project


@pytest.fixture
def put(owner, now):
    def put(todo, *, after, actor=owner):
        return reorder_todo(actor=actor, todo_id=todo.pk, after=after and after.pk, now=now)

    return put


@pytest.fixture
def trio(make_todo):
    return [make_todo(title) for title in "ABC"]


def titles(project):
    return "".join(Todo.objects.in_project(project.pk).in_order().values_list("title", flat=True))


@pytest.mark.parametrize(
    ("moved", "after", "expected"),
    [(0, 1, "BAC"), (0, 2, "BCA"), (2, None, "CAB"), (2, 0, "ACB"), (1, None, "BAC"), (1, 2, "ACB")],
)
def test_a_todo_goes_right_after_another_or_first(trio, put, project, moved, after, expected):
    put(trio[moved], after=None if after is None else trio[after])

    assert titles(project) == expected


@pytest.mark.parametrize(("moved", "after"), [(0, None), (1, 0), (2, 1)])
def test_a_todo_that_stands_there_already_stays_and_records_nothing(trio, put, recorded, moved, after):
    put(trio[moved], after=None if after is None else trio[after])

    assert recorded(trio[moved]) == ["todo.created"]


def test_moving_one_todo_writes_one_row_of_todos(trio, put, project, recorded):
    others = {todo.pk: (todo.order, todo.revision) for todo in trio[:2]}

    with CaptureQueriesContext(connection) as queries:
        put(trio[2], after=trio[0])

    writes = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "todos_todo"')]
    assert len(writes) == 1
    assert {todo.pk: (todo.order, todo.revision) for todo in Todo.objects.exclude(pk=trio[2].pk)} == others
    assert recorded(trio[2]) == ["todo.created", "todo.reordered"]


def test_the_place_must_be_another_todo_of_the_project(owner, trio, make_todo, put, now, project):
    elsewhere = make_todo("X", project=create_project(actor=owner, title="Work", now=now).pk)

    for after in (elsewhere.pk, trio[0].pk, uuid7()):
        with pytest.raises(Invalid) as refused:
            reorder_todo(actor=owner, todo_id=trio[0].pk, after=after, now=now)
        assert list(refused.value.fields) == ["after"]

    assert titles(project) == "ABC"


def test_keys_that_grew_too_long_are_spread_out_in_the_order_they_had(trio, put, project, monkeypatch, assert_gapless):
    monkeypatch.setattr(OrderKeyField, "LONGEST", 4)
    low, high, other = trio

    for turn in range(40):
        put((high, other)[turn % 2], after=low)
        assert titles(project) == ("ABC", "ACB")[turn % 2]

    keys = Todo.objects.in_project(project.pk).values_list("order", flat=True)
    assert len(set(keys)) == 3
    assert max(map(len, keys)) <= 4
    assert_gapless(project)
