"""The step that every change shares: count the project on, stamp what changed, record it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from activity.services import Subject, record
from todos.models import Project, Todo
from todos.models.todo import Change
from todos.policies import Grant


def commit_todo(
    todo: Todo,
    *,
    change: Change,
    grant: Grant,
    verb: str,
    now: datetime,
    along: Iterable[UUID] = (),
    inserted: bool = False,
) -> Todo:
    """Save a changed todo with its event.

    `along` are subtasks that went through the same change; they get the same values and stamp.
    A todo `inserted` just now, with the next revision in it, is not written again.
    """
    revision = count_on(grant.project)
    columns = {name: getattr(todo, name) for name in change if name not in ("labels", "project", "parent")}
    todo.revision, todo.updated_at = revision, now
    if not inserted:
        moved = [name for name in ("project", "parent") if name in change]
        todo.save(update_fields=[*columns, *moved, "revision", "updated_at"])
    ids = list(along)
    if ids:
        stamp = {"revision": revision, "updated_at": now}
        Todo.objects.filter(pk__in=ids).update(**columns, **stamp)
    record(
        author=grant.author,
        scope=grant.project.scope,
        revision=revision,
        verb=verb,
        subject=Subject("todo", todo.pk, todo.title),
        data={"changes": change, **({"subtasks": ids} if ids else {})},
        now=now,
    )
    return todo


def commit_project(project: Project, *, change: Change, grant: Grant, verb: str, now: datetime) -> Project:
    """Save a changed project with its event."""
    project.revision += 1
    project.updated_at = now
    project.save(update_fields=[*change, "revision", "updated_at"])
    record_project(grant, verb=verb, data={"changes": change}, now=now)
    return project


def count_on(project: Project) -> int:
    """Return the next revision of a locked project."""
    project.revision += 1
    project.save(update_fields=["revision"])
    return project.revision


def record_project(
    grant: Grant, *, verb: str, data: dict[str, Any], now: datetime, subject: Subject | None = None
) -> None:
    """Record an event in a project at its present revision: about itself, or about another subject."""
    record(
        author=grant.author,
        scope=grant.project.scope,
        revision=grant.project.revision,
        verb=verb,
        subject=subject or Subject("project", grant.project.pk, grant.project.title),
        data=data,
        now=now,
    )
