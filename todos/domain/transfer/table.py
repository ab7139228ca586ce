"""Todos as a table (CSV, RFC 4180): ours with a row for each todo, and anybody's that names its columns.

The columns, in any order: id and parent (the id of another row); project, as a path such as `Home/Garden`, and
section; title, description; priority, 1 to 4; due_date, due_time, time_zone; start_date, deadline;
duration_minutes; recurrence (RFC 5545 lines), recurrence_anchor, occurrence, occurrence_date, occurrence_time;
labels, parted by commas; assignee, completed_at, created_by, created_at, updated_at. Names that other programs
give them do as well, and so do semicolons and tabs between the cells.

It cannot tell: projects, sections and labels that have no todo, and anything of them but their names (two of one
name are one); comments, reminders, relations and files; what is in the trash; order but by the order of rows; and
controls in texts but for tabs and line breaks.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain
from typing import Any, BinaryIO

from config.errors import Invalid
from todos.domain.transfer.paths import join_list, split_list, split_path
from todos.domain.transfer.records import Record, Refused, TodoRecord
from todos.domain.transfer.sheets import BOM, Page, read_rows
from todos.domain.transfer.text import (
    clean_line,
    clean_text,
    in_zone,
    read_clock,
    read_day,
    read_lines,
    read_moment,
    shown,
    zone_key,
    zone_named,
    zone_of,
)
from todos.domain.transfer.trees import Named, Places

COLUMNS = (
    "id", "parent", "project", "section", "title", "description", "priority", "due_date", "due_time", "time_zone",
    "start_date", "deadline", "duration_minutes", "recurrence", "recurrence_anchor", "occurrence", "occurrence_date",
    "occurrence_time", "labels", "assignee", "completed_at", "created_by", "created_at", "updated_at",
)  # fmt: skip
OTHER_NAMES = {
    "id": ("uid", "task id", "key"),
    "parent": ("parent id", "parent task"),
    "project": ("list", "list name", "project name", "folder", "folder name"),
    "section": ("column name", "bucket", "heading"),
    "title": ("name", "task", "task name", "content", "summary", "subject", "todo"),
    "description": ("notes", "note", "details", "body"),
    "due_date": ("due", "due on", "date"),
    "start_date": ("start", "start on", "begin"),
    "duration_minutes": ("duration", "minutes"),
    "recurrence": ("repeat", "rrule"),
    "labels": ("label", "tags", "tag", "categories", "category"),
    "assignee": ("assigned to", "responsible", "owner"),
    "completed_at": ("completed", "done", "status", "completed time", "completion date", "finished"),
    "created_at": ("created", "created time", "creation date"),
    "updated_at": ("updated", "modified", "last modified"),
}
KNOWN = {name.replace("_", " "): name for name in COLUMNS} | {
    other: name for name, others in OTHER_NAMES.items() for other in others
}
DELIMITERS = ",;\t"
ROWS = 200
"""Rows that go into one piece."""
PRIORITIES = {
    "p1": 1, "urgent": 1, "highest": 1, "critical": 1, "high": 1, "a": 1, "p2": 2, "medium": 2, "normal": 2, "b": 2,
    "p3": 3, "low": 3, "c": 3, "p4": 4, "none": 4, "lowest": 4, "0": 4,
}  # fmt: skip
YES = {"yes", "y", "true", "x", "1", "done", "complete", "completed", "closed", "finished", "☑", "✓"}
NO = {"no", "n", "false", "0", "open", "todo", "to do", "needs-action", "pending", "in progress", "not started", "-"}
NUMBERS = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", re.ASCII)
OFFSET = re.compile(r"(?:[zZ]|[+-]\d{2}:?\d{2})$", re.ASCII)
COUNT = re.compile(r"\d{1,7}", re.ASCII)


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield the projects, sections and todos of a table; `now` is aware, in the person's own zone.

    Raises Invalid when no column is one of titles, and where a cell has no end.
    """
    delimiter, lines, gone = _begin(read_lines(file))
    rows = read_rows(lines, delimiter=delimiter, before=gone)
    reader = _Reader(_columns(next(rows)[1]), now)
    for number, cells in rows:
        yield from reader.row(number, cells)


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield the table of all todos that are not in the trash, piece by piece."""
    places, written = Places(), set[str]()
    page = Page()
    page.write(COLUMNS)
    yield BOM
    count = 0
    for record in records:
        places.take(record)
        if isinstance(record, TodoRecord) and record.deleted_at is None:
            written.add(record.ref)
            page.write(_cells(record, places, written))
            count += 1
            if count % ROWS == 0:
                yield page.take()
    yield page.take()


def _cells(todo: TodoRecord, places: Places, written: set[str]) -> list[str]:
    recurs = bool(todo.recurrence)
    values: dict[str, Any] = {
        "id": todo.ref,
        "parent": todo.parent if todo.parent in written else None,
        "project": places.path(todo.project),
        "section": places.section(todo.section),
        "recurrence": "\n".join(todo.recurrence),
        "recurrence_anchor": todo.recurrence_anchor if recurs else None,
        "occurrence": todo.occurrence if recurs else None,
        "labels": join_list(todo.labels),
    }
    return [_cell(values[name] if name in values else getattr(todo, name)) for name in COLUMNS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | time) else clean_text(str(value))


def _begin(lines: Iterator[str]) -> tuple[str, Iterator[str], int]:
    """Return what parts the cells, the lines that are left, and how many are gone.

    It is what the first line says itself, or what gives the most columns that are known.
    """
    for gone, line in enumerate(lines):
        hint = line.strip().lower()
        if hint.startswith("sep=") and len(hint) == 5 and hint[-1] != '"':
            return hint[-1], lines, gone + 1
        if hint == "sep=":
            return "\t", lines, gone + 1
        if hint:
            return max(DELIMITERS, key=lambda sign: _score(line, sign)), chain([line], lines), gone
    raise Invalid("The table is empty.")


def names_columns(line: str) -> bool:
    """Say whether a line names more than one column that is known, titles among them."""
    return any(
        _score(line, sign)[0] > 1 and any(KNOWN.get(_plain(cell.strip(' "'))) == "title" for cell in line.split(sign))
        for sign in DELIMITERS
    )


def _score(line: str, delimiter: str) -> tuple[int, int]:
    cells = line.split(delimiter)
    return sum(_plain(cell.strip().strip('"')) in KNOWN for cell in cells), len(cells)


def _plain(name: str) -> str:
    return clean_line(name.replace("_", " ").replace("\ufeff", "")).casefold()


def _columns(cells: list[str]) -> dict[str, int]:
    """Return where each field is. Our own names go before others' where a table has both."""
    found: dict[str, int] = {}
    plain = [_plain(cell) for cell in cells]
    for at, name in enumerate(plain):
        if name in KNOWN and name.replace(" ", "_") == KNOWN[name]:
            found.setdefault(KNOWN[name], at)
    for at, name in enumerate(plain):
        if name in KNOWN and at not in found.values():
            found.setdefault(KNOWN[name], at)
    if "title" not in found:
        raise Invalid("The first line of the table names no column of titles, such as “title”.")
    return found


@dataclass(slots=True)
class _Reader:
    """Reads rows; knows the projects and sections that have passed."""

    columns: dict[str, int]
    now: datetime
    named: Named = field(default_factory=Named)
    refs: set[str] = field(default_factory=set)

    def row(self, number: int, cells: list[str]) -> Iterator[Record]:
        texts = {name: clean_text(cells[at]) for name, at in self.columns.items() if at < len(cells) and cells[at]}
        place = str(number)
        if not texts.get("title", "").strip():
            yield Refused(place=place, ref=place, reason="There is no title in this row.")
            return
        todo = self._todo(texts, place)
        yield from self.named.put(todo, split_path(texts.get("project", "")), texts.get("section", "").strip())
        yield todo

    def _todo(self, texts: dict[str, str], place: str) -> TodoRecord:
        notes: list[str] = []
        ref = texts.get("id", "").strip() or f"line {place}"
        if ref in self.refs:
            notes.append(f"Another row has the id “{shown(ref)}” already.")
            ref = f"line {place}"
        self.refs.add(ref)
        todo = TodoRecord(
            place=place,
            ref=ref,
            notes=notes,
            title=texts["title"],
            parent=texts.get("parent", "").strip() or None,
            description=texts.get("description", ""),
            labels=split_list(texts.get("labels", "")),
            assignee=texts.get("assignee", "").strip() or None,
            created_by=texts.get("created_by", "").strip() or None,
            recurrence=[line.strip() for line in texts.get("recurrence", "").splitlines() if line.strip()],
        )
        for name, parse in PARSERS.items():
            if texts.get(name, "").strip():
                parse(todo, name, texts[name].strip(), self.now)
        return todo


def _set_day(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    """Set a day, and for a due date the time that stands beside it."""
    day, clock = read_day(text) or _day_of_numbers(todo, text), None
    if day is None and (moment := read_moment(text, zone_of(now))):
        local = in_zone(moment, zone_of(now))
        day, clock = local.date(), local.time()
    if day is None:
        _note(todo, name, text)
        return
    setattr(todo, name, day)
    if name == "due_date" and clock and clock != time():
        todo.due_time = clock
        todo.time_zone = zone_key(now) if OFFSET.search(text, 10) else ""


def _day_of_numbers(todo: TodoRecord, text: str) -> date | None:
    """Read 31.12.2026, 12/31/2026 or 2026/12/31; of two that may be, the day comes first, and a note says so."""
    match = NUMBERS.fullmatch(text)
    if not match:
        return None
    first, sign, second, last = int(match[1]), match[2], int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = first, second, last
    else:
        day, month, year = first, second, last if len(match[4]) == 4 else 2000 + last
        if sign == "/" and month > 12 >= day:
            day, month = month, day
        elif sign == "/" and day <= 12 and day != month:
            todo.notes.append(f"“{shown(text)}” was read with the day before the month.")
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _set_time(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    clock = read_clock(text.zfill(5) if text[1:2] == ":" else text)
    if clock is None:
        _note(todo, name, text)
    else:
        setattr(todo, name, clock)


def _set_moment(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    moment = read_moment(text, zone_of(now))
    if moment is None:
        _note(todo, name, text)
    else:
        setattr(todo, name, moment)


def _set_done(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    plain = text.casefold()
    if plain in YES:
        todo.completed_at = todo.updated_at or now
    elif plain not in NO:
        _set_moment(todo, name, text, now)


def _set_number(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    if COUNT.fullmatch(text):
        setattr(todo, name, int(text))
    else:
        _note(todo, name, text)


def _set_priority(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    plain = text.casefold()
    if plain in ("1", "2", "3", "4"):
        todo.priority = int(plain)
    elif plain in PRIORITIES:
        todo.priority = PRIORITIES[plain]
    else:
        _note(todo, name, text)


def _set_zone(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    if zone_named(text):
        todo.time_zone = text
    else:
        _note(todo, name, text)


def _set_anchor(todo: TodoRecord, name: str, text: str, now: datetime) -> None:
    if text in ("schedule", "completion"):
        todo.recurrence_anchor = text
    else:
        _note(todo, name, text)


def _note(todo: TodoRecord, name: str, text: str) -> None:
    todo.notes.append(f"The {name.replace('_', ' ')} “{shown(text)}” cannot be read.")


PARSERS: dict[str, Callable[[TodoRecord, str, str, datetime], None]] = {
    "priority": _set_priority,
    "due_date": _set_day,
    "due_time": _set_time,
    "time_zone": _set_zone,
    "start_date": _set_day,
    "deadline": _set_day,
    "duration_minutes": _set_number,
    "recurrence_anchor": _set_anchor,
    "occurrence": _set_number,
    "occurrence_date": _set_day,
    "occurrence_time": _set_time,
    "created_at": _set_moment,
    "updated_at": _set_moment,
    "completed_at": _set_done,
}
