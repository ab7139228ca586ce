"""Any single change of a todo, taken back, leaves everything as it was."""

from datetime import date, time

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.services.recording import collecting_events
from config.errors import DomainError
from todos.models import Todo
from todos.services.bulk import change_todos
from todos.services.ordering import reorder_todo
from todos.services.receipts import read_receipt, receipt_for
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo
from todos.services.undo import undo_change
from todos.tests.test_undo import state_of

TODOS = 7


@pytest.fixture
def scene(owner, project, work, make_todo, now):
    """Todos in two projects: nested, labelled, dated, repeating, done, in the trash."""
    top = make_todo(
        "Top", labels=["a", "b"], due_date=date(2026, 3, 9), due_time=time(9, 30), time_zone="Europe/Berlin"
    )
    mid = make_todo("Mid", parent=top.pk, description="x" * 20_000)
    make_todo("Deep", parent=mid.pk, labels=["b"])
    done = make_todo("Done", parent=top.pk)
    make_todo("Daily", due_date=date(2026, 3, 1), recurrence=["RRULE:FREQ=DAILY"], start_date=date(2026, 2, 27))
    gone = make_todo("Gone", parent=mid.pk)
    make_todo("There", project=work.pk)
    complete_todo(actor=owner, todo_id=done.pk, now=now)
    delete_todo(actor=owner, todo_id=gone.pk, now=now)
    return list(Todo.objects.order_by("pk"))


number = st.integers(0, TODOS - 1)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["New", "x" * 500]),
        "description": st.sampled_from(["", "y" * 50_000]),
        "priority": st.integers(1, 4),
        "due_date": st.sampled_from([None, date(2026, 4, 1)]),
        "labels": st.lists(st.sampled_from(["a", "B", "c"]), unique=True),
        "project": st.sampled_from(["home", "work"]),
        "parent": st.one_of(st.none(), number),
        "assignee": st.sampled_from([None, "owner"]),
        "start_date": st.sampled_from([None, date(2026, 3, 1)]),
        "recurrence": st.sampled_from([[], ["RRULE:FREQ=WEEKLY;BYDAY=MO"]]),
    },
)
OPERATIONS = st.one_of(
    st.tuples(st.just("update"), number, VALUES),
    st.tuples(st.sampled_from(["complete", "reopen", "delete", "restore"]), number, st.none()),
    st.tuples(st.just("reorder"), number, number),
    st.tuples(st.just("create"), number, VALUES),
    st.tuples(
        st.just("bulk"),
        st.lists(number, min_size=1, max_size=TODOS, unique=True),
        st.sampled_from(
            [
                ("complete", {}),
                ("delete", {}),
                ("reopen", {}),
                ("restore", {}),
                ("move", {"project": "work"}),
                ("label", {"labels": ["c"]}),
                ("unlabel", {"labels": ["b"]}),
                ("date", {"due_date": date(2026, 5, 1)}),
            ]
        ),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(operation=OPERATIONS)
def test_any_change_and_its_undoing_leave_everything_as_it_was(
    operation, scene, owner, project, work, now, assert_gapless
):
    with transaction.atomic():
        before = state_of(project, work)
        with collecting_events() as recorded:
            try:
                with transaction.atomic():
                    _do(operation, scene, owner, project, work, now)
            except DomainError:
                recorded = []
        receipt = receipt_for(recorded, actor=owner, part="todos", now=now)
        assert bool(receipt) == bool(recorded)
        if receipt:
            undo_change(actor=owner, receipt=read_receipt(receipt, actor=owner, now=now), now=now)
        after = state_of(project, work)
        if operation[0] == "create":
            known = {row.pk for row in scene}
            assert all(row["deleted_at"] for row, _ in after if row["id"] not in known)
            after = [row for row in after if row[0]["id"] in known]
        assert after == before
        for holder in (project, work, owner):
            assert_gapless(holder)
        transaction.set_rollback(True)


def _do(operation, scene, owner, project, work, now):
    kind, what, how = operation
    who = {"actor": owner, "now": now}
    if kind == "bulk":
        action, values = how
        items = {scene[index].pk: None for index in what}
        change_todos(
            action=action, items=items, values=_given(values, scene, owner, project, work), is_atomic=False, **who
        )
    elif kind == "create":
        create_todo(values={"title": "Made", "project": project.pk} | _given(how, scene, owner, project, work), **who)
    elif kind == "update":
        update_todo(todo_id=scene[what].pk, values=_given(how, scene, owner, project, work), **who)
    elif kind == "reorder":
        reorder_todo(todo_id=scene[what].pk, after=scene[how].pk, **who)
    else:
        services = {"complete": complete_todo, "reopen": reopen_todo, "delete": delete_todo, "restore": restore_todo}
        services[kind](todo_id=scene[what].pk, **who)


def _given(values, scene, owner, project, work):
    known = {"home": project.pk, "work": work.pk, "owner": owner.pk}
    found = {name: known.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    if isinstance(found.get("parent"), int):
        found["parent"] = scene[found["parent"]].pk
    return found
