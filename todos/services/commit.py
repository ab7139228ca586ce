"""The step that every change shares: count the project on, stamp what changed, record it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from activity.models import Event
from activity.services.recording import Subject, event_of, record, record_all
from config.together import once, save_columns, write
from todos.models import Attachment, Comment, Project, Relation, Section, Todo, Tombstone
from todos.models.todo import Change
from todos.policies import Grant
from todos.services.moments import DATES, follow_dates
from todos.services.search import index_todos

BATCH = 500
Part = Comment | Attachment | Relation
CARRIED = ("completed_at", "deleted_at", "project", "section")
"""What subtasks go through along with the todo above them."""
LONGEST_TEXT = 50_000
"""Characters that an event keeps of a text: all that the API takes, so that it can be undone."""
MOST_DOCUMENTS = 500
"""Subtasks that an event keeps with their titles and changes; of those after them, the ids."""


def commit_todo(
    todo: Todo,
    *,
    change: Change,
    grant: Grant,
    verb: str,
    now: datetime,
    along: Sequence[Todo] = (),
    open_delta: int = 0,
    own: Mapping[UUID, Mapping[str, Any]] | None = None,
    told: Mapping[str, Any] | None = None,
    takes_back: Event | None = None,
) -> Todo:
    """Save a changed todo with its event.

    `along` are subtasks that go through the same change, as they were; they get the same values and stamp.
    With `own`, what each of them gets instead, by id; they do not count as subjects of the event then.
    `open_delta` is how many more todos of the project wait to be done since, or fewer.
    `told` is what the event keeps besides the changes; `takes_back`, the event that is undone by it.
    """
    todo.revision, todo.updated_at = count_on(grant.project), now
    _stamp([todo], [name for name in change if name != "labels"], by=todo)
    if change.keys() & {"title", "description"}:
        write(index_todos, todo)
    data = document_of(change, project=grant.project, along=along, own=own)
    if along and own is not None:
        _give_own(along, own, todo=todo)
    elif along:
        carried = [name for name in CARRIED if name in change or (name == "section" and "project" in change)]
        for row in along:
            for name in carried:
                setattr(row, name, getattr(todo, name))
        _stamp(along, carried, by=todo)
    if "project" in change:
        write(_take_talk_along, *((row.pk, grant.project) for row in (todo, *along)))
    if change.keys() & DATES:
        write(_follow, todo)
    record(
        author=grant.author,
        scope=grant.project.scope,
        revision=todo.revision,
        verb=verb,
        subject=Subject("todo", todo.pk, todo.title, todo.created_at),
        data={**data, **(told or {})},
        now=now,
        subjects=1 if own is not None else 1 + len(along),
        open_delta=open_delta,
        takes_back=takes_back,
    )
    return todo


def _stamp(rows: Sequence[Todo], columns: Iterable[str], *, by: Todo) -> None:
    """Write columns of todos that changed along with one, or of that one, with its revision and moment."""
    for row in rows:
        row.revision, row.updated_at = by.revision, by.updated_at
    write(save_columns, *((row, (*sorted(columns), "revision", "updated_at")) for row in rows))


def _give_own(along: Sequence[Todo], own: Mapping[UUID, Mapping[str, Any]], *, todo: Todo) -> None:
    for row in along:
        row.change(dict(own[row.pk]))
    _stamp(along, {name for values in own.values() for name in values}, by=todo)


def _follow(todos: list[Todo]) -> None:
    follow_dates(todos, now=todos[0].updated_at)


def _take_talk_along(moved: list[tuple[UUID, Project]]) -> None:
    """Count what is on todos that moved to another project as changed there, for who knows only that one."""
    for project in {project.pk: project for _, project in moved}.values():
        ids = [id for id, place in moved if place.pk == project.pk]
        for model in (Comment, Attachment, Relation):
            model.objects.of_todos(ids).update(project=project, revision=project.revision)


def bury(project: Project, kind: str, ids: Iterable[UUID], *, now: datetime) -> None:
    """Note, at a locked project's present revision, what it has no longer and no row tells of.

    `kind` is the singular of its stream in delta sync: `todo`, `section`, `comment`, `relation`, …
    """
    revision = project.revision
    rows = [Tombstone(project=project, kind=kind, subject_id=id, revision=revision, created_at=now) for id in ids]
    write(_bury, *rows)


def _bury(rows: list[Tombstone]) -> None:
    Tombstone.objects.bulk_create(rows)


def bury_own(user: User, kind: str, id: UUID, *, now: datetime) -> None:
    """Note, at a locked person's present revision, what of their own is gone: `label`, `filter`, `reminder`."""
    Tombstone.objects.create(user=user, kind=kind, subject_id=id, revision=user.revision, created_at=now)


def document_of(
    change: Change,
    *,
    project: Project,
    along: Sequence[Todo] = (),
    own: Mapping[UUID, Mapping[str, Any]] | None = None,
    titles: Mapping[UUID, str] | None = None,
) -> dict[str, Any]:
    """Return what an event in a project keeps of a change of a todo.

    `changes` has each changed field before and after; `project`, `parent` and `section` what those were then;
    `subtasks` what went along, each with its own changes. Of another project it tells ids and
    nothing else, for who reads here may not read there: a todo that came from one has only what
    its fields are `after`. The database is asked for titles of parents and sections unless they are given.
    """
    came = "project" in change and change["project"]["after"] == project.pk
    data: dict[str, Any] = {"changes": {name: _kept(name, both, came) for name, both in change.items()}}
    if "labels" in change:
        data["label_ids"] = change["labels"].get("ids", {})
    if "project" in change:
        data["project"] = _named(change["project"], {project.pk: project.title})
    if "parent" in change:
        parents = change["parent"]
        data["parent"] = _named(parents, titles or once(_titles, Todo, project.pk, *parents.values()))
    if "section" in change:
        sections = change["section"]
        data["section"] = _named(sections, titles or once(_titles, Section, project.pk, *sections.values()))
    if along:
        data["subtasks"] = [_subtask(row, change, own[row.pk] if own else None) for row in along[:MOST_DOCUMENTS]]
        data["subtasks"] += [{"id": row.pk} for row in along[MOST_DOCUMENTS:]]
    return data


def _kept(name: str, both: dict[str, Any], came: bool) -> dict[str, Any]:
    """Return a change as it is kept: a long text is cut, and `length` says how many characters it had."""
    sides = ("after",) if came and name not in ("project", "parent") else ("before", "after")
    both = {side: exact(both[side]) for side in sides}
    lengths = {side: len(text) for side, text in both.items() if isinstance(text, str) and len(text) > LONGEST_TEXT}
    if not lengths:
        return both
    return both | {side: f"{both[side][:LONGEST_TEXT]}…" for side in lengths} | {"length": lengths}


def exact(value: Any) -> Any:
    """Return a value as an event keeps it: of a moment every digit, which Django's encoder would cut."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _titles(model: type[Todo] | type[Section], project_id: UUID, *ids: UUID | None) -> dict[UUID, str]:
    rows = model.objects.in_project(project_id).filter(pk__in=[id for id in ids if id])
    return dict(rows.values_list("pk", "title"))


def _named(both: dict[str, Any], titles: Mapping[UUID, str]) -> dict[str, Any]:
    return {side: id and {"id": id, **({"title": titles[id]} if id in titles else {})} for side, id in both.items()}


def _subtask(row: Todo, change: Change, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    names = {"project": "project_id", "section": "section_id"}
    after = {name: change[name]["after"] for name in CARRIED if name in change} if own is None else own
    changes = {
        name: {"before": exact(getattr(row, names.get(name, name))), "after": exact(value)}
        for name, value in after.items()
    }
    return {"id": row.pk, "title": row.title, "changes": changes}


def commit_part(
    part: Part, *, todo: Todo, grant: Grant, verb: str, data: dict[str, Any], now: datetime, fields: Sequence[str] = ()
) -> None:
    """Save a comment, a file or a tie, new or with changed `fields`, with its event, which is about its todo."""
    if fields:
        part.revision = count_on(grant.project)
        part.save(update_fields=[*fields, "revision"])
        record_project(grant, verb=verb, data=data, now=now, subject=_subject(todo))
    else:
        part.todo, part.project = todo, grant.project
        insert_parts([(part, data)], author=grant.author, verb=verb, now=now)


def insert_parts(parts: Sequence[tuple[Part, dict[str, Any]]], *, author: User, verb: str, now: datetime) -> None:
    """Insert comments, files or ties on todos of locked projects, each counted on and with its event's data."""
    for part, _ in parts:
        part.project.revision += 1
        part.revision = part.project.revision
    model: Any = type(parts[0][0])
    model.objects.bulk_create([part for part, _ in parts], batch_size=BATCH)
    save_revisions(part.project for part, _ in parts)
    record_all(
        [
            event_of(
                author=author,
                scope=part.project.scope,
                revision=part.revision,
                verb=verb,
                subject=_subject(part.todo),
                data=data,
                now=now,
            )
            for part, data in parts
        ]
    )


def _subject(todo: Todo) -> Subject:
    return Subject("todo", todo.pk, todo.title, todo.created_at)


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
    write(save_columns, (project, ("revision",)))
    return project.revision


def save_revisions(projects: Iterable[Project]) -> None:
    """Save how far locked projects counted on."""
    write(save_columns, *((project, ("revision",)) for project in {row.pk: row for row in projects}.values()))


def record_project(
    grant: Grant,
    *,
    verb: str,
    data: dict[str, Any],
    now: datetime,
    subject: Subject | None = None,
    subjects: int = 1,
    open_delta: int = 0,
) -> Event:
    """Record an event in a project at its present revision: about itself, or about another subject."""
    return record(
        author=grant.author,
        scope=grant.project.scope,
        revision=grant.project.revision,
        verb=verb,
        subject=subject or Subject("project", grant.project.pk, grant.project.title, grant.project.created_at),
        data=data,
        now=now,
        subjects=subjects,
        open_delta=open_delta,
    )
