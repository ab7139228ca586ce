"""Making todos: one that a person types, or the thousands of a file, by the same steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from activity.services.recording import Subject, event_of, record_all
from config.errors import Conflict
from todos import events
from todos.models import Todo
from todos.models.todo import Change
from todos.policies import Grant
from todos.services.commit import document_of, save_revisions
from todos.services.fields import Around, place_todo, plain_fields, require_title, settle_todo
from todos.services.labels import clean_name, labels_named
from todos.services.search import index_todos

BATCH = 500
NONE: Mapping[str, Any] = {}


@dataclass(slots=True)
class New:
    """A todo that is to be inserted, with what its event tells; `labels` are clean names by such without case."""

    todo: Todo
    change: Change
    labels: dict[str, str] = field(default_factory=dict)


def new_todo(values: Mapping[str, Any], *, grant: Grant, around: Around, now: datetime) -> New:
    """Return a todo of a locked project with these values, as for `create_todo`; raises Invalid."""
    todo = Todo(project=grant.project, created_by=grant.author, created_at=now)
    todo.id = values.get("id") or todo.id
    todo.label_names = []
    change = todo.change(plain_fields(todo, values, author=grant.author, now=now))
    require_title(todo)
    if values.get("parent"):
        change |= place_todo(todo, values["parent"], around=around)
    change |= settle_todo(todo, values, around=around)
    names = (clean_name(name, field="labels") for name in values.get("labels") or ())
    return New(todo, change, {name.casefold(): name for name in names})


def insert_todos(news: Sequence[New], *, author: User, now: datetime, told: Mapping[str, Any] = NONE) -> None:
    """Insert todos into their locked projects, each counted on and with its event, by statements that are few.

    `told` is what each event keeps besides. Raises Conflict when an id is taken.
    """
    todos = [new.todo for new in news]
    for todo in todos:
        todo.project.revision += 1
        todo.revision, todo.updated_at = todo.project.revision, now
    try:
        with transaction.atomic():
            Todo.objects.bulk_create(todos, batch_size=BATCH)
    except IntegrityError:
        raise Conflict("A todo with this id exists already.", fields={"id": ["Taken."]}) from None
    _label(news, author=author, now=now)
    save_revisions(todo.project for todo in todos)
    index_todos(todos)
    record_all([_created(new, author=author, now=now, told=told) for new in news])


def _label(news: Sequence[New], *, author: User, now: datetime) -> None:
    names = {key: name for new in news for key, name in new.labels.items()}
    found = labels_named(names, author=author, now=now)
    through, rows = Todo.labels.through, []
    for new in news:
        if not new.labels:
            continue
        labels = [found[key] for key in new.labels]
        rows += [through(todo_id=new.todo.pk, label_id=label.pk) for label in labels]
        new.todo.label_names = sorted(label.name for label in labels)
        ids = {"added": [label.pk for label in labels], "removed": []}
        new.change["labels"] = {"before": [], "after": new.todo.label_names, "ids": ids}
    if rows:
        through.objects.bulk_create(rows, batch_size=BATCH)


def _created(new: New, *, author: User, now: datetime, told: Mapping[str, Any]) -> Any:
    todo = new.todo
    near = {row.pk: row.title for row in (todo.parent, todo.section) if row}
    return event_of(
        author=author,
        scope=todo.project.scope,
        revision=todo.revision,
        verb=events.TODO_CREATED,
        subject=Subject("todo", todo.pk, todo.title, todo.created_at),
        data={**document_of(new.change, project=todo.project, titles=near), **told},
        now=now,
        open_delta=int(todo.completed_at is None and todo.deleted_at is None),
    )
