"""Deleting for good what was in the trash long enough, some at a time, by any number of workers."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.policies import Actor, locked_self
from activity.services.erasure import forget_scopes
from activity.services.recording import Author, Subject, record
from todos import events
from todos.models import Attachment, Comment, DiscardedFile, Project, Relation, Section, Todo
from todos.services.commit import bury, count_on
from todos.services.saved_filters import withdraw_filters

BATCH = 200
"""Rows of a kind that one transaction starts from."""
ROUND = 20.0
"""Seconds that one round of the worker takes at most, and `PATIENCE` those that a person waits."""
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Nobody:
    """Who does what no person does: the worker, as events name it."""

    pk: UUID | None = None
    name: str = "Simple Todos"
    time_zone: str = "UTC"


@dataclass(slots=True)
class Lost:
    """What a project has no longer: ids by kind."""

    ids: dict[str, list[UUID]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.ids.values()))

    def record(self, project: Project, *, author: Author, now: datetime) -> None:
        """Count a locked project on, note what it lost, and record it."""
        count_on(project)
        for kind, ids in self.ids.items():
            bury(project, kind, ids, now=now)
        record(
            author=author,
            scope=project.scope,
            revision=project.revision,
            verb=events.TRASH_PURGED,
            subject=Subject("project", project.pk, project.title, project.created_at),
            data={"purged": {kind: len(ids) for kind, ids in self.ids.items() if ids}},
            now=now,
        )


def sweep_trash(now: datetime) -> int:
    """Delete for good what went to the trash `TRASH_KEEP` ago; returns how many things went."""
    edge, end = now - settings.TRASH_KEEP, time.monotonic() + ROUND
    projects = Project.objects.trashed_before(edge).order_by("deleted_at", "pk")
    return _purge(projects.values_list("pk", flat=True), _with_trash(edge), edge, Nobody(), now, end)[0]


def empty_trash(*, actor: Actor, now: datetime) -> tuple[int, bool]:
    """Delete for good all that is in the trash of a person's own projects, and those in the trash themselves.

    Returns how many things went, and whether some are left: what takes too long, or is being changed.
    """
    with transaction.atomic():
        author = locked_self(actor=actor)
    own = Project.objects.owned_by(actor.pk).values_list("pk", flat=True)
    trashed, mine = Project.objects.in_trash_of(actor.pk).values_list("pk", flat=True), set(own)
    within = [id for id in _with_trash(now) if id in mine]
    return _purge(trashed, within, now, author, now, time.monotonic() + PATIENCE)


def _purge(
    projects: Iterable[UUID], holders: Iterable[UUID], edge: datetime, author: Author, now: datetime, end: float
) -> tuple[int, bool]:
    """Purge whole projects, then what is in the trash of others; until the `end`. Tells also if something is left."""
    count, left = 0, False
    steps = [(_purge_project, id) for id in projects]
    for step, id in [*steps, *((_purge_trash, id) for id in holders)]:
        more = True
        while more and time.monotonic() < end:
            gone, more = step(id, edge, author, now)
            count += gone
            if more and not gone:
                break  # somebody is at it
        left = left or more
    return count, left


def _with_trash(edge: datetime) -> list[UUID]:
    """Return the projects with something in their trash since the edge or longer."""
    rows: set[UUID] = set()
    for model in (Todo, Section, Comment, Attachment):
        rows.update(model.objects.trashed_before(edge).values_list("project_id", flat=True).distinct())
    return sorted(rows)


def _locked(ids: Collection[UUID]) -> list[Project] | None:
    """Lock these projects if nobody is at any of them: a worker waits for nobody, so that it can take any order."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = list(Project.objects.select_for_update(skip_locked=skip).filter(pk__in=ids).order_by("pk"))
    return rows if len(rows) == len(set(ids)) else None


@transaction.atomic
def _purge_trash(project_id: UUID, edge: datetime, author: Author, now: datetime) -> tuple[int, bool]:
    """Delete one batch of what is in the trash of a project; returns how much, and whether there may be more."""
    locked = _locked([project_id])
    if locked is None:
        return 0, Project.objects.filter(pk=project_id).exists()
    [project] = locked
    old = {model: _oldest(model, project_id, edge) for model in (Todo, Section, Comment, Attachment)}
    todos = _with_all_below(old[Todo])
    lost = Lost({"section": old[Section]})
    elsewhere = _lose_todos(lost, todos, within={project_id})
    if elsewhere is None:
        return 0, True
    for model, kind in ((Comment, "comment"), (Attachment, "attachment")):
        lost.ids[kind] = list({*lost.ids[kind], *old[model]})
    if not lost:
        return 0, False
    _delete(lost, now)
    Section.objects.filter(pk__in=lost.ids["section"]).delete()
    lost.record(project, author=author, now=now)
    for other, relations in elsewhere:
        Lost({"relation": relations}).record(other, author=author, now=now)
    return len(lost), any(len(ids) == BATCH for ids in old.values())


@transaction.atomic
def _purge_project(project_id: UUID, edge: datetime, author: Author, now: datetime) -> tuple[int, bool]:
    """Delete one batch of a project in the trash and those below it, the projects at last; as `_purge_trash` does."""
    ids = _tree_ids(project_id)
    tree = _locked(ids)
    if tree is None:
        return 0, Project.objects.filter(pk=project_id).exists()
    if _tree_ids(project_id) != ids or not all(row.deleted_at and row.deleted_at <= edge for row in tree):
        return 0, False
    lost = Lost()
    first = Todo.objects.filter(project_id__in=ids).order_by("pk").values_list("pk", flat=True)[:BATCH]
    todos = _with_all_below(list(first))
    elsewhere = _lose_todos(lost, todos, within=set(ids))
    if elsewhere is None:
        return 0, True
    _delete(lost, now)
    for other, relations in elsewhere:
        Lost({"relation": relations}).record(other, author=author, now=now)
    if todos:
        return len(lost), True
    withdraw_filters(ids, now=now)
    Project.objects.filter(pk__in=ids).delete()
    forget_scopes([row.scope for row in tree], now=now)
    return len(ids), False


def _tree_ids(project_id: UUID) -> list[UUID]:
    found = level = [project_id]
    while level := list(Project.objects.children_of(level).values_list("pk", flat=True)):
        found = found + level
    return sorted(found)


def _oldest(model: type[Todo | Section | Comment | Attachment], project_id: UUID, edge: datetime) -> list[UUID]:
    rows = model.objects.trashed_before(edge).filter(project_id=project_id).order_by("deleted_at", "pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _with_all_below(ids: list[UUID]) -> list[UUID]:
    """Return todos and all that the database would delete along with them."""
    found, level = dict.fromkeys(ids), ids
    while level:
        below = Todo.objects.children_of(level).values_list("pk", flat=True)
        level = [id for id in below if id not in found]
        found |= dict.fromkeys(level)
    return list(found)


def _lose_todos(lost: Lost, ids: list[UUID], *, within: set[UUID]) -> list[tuple[Project, list[UUID]]] | None:
    """Add todos to what is lost, with all that is on them.

    Returns the ties that todos of other projects had to them, by these projects, locked; None when somebody is at one.
    """
    lost.ids["todo"] = ids
    for model, kind in ((Comment, "comment"), (Attachment, "attachment"), (Relation, "relation")):
        lost.ids[kind] = list(model.objects.of_todos(ids).values_list("pk", flat=True))
    ties: dict[UUID, list[UUID]] = {}
    for project_id, id in Relation.objects.filter(other_id__in=ids).values_list("project_id", "pk"):
        if project_id in within:
            lost.ids["relation"] = list({*lost.ids["relation"], id})
        else:
            ties.setdefault(project_id, []).append(id)
    others = _locked(ties.keys())
    return None if others is None else [(other, ties[other.pk]) for other in others]


def _delete(lost: Lost, now: datetime) -> None:
    discard_files(lost.ids["attachment"], now=now)
    Attachment.objects.filter(pk__in=lost.ids["attachment"]).delete()
    Comment.objects.filter(pk__in=lost.ids["comment"]).delete()
    Todo.objects.filter(pk__in=lost.ids["todo"]).delete()


def discard_files(attachment_ids: Collection[UUID], *, now: datetime) -> None:
    """Let the files of attachments that are about to go for good be deleted, once that is committed."""
    names = Attachment.objects.filter(pk__in=attachment_ids).values_list("file", flat=True)
    DiscardedFile.objects.bulk_create(DiscardedFile(name=name, created_at=now) for name in names if name)


def sweep_discarded_files(now: datetime) -> int:
    """Delete files that nothing has any more, each claimed by one worker; returns how many.

    A crash in between deletes one again, which does no harm, and loses sight of none.
    """
    count, end = 0, time.monotonic() + ROUND
    storage = Attachment._meta.get_field("file").storage
    while time.monotonic() < end:
        with transaction.atomic():
            row = DiscardedFile.objects.claimable().order_by("created_at", "pk").first()
            if row is None:
                break
            storage.delete(row.name)
            row.delete()
        count += 1
    return count
