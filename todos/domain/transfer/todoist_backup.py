"""All of a Todoist account: the zip of its backup, a CSV a project, or JSON as its Sync API gives it.

In the zip, each project is named by its file, `Name [id].csv`; an archive in it is not opened. For what a CSV
tells see `todoist`; what the zip cannot tell besides is which project is in which, and colours. In JSON, priority
4 is p1, labels stand by name, and reminders and filters come along; it is read and not written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from config.errors import Invalid
from todos.domain.transfer.archives import open_archive
from todos.domain.transfer.colours import TODOIST
from todos.domain.transfer.json_items import key_of, line_of, moment_of, number_of, part_of, read_items, text_of
from todos.domain.transfer.packing import pack
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    Record,
    Refused,
    ReminderRecord,
    SavedFilterRecord,
    SectionRecord,
    TodoRecord,
)
from todos.domain.transfer.text import clean_line, shown, zone_of
from todos.domain.transfer.todoist import file_of, keep_text, read_rows_of, set_duration, set_when, write_project
from todos.domain.transfer.trees import Tree, gather

ZIP = b"PK"
NAME = re.compile(r"(.*?)(?: \[(\w+)\])?\.csv", re.I | re.DOTALL)
INBOX = "Inbox"
UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
LONGEST_NAME = 80
KINDS = {
    "projects": "project", "sections": "section", "items": "task", "tasks": "task", "labels": "label",
    "notes": "note", "comments": "note", "reminders": "reminder", "filters": "filter", "collaborators": "person",
}  # fmt: skip


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield what is in a backup or in the Sync API's JSON; `now` is aware, in the person's own zone.

    Raises Invalid when it is neither.
    """
    head = file.read(len(ZIP))
    file.seek(0)
    if head == ZIP:
        yield from _archive(file, now)
    else:
        yield from _sync(file, now)


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield a zip with a CSV for each project, of the todos that are open."""
    yield from pack(_files(gather(records, with_done=False)), now=now)


def _files(tree: Tree) -> Iterator[tuple[str, Iterable[bytes]]]:
    number = 0
    for number, project in enumerate(tree.all(ProjectRecord), start=1):
        title = INBOX if project.is_inbox else UNSAFE.sub("_", clean_line(project.title))[:LONGEST_NAME]
        yield f"{title.strip() or 'Project'} [{number}].csv", write_project(tree, project.ref)
    if not number or any(todo.project is None for todo in tree.below.get(None, ())):
        yield f"{INBOX} [{number + 1}].csv", write_project(tree, None, alone=True)


def _archive(file: BinaryIO, now: datetime) -> Iterator[Record]:
    archive = open_archive(file)
    tables = [name for name in archive.names if name.lower().endswith(".csv")]
    if not tables:
        raise Invalid("This is no backup of Todoist: there is no CSV in it.")
    for name in archive.names:
        place = clean_line(name)
        match = NAME.fullmatch(name.rpartition("/")[2])
        if not match:
            yield Refused(place=place, ref=name, reason="This file is no project's CSV, and was not opened.")
            continue
        title = clean_line(match[1]) or place
        yield ProjectRecord(place=place, ref=name, title=title, is_inbox=title == INBOX)
        try:
            with archive.open(name) as table:
                yield from read_rows_of(table, now=now, project=name, mark=f"{place}:")
        except Invalid as error:
            yield Refused(place=place, ref=name, reason=error.message)


def _sync(file: BinaryIO, now: datetime) -> Iterator[Record]:
    reader = _Sync(now)
    known, number = False, 0
    for kind, found in read_items(file):
        if kind not in KINDS:
            continue
        known, number = True, number + 1
        if isinstance(found, dict) and found.get("is_deleted") is not True:
            yield from reader.thing(KINDS[kind], found, f"{kind} {number}")
    if not known:
        raise Invalid("This is no JSON of Todoist: it has neither projects nor items.")
    yield from reader.left()


@dataclass(slots=True)
class _Sync:
    """Reads things of the Sync API. Tasks whose labels stand by number wait until all labels are known."""

    now: datetime
    labels: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    waiting: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    refs: set[tuple[str, str]] = field(default_factory=set)

    def thing(self, kind: str, found: dict[str, Any], place: str) -> Iterator[Record]:
        key = key_of(found, "id")
        if kind == "person":
            self.people[key or ""] = line_of(found, "email") or line_of(found, "full_name")
            return
        ref = key or place
        if (kind, ref) in self.refs:
            yield Refused(place=place, ref=place, reason=f"There is another with the id “{shown(ref)}”.")
            return
        self.refs.add((kind, ref))
        if kind == "task":
            labels = found.get("labels")
            if isinstance(labels, list) and any(isinstance(label, int) for label in labels):
                self.waiting.append((found, place))
            else:
                yield from self._task(found, place)
        else:
            yield from READERS[kind](self, found, ref, place)

    def left(self) -> Iterator[Record]:
        """Yield the tasks that waited."""
        for found, place in self.waiting:
            yield from self._task(found, place)

    def _project(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        made = moment_of(found, "created_at", zone_of(self.now))
        updated = moment_of(found, "updated_at", zone_of(self.now))
        about = line_of(found, "description")
        yield ProjectRecord(
            place=place,
            ref=ref,
            notes=[f"It said about itself: {about}"] if about else [],
            title=line_of(found, "name"),
            parent=key_of(found, "parent_id"),
            colour=TODOIST.get(text_of(found, "color")),
            is_inbox=found.get("inbox_project") is True or found.get("is_inbox_project") is True,
            is_favourite=found.get("is_favorite") in (True, 1),
            archived_at=(updated or self.now) if found.get("is_archived") in (True, 1) else None,
            created_at=made,
            updated_at=updated,
        )

    def _section(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        title = line_of(found, "name")
        yield SectionRecord(place=place, ref=ref, project=key_of(found, "project_id"), title=title)

    def _label(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        name = line_of(found, "name")
        self.labels[ref] = name
        yield LabelRecord(place=place, ref=ref, name=name, colour=TODOIST.get(text_of(found, "color")))

    def _filter(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        yield SavedFilterRecord(
            place=place,
            ref=ref,
            name=line_of(found, "name"),
            query=line_of(found, "query"),
            colour=TODOIST.get(text_of(found, "color")),
            is_favourite=found.get("is_favorite") in (True, 1),
        )

    def _task(self, found: dict[str, Any], place: str) -> Iterator[Record]:
        title = line_of(found, "content")
        if not title:
            yield Refused(place=place, ref=place, reason="The task has no name.")
            return
        zone = zone_of(self.now)
        todo = TodoRecord(
            place=place,
            ref=key_of(found, "id") or place,
            title=title.removeprefix("* "),
            project=key_of(found, "project_id"),
            section=key_of(found, "section_id"),
            parent=key_of(found, "parent_id"),
            description=text_of(found, "description"),
            priority=5 - number if 1 <= (number := number_of(found, "priority")) <= 4 else 4,
            labels=self._label_names(found),
            assignee=self._person(found, "responsible_uid"),
            created_by=self._person(found, "added_by_uid"),
            created_at=moment_of(found, "added_at", zone) or moment_of(found, "date_added", zone),
            updated_at=moment_of(found, "updated_at", zone),
        )
        if found.get("checked") in (True, 1):
            done = moment_of(found, "completed_at", zone) or moment_of(found, "date_completed", zone)
            todo.completed_at = done or todo.updated_at or self.now
        self._when(todo, found)
        yield todo

    def _label_names(self, found: dict[str, Any]) -> list[str]:
        labels = found.get("labels")
        if not isinstance(labels, list):
            return []
        names = [label if isinstance(label, str) else self.labels.get(str(label)[:40], "") for label in labels]
        return list(dict.fromkeys(filter(None, map(clean_line, names))))

    def _person(self, found: dict[str, Any], name: str) -> str | None:
        key = key_of(found, name)
        return self.people.get(key, key) if key else None

    def _when(self, todo: TodoRecord, found: dict[str, Any]) -> None:
        due, deadline, duration = part_of(found, "due"), part_of(found, "deadline"), part_of(found, "duration")
        said, day, zone = line_of(due, "string"), line_of(due, "date"), line_of(due, "timezone")
        if day:
            set_when(todo, day, zone, now=self.now)
        if due.get("is_recurring") is True:
            self._repeat(todo, said)
        elif said and not day:
            set_when(todo, said, zone, now=self.now)
        if day := line_of(deadline, "date"):
            todo.deadline = part.due_date if (part := _dated(day, self.now)) else None
        if duration:
            set_duration(todo, str(number_of(duration, "amount")), line_of(duration, "unit"))

    def _repeat(self, todo: TodoRecord, said: str) -> None:
        """Set the rule of a phrase. The date beside it is that of the present occurrence, so it stays."""
        phrase = _dated(said, self.now)
        if phrase is None or not phrase.recurrence:
            keep_text(todo, "Repeats", said)
            return
        todo.recurrence, todo.recurrence_anchor = phrase.recurrence, phrase.recurrence_anchor
        if todo.due_date is None:
            todo.due_date, todo.due_time = phrase.due_date, phrase.due_time

    def _note(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        todo = key_of(found, "item_id") or key_of(found, "task_id")
        if todo is None:
            yield Refused(place=place, ref=place, reason="The comment belongs to no task.")
            return
        made = moment_of(found, "posted_at", zone_of(self.now)) or moment_of(found, "posted", zone_of(self.now))
        text, author = text_of(found, "content").strip(), self._person(found, "posted_uid")
        file = file_of(found.get("file_attachment"))
        if text:
            yield CommentRecord(place=place, ref=ref, todo=todo, text=text, author=author, created_at=made)
        if file:
            name, address, size = file
            note = f"The file stays at Todoist and was not fetched: {address}"
            yield AttachmentRecord(
                place=place, ref=ref, todo=todo, name=name, size=size, notes=[note], created_at=made
            )  # fmt: skip

    def _reminder(self, found: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        todo, kind = key_of(found, "item_id") or key_of(found, "task_id"), text_of(found, "type")
        moment = moment_of(part_of(found, "due"), "date", zone_of(self.now))
        if todo and kind == "relative":
            minutes = -number_of(found, "minute_offset")
            yield ReminderRecord(place=place, ref=ref, todo=todo, relative_to="due", offset_minutes=minutes)
        elif todo and kind == "absolute" and moment:
            yield ReminderRecord(place=place, ref=ref, todo=todo, remind_at=moment)
        else:
            reason = "It reminds at a place, and here only a time can." if kind == "location" else "It has no time."
            yield Refused(place=place, ref=place, reason=reason)


def _dated(text: str, now: datetime) -> TodoRecord | None:
    """Return a todo with the dates that a phrase has; None for a phrase that is none."""
    found = TodoRecord(place="", ref="", title="")
    set_when(found, text, "", now=now)
    return found if found.due_date else None


READERS = {
    "project": _Sync._project,
    "section": _Sync._section,
    "label": _Sync._label,
    "filter": _Sync._filter,
    "note": _Sync._note,
    "reminder": _Sync._reminder,
}
