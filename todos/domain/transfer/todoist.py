"""One project of Todoist as CSV: its template, and a file of its backup.

Columns: TYPE (task, section, note, meta), CONTENT with labels as `@label`, DESCRIPTION, PRIORITY (1 is p1, the
highest), INDENT, AUTHOR and RESPONSIBLE as `Name (id)`, DATE in words, DATE_LANG, TIMEZONE, DURATION and
DURATION_UNIT, DEADLINE. The rows of notes follow their task.

It cannot tell: the project's own name and that of others (all todos go into the one), what is done, start dates,
reminders, relations, files but by name, moments at which things were made, blanks in labels (they become `_`), a
word of a title that begins with @, seconds, a fixed zone without a time, where an occurrence was moved, and
recurrences that Todoist has no words for, which are told in the description.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO

from config.errors import Invalid
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    ProjectRecord,
    Record,
    Refused,
    SectionRecord,
    TodoRecord,
)
from todos.domain.transfer.repeats import lines_of, phrase_of, read_phrase, with_rules
from todos.domain.transfer.sheets import BOM, Page, read_rows
from todos.domain.transfer.text import (
    clean_line,
    clean_text,
    in_zone,
    read_day,
    read_lines,
    read_moment,
    shown,
    zone_named,
)
from todos.domain.transfer.trees import Tree, gather

COLUMNS = (
    "TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "AUTHOR", "RESPONSIBLE", "DATE", "DATE_LANG", "TIMEZONE",
    "DURATION", "DURATION_UNIT", "DEADLINE", "DEADLINE_LANG",
)  # fmt: skip
LABEL = re.compile(r"(?<!\S)@(\S+)")
PERSON = re.compile(r"\(\d*\)")
FILE, FILE_END = "[[file {", "}]]"
NUMBER = re.compile(r"\d{1,7}", re.ASCII)
DEEPEST = 1000
HEADING = "* "
"""Before a task that cannot be completed."""
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield the project that the file is named for, if it is, and what is in it; `now` is aware, in the person's zone.

    Raises Invalid when it is no such table.
    """
    title = clean_line(re.sub(r"(?i)\.csv$", "", re.split(r"[\\/]", name)[-1]))
    title = re.sub(r" \[\w+\]$", "", title)
    project = title or None
    if title:
        yield ProjectRecord(place=name, ref=title, title=title, is_inbox=title == "Inbox")
    yield from read_rows_of(file, now=now, project=project)


def read_rows_of(file: BinaryIO, *, now: datetime, project: str | None, mark: str = "") -> Iterator[Record]:
    """Yield what is in a project; `mark` comes before each place and ref, to tell several files apart."""
    rows = read_rows(read_lines(file))
    reader = _Reader(_columns(next(rows)[1]), now, project, mark)
    for number, cells in rows:
        yield from reader.row(number, cells)


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield the todos that are open as one project of Todoist: those without a section, then each section's."""
    yield from write_project(gather(records, with_done=False), None)


def write_project(tree: Tree, project: str | None, *, alone: bool = False) -> Iterator[bytes]:
    """Yield one project's table, or with None for it that of all of them; None `alone` is for what has no project."""
    page = Page()
    page.write(COLUMNS)
    yield BOM
    every = project is None and not alone
    roots: dict[str | None, list[TodoRecord]] = {}
    for todo in tree.below.get(None, ()):
        if every or todo.project == project:
            roots.setdefault(todo.section if todo.section in tree.places.sections else None, []).append(todo)
    writer = _Writer(tree)
    yield from writer.todos(page, roots.pop(None, []))
    for section in tree.all(SectionRecord):
        if every or section.project == project:
            page.write(_row(TYPE="section", CONTENT=clean_line(section.title)))
            yield from writer.todos(page, roots.pop(section.ref, []))
    yield page.take()


class _Writer:
    """Writes todos with those below them, each with its comments."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._comments = tree.of_todo(CommentRecord)

    def todos(self, page: Page, roots: list[TodoRecord]) -> Iterator[bytes]:
        for todo, depth in self._tree.walk(roots):
            page.write(_task(todo, depth))
            for comment in self._comments.get(todo.ref, ()):
                author = clean_line(comment.author or "")
                made = comment.created_at.isoformat() if comment.created_at else ""
                page.write(_row(TYPE="note", CONTENT=clean_text(comment.text), AUTHOR=author, DATE=made))
            yield page.take()


def _row(**cells: str) -> list[str]:
    return [cells.get(name, "") for name in COLUMNS]


def _task(todo: TodoRecord, depth: int) -> list[str]:
    when = phrase_of(todo)
    untold = todo.recurrence if todo.recurrence and when is None else []
    if when is None and todo.due_date:
        when = f"{todo.due_date.isoformat()}{f' {todo.due_time:%H:%M}' if todo.due_time else ''}"
    labels = "".join(f" @{'_'.join(label.split())}" for label in todo.labels)
    return _row(
        TYPE="task",
        CONTENT=clean_line(todo.title) + labels,
        DESCRIPTION=with_rules(clean_text(todo.description), untold),
        PRIORITY=str(todo.priority),
        INDENT=str(depth),
        AUTHOR=clean_line(todo.created_by or ""),
        RESPONSIBLE=clean_line(todo.assignee or ""),
        DATE=when or "",
        DATE_LANG="en" if when else "",
        TIMEZONE=todo.time_zone if todo.due_time else "",
        DURATION=str(todo.duration_minutes) if todo.duration_minutes else "",
        DURATION_UNIT="minute" if todo.duration_minutes else "",
        DEADLINE=todo.deadline.isoformat() if todo.deadline else "",
        DEADLINE_LANG="en" if todo.deadline else "",
    )


def _columns(cells: list[str]) -> dict[str, int]:
    found = {clean_line(cell).upper(): at for at, cell in reversed(list(enumerate(cells)))}
    if not {"TYPE", "CONTENT"} <= found.keys():
        raise Invalid("This is no CSV of Todoist: its first line names no columns TYPE and CONTENT.")
    return {name: found[name] for name in COLUMNS if name in found}


@dataclass(slots=True)
class _Reader:
    """Reads rows; knows the section and the tasks that the next ones may hang below."""

    columns: dict[str, int]
    now: datetime
    project: str | None
    mark: str
    section: str | None = None
    above: list[str] = field(default_factory=list)
    task: str | None = None

    def row(self, number: int, cells: list[str]) -> Iterator[Record]:
        texts = {name: clean_text(cells[at]).strip() for name, at in self.columns.items() if at < len(cells)}
        place = f"{self.mark}{number}"
        kind = texts.get("TYPE", "").lower()
        if kind == "task":
            yield self._task(texts, place)
        elif kind == "section":
            yield self._section(texts, place)
        elif kind == "note":
            yield from self._note(texts, place)
        elif kind != "meta":
            yield Refused(place=place, ref=place, reason=f"A row is a task, a section or a note, not “{shown(kind)}”.")

    def _section(self, texts: dict[str, str], place: str) -> Record:
        title = clean_line(texts.get("CONTENT", ""))
        self.above, self.task = [], None
        if not title:
            self.section = None
            return Refused(place=place, ref=place, reason="The section has no name.")
        self.section = place
        return SectionRecord(place=place, ref=place, project=self.project, title=title)

    def _task(self, texts: dict[str, str], place: str) -> Record:
        content = texts.get("CONTENT", "")
        notes = []
        if content.startswith(HEADING):
            content = content.removeprefix(HEADING)
            notes.append("In Todoist this could not be completed; here it can.")
        labels = list(dict.fromkeys(LABEL.findall(content)))
        title = clean_line(LABEL.sub("", content)) or clean_line(content)
        if not title:
            self.task = None
            return Refused(place=place, ref=place, reason="The task has no name.")
        todo = TodoRecord(
            place=place,
            ref=place,
            notes=notes,
            title=title,
            project=self.project,
            section=self.section,
            parent=self._parent(texts.get("INDENT", ""), place),
            description=texts.get("DESCRIPTION", ""),
            labels=labels if LABEL.sub("", content).strip() else [],
            assignee=_person(texts.get("RESPONSIBLE", "")),
            created_by=_person(texts.get("AUTHOR", "")),
        )
        self.task = place
        self._fill(todo, texts)
        return todo

    def _parent(self, indent: str, place: str) -> str | None:
        depth = min(int(indent), DEEPEST) if NUMBER.fullmatch(indent) else 1
        del self.above[max(0, depth - 1) :]
        parent = self.above[-1] if self.above else None
        self.above.append(place)
        return parent

    def _fill(self, todo: TodoRecord, texts: dict[str, str]) -> None:
        priority = texts.get("PRIORITY", "")
        if priority in ("1", "2", "3", "4"):
            todo.priority = int(priority)
        elif priority:
            todo.notes.append(f"The priority “{shown(priority)}” is none of 1 to 4.")
        set_when(todo, texts.get("DATE", ""), texts.get("TIMEZONE", ""), now=self.now)
        set_duration(todo, texts.get("DURATION", ""), texts.get("DURATION_UNIT", "minute"))
        deadline = texts.get("DEADLINE", "")
        if deadline:
            todo.deadline = _day(deadline, self.now)
            if todo.deadline is None:
                keep_text(todo, "Deadline", deadline)

    def _note(self, texts: dict[str, str], place: str) -> Iterator[Record]:
        if self.task is None:
            yield Refused(place=place, ref=place, reason="The comment belongs to no task.")
            return
        made = read_moment(texts.get("DATE", ""), self.now.tzinfo) if self.now.tzinfo else None
        author = _person(texts.get("AUTHOR", ""))
        yield from read_note(texts.get("CONTENT", ""), place, self.task, author=author, created_at=made)


def read_note(text: str, place: str, todo: str, *, author: str | None, created_at: datetime | None) -> Iterator[Record]:
    """Yield a comment, with a link to each file that it brings, and those files, which are not fetched."""
    text, files = _without_files(text)
    if text:
        yield CommentRecord(place=place, ref=place, todo=todo, text=text, author=author, created_at=created_at)
    else:
        yield Refused(place=place, ref=place, reason="The comment is empty.")
    for number, (name, address, size) in enumerate(files, start=1):
        note = f"The file stays at Todoist and was not fetched: {address}" if address else "The file is not here."
        yield AttachmentRecord(
            place=place, ref=f"{place} file {number}", todo=todo, name=name, size=size, notes=[note],
            created_at=created_at,
        )  # fmt: skip


def file_of(found: object) -> tuple[str, str, int | None] | None:
    """Return the name, the address and the size of a file of Todoist's."""
    if not isinstance(found, dict):
        return None
    name, address, size = found.get("file_name"), found.get("file_url"), found.get("file_size")
    address = clean_line(address) if isinstance(address, str) else ""
    if not re.fullmatch(r"https?://[^\s<>()\[\]]{1,2000}", address):
        address = ""
    name = clean_line(name) if isinstance(name, str) else ""
    return name or "file", address, size if isinstance(size, int) and 0 <= size < 1 << 53 else None


def _without_files(text: str) -> tuple[str, list[tuple[str, str, int | None]]]:
    """Return a note with a link for each of its files, and the files."""
    files: list[tuple[str, str, int | None]] = []
    pieces: list[str] = []
    behind = 0
    while (start := text.find(FILE, behind)) >= 0 and (end := text.find(FILE_END, start)) >= 0:
        found = _file(text[start + len(FILE) - 1 : end + 1])
        after = end + len(FILE_END)
        pieces += [text[behind:start], _link(found) if found else text[start:after]]
        files += [found] if found else []
        behind = after
    return ("".join(pieces) + text[behind:]).strip(), files


def _file(text: str) -> tuple[str, str, int | None] | None:
    try:
        return file_of(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _link(file: tuple[str, str, int | None]) -> str:
    name, address, _ = file
    words = re.sub(r"([\\\[\]*_`<>])", r"\\\1", name)
    return f"[{words}]({address})" if address else words


def set_when(todo: TodoRecord, text: str, zone: str, *, now: datetime) -> None:
    """Set when a task is due and how it repeats, as Todoist says it; what cannot be read stays in its description."""
    if not text:
        return
    place = zone_named(zone)
    if zone and place is None:
        todo.notes.append(f"The time zone “{shown(zone)}” is not known.")
    here = in_zone(now, place) if place else now
    moment = read_moment(text, place or now.tzinfo) if "T" in text and now.tzinfo else None
    if moment is not None:
        local = in_zone(moment, place) if place else moment
        todo.due_date, todo.due_time = local.date(), local.time().replace(microsecond=0)
        todo.time_zone = zone if place else ""
        return
    day = read_day(text)
    draft = None if day else read_phrase(text, now=here)
    if day is None and draft is None:
        keep_text(todo, "Date", text)
        return
    todo.due_date = day or (draft.due_date if draft else None)
    if draft:
        todo.due_time = draft.due_time
        todo.recurrence = lines_of(draft)
        todo.recurrence_anchor = draft.recurrence.anchor if draft.recurrence else "schedule"
    todo.time_zone = zone if place and todo.due_time else ""


def set_duration(todo: TodoRecord, amount: str, unit: str) -> None:
    unit = unit.lower().removesuffix("s") or "minute"
    if NUMBER.fullmatch(amount) and unit in MINUTES:
        todo.duration_minutes = int(amount) * MINUTES[unit] or None
    elif amount and amount.lower() != "none":
        todo.notes.append(f"The duration “{shown(amount)}” cannot be read.")


def keep_text(todo: TodoRecord, what: str, text: str) -> None:
    """Put what cannot be read of a task into its description, and say so."""
    todo.notes.append(f"The {what.lower()} “{shown(text)}” cannot be read; it stands in the description.")
    todo.description = "\n\n".join(filter(None, (todo.description, f"{what}: {clean_line(text)}")))


def _day(text: str, now: datetime) -> date | None:
    if day := read_day(text):
        return day
    draft = read_phrase(text, now=now)
    return draft.due_date if draft and not draft.recurrence else None


def _person(text: str) -> str | None:
    name, _, number = text.rpartition("(")
    return clean_line(name if PERSON.fullmatch(f"({number}") else text) or None
