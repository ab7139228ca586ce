"""Putting a todo somewhere else: in its list, in another section or project, under another todo."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.policies import Actor
from config.errors import Invalid
from todos import policies
from todos.models import Todo
from todos.policies import Grants, IfMatch
from todos.services.ranks import key_at
from todos.services.todos import update_step

TARGETS = ("project", "section", "parent")
PLACES = ("after", "before", *TARGETS)


@transaction.atomic
def reorder_todo(*, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None, **place: UUID | None) -> Todo:
    """Put a todo right after or right before another of its project, or at an end; one row is written.

    `place`: `after` (None: first) or `before` (None: last), and what changes of `project`,
    `section` and `parent`, as for `update_todo`; with these alone it goes last. What stands there
    already stays as it is.
    """
    if not place.keys() & set(PLACES) or {"after", "before"} <= place.keys():
        raise Invalid.field("after", "Say what it goes after, or before, or where to.")
    todo, grants = policies.editable_todo(
        actor=actor, todo_id=todo_id, if_match=if_match, target_id=place.get("project")
    )
    return reorder_step(todo, grants=grants, now=now, **place)


def reorder_step(todo: Todo, *, grants: Grants, now: datetime, **place: UUID | None) -> Todo:
    """Do what `reorder_todo` does to a locked todo, the projects that it leaves and enters in `grants`."""
    target = grants[place.get("project") or todo.project_id].project
    values = {name: place[name] for name in TARGETS if name in place}
    return update_step(todo, grants=grants, values=values, now=now, order=key_at(todo, target, place))
