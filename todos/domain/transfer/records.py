"""What every format has in common: one record for each thing that a file tells of.

Records name one another by `ref`, whatever their file uses for that: an id, a path, a line number.
A `ref` is unique among the records of one kind. A reader yields records in the order of the file and
checks nothing but their shape; lengths, dates, parents and cycles are for who takes them in. What a
writer is given comes parents first, in the order that people see.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import BinaryIO, Protocol


@dataclass(slots=True, kw_only=True)
class Record:
    """One thing of a file: `place` is where it stands, as a person finds it there (`12`, `Work.csv:12`, `todos[3]`).

    `notes` say what of it the format could not tell, or we could not read, each in a sentence.
    """

    place: str
    ref: str
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class LabelRecord(Record):
    name: str
    colour: str | None = None
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class ProjectRecord(Record):
    title: str
    parent: str | None = None
    colour: str | None = None
    is_inbox: bool = False
    is_favourite: bool = False
    order: str | None = None
    archived_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class SectionRecord(Record):
    project: str | None
    title: str
    order: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class TodoRecord(Record):
    """A todo. `project` None is wherever the rest goes; `labels` are names; `priority` is 1 to 4 as people say it.

    `order` is our own fractional index; a file that has none stands in the order that it is read.
    """

    title: str
    project: str | None = None
    section: str | None = None
    parent: str | None = None
    description: str = ""
    priority: int = 4
    due_date: date | None = None
    due_time: time | None = None
    time_zone: str = ""
    start_date: date | None = None
    deadline: date | None = None
    duration_minutes: int | None = None
    recurrence: list[str] = field(default_factory=list)
    recurrence_anchor: str = "schedule"
    occurrence: int = 1
    occurrence_date: date | None = None
    occurrence_time: time | None = None
    labels: list[str] = field(default_factory=list)
    assignee: str | None = None
    order: str | None = None
    completed_at: datetime | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class CommentRecord(Record):
    """A comment; `author` is what the file calls whoever wrote it, by `author_name` where that is no name.

    None is whoever brings the file, "" somebody who is no more.
    """

    todo: str
    text: str
    author: str | None = None
    author_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class ReminderRecord(Record):
    """A reminder: at `remind_at`, or `offset_minutes` from the todo's `relative_to` (start, due, deadline)."""

    todo: str
    remind_at: datetime | None = None
    relative_to: str = ""
    offset_minutes: int | None = None
    sent_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RelationRecord(Record):
    """A tie from a todo to an `other`: `blocks` or `relates`."""

    todo: str
    other: str
    kind: str
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class AttachmentRecord(Record):
    """A file on a todo; `member` is the name of its bytes in the archive around, None where they are elsewhere."""

    todo: str
    name: str
    member: str | None = None
    size: int | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class SavedFilterRecord(Record):
    name: str
    query: str
    colour: str | None = None
    order: str | None = None
    is_favourite: bool = False
    project: str | None = None
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Refused(Record):
    """Something that could not be read at all: `reason` says why, in a sentence; `ref` is its place."""

    reason: str


class Read(Protocol):
    """What reads a format, piece by piece; raises `config.errors.Invalid` when the file is none of it at all.

    `now` is aware, in the zone of whoever brings the file; `name` is what they call it.
    """

    def __call__(self, file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]: ...


class Write(Protocol):
    """What writes a format, piece by piece."""

    def __call__(self, records: Iterable[Record], *, now: datetime) -> Iterator[bytes]: ...
