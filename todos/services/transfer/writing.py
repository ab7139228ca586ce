"""What an export says: our own rows, and the records of them that other formats are written from."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from accounts.services.export import snapshot, write_document
from todos.domain.transfer import native
from todos.domain.transfer.packing import pack
from todos.domain.transfer.records import Record, Write
from todos.models import Attachment, Comment, Reminder, Todo
from todos.services import export
from todos.services.export import KINDS, Row, Rows, Scope

CHUNK = 500
PIECE = 64 * 1024


def write_json(scope: Scope, *, now: datetime) -> Iterator[bytes]:
    """Yield our JSON: all that there is, the trash too."""
    return write_document({}, ((name, rows(scope)) for name, rows in KINDS.items()), now=now)


def write_zip(scope: Scope, *, now: datetime) -> Iterator[bytes]:
    """Yield our JSON and the files on the todos, as one archive."""
    with snapshot():
        sections = ((name, _with_members(name, rows(scope))) for name, rows in KINDS.items())
        document = (native.MEMBER, write_document({}, sections, now=now))
        yield from pack(chain([document], _files(scope)), now=now)


def _with_members(name: str, rows: Rows) -> Rows:
    return (row | {"member": _member(row["id"])} for row in rows) if name == "attachments" else rows


def _member(id: UUID) -> str:
    return f"{native.FILES}/{id}"


def _files(scope: Scope) -> Iterator[tuple[str, Iterable[bytes]]]:
    for attachment in scope.on_todos(Attachment.objects.order_by("pk")).iterator(CHUNK):
        yield _member(attachment.pk), _pieces(attachment)


def _pieces(attachment: Attachment) -> Iterator[bytes]:
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:  # lost with its disk: what is known of it goes along all the same
        return
    with file:
        yield from file.chunks(PIECE)


def write_records(write: Write, scope: Scope, *, now: datetime) -> Iterator[bytes]:
    """Yield another format: what is in use, as of one moment."""
    with snapshot():
        yield from write(records(scope), now=now)


def records(scope: Scope) -> Iterator[Record]:
    """Yield what is not in the trash: parents before children, in the order that people see.

    Comments, files and reminders come right after each few hundred todos, by as many queries whatever those have.
    """
    projects = _in_tree([row for row in export.projects(scope) if row["deleted_at"] is None])
    kept = Scope(scope.user_id, frozenset(row["id"] for row in projects))
    sections = [row for row in export.sections(kept) if row["deleted_at"] is None]
    yield from _told("labels", export.labels(scope))
    yield from _told("projects", projects)
    yield from _told("sections", sections)
    places = {row["id"]: place for place, row in enumerate(projects)}
    ids = _todos_in_order(kept, places)
    for start in range(0, len(ids), CHUNK):
        yield from _todos(ids[start : start + CHUNK], scope)
    yield from _told("relations", export.relations(kept))
    yield from _told("saved_filters", export.saved_filters(scope))


def _told(kind: str, rows: Iterable[Row]) -> Iterator[Record]:
    return native.records((kind, row) for row in rows)


def _in_tree(rows: list[Row]) -> list[Row]:
    """Return projects with each right after the one that it is in; one whose own is not here is at the top."""
    ids = {row["id"] for row in rows}
    return _nested((row["id"], row["parent"] if row["parent"] in ids else None, row) for row in rows)


def _nested(rows: Iterable[tuple[UUID, UUID | None, Any]]) -> list[Any]:
    """Return things of which each comes with its id and its parent's, in their order, parents right before children."""
    below: dict[UUID | None, list[tuple[UUID, Any]]] = {}
    for id, parent, thing in rows:
        below.setdefault(parent, []).append((id, thing))
    found, waiting = [], list(reversed(below.get(None, ())))
    while waiting:
        id, thing = waiting.pop()
        found.append(thing)
        waiting += reversed(below.get(id, ()))
    return found


def _todos_in_order(scope: Scope, places: dict[UUID, int]) -> list[UUID]:
    rows = scope.todos().live().by_section().values_list("pk", "parent_id", "project_id", "section_order", "order")
    found = sorted(rows.iterator(CHUNK), key=lambda row: (places[row[2]], row[3], row[4], row[0]))
    ids = {row[0] for row in found}
    return _nested((row[0], row[1] if row[1] in ids else None, row[0]) for row in found)


def _todos(ids: list[UUID], scope: Scope) -> Iterator[Record]:
    rows = {row["id"]: row for row in export.todo_rows(Todo.objects.filter(pk__in=ids))}
    yield from _told("todos", (rows[id] for id in ids))
    comments = Comment.objects.of_todos(ids).live().order_by("created_at", "pk")
    named = (row | {"author": row["author_name"]} for row in export.comment_rows(comments))
    yield from _told("comments", named)
    yield from _told("attachments", export.attachment_rows(Attachment.objects.of_todos(ids).live().order_by("pk")))
    reminders = Reminder.objects.of(scope.user_id).of_todos(ids).order_by("pk")
    yield from _told("reminders", export.reminder_rows(reminders))
