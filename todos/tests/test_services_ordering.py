import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import Invalid, NotFound
from config.ids import uuid7
from todos.models import Todo
from todos.models.fields import OrderKeyField
from todos.services.ordering import reorder_todo
from todos.services.projects import create_project
from todos.services.sections import create_section
from todos.services.todos import create_todo, delete_todo


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


# Before another, at the ends, in other sections and projects


@pytest.fixture
def place(owner, now):
    def place(todo, *, actor=owner, **where):
        where = {name: getattr(value, "pk", value) for name, value in where.items()}
        return reorder_todo(actor=actor, todo_id=todo.pk, now=now, **where)

    return place


@pytest.fixture
def section(owner, project, now):
    return create_section(actor=owner, project_id=project.pk, title="Soon", now=now)


@pytest.mark.parametrize(
    ("moved", "before", "expected"),
    [(0, 2, "BAC"), (0, None, "BCA"), (2, 0, "CAB"), (2, 1, "ACB"), (1, 2, "ABC"), (2, None, "ABC")],
)
def test_a_todo_goes_right_before_another_or_last(trio, place, project, moved, before, expected):
    place(trio[moved], before=None if before is None else trio[before])

    assert titles(project) == expected


def test_a_place_is_after_or_before_and_not_both(trio, place, project):
    for where in ({}, {"after": trio[1], "before": trio[2]}, {"after": None, "before": None}):
        with pytest.raises(Invalid):
            place(trio[0], **where)

    assert titles(project) == "ABC"


def test_a_drag_into_a_section_is_one_call_and_writes_one_row(trio, place, section, project, recorded, assert_gapless):
    place(trio[0], section=section)
    with CaptureQueriesContext(connection) as queries:
        place(trio[2], section=section, before=trio[0])

    writes = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "todos_todo"')]
    assert len(writes) == 1
    assert [row.title for row in Todo.objects.in_section(section.pk).in_order()] == ["C", "A"]
    assert recorded(trio[2]) == ["todo.created", "todo.updated"]
    assert_gapless(project)


def test_a_drag_with_a_section_alone_goes_last_there(trio, place, section):
    for todo in trio[::-1]:
        place(todo, section=section)

    assert [row.title for row in Todo.objects.in_section(section.pk).in_order()] == ["C", "B", "A"]


def test_a_drag_into_another_project_takes_its_place_there(
    owner, trio, place, make_todo, work, project, now, recorded, assert_gapless
):
    section = create_section(actor=owner, project_id=work.pk, title="Later", now=now)
    there = [make_todo(title, project=work.pk, section=section.pk) for title in "XY"]
    for title in "12":
        make_todo(title, parent=trio[1].pk)

    place(trio[1], project=work, section=section, after=there[0])

    assert (titles(project), titles(work)) == ("AC", "XBY12")
    assert {row.section_id for row in Todo.objects.in_project(work.pk)} == {section.pk}
    assert {row.parent_id for row in Todo.objects.in_project(work.pk).filter(title__in="12")} == {trio[1].pk}
    assert sorted(recorded(trio[1])) == ["todo.created", "todo.moved", "todo.moved_out"]
    assert len({row.order for row in Todo.objects.in_project(work.pk)}) == 5
    assert_gapless(project)
    assert_gapless(work)


def test_a_drag_under_a_parent_takes_its_place_there(trio, place, project, section):
    place(trio[0], section=section)

    place(trio[1], parent=trio[0], after=trio[0])
    place(trio[2], parent=trio[0], after=trio[0])

    below = Todo.objects.children_of([trio[0].pk]).in_order()
    assert [(row.title, row.section_id) for row in below] == [("C", section.pk), ("B", section.pk)]

    place(trio[2], parent=None, before=None)
    assert titles(project) == "ABC"
    assert Todo.objects.get(pk=trio[2].pk).parent_id is None


def test_S02_a_drag_goes_to_no_place_that_is_not_there(
    owner, editor, stranger, trio, place, make_todo, work, section, project, now
):
    foreign = create_section(actor=owner, project_id=work.pk, title="Later", now=now)
    elsewhere = make_todo("X", project=work.pk)

    for actor, where, refusal in (
        (owner, {"section": foreign}, Invalid),
        (owner, {"after": elsewhere}, Invalid),
        (owner, {"parent": elsewhere}, Invalid),
        (owner, {"parent": trio[0]}, Invalid),
        (owner, {"project": work, "after": trio[1]}, Invalid),
        (owner, {"project": work, "section": section}, Invalid),
        (owner, {"project": work, "parent": trio[1]}, Invalid),
        (editor, {"project": work}, NotFound),
        (stranger, {"after": None}, NotFound),
    ):
        with pytest.raises(refusal):
            place(trio[0], actor=actor, **where)

    assert (titles(project), titles(work)) == ("ABC", "X")


def test_two_todos_with_the_same_key_are_told_apart_before_one_goes_between(trio, place, project, assert_gapless):
    Todo.objects.filter(pk=trio[1].pk).update(order=trio[0].order)

    place(trio[2], after=trio[0])

    assert titles(project) == "ACB"
    assert len(set(Todo.objects.values_list("order", flat=True))) == 3
    assert_gapless(project)


def test_what_is_in_the_trash_under_a_todo_stays_when_that_leaves(owner, trio, make_todo, place, work, now):
    gone = make_todo("Gone", parent=trio[0].pk)
    delete_todo(actor=owner, todo_id=gone.pk, now=now)

    place(trio[0], project=work)

    gone.refresh_from_db()
    assert (gone.project_id, gone.parent_id) == (trio[1].project_id, None)


# Any interleaving of moves


MOVES = st.lists(
    st.tuples(
        st.integers(0, 7),  # what moves
        st.sampled_from(["after", "before"]),
        st.one_of(st.none(), st.integers(0, 7)),  # beside what
        st.sampled_from([None, "home", "work"]),  # to which project
        st.sampled_from([None, "section", "none"]),
    ),
    max_size=15,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_any_interleaving_of_moves_leaves_a_total_order_with_each_thing_where_it_was_put(
    owner, now, assert_gapless, moves
):
    home, work = (create_project(actor=owner, title=title, now=now) for title in ("Home", "Work"))
    sections = {
        row.pk: create_section(actor=owner, project_id=row.pk, title="Section", now=now).pk for row in (home, work)
    }
    todos = [
        create_todo(actor=owner, values={"title": str(number), "project": (home, work)[number % 2].pk}, now=now).pk
        for number in range(8)
    ]

    def listed(project_id):
        return list(Todo.objects.in_project(project_id).in_order().values_list("pk", flat=True))

    for moved, side, beside, project, section in moves:
        target = {"home": home.pk, "work": work.pk}.get(project) or Todo.objects.get(pk=todos[moved]).project_id
        anchor = None if beside is None else todos[beside]
        where = {side: anchor} | ({"project": target} if project else {})
        if section:
            where["section"] = sections[target] if section == "section" else None
        before = listed(target)
        try:
            reorder_todo(actor=owner, todo_id=todos[moved], now=now, **where)
        except Invalid:
            assert anchor == todos[moved] or anchor not in before
            continue
        expected = [id for id in before if id != todos[moved]]
        index = {"after": 0, "before": len(expected)}[side] if anchor is None else expected.index(anchor)
        expected.insert(index + (side == "after" and anchor is not None), todos[moved])
        assert listed(target) == expected

    for project in (home, work):
        keys = [row.order for row in Todo.objects.in_project(project.pk)]
        assert len(set(keys)) == len(keys)
        assert_gapless(project)
