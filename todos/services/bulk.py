"""The same change to many todos at once, by the steps that change one."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.policies import Actor
from activity.services.recording import collecting_events
from config.errors import DomainError, Invalid, NotFound
from config.together import forgetting_failure, together
from todos import policies
from todos.models import Todo
from todos.policies import Grants, IfMatch
from todos.services.todos import complete_step, delete_step, reopen_step, restore_step, update_step
from todos.services.tree import know_subtasks

MOST = 500
MOST_LABELS = 50
Step = Callable[..., Todo]


@dataclass(slots=True)
class Outcome:
    """What became of one todo: as it is now, or why it was not changed."""

    id: UUID
    todo: Todo | None = None
    error: DomainError | None = None


def _label(todo: Todo, *, grants: Grants, now: datetime, labels: list[str]) -> Todo:
    wanted = [*todo.label_names, *labels]
    if len(wanted) > MOST_LABELS and len({name.casefold() for name in wanted}) > MOST_LABELS:
        raise Invalid.field("labels", f"A todo bears at most {MOST_LABELS} labels.")
    return update_step(todo, grants=grants, values={"labels": wanted}, now=now)


def _unlabel(todo: Todo, *, grants: Grants, now: datetime, labels: list[str]) -> Todo:
    off = {name.strip().removeprefix("@").casefold() for name in labels}
    kept = [name for name in todo.label_names if name.casefold() not in off]
    return update_step(todo, grants=grants, values={"labels": kept}, now=now)


def _update(todo: Todo, *, grants: Grants, now: datetime, **values: Any) -> Todo:
    return update_step(todo, grants=grants, values=values, now=now)


STEPS: dict[str, Step] = {
    "complete": complete_step,
    "reopen": reopen_step,
    "delete": delete_step,
    "restore": restore_step,
    "move": _update,
    "label": _label,
    "unlabel": _unlabel,
    "date": _update,
    "priority": _update,
    "assign": _update,
}
IN_TRASH = ("delete", "restore")
"""What can be done to a todo in the trash."""


@transaction.atomic
def change_todos(
    *,
    actor: Actor,
    action: str,
    items: Mapping[UUID, IfMatch],
    values: dict[str, Any],
    is_atomic: bool,
    now: datetime,
) -> list[Outcome]:
    """Do one thing to many todos, in the order given, and return what became of each.

    When `is_atomic`, one that cannot be changed leaves all as they are; otherwise the others change.
    `items` has the entity tags that the caller accepts by the id of each todo; tags are those from
    before all of it. Raises what stands against the target of a move, NotFound and Forbidden.
    """
    target: UUID | None = values.get("project")
    rows, grants = policies.lockable_todos(actor=actor, todo_ids=list(items), target_id=target)
    outcomes = [_examined(id, rows.get(id), grants, items[id], action) for id in items]
    if not is_atomic or not any(outcome.error for outcome in outcomes):
        step = partial(STEPS[action], grants=grants, now=now, **values)
        know_subtasks(rows)
        if "labels" in values:
            prefetch_related_objects(list(rows.values()), "labels")
        with suppress(DomainError), together():  # what fails as a whole writes nothing
            _change(outcomes, grants, step, is_atomic=is_atomic)
    if is_atomic and any(outcome.error for outcome in outcomes):
        transaction.set_rollback(True)
    return outcomes


def _examined(id: UUID, todo: Todo | None, grants: Grants, if_match: IfMatch, action: str) -> Outcome:
    """Say whether a todo may be changed, before any is."""
    if todo is None:
        return Outcome(id, error=NotFound(policies.NO_TODO))
    try:
        policies.require_changeable(todo, grants[todo.project_id], if_match, trashed=action in IN_TRASH)
    except DomainError as error:
        return Outcome(id, error=error)
    return Outcome(id, todo)


def _change(outcomes: Sequence[Outcome], grants: Grants, step: Step, *, is_atomic: bool) -> None:
    """Take the step with each todo that may be changed, as those before it left it.

    Raises what the first one fails for when `is_atomic`.
    """
    for outcome in outcomes:
        todo = outcome.todo
        if todo is None:
            continue
        before = copy(todo)
        revisions = {id: grant.project.revision for id, grant in grants.items()}
        try:
            with collecting_events(), forgetting_failure():
                outcome.todo = step(todo)
        except DomainError as error:
            outcome.todo, outcome.error = None, error
            if is_atomic:
                raise
            todo.__dict__.update(before.__dict__)
            for id, revision in revisions.items():
                grants[id].project.revision = revision
