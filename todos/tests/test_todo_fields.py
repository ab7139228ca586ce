"""Dates, duration, section, assignee and parents of a todo: what they may be, and who hears of it."""

from datetime import date

import pytest

from activity.models import Event
from config.errors import Invalid
from todos.models import Membership, Notification, Section, Todo
from todos.services.ranks import last_key
from todos.services.sections import create_section
from todos.services.todos import complete_todo, create_todo, delete_todo, restore_todo, update_todo
from todos.services.tree import DEEPEST

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


@pytest.fixture
def assigned():
    """Return the todos that a person was told of as given to them."""

    def assigned(person):
        lines = Notification.objects.of(person.pk).filter(kind="assigned").order_by("created_at", "pk")
        return [line.todo_id for line in lines]

    return assigned


# Dates and duration


@pytest.mark.parametrize(
    "values",
    [
        {"start_date": MONDAY},
        {"deadline": FRIDAY},
        {"start_date": MONDAY, "deadline": MONDAY},
        {"start_date": MONDAY, "deadline": FRIDAY, "due_date": FRIDAY, "duration_minutes": 1},
        {"due_date": FRIDAY, "deadline": MONDAY},
        {"duration_minutes": 60 * 24 * 365},
    ],
)
def test_fields_are_kept_as_they_were_given(make_todo, edit, values):
    made = make_todo(**values)
    edited = edit(make_todo(), **values)

    for todo in (made, edited):
        todo.refresh_from_db()
        assert {name: getattr(todo, name) for name in values} == values
    event = Event.objects.journal().about(edited.pk).order_by("-revision").first()
    assert event.data["changes"].keys() == values.keys()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"start_date": FRIDAY, "deadline": MONDAY}, "start_date"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": -5}, "duration_minutes"),
        ({"duration_minutes": 60 * 24 * 366}, "duration_minutes"),
    ],
)
def test_what_makes_no_sense_is_refused(make_todo, edit, todo, values, field):
    for attempt in (lambda: make_todo(**values), lambda: edit(todo, **values)):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert list(refusal.value.fields) == [field]


def test_a_deadline_before_the_start_that_is_there_is_refused(make_todo, edit):
    todo = make_todo(start_date=FRIDAY)

    with pytest.raises(Invalid) as refusal:
        edit(todo, deadline=MONDAY)

    assert list(refusal.value.fields) == ["deadline"]
    assert edit(todo, start_date=MONDAY, deadline=MONDAY).deadline == MONDAY


def test_other_fields_can_be_edited_whatever_the_dates_are(make_todo, edit):
    todo = make_todo(start_date=MONDAY)
    Todo.objects.filter(pk=todo.pk).update(deadline=date(2026, 3, 1))

    assert edit(todo, title="New").title == "New"


@pytest.mark.parametrize("name", ["start_date", "deadline", "duration_minutes", "assignee", "section"])
def test_a_field_can_be_emptied(make_todo, edit, owner, project, now, name):
    section = create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
    values = {"start_date": MONDAY, "deadline": FRIDAY, "duration_minutes": 5}
    todo = make_todo(**values, assignee=owner.pk, section=section.pk)

    edited = edit(todo, **{name: None})

    assert getattr(edited, name) is None
    assert Todo.objects.filter(pk=todo.pk, **{name: None}).exists()


# Section


def test_S02_a_section_is_one_of_the_todos_project(make_todo, edit, owner, todo, work, stranger, now):
    theirs = create_section(actor=owner, project_id=work.pk, title="There", now=now)
    gone = Section.objects.create(
        project=todo.project, title="Gone", order="a", revision=1, created_at=now, updated_at=now, deleted_at=now
    )

    for section in (theirs, gone):
        with pytest.raises(Invalid) as refusal:
            edit(todo, section=section.pk)
        assert list(refusal.value.fields) == ["section"]
        with pytest.raises(Invalid):
            make_todo(section=section.pk)
    assert edit(todo, project=work.pk, section=theirs.pk).section == theirs


# Assignee


def test_who_is_given_a_todo_is_told(owner, editor, viewer, todo, make_todo, edit, assigned):
    made = make_todo(assignee=editor.pk)
    edit(todo, assignee=viewer.pk)

    assert assigned(editor) == [made.pk]
    assert assigned(viewer) == [todo.pk]
    line = Notification.objects.of(viewer.pk).get()
    assert (line.actor, line.project, line.todo) == (owner, todo.project, todo)


def test_who_takes_a_todo_keeps_it_or_gives_it_back_is_not_told(owner, editor, todo, make_todo, edit, assigned, now):
    make_todo(assignee=owner.pk)
    edit(todo, assignee=editor.pk)
    edit(todo, assignee=editor.pk, title="New")
    edit(todo, assignee=None)

    assert (assigned(owner), assigned(editor)) == ([], [todo.pk])
    edit(todo, assignee=editor.pk)
    assert assigned(editor) == [todo.pk, todo.pk]


def test_S02_only_a_member_is_given_a_todo(make_todo, edit, todo, stranger, editor, assigned):
    editor.is_active = False
    editor.save()

    for person in (stranger, editor):
        with pytest.raises(Invalid) as refusal:
            edit(todo, assignee=person.pk)
        assert list(refusal.value.fields) == ["assignee"]
        with pytest.raises(Invalid):
            make_todo(assignee=person.pk)
        assert assigned(person) == []


def test_a_todo_that_moves_leaves_those_behind_who_are_not_where_it_goes(
    owner, editor, viewer, make_todo, work, edit, assigned, assert_gapless
):
    Membership.objects.create(project=work, user=viewer, role="viewer", granted="viewer")
    lost, kept = make_todo(assignee=editor.pk), make_todo(assignee=viewer.pk)
    below = [make_todo(parent=kept.pk, assignee=person.pk) for person in (editor, viewer)]

    edit(lost, project=work.pk)
    edit(kept, project=work.pk)

    who = dict(Todo.objects.in_project(work.pk).values_list("pk", "assignee_id"))
    assert who == {lost.pk: None, kept.pk: viewer.pk, below[0].pk: None, below[1].pk: viewer.pk}
    assert_gapless(work)


def test_S02_a_person_given_a_todo_where_it_goes_must_be_there(editor, todo, work, edit):
    with pytest.raises(Invalid):
        edit(todo, project=work.pk, assignee=editor.pk)


def test_S10_nobody_is_told_in_the_name_of_another(api, editor, owner, todo, assigned):
    body = {"assignee": str(owner.pk), "created_by": str(owner.pk), "actor": str(owner.pk)}

    response = api(editor).patch(f"/api/v1/todos/{todo.pk}/", body)

    assert response.status_code == 200
    assert response.json()["created_by"] == str(owner.pk)
    assert Notification.objects.of(owner.pk).get().actor == editor


# Parents


def test_S32_todos_hang_so_deep_and_no_deeper(make_todo, edit):
    chain = [make_todo("1")]
    for number in range(2, DEEPEST + 1):
        chain.append(make_todo(str(number), parent=chain[-1].pk))

    with pytest.raises(Invalid):
        make_todo("below", parent=chain[-1].pk)
    pair = make_todo("a")
    make_todo("b", parent=pair.pk)
    with pytest.raises(Invalid):
        edit(pair, parent=chain[-2].pk)
    for todo in chain[1:]:
        with pytest.raises(Invalid):
            edit(chain[0], parent=todo.pk)
    with pytest.raises(Invalid):
        edit(chain[0], parent=chain[0].pk)


def test_S32_a_hundred_levels_from_elsewhere_are_handled_all_the_same(owner, project, now, work, assert_gapless):
    top = create_todo(actor=owner, values={"title": "0", "project": project.pk}, now=now)
    rows = [top]
    for number in range(1, 100):
        rows.append(
            Todo(
                project=project,
                parent=rows[-1],
                title=str(number),
                order=last_key(project),
                revision=1,
                created_at=now,
                updated_at=now,
            )
        )
    Todo.objects.bulk_create(rows[1:])
    call = {"actor": owner, "todo_id": top.pk, "now": now}

    complete_todo(**call)
    delete_todo(**call)
    restore_todo(**call)
    update_todo(**call, values={"project": work.pk})

    assert Todo.objects.in_project(work.pk).live().completed().count() == 100
    with pytest.raises(Invalid):
        update_todo(**call, values={"parent": rows[-1].pk})
    assert_gapless(project)
    assert_gapless(work)


def test_S32_a_circle_from_elsewhere_does_not_hold_anybody_up(owner, make_todo, now):
    pair = [make_todo("One"), make_todo("Two")]
    for one, other in (pair, pair[::-1]):
        Todo.objects.filter(pk=one.pk).update(parent=other)
    call = {"actor": owner, "todo_id": pair[0].pk, "now": now}

    with pytest.raises(Invalid):
        create_todo(actor=owner, values={"title": "Below", "parent": pair[0].pk}, now=now)
    complete_todo(**call)
    delete_todo(**call)
    restore_todo(**call)

    assert Todo.objects.live().completed().count() == 2
