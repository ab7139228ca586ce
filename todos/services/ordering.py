"""Where a todo stands in its project."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.policies import Actor
from config.errors import Invalid
from todos import events, policies
from todos.domain.ranking import key_between, spread
from todos.models import Project, Todo
from todos.models.fields import OrderKeyField
from todos.policies import IfMatch
from todos.services.commit import commit_todo


def last_key(project: Project) -> str:
    """Return a key after every todo of a locked project, trashed ones counted."""
    last = Todo.objects.in_project(project.pk).aggregate(last=Max("order"))["last"]
    return key_between(last, None)


@transaction.atomic
def reorder_todo(*, actor: Actor, todo_id: UUID, after: UUID | None, now: datetime, if_match: IfMatch = None) -> Todo:
    """Put a todo right after another of its project, or first for None; one row is written."""
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match)
    others = Todo.objects.in_project(todo.project_id).exclude(pk=todo.pk).in_order()
    before_key = None
    if after is not None:
        before_key = others.filter(pk=after).values_list("order", flat=True).first()
        if before_key is None:
            raise Invalid.field("after", "That is not another todo of this project.")
    later = others.filter(order__gt=before_key) if before_key else others
    after_key = later.values_list("order", flat=True).first()
    if (before_key or "") < todo.order and (after_key is None or todo.order < after_key):
        return todo
    key = key_between(before_key, after_key)
    if len(key) > OrderKeyField.LONGEST:
        _spread_out(todo.project)
        return reorder_todo(actor=actor, todo_id=todo_id, after=after, now=now)
    change = todo.change({"order": key})
    grant = grants[todo.project_id]
    return commit_todo(todo, change=change, grant=grant, verb=events.TODO_REORDERED, now=now)


def _spread_out(project: Project) -> None:
    """Give a locked project's todos short keys in the order they have.

    Needed only after a thousand moves into the very same gap.
    """
    rows = list(Todo.objects.in_project(project.pk).in_order())
    for row, key in zip(rows, spread(len(rows)), strict=True):
        row.order, row.revision = key, project.revision + 1  # that of the move they make room for
    Todo.objects.bulk_update(rows, ["order", "revision"], batch_size=500)
