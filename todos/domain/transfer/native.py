"""Our own JSON: a person's export, read again; and the zip archive of it with the files on todos.

It is one object, its head first (`format`, `version`), then a list of rows under the name of each kind. The rows are
those of `todos.services.export`; what of them is none of todos (devices, events, …) is passed over.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO

from config.errors import Invalid
from todos.domain.transfer.archives import open_archive
from todos.domain.transfer.json_items import read_items
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    Record,
    Refused,
    RelationRecord,
    ReminderRecord,
    SavedFilterRecord,
    SectionRecord,
    TodoRecord,
)

FORMAT, VERSION = "simple-todos", 1
MEMBER = "simple-todos.json"
FILES = "attachments"
ZIP = b"PK\x03\x04"
LONGEST_GAP = 1 << 24
"""Bytes of a file in which something has to end, or memory would fill."""
Row = dict[str, Any]


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield what is in an export, as JSON or with its files as a zip archive; raises Invalid for anything else."""
    is_archive = file.read(len(ZIP)) == ZIP
    file.seek(0)
    found = _Paced(open_archive(file).open(MEMBER) if is_archive else file)
    head: Row = {}
    counts: dict[str, int] = {}
    for kind, row in read_items(found):  # type: ignore[arg-type]  # it is read, and nothing else
        found.rest()
        if kind not in KINDS:
            head.setdefault(kind, row)
            continue
        _require_known(head)
        place = f"{kind}[{counts.get(kind, 0)}]"
        counts[kind] = counts.get(kind, 0) + 1
        try:
            yield record_of(kind, row, place)
        except (ValueError, TypeError, OverflowError) as error:
            yield Refused(place=place, ref=place, reason=f"This is no row of {kind}: {str(error)[:100]}")
    _require_known(head)


def _require_known(head: Row) -> None:
    if head.get("format") != FORMAT:
        raise Invalid("This is no export of Simple Todos.")
    if head.get("version") not in range(1, VERSION + 1):
        raise Invalid("This export was made by a later version.")


class _Paced:
    """A file of which only so much is read at a stretch."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._gap = 0

    def read(self, number: int = -1) -> bytes:
        data = self._file.read(number)
        self._gap += len(data)
        if self._gap > LONGEST_GAP:
            raise Invalid("Something in this file is far too long.")
        return data

    def rest(self) -> None:
        """Begin another stretch."""
        self._gap = 0


def records(rows: Iterable[tuple[str, Row]]) -> Iterator[Record]:
    """Yield the records of rows that come with their kinds, for what writes other formats."""
    for kind, row in rows:
        yield record_of(kind, row, "")


def record_of(kind: str, row: Row, place: str) -> Record:
    """Return what a row of the export says, as it stands in a file or comes from the database.

    Raises ValueError or TypeError for what is no such row.
    """
    if not isinstance(row, dict):
        raise TypeError("not an object")
    made, fields = KINDS[kind]
    values = {name: read_value(row[column]) for name, (column, read_value) in fields.items() if column in row}
    return made(place=place, **values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value


def _key(value: Any) -> str:
    return _text(str(value) if value is not None and not isinstance(value, dict | list) else value)


def _maybe(read_value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read_value(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{str(value)[:40]!r} is neither true nor false")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{str(value)[:40]!r} is no whole number")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is no list")
    return [_text(item) for item in value]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(_text(value))


def _clock(value: Any) -> time:
    clock = value if isinstance(value, time) else time.fromisoformat(_text(value))
    return clock.replace(tzinfo=None)


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _author(value: Any) -> str:
    """Tell one who is no more, "", from one who is not told of."""
    return "" if value is None else _key(value)


key, text, flag, number = ("", _key), ("", _text), ("", _flag), ("", _number)
maybe_key, maybe_text, maybe_number = ("", _maybe(_key)), ("", _maybe(_text)), ("", _maybe(_number))
maybe_day, maybe_clock, maybe_moment = ("", _maybe(_day)), ("", _maybe(_clock)), ("", _maybe(_moment))
texts = ("", _texts)
Fields = dict[str, tuple[str, Callable[[Any], Any]]]


def _fields(**fields: tuple[str, Callable[[Any], Any]]) -> Fields:
    """Complete what is read under its own name, with the id, which is the `ref`."""
    return {"ref": ("id", _key)} | {name: (column or name, read_value) for name, (column, read_value) in fields.items()}


TIMES = {"created_at": maybe_moment, "updated_at": maybe_moment}
DATED = TIMES | {"deleted_at": maybe_moment}
KINDS: dict[str, tuple[Callable[..., Record], Fields]] = {
    "projects": (
        ProjectRecord,
        _fields(
            title=text, parent=maybe_key, colour=maybe_text, is_inbox=flag, is_favourite=flag, order=maybe_text,
            archived_at=maybe_moment, **DATED,
        ),
    ),
    "sections": (SectionRecord, _fields(project=key, title=text, order=maybe_text, **DATED)),
    "labels": (LabelRecord, _fields(name=text, colour=maybe_text, created_at=maybe_moment)),
    "saved_filters": (
        SavedFilterRecord,
        _fields(
            name=text, query=text, colour=maybe_text, order=maybe_text, is_favourite=flag, project=maybe_key,
            created_at=maybe_moment,
        ),
    ),
    "todos": (
        TodoRecord,
        _fields(
            title=text, project=maybe_key, section=maybe_key, parent=maybe_key, description=text, priority=number,
            due_date=maybe_day, due_time=maybe_clock, time_zone=text, start_date=maybe_day, deadline=maybe_day,
            duration_minutes=maybe_number, recurrence=texts, recurrence_anchor=text, occurrence=number,
            occurrence_date=maybe_day, occurrence_time=maybe_clock, labels=texts, assignee=maybe_key,
            order=maybe_text, completed_at=maybe_moment, created_by=maybe_key, **DATED,
        ),
    ),
    "comments": (
        CommentRecord,
        _fields(todo=key, text=text, author=("", _author), author_name=maybe_text, **DATED),
    ),
    "attachments": (
        AttachmentRecord,
        _fields(
            todo=key, name=text, member=maybe_text, size=maybe_number, created_at=maybe_moment,
            deleted_at=maybe_moment,
        ),
    ),
    "relations": (RelationRecord, _fields(todo=key, other=key, kind=text, created_at=maybe_moment)),
    "reminders": (
        ReminderRecord,
        _fields(
            todo=key, remind_at=maybe_moment, relative_to=text, offset_minutes=maybe_number, sent_at=maybe_moment,
            created_at=maybe_moment,
        ),
    ),
}  # fmt: skip
"""By the name of each list: what its rows become, and from which column each field is read, and how."""
