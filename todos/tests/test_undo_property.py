"""Any single change, taken back, leaves everything as it was."""

from datetime import date, time

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from activity.services.recording import collecting_events
from config.errors import DomainError
from todos.models import Membership, Project, Reminder, SavedFilter, Section, Todo
from todos.services.bulk import change_todos
from todos.services.ordering import reorder_todo
from todos.services.projects import (
    archive_project,
    create_project,
    reorder_project,
    set_favourite,
    unarchive_project,
    update_project,
)
from todos.services.receipts import read_receipt, receipt_for
from todos.services.reminders import create_reminder, delete_reminder, update_reminder
from todos.services.saved_filters import create_filter, delete_filter, reorder_filter, update_filter
from todos.services.sections import create_section, delete_section, reorder_section, restore_section, update_section
from todos.services.sharing import change_role, remove_member
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo
from todos.services.trash import delete_project, restore_project
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


# Projects, who is in them, and what is a person's own


@pytest.fixture
def places(owner, editor, viewer, project, work, make_todo, now):
    """Projects in one another with members and what these have there, and things of the owner's."""
    inner = create_project(actor=owner, title="Inner", parent=project.pk, now=now)
    deep = create_project(actor=owner, title="Deep", parent=inner.pk, now=now)
    projects = [project, work, inner, deep]
    for index, place in enumerate(projects):
        make_todo(f"T{index}", project=place.pk, due_date=date(2026, 3, 9), assignee=owner.pk)
    for place in (project, inner):
        make_todo("Mop", project=place.pk, assignee=editor.pk)
    set_favourite(actor=editor, project_id=project.pk, favourite=True, now=now)
    sections = [create_section(actor=owner, project_id=project.pk, title=str(index), now=now) for index in range(3)]
    filters = [
        create_filter(actor=owner, values={"name": str(index), "query": "today", "project": project.pk}, now=now)
        for index in range(3)
    ]
    todo = Todo.objects.get(title="T0")
    said = ({"relative_to": "due"}, {"remind_at": now.replace(year=2027)})
    reminders = [create_reminder(actor=owner, todo_id=todo.pk, values=values, now=now) for values in said]
    Section.objects.update(order="a0")  # the next move makes room
    SavedFilter.objects.filter(pk__in=[row.pk for row in filters[:2]]).update(order="a0")
    return {
        "project": projects,
        "section": sections,
        "filter": filters,
        "reminder": reminders,
        "person": [editor, viewer],
    }


few = st.integers(0, 3)
STEPS = st.tuples(
    st.sampled_from(
        [
            "move", "rename", "reorder project", "archive", "unarchive", "delete project", "restore project",
            "favour", "role", "remove", "reorder section", "rename section", "delete section", "restore section",
            "change filter", "reorder filter", "delete filter", "move reminder", "count reminder", "delete reminder",
        ]
    ),
    few,
    few,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(earlier=st.lists(STEPS, max_size=3), last=STEPS)
def test_any_change_of_projects_and_ones_own_and_its_undoing_leave_everything_as_it_was(
    earlier, last, places, owner, editor, now, assert_gapless
):
    with transaction.atomic():
        for step in earlier:
            _change(step, places, owner, now)
        before = _all_there_is()
        recorded = _change(last, places, owner, now)
        receipt = receipt_for(recorded, actor=owner, part="projects", now=now)
        assert bool(receipt) == bool(recorded)
        event(last[0] if receipt else "nothing to undo")
        if receipt:
            undo_change(actor=owner, receipt=read_receipt(receipt, actor=owner, now=now), now=now)
        assert _all_there_is() == before
        for holder in (*places["project"], owner, editor):
            assert_gapless(holder)
        transaction.set_rollback(True)


def _all_there_is():
    rows = {
        Membership: ("project", "user", "role", "granted", "is_favourite"),
        Project: ("pk", "owner", "parent", "order", "title", "archived_at", "deleted_at"),
        Section: ("pk", "order", "title", "deleted_at"),
        SavedFilter: ("pk", "name", "query", "project", "order", "is_favourite", "created_at"),
        Reminder: ("pk", "todo", "relative_to", "offset_minutes", "remind_at", "sent_at", "created_at"),
        Todo: ("pk", "project", "section", "assignee", "deleted_at"),
    }
    return {model.__name__: set(model.objects.values_list(*names)) for model, names in rows.items()}


def _change(step, places, owner, now):
    """Take a step as far as the rules allow; return what it recorded."""
    kind, one, other = step
    found = {name: rows[one % len(rows)] for name, rows in places.items()}
    beside = {name: rows[other % len(rows)].pk for name, rows in places.items()}
    who = {"actor": owner, "now": now}
    place, part = {"project_id": found["project"].pk}, {"section_id": found["section"].pk}
    kept, member = {"filter_id": found["filter"].pk}, {"user_id": found["person"].pk}
    call = {"todo_id": found["reminder"].todo_id, "reminder_id": found["reminder"].pk}
    steps = {
        "move": lambda: update_project(values={"parent": beside["project"] if other else None}, **place, **who),
        "rename": lambda: update_project(values={"title": str(other), "colour": "red"}, **place, **who),
        "reorder project": lambda: reorder_project(after=beside["project"] if other else None, **place, **who),
        "archive": lambda: archive_project(**place, **who),
        "unarchive": lambda: unarchive_project(**place, **who),
        "delete project": lambda: delete_project(**place, **who),
        "restore project": lambda: restore_project(**place, **who),
        "favour": lambda: set_favourite(favourite=bool(other % 2), **place, **who),
        "role": lambda: change_role(role=["viewer", "editor"][other % 2], **place, **member, **who),
        "remove": lambda: remove_member(**place, **member, **who),
        "reorder section": lambda: reorder_section(after=beside["section"] if other else None, **part, **who),
        "rename section": lambda: update_section(values={"title": f"new {other}"}, **part, **who),
        "delete section": lambda: delete_section(**part, **who),
        "restore section": lambda: restore_section(**part, **who),
        "change filter": lambda: update_filter(values={"project": None, "is_favourite": True}, **kept, **who),
        "reorder filter": lambda: reorder_filter(after=beside["filter"] if other else None, **kept, **who),
        "delete filter": lambda: delete_filter(**kept, **who),
        "move reminder": lambda: update_reminder(values={"remind_at": now.replace(year=2028)}, **call, **who),
        "count reminder": lambda: update_reminder(
            values={"relative_to": ["due", "deadline"][other % 2], "offset_minutes": other}, **call, **who
        ),
        "delete reminder": lambda: delete_reminder(**call, **who),
    }
    with collecting_events() as recorded:
        try:
            with transaction.atomic():
                steps[kind]()
        except DomainError:
            return []
    return recorded
