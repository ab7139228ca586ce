"""The todos that bear a label: a change of it is a change of them, in each project that they are in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from activity.services.recording import Subject
from config.errors import Conflict
from todos import events
from todos.models import Label, Membership, Project, Todo
from todos.policies import EDITORS, Grant
from todos.services.commit import count_on, record_project

MOST_DOCUMENTS = 500
"""Todos that an event names."""
Bearers = dict[UUID, Project]
"""Locked projects by id: those with todos that bear a label."""


def locked_bearers(label_id: UUID) -> Bearers:
    """Lock the projects with todos that bear a label, lower id first; the label's owner is locked after them."""
    rows = Project.objects.select_for_update().filter(pk__in=_projects_of(label_id)).order_by("pk")
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
        _count(label, bearers[id], changes, author=author, verb=events.LABEL_RENAMED_ON_TODOS, now=now)


def take_off_bearers(label: Label, bearers: Bearers, *, author: User, name: str, now: datetime) -> None:
    """Take a label off the todos of these projects."""
    for project in bearers.values():
        changes = {"labels": {"before": [name], "after": []}}
        _count(label, project, changes, author=author, verb=events.LABEL_TAKEN_OFF_TODOS, now=now)
        label.todos.remove(*label.todos.in_project(project.pk))


def put_on_bearers(label: Label, todo_ids: Iterable[UUID], bearers: Bearers, *, author: User, now: datetime) -> None:
    """Put a label on todos of locked projects."""
    for project in bearers.values():
        label.todos.add(*Todo.objects.in_project(project.pk).filter(pk__in=todo_ids))
        changes = {"labels": {"before": [], "after": [label.name]}}
        _count(label, project, changes, author=author, verb=events.LABEL_PUT_ON_TODOS, now=now)


def _count(label: Label, project: Project, changes: dict[str, Any], *, author: User, verb: str, now: datetime) -> None:
    """Count a locked project on, stamp its todos that bear the label, and record it."""
    bearing = Todo.objects.in_project(project.pk).labelled(label.pk).order_by("pk")
    rows = list(bearing.values_list("pk", "title"))
    if not rows:
        return
    revision = count_on(project)
    Todo.objects.filter(pk__in=bearing.order_by().values("pk")).update(revision=revision, updated_at=now)
    told = [{"id": id, "title": title} for id, title in rows[:MOST_DOCUMENTS]]
    data = {"changes": changes, "todos": [*told, *({"id": id} for id, _ in rows[MOST_DOCUMENTS:])]}
    subject = Subject("label", label.pk, label.name)
    record_project(Grant(project, author, ""), verb=verb, data=data, now=now, subject=subject, subjects=len(rows))
