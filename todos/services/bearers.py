"""The todos that bear a label: a change of it is a change of them, in each project that they are in."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from activity.services.recording import Subject
from config.errors import Conflict
from todos import events
from todos.models import Label, Membership, Project, Todo
from todos.policies import EDITORS, Grant
from todos.querysets import TodoQuerySet
from todos.services.commit import count_on, record_project

MOST_DOCUMENTS = 500
"""Todos that an event names by their titles too."""
BATCH = 1000
"""Todos that an event names: of more there are several, so that none is too large to be read or undone."""
ZERO = UUID(int=0)
Told = dict[str, Any]
Bearers = dict[UUID, Project]
"""Locked projects by id: those with todos that bear a label."""


def locked_bearers(label_id: UUID) -> Bearers:
    """Lock the projects with todos that bear a label, lower id first; the label's owner is locked after them."""
    rows = Project.objects.select_for_update(no_key=True).filter(pk__in=_projects_of(label_id)).order_by("pk")
    return {row.pk: row for row in rows}


def require_all(bearers: Bearers, label_id: UUID) -> None:
    """Raise Conflict where the label was put on todos of another project before its owner was locked."""
    if not set(_projects_of(label_id)) <= bearers.keys():
        raise Conflict("This label was just put on other todos. Try again.")


def _projects_of(label_id: UUID) -> list[UUID]:
    return list(Todo.objects.labelled(label_id).order_by().values_list("project_id", flat=True).distinct())


def rename_on_bearers(label: Label, bearers: Bearers, *, author: User, before: str, now: datetime) -> None:
    """Count a new name as a change of the todos that bear it.

    Where its owner may no longer edit, the label comes off instead: they put no new words there.
    """
    editable = set(
        Membership.objects.of(author.pk)
        .filter(project_id__in=bearers, role__in=EDITORS)
        .values_list("project_id", flat=True)
    )
    lost = {id: project for id, project in bearers.items() if id not in editable}
    take_off_bearers(label, lost, author=author, name=before, now=now)
    for id in editable:
        changes = {"labels": {"before": [before], "after": [label.name]}}
        told: Told = {"changes": changes, "author": author, "verb": events.LABEL_RENAMED_ON_TODOS, "now": now}
        bearing, last = _bearing(label, bearers[id]), ZERO
        while rows := list(bearing.filter(pk__gt=last).values_list("pk", "title")[:BATCH]):
            _count(label, bearers[id], rows, **told)
            last = rows[-1][0]


def take_off_bearers(label: Label, bearers: Bearers, *, author: User, name: str, now: datetime) -> None:
    """Take a label off the todos of these projects."""
    changes = {"labels": {"before": [name], "after": []}}
    told: Told = {"changes": changes, "author": author, "verb": events.LABEL_TAKEN_OFF_TODOS, "now": now}
    for project in bearers.values():
        while rows := list(_bearing(label, project).values_list("pk", "title")[:BATCH]):
            _count(label, project, rows, **told)
            label.todos.remove(*[id for id, _ in rows])


def put_on_bearers(label: Label, todo_ids: Collection[UUID], bearers: Bearers, *, author: User, now: datetime) -> None:
    """Put a label on todos of locked projects, no more at once than one event names."""
    changes = {"labels": {"before": [], "after": [label.name]}}
    told: Told = {"changes": changes, "author": author, "verb": events.LABEL_PUT_ON_TODOS, "now": now}
    rows: dict[UUID, list[tuple[UUID, str]]] = {}
    todos = Todo.objects.in_projects(bearers).filter(pk__in=todo_ids).order_by("project_id", "pk")
    for project_id, id, title in todos.values_list("project_id", "pk", "title"):
        rows.setdefault(project_id, []).append((id, title))
    for project_id, found in rows.items():
        label.todos.add(*[id for id, _ in found])  # type: ignore[arg-type]  # ids serve as well
        _count(label, bearers[project_id], found, **told)


def _bearing(label: Label, project: Project) -> TodoQuerySet:
    found: TodoQuerySet = Todo.objects.in_project(project.pk).labelled(label.pk).order_by("pk")
    return found


def _count(
    label: Label,
    project: Project,
    rows: Sequence[tuple[UUID, str]],
    *,
    changes: dict[str, Any],
    author: User,
    verb: str,
    now: datetime,
) -> None:
    """Count a locked project on, stamp todos of it, given by id and title, and record it."""
    revision = count_on(project)
    Todo.objects.filter(pk__in=[id for id, _ in rows]).update(revision=revision, updated_at=now)
    told = [{"id": id, "title": title} for id, title in rows[:MOST_DOCUMENTS]]
    data = {"changes": changes, "todos": [*told, *({"id": id} for id, _ in rows[MOST_DOCUMENTS:])]}
    subject = Subject("label", label.pk, label.name)
    grant = Grant(project, author, "")
    event = record_project(grant, verb=verb, data=data, now=now, subject=subject, subjects=len(rows))
    event.data = {
        "changes": changes
    }  # it is written: whoever collects events would hold the ids of any number of todos
