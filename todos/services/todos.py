"""Creating, editing, completing, deleting, restoring todos."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.policies import Actor
from activity.services.recording import Subject
from config.together import save_columns, write
from todos import events, policies
from todos.models import Project, Todo
from todos.models.todo import Change
from todos.policies import Grant, Grants, IfMatch
from todos.services.assigning import members_among, tell_assignee
from todos.services.commit import bury, commit_todo, count_on, document_of, exact, record_project
from todos.services.creating import insert_todos, new_todo
from todos.services.fields import ASKED, place_todo, plain_fields, require_title, settle_todo
from todos.services.labels import set_labels
from todos.services.ranks import last_key, last_keys
from todos.services.recurring import complete_occurrence, occurrence_of, take_back_completion
from todos.services.tree import descendants, right_below


@transaction.atomic
def create_todo(*, actor: Actor, values: dict[str, Any], now: datetime) -> Todo:
    """Create a todo at the end of its project: the one named, its parent's, or the inbox.

    `values`: title, and optionally id, project (id), section (id), parent (id), labels (names),
    assignee (id), description, priority, due_date, due_time, time_zone, start_date, deadline,
    duration_minutes, recurrence (RFC 5545 lines), recurrence_anchor. A subtask stands in its parent's
    section. Raises Conflict when the id is taken.
    """
    project_id = values.get("project") or _default_project(actor, values.get("parent"))
    grant = policies.editable_project(actor=actor, project_id=project_id)
    new = new_todo(values, grant=grant, around=ASKED, now=now)
    new.todo.order = last_key(grant.project)
    insert_todos([new], author=grant.author, now=now)
    tell_assignee(new.todo, new.change, author=grant.author, now=now)
    return new.todo


def _default_project(actor: Actor, parent_id: UUID | None) -> UUID:
    if parent_id:
        return policies.visible_todo(actor=actor, todo_id=parent_id).project_id
    return policies.inbox(actor=actor).pk


@transaction.atomic
def update_todo(
    *, actor: Actor, todo_id: UUID, values: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> Todo:
    """Change the fields given in `values` (as for `create_todo`); changing nothing records nothing.

    Moving to another project takes the subtasks along, and detaches from a parent left behind.
    """
    target: UUID | None = values.get("project")
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match, target_id=target)
    return update_step(todo, grants=grants, values=values, now=now)


def update_step(todo: Todo, *, grants: Grants, values: dict[str, Any], now: datetime, order: str | None = None) -> Todo:
    """Do what `update_todo` does to a locked todo, the projects that it leaves and enters in `grants`.

    `order` is its key where it goes; without one it keeps its own, or goes last in another project.
    """
    home = grants[todo.project_id]
    change = todo.change(plain_fields(todo, values, author=home.author, now=now))
    require_title(todo)
    along, were = list[Todo](), list[Todo]()
    target: UUID = values.get("project") or home.project.pk
    moves = target != home.project.pk
    if moves:
        along, were = move_over(todo, home=home, target=grants[target], change=change, now=now, order=order)
    elif order is not None:
        change |= todo.change({"order": order})
    if moves or "parent" in values:
        change |= place_todo(todo, values.get("parent"), around=ASKED)
    change |= settle_todo(todo, values, around=ASKED, moves=moves)
    if "section" in change and not moves:
        along = descendants(todo)
    grant = grants[todo.project_id]
    if "labels" in values:
        change |= set_labels(todo, values["labels"], author=grant.author, now=now)
    if not change:
        return todo
    if moves:
        record_departure(todo, home=home, along=were, change=change, now=now)
    delta = _open([todo, *along]) if moves else 0
    commit_todo(todo, change=change, grant=grant, verb=_verb(change), now=now, along=along, open_delta=delta)
    tell_assignee(todo, change, author=grant.author, now=now)
    return todo


def _open(todos: Iterable[Todo]) -> int:
    """Return how many of them wait to be done, wherever they are."""
    return sum(not todo.completed for todo in todos)


def _verb(change: Change) -> str:
    if "project" in change:
        return events.TODO_MOVED
    if change.keys() == {"order"}:
        return events.TODO_REORDERED
    return events.TODO_LABELLED if change.keys() == {"labels"} else events.TODO_UPDATED


def move_over(
    todo: Todo, *, home: Grant, target: Grant, change: Change, now: datetime, order: str | None = None
) -> tuple[list[Todo], list[Todo]]:
    """Take a todo and its subtasks from one locked project to another; returns the subtasks, and what they were."""
    along = sorted(descendants(todo), key=lambda row: (row.order, row.pk))
    moved = {"project": {"before": home.project.pk, "after": target.project.pk}}
    todo.project = target.project
    change |= moved
    # Keys of two projects may be equal: all that come get new ones.
    keys = last_keys(target.project, 1 + len(along))
    change |= todo.change({"order": order or keys[0]})
    members = members_among(target.project.pk, [row.assignee_id for row in along])
    were = [copy(row) for row in along]
    for row, key in zip(along, keys[1:], strict=True):
        row.order = key
        if row.assignee_id not in members:
            row.assignee = None
    write(save_columns, *((row, ("order", "assignee")) for row in along))
    # The project it leaves counts on too: who follows only that one learns that it went.
    count_on(home.project)
    bury(home.project, "todo", [todo.pk, *(row.pk for row in along)], now=now)
    return along, were


def record_departure(todo: Todo, *, home: Grant, along: list[Todo], change: Change, now: datetime) -> None:
    """Tell the project that a todo left, and keep there what its fields and its subtasks' were."""
    fields = {name: exact(both["before"]) for name, both in change.items() if name != "project"}
    was = {
        "fields": fields,
        "label_ids": change.get("labels", {}).get("ids", {}),
        "subtasks": {
            str(row.pk): {"order": row.order, "section": row.section_id, "assignee": row.assignee_id} for row in along
        },
        "trashed": _leave_trash_behind(todo, along, project=home.project),
    }
    moved = {"project": change["project"]}
    record_project(
        home,
        verb=events.TODO_MOVED_OUT,
        data=document_of(moved, project=home.project, along=along) | {"was": was},
        now=now,
        subject=Subject("todo", todo.pk, fields.get("title", todo.title), todo.created_at),
        subjects=1 + len(along),
        open_delta=-_open([todo, *along]),
    )


def _leave_trash_behind(todo: Todo, along: list[Todo], *, project: Project) -> dict[str, UUID | None]:
    """Part todos that leave a project from what is under them in its trash, which stays; returns whose parents."""
    rows = right_below(todo, [todo.pk, *(row.pk for row in along)], project_id=project.pk)
    trashed = [row for row in rows if row.deleted_at]
    parents = {str(row.pk): row.parent_id for row in trashed}
    for row in trashed:
        row.parent, row.revision = None, project.revision
    write(save_columns, *((row, ("parent", "revision")) for row in trashed))
    return parents


@transaction.atomic
def complete_todo(
    *, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None, occurrence: int | None = None
) -> Todo:
    """Complete a todo and what is open under it; one that is completed stays as it is.

    One that repeats goes on to its next occurrence instead, and what is done under it is open again.
    With its number, an `occurrence` is completed once, whoever asks how often.
    """
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match)
    return complete_step(todo, grants=grants, now=now, occurrence=occurrence)


def complete_step(todo: Todo, *, grants: Grants, now: datetime, occurrence: int | None = None) -> Todo:
    """Do what `complete_todo` does to a locked todo."""
    if todo.completed:
        return todo
    if todo.recurrence:
        went_on = complete_occurrence(todo, grants=grants, now=now, occurrence=occurrence)
        if went_on is not None:
            return went_on
    along = [row for row in descendants(todo) if not row.completed]
    return commit_todo(
        todo,
        change=todo.complete(at=now),
        grant=grants[todo.project_id],
        verb=events.TODO_COMPLETED,
        now=now,
        along=along,
        open_delta=-1 - len(along),
        told={"done": occurrence_of(todo)} if todo.recurrence else None,
    )


@transaction.atomic
def reopen_todo(
    *, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None, occurrence: int | None = None
) -> Todo:
    """Reopen a todo and the subtasks that were completed with it.

    One that repeats goes back to the occurrence that was completed last, or to that `occurrence`.
    """
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match)
    return reopen_step(todo, grants=grants, now=now, occurrence=occurrence)


def reopen_step(todo: Todo, *, grants: Grants, now: datetime, occurrence: int | None = None) -> Todo:
    """Do what `reopen_todo` does to a locked todo."""
    if todo.recurrence and not todo.completed:
        return take_back_completion(todo, grants=grants, now=now, occurrence=occurrence)
    moment = todo.completed_at
    change = todo.reopen()
    if not change:
        return todo
    along = [row for row in descendants(todo) if row.completed_at == moment]
    grant, delta = grants[todo.project_id], 1 + len(along)
    return commit_todo(
        todo, change=change, grant=grant, verb=events.TODO_REOPENED, now=now, along=along, open_delta=delta
    )


@transaction.atomic
def delete_todo(*, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None) -> Todo:
    """Move a todo and what is under it to the trash; one that is there stays there."""
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match, trashed=True)
    return delete_step(todo, grants=grants, now=now)


def delete_step(todo: Todo, *, grants: Grants, now: datetime) -> Todo:
    """Do what `delete_todo` does to a locked todo."""
    if todo.deleted_at:
        return todo
    along = descendants(todo)
    change = todo.change({"deleted_at": now})
    return commit_todo(
        todo,
        change=change,
        grant=grants[todo.project_id],
        verb=events.TODO_DELETED,
        now=now,
        along=along,
        open_delta=-_open([todo, *along]),
    )


@transaction.atomic
def restore_todo(*, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None) -> Todo:
    """Bring a todo back from the trash with the subtasks that went there along with it.

    When its parent is in the trash still, or went to another project, it comes back to the top of its own.
    """
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match, trashed=True)
    return restore_step(todo, grants=grants, now=now)


def restore_step(todo: Todo, *, grants: Grants, now: datetime) -> Todo:
    """Do what `restore_todo` does to a locked todo."""
    if todo.deleted_at is None:
        return todo
    moment = todo.deleted_at
    along = [row for row in descendants(todo, trashed=True) if row.deleted_at == moment]
    change = todo.change({"deleted_at": None})
    if todo.parent is not None and (todo.parent.deleted_at or todo.parent.project_id != todo.project_id):
        change |= place_todo(todo, None, around=ASKED)
    return commit_todo(
        todo,
        change=change,
        grant=grants[todo.project_id],
        verb=events.TODO_RESTORED,
        now=now,
        along=along,
        open_delta=_open([todo, *along]),
    )
