import random
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from activity.models import Event
from config.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Stale
from config.ids import uuid7
from todos.models import Project, Todo
from todos.services.labels import create_label
from todos.services.ordering import reorder_todo
from todos.services.projects import archive_project, create_project
from todos.services.todos import (
    complete_todo,
    create_todo,
    delete_todo,
    reopen_todo,
    restore_todo,
    update_todo,
)
from todos.services.tree import DEEPEST

HOUR = timedelta(hours=1)


@pytest.fixture
def other(owner, now):
    return create_project(actor=owner, title="Work", now=now)


@pytest.fixture
def edit(owner, now):
    def edit(todo, *, actor=owner, now=now, if_match=None, **values):
        return update_todo(actor=actor, todo_id=todo.pk, values=values, now=now, if_match=if_match)

    return edit


@pytest.fixture
def family(make_todo):
    """A todo with a subtask, and one below that."""
    top = make_todo("Trip")
    middle = make_todo("Pack", parent=top.pk)
    return top, middle, make_todo("Socks", parent=middle.pk)


def fresh(todo):
    return Todo.objects.get(pk=todo.pk)


def last_event(project):
    return Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()


# Creating


def test_a_new_todo_has_the_given_fields_and_one_event(owner, project, now, assert_gapless):
    values = {
        "title": "  Call Ada ",
        "description": "About **engines**",
        "priority": 2,
        "due_date": date(2026, 3, 9),
        "due_time": time(9, 30),
        "time_zone": "Europe/Berlin",
        "project": project.pk,
    }

    todo = create_todo(actor=owner, values=values, now=now)

    stored = fresh(todo)
    assert (stored.title, stored.description, stored.priority) == ("Call Ada", "About **engines**", 2)
    assert (stored.due_date, stored.due_time) == (date(2026, 3, 9), time(9, 30))
    assert (stored.time_zone, stored.created_by_id) == ("Europe/Berlin", owner.pk)
    assert stored.created_at == stored.updated_at == now
    event = last_event(project)
    assert (event.verb, event.subject_id, event.actor_id) == ("todo.created", todo.pk, owner.pk)
    assert event.revision == stored.revision
    assert event.data["changes"]["title"] == {"before": "", "after": "Call Ada"}
    assert_gapless(project)


def test_a_todo_without_a_project_goes_to_the_inbox_of_its_maker(owner, now):
    todo = create_todo(actor=owner, values={"title": "Anything"}, now=now)

    assert todo.project.is_inbox
    assert todo.project.owner_id == owner.pk


def test_a_subtask_goes_to_the_project_of_its_parent(owner, todo, now):
    child = create_todo(actor=owner, values={"title": "Oat milk", "parent": todo.pk}, now=now)

    assert (child.project_id, child.parent_id) == (todo.project_id, todo.pk)


def test_a_new_todo_comes_last(make_todo):
    first, second, third = make_todo("1"), make_todo("2"), make_todo("3")

    assert first.order < second.order < third.order


def test_a_client_may_choose_the_id(owner, project, now):
    chosen = uuid7()

    todo = create_todo(actor=owner, values={"id": chosen, "title": "Mine", "project": project.pk}, now=now)

    assert todo.pk == chosen


def test_a_chosen_id_that_is_taken_is_a_conflict_and_changes_nothing(owner, stranger, todo, now, assert_gapless):
    inbox = Project.objects.inbox_of(stranger.pk).get()
    values = {"id": todo.pk, "title": "Overwritten", "labels": ["new"]}

    with pytest.raises(Conflict):
        create_todo(actor=stranger, values=values, now=now)

    assert fresh(todo).title == "Buy milk"
    assert not Todo.objects.in_project(inbox.pk).exists()
    assert not stranger.labels.exists()
    assert_gapless(inbox)
    assert_gapless(todo.project)


@pytest.mark.parametrize("title", ["", "   ", "\n\t"])
def test_a_todo_needs_a_title(owner, now, title):
    with pytest.raises(Invalid) as refused:
        create_todo(actor=owner, values={"title": title}, now=now)

    assert list(refused.value.fields) == ["title"]


def test_a_time_needs_a_date(owner, now):
    with pytest.raises(Invalid) as refused:
        create_todo(actor=owner, values={"title": "Call", "due_time": time(9)}, now=now)

    assert list(refused.value.fields) == ["due_time"]


def test_a_project_or_parent_of_somebody_else_is_not_found(stranger, project, todo, now, assert_gapless):
    for values in ({"project": project.pk}, {"parent": todo.pk}, {"project": uuid7()}):
        with pytest.raises(NotFound):
            create_todo(actor=stranger, values={"title": "Intruder"} | values, now=now)

    assert_gapless(project)


def test_a_viewer_may_not_create_and_an_editor_may(viewer, editor, project, now):
    with pytest.raises(Forbidden):
        create_todo(actor=viewer, values={"title": "No", "project": project.pk}, now=now)

    assert create_todo(actor=editor, values={"title": "Yes", "project": project.pk}, now=now).created_by_id == editor.pk


# Editing


def test_an_edit_records_what_changed_and_nothing_else(todo, edit, project, now, assert_gapless):
    edited = edit(todo, title="Buy oat milk", priority=4, due_date=date(2026, 3, 5), now=now + HOUR)

    event = last_event(project)
    assert event.verb == "todo.updated"
    assert event.data["changes"] == {
        "title": {"before": "Buy milk", "after": "Buy oat milk"},
        "due_date": {"before": None, "after": "2026-03-05"},
    }
    assert fresh(todo).updated_at == now + HOUR
    assert fresh(todo).revision == edited.revision == event.revision
    assert_gapless(project)


def test_changing_nothing_records_nothing(todo, edit, recorded):
    edit(todo, title="Buy milk", priority=4, labels=[], parent=None, project=todo.project_id)

    assert recorded(todo) == ["todo.created"]
    assert fresh(todo).revision == todo.revision


def test_a_title_cannot_be_taken_away(todo, edit):
    with pytest.raises(Invalid):
        edit(todo, title="  ")

    assert fresh(todo).title == "Buy milk"


def test_taking_the_date_away_takes_the_time_too(make_todo, edit):
    todo = make_todo(due_date=date(2026, 3, 5), due_time=time(9))

    edit(todo, due_date=None)

    assert (fresh(todo).due_date, fresh(todo).due_time) == (None, None)


def test_a_time_cannot_stay_when_its_date_goes(make_todo, edit):
    todo = make_todo(due_date=date(2026, 3, 5), due_time=time(9))

    with pytest.raises(Invalid):
        edit(todo, due_date=None, due_time=time(10))

    assert fresh(todo).due_time == time(9)


def test_a_stale_edit_changes_nothing(todo, edit, recorded):
    seen = frozenset([todo.etag])
    edit(todo, title="Buy bread")

    with pytest.raises(Stale):
        edit(todo, title="Buy butter", if_match=seen)

    assert fresh(todo).title == "Buy bread"
    assert recorded(todo) == ["todo.created", "todo.updated"]


@pytest.mark.parametrize("service", [complete_todo, reopen_todo, delete_todo, restore_todo])
def test_every_change_of_state_minds_what_the_caller_has_seen(owner, todo, now, recorded, service):
    with pytest.raises(Stale):
        service(actor=owner, todo_id=todo.pk, now=now, if_match=frozenset(["0"]))

    assert recorded(todo) == ["todo.created"]


def test_the_tag_or_the_bare_revision_lets_an_edit_through(todo, edit):
    edited = edit(todo, title="One", if_match=frozenset([todo.etag]))

    assert edit(edited, title="Two", if_match=frozenset([str(edited.revision)])).title == "Two"


def test_a_stranger_finds_no_todo_and_a_viewer_may_not_change_it(stranger, viewer, todo, now, recorded):
    changes = [complete_todo, reopen_todo, delete_todo, restore_todo]

    for service in changes:
        with pytest.raises(NotFound):
            service(actor=stranger, todo_id=todo.pk, now=now)
        with pytest.raises(Forbidden):
            service(actor=viewer, todo_id=todo.pk, now=now)

    assert recorded(todo) == ["todo.created"]


def test_S10_an_edit_sets_no_field_that_is_not_for_editing(todo, edit, stranger):
    edit(todo, revision=999, created_by=stranger.pk, deleted_at=None, completed_at=todo.created_at, order="a")

    stored = fresh(todo)
    assert (stored.revision, stored.created_by_id) == (todo.revision, todo.created_by_id)
    assert (stored.completed_at, stored.order) == (None, todo.order)


# Completing and reopening


def test_completing_a_todo_records_it_once(owner, todo, recorded, now):
    complete_todo(actor=owner, todo_id=todo.pk, now=now)
    complete_todo(actor=owner, todo_id=todo.pk, now=now + HOUR)

    assert recorded(todo) == ["todo.created", "todo.completed"]
    assert fresh(todo).completed_at == now


def test_reopening_a_todo_records_it_once(owner, todo, recorded, now):
    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    reopen_todo(actor=owner, todo_id=todo.pk, now=now)
    reopen_todo(actor=owner, todo_id=todo.pk, now=now)

    assert recorded(todo) == ["todo.created", "todo.completed", "todo.reopened"]
    assert fresh(todo).completed_at is None


def test_completing_takes_open_subtasks_along_under_one_revision(owner, family, project, now, assert_gapless):
    top, middle, leaf = family

    done = complete_todo(actor=owner, todo_id=top.pk, now=now)

    assert [fresh(todo).completed_at for todo in family] == [now] * 3
    assert {fresh(todo).revision for todo in family} == {done.revision}
    assert [row["id"] for row in last_event(project).data["subtasks"]] == [str(middle.pk), str(leaf.pk)]
    assert_gapless(project)


def test_reopening_brings_back_what_was_completed_along_and_no_more(owner, family, now):
    top, middle, leaf = family
    complete_todo(actor=owner, todo_id=leaf.pk, now=now)
    complete_todo(actor=owner, todo_id=top.pk, now=now + HOUR)

    reopen_todo(actor=owner, todo_id=top.pk, now=now + 2 * HOUR)

    assert fresh(top).completed_at is None
    assert fresh(middle).completed_at is None
    assert fresh(leaf).completed_at == now


def test_completing_leaves_subtasks_in_the_trash_alone(owner, family, now):
    top, middle, leaf = family
    delete_todo(actor=owner, todo_id=leaf.pk, now=now)

    complete_todo(actor=owner, todo_id=top.pk, now=now)

    assert fresh(middle).completed
    assert not fresh(leaf).completed


def test_what_is_in_the_trash_can_neither_be_completed_nor_edited(owner, todo, edit, recorded, now):
    delete_todo(actor=owner, todo_id=todo.pk, now=now)

    for change in (
        lambda: complete_todo(actor=owner, todo_id=todo.pk, now=now),
        lambda: reopen_todo(actor=owner, todo_id=todo.pk, now=now),
        lambda: edit(todo, title="New"),
        lambda: reorder_todo(actor=owner, todo_id=todo.pk, after=None, now=now),
    ):
        with pytest.raises(Conflict):
            change()

    assert recorded(todo) == ["todo.created", "todo.deleted"]


# Deleting and restoring


def test_deleting_and_restoring_each_record_it_once(owner, todo, recorded, now):
    for service in (delete_todo, delete_todo, restore_todo, restore_todo):
        service(actor=owner, todo_id=todo.pk, now=now)

    assert recorded(todo) == ["todo.created", "todo.deleted", "todo.restored"]
    assert fresh(todo).deleted_at is None


def test_subtasks_go_to_the_trash_along_and_come_back_along(owner, family, now, assert_gapless):
    top = family[0]

    delete_todo(actor=owner, todo_id=top.pk, now=now)
    in_trash = [fresh(todo).deleted_at for todo in family]
    restore_todo(actor=owner, todo_id=top.pk, now=now + HOUR)

    assert in_trash == [now] * 3
    assert [fresh(todo).deleted_at for todo in family] == [None] * 3
    assert [fresh(todo).parent_id for todo in family] == [None, family[0].pk, family[1].pk]
    assert_gapless(top.project)


def test_what_was_deleted_before_its_parent_stays_in_the_trash(owner, family, now):
    top, middle, leaf = family
    delete_todo(actor=owner, todo_id=leaf.pk, now=now)
    delete_todo(actor=owner, todo_id=top.pk, now=now + HOUR)

    restore_todo(actor=owner, todo_id=top.pk, now=now + 2 * HOUR)

    assert fresh(middle).deleted_at is None
    assert fresh(leaf).deleted_at == now


def test_a_subtask_restored_without_its_parent_comes_to_the_top(owner, family, now):
    top, middle, leaf = family
    delete_todo(actor=owner, todo_id=top.pk, now=now)

    restored = restore_todo(actor=owner, todo_id=middle.pk, now=now)

    assert (restored.parent_id, fresh(middle).deleted_at) == (None, None)
    assert fresh(leaf).parent_id == middle.pk
    assert fresh(leaf).deleted_at is None
    assert fresh(top).deleted_at == now


def test_a_subtask_restored_after_its_parent_moved_stays_and_comes_to_the_top(owner, family, other, edit, now):
    top, middle, _ = family
    delete_todo(actor=owner, todo_id=middle.pk, now=now)
    edit(top, project=other.pk)

    restored = restore_todo(actor=owner, todo_id=middle.pk, now=now)
    complete_todo(actor=owner, todo_id=top.pk, now=now)

    assert (restored.project_id == middle.project_id, restored.parent_id) == (True, None)
    assert not fresh(middle).completed


# Parents


def test_a_todo_can_hang_under_another_and_come_off_again(make_todo, edit, project):
    parent, child = make_todo("Parent"), make_todo("Child")

    edit(child, parent=parent.pk)
    hung = last_event(project).data["changes"]
    edit(child, parent=None)

    assert hung == {"parent": {"before": None, "after": str(parent.pk)}}
    assert fresh(child).parent_id is None


def test_S32_a_todo_cannot_hang_below_itself(family, edit, recorded):
    top, middle, leaf = family

    for parent in family:
        with pytest.raises(Invalid) as refused:
            edit(top, parent=parent.pk)
        assert list(refused.value.fields) == ["parent"]

    with pytest.raises(Invalid):
        edit(middle, parent=leaf.pk)
    assert recorded(top) == ["todo.created"]


def test_S32_todos_hang_ten_deep_and_no_deeper(make_todo, edit):
    chain = [make_todo("1")]
    for level in range(2, DEEPEST + 1):
        chain.append(make_todo(str(level), parent=chain[-1].pk))
    pair = make_todo("Pair")
    make_todo("Below", parent=pair.pk)

    with pytest.raises(Invalid):
        make_todo("11", parent=chain[-1].pk)
    with pytest.raises(Invalid):
        edit(pair, parent=chain[8].pk)

    assert edit(pair, parent=chain[7].pk).parent_id == chain[7].pk


def test_a_parent_must_be_a_live_todo_of_the_same_project(owner, make_todo, other, edit, now):
    todo, trashed = make_todo("Todo"), make_todo("Trashed")
    elsewhere = make_todo("Elsewhere", project=other.pk)
    delete_todo(actor=owner, todo_id=trashed.pk, now=now)

    for parent in (elsewhere.pk, trashed.pk, uuid7()):
        with pytest.raises(Invalid):
            edit(todo, parent=parent)

    assert fresh(todo).parent_id is None


# Moving


def test_moving_takes_subtasks_along_and_both_projects_count_on(family, other, edit, project, history, assert_gapless):
    top = family[0]

    moved = edit(top, project=other.pk)

    assert {fresh(todo).project_id for todo in family} == {other.pk}
    assert {fresh(todo).revision for todo in family} == {moved.revision}
    assert history(project)[-1][1] == "todo.moved_out"
    assert history(other)[-1] == (moved.revision, "todo.moved")
    assert [fresh(todo).parent_id for todo in family] == [None, top.pk, family[1].pk]
    assert_gapless(project)
    assert_gapless(other)


def test_a_moved_todo_has_another_tag_even_when_revisions_meet(make_todo, other, edit):
    todo = make_todo()

    moved = edit(todo, project=other.pk)

    assert moved.revision == todo.revision
    assert moved.etag != todo.etag
    assert fresh(todo).etag == moved.etag


def test_moving_a_subtask_takes_it_off_its_parent(family, other, edit):
    _, middle, leaf = family

    edit(middle, project=other.pk)

    assert fresh(middle).parent_id is None
    assert fresh(leaf).parent_id == middle.pk
    assert last_event(other).data["changes"]["parent"] == {"before": str(family[0].pk), "after": None}


def test_moving_under_a_parent_over_there_remembers_the_parent_it_left(family, make_todo, other, edit):
    target = make_todo("Target", project=other.pk)

    edit(family[1], project=other.pk, parent=target.pk)

    assert fresh(family[1]).parent_id == target.pk
    assert last_event(other).data["changes"]["parent"] == {
        "before": str(family[0].pk),
        "after": str(target.pk),
    }


def test_a_moved_todo_comes_last_over_there(make_todo, other, edit):
    there = make_todo("There", project=other.pk)

    assert edit(make_todo("Here"), project=other.pk).order > there.order


def test_S06_moving_needs_rights_on_both_sides(owner, editor, stranger, todo, other, edit, assert_gapless):
    inbox = Project.objects.inbox_of(editor.pk).get()

    with pytest.raises(NotFound):
        edit(todo, actor=editor, project=other.pk)
    with pytest.raises(NotFound):
        edit(todo, actor=stranger, project=Project.objects.inbox_of(stranger.pk).get().pk)

    assert edit(todo, actor=editor, project=inbox.pk).project_id == inbox.pk
    assert_gapless(other)


def test_moving_into_an_archived_project_is_refused(owner, todo, other, edit, now):
    archive_project(actor=owner, project_id=other.pk, now=now)

    with pytest.raises(Conflict):
        edit(todo, project=other.pk)

    assert fresh(todo).project_id == todo.project_id


# What always holds


def test_a_transaction_that_rolls_back_leaves_neither_change_nor_event(owner, todo, project, now, recorded):
    with transaction.atomic():
        complete_todo(actor=owner, todo_id=todo.pk, now=now)
        transaction.set_rollback(True)

    assert fresh(todo).completed_at is None
    assert recorded(todo) == ["todo.created"]
    revision = Project.objects.get(pk=project.pk).revision
    assert revision == todo.revision


@pytest.mark.parametrize("seed", range(5))
def test_after_any_changes_each_scope_counts_its_events_without_a_gap(owner, project, other, now, seed, assert_gapless):
    dice = random.Random(seed)
    todos: list[UUID] = []

    for step in range(60):
        attempt(dice, owner, todos, [project.pk, other.pk], now + step * HOUR)

    for holder in (project, other, owner):
        assert_gapless(holder)
    events = Event.objects.journal().in_scopes([project.scope, other.scope])
    assert events.count() > 25
    for todo in Todo.objects.select_related("project"):
        assert events.filter(scope=todo.project.scope, revision=todo.revision).exists()


def attempt(dice, owner, todos, projects, now):
    """Do one thing that may be refused."""
    change = {"actor": owner, "todo_id": dice.choice(todos) if todos else uuid7(), "now": now}
    some = {
        "title": dice.choice("abc"),
        "parent": dice.choice([None, *todos]),
        "labels": dice.sample(["home", "Home", "work"], dice.randrange(3)),
        "project": dice.choice(projects),
    }
    values = {name: some[name] for name in dice.sample(sorted(some), dice.randrange(1, 4))}
    try:
        match dice.randrange(8):
            case 0 | 1:
                here = {"title": "New", "project": projects[0], "labels": some["labels"]}
                todos.append(create_todo(actor=owner, values=here, now=now).pk)
            case 2 | 3:
                update_todo(**change, values=values)
            case 4:
                reorder_todo(**change, after=dice.choice([None, *todos]))
            case 5:
                create_label(actor=owner, name=dice.choice(["home", "deep"]), now=now)
            case _:
                dice.choice([complete_todo, reopen_todo, delete_todo, restore_todo])(**change)
    except DomainError:
        pass


def test_both_projects_tell_of_the_todo_that_moved(owner, project, todo, now):
    work = create_project(actor=owner, title="Work", now=now)

    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)

    told = Event.objects.journal().about(todo.pk).values_list("scope", "verb", "subject_title")
    assert set(told) >= {
        (project.scope, "todo.moved_out", "Buy milk"),
        (work.scope, "todo.moved", "Buy milk"),
    }
