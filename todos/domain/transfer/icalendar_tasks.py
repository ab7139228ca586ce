"""To-dos of iCalendar (RFC 5545): VTODO with its alarms. Events and journals are refused, each by itself.

Ours are written as the feeds write them, with alarms and comments, and with X- properties for the project, as a
path, the section, the deadline and what a recurrence counts from. Priorities 1 to 4 are our 1, 5 is 2, 6 to 9 are 3.

It cannot tell: projects, sections and labels that have no todo, and anything of them but their names; who a todo
is assigned to or was made by, who said a comment and when; relations and files; a start on the due day or later,
or of a todo that recurs; how many occurrences have been (those that are left count from 1); the recurrence of what
is done; a zone without a time; order but by the order of components; what is in the trash.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Alarm, Todo

from config.errors import Invalid
from todos.domain.ical import ANCHOR, DEADLINE, DURATION, PRODUCT, calendar, vtodos
from todos.domain.ical import Text as Escaped
from todos.domain.transfer.calendars import (
    Component,
    Moment,
    Property,
    components,
    read_length,
    read_when,
    zone_location,
)
from todos.domain.transfer.paths import split_path
from todos.domain.transfer.records import (
    CommentRecord,
    Record,
    Refused,
    ReminderRecord,
    TodoRecord,
)
from todos.domain.transfer.repeats import sound_recurrence
from todos.domain.transfer.text import clean_line, clean_text, in_zone, read_rows, shown, zone_named
from todos.domain.transfer.trees import Named, Tree, gather

PROJECT, SECTION = "X-SIMPLE-TODOS-PROJECT", "X-SIMPLE-TODOS-SECTION"
SORT = "X-APPLE-SORT-ORDER"
NAME = "Simple Todos"
REFUSED = {
    "VEVENT": "This is an event, not a to-do.",
    "VJOURNAL": "This is a journal entry, not a to-do.",
    "VFREEBUSY": "This says when somebody is busy, and no to-do.",
}
INTEGER = re.compile(r"-?\d{1,14}", re.ASCII)
FARTHEST = 10**15
MINUTE = timedelta(minutes=1)


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield the to-dos of calendars, each with what belongs to it; `now` is aware, in the person's own zone.

    Raises Invalid when there is no calendar.
    """
    reader = _Reader(now)
    known = False
    for component in components(read_rows(file)):
        known = known or component.name in ("VCALENDAR", "VTODO")
        if component.name == "VTIMEZONE":
            reader.zones[component.text("TZID")] = zone_location(component)
        elif component.name == "VTODO":
            reader.task(component)
        elif component.name in REFUSED:
            place = str(component.line)
            yield Refused(place=place, ref=place, reason=REFUSED[component.name])
        elif component.name == "VCALENDAR":
            yield from reader.end(component)
    yield from reader.end(None)
    if not known:
        raise Invalid("There is no calendar in this file.")


@dataclass(slots=True)
class _Task:
    """A to-do that was read, what belongs to it, and where it stands among the others."""

    todo: TodoRecord
    project: str
    section: str
    sort: int
    planned: Moment | None
    others: list[Record]


@dataclass(slots=True)
class _Reader:
    now: datetime
    zones: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, _Task] = field(default_factory=dict)
    exceptions: list[Component] = field(default_factory=list)
    refused: list[Record] = field(default_factory=list)
    named: Named = field(default_factory=Named)
    refs: set[str] = field(default_factory=set)

    def task(self, component: Component) -> None:
        """Take in a to-do until its calendar ends: exceptions to it, and what it hangs below, may come later."""
        if component.first("RECURRENCE-ID"):
            self.exceptions.append(component)
            return
        task = self._read(component)
        if task is not None:
            self.tasks[task.todo.ref] = task

    def end(self, component: Component | None) -> Iterator[Record]:
        """Yield what a calendar had, in the order that people gave it, or that of the file."""
        for exception in self.exceptions:
            self._except(exception)
        title = clean_line(component.text("X-WR-CALNAME") or component.text("NAME")) if component else ""
        title = "" if component and title == NAME and component.text("PRODID") == PRODUCT else title
        for task in sorted(self.tasks.values(), key=lambda task: task.sort):
            titles = split_path(task.project) or ([title] if title else [])
            yield from self.named.put(task.todo, titles, task.section)
            yield task.todo
            yield from task.others
        yield from self.refused
        self.tasks, self.exceptions, self.refused, self.zones = {}, [], [], {}

    def _read(self, component: Component) -> _Task | None:
        place = str(component.line)
        title = clean_line(component.text("SUMMARY"))
        if not title:
            self.refused.append(Refused(place=place, ref=place, reason="The to-do has no SUMMARY."))
            return None
        ref = clean_line(component.text("UID")) or f"line {place}"
        if ref in self.refs:
            self.refused.append(Refused(place=place, ref=place, reason=f"Another to-do has the UID “{shown(ref)}”."))
            return None
        self.refs.add(ref)
        todo = TodoRecord(place=place, ref=ref, title=title, description=component.text("DESCRIPTION"))
        self._fill(todo, component)
        planned = self._dates(todo, component)
        others = [*self._alarms(todo, component), *self._comments(todo, component)]
        sort = component.text(SORT)
        return _Task(
            todo,
            component.text(PROJECT),
            clean_line(component.text(SECTION)),
            int(sort) if INTEGER.fullmatch(sort) else FARTHEST + len(self.refs),
            planned,
            others,
        )

    def _fill(self, todo: TodoRecord, component: Component) -> None:
        todo.created_at = self._moment(component, "CREATED")
        todo.updated_at = self._moment(component, "LAST-MODIFIED") or self._moment(component, "DTSTAMP")
        priority = component.text("PRIORITY")
        if priority.isdecimal() and len(priority) == 1:
            todo.priority = (4, 1, 1, 1, 1, 2, 3, 3, 3, 3)[int(priority)]
        names = [clean_line(name) for found in component.all("CATEGORIES") for name in found.texts]
        todo.labels = list(dict.fromkeys(filter(None, names)))
        for found in component.all("RELATED-TO"):
            kind = found.parameters.get("RELTYPE", "PARENT").upper()
            if kind == "PARENT" and todo.parent is None:
                todo.parent = clean_line(found.text) or None
            elif kind != "CHILD":  # the child says that itself
                todo.notes.append(f"It is related to “{shown(found.text)}” ({shown(kind)}), which is left out.")
        self._done(todo, component)

    def _done(self, todo: TodoRecord, component: Component) -> None:
        status, percent = component.text("STATUS").upper(), component.text("PERCENT-COMPLETE")
        done = self._moment(component, "COMPLETED")
        if done or status in ("COMPLETED", "CANCELLED") or percent == "100":
            todo.completed_at = done or todo.updated_at or self.now
        if status == "CANCELLED":
            todo.notes.append("It was cancelled; here it is done.")
        elif todo.completed_at is None and percent.isdecimal() and percent != "0":
            todo.notes.append(f"It was {percent[:3]} % done.")

    def _moment(self, component: Component, name: str) -> datetime | None:
        found = component.first(name)
        moment = read_when(found, self.zones, []) if found else None
        if moment is None:
            return None
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        return moment if moment.tzinfo else moment.replace(tzinfo=self.now.tzinfo)

    def _when(self, todo: TodoRecord, component: Component, name: str) -> Moment | None:
        found = component.first(name)
        if found is None:
            return None
        moment = read_when(found, self.zones, todo.notes)
        if moment is None:
            todo.notes.append(f"{name} “{shown(found.value)}” cannot be read.")
        return moment

    def _dates(self, todo: TodoRecord, component: Component) -> Moment | None:
        """Set the dates, and return when the rule has the present occurrence."""
        start, due = self._when(todo, component, "DTSTART"), self._when(todo, component, "DUE")
        length = component.first("DURATION")
        takes = read_length(length.value) if length else None
        if due is None and start is not None and takes is not None:
            due = _later(start, takes)
        recurs = component.first("RRULE") is not None
        if recurs and start is not None:  # its rule counts from there (§3.8.5.3), and ours from the due date
            if due not in (None, start):
                todo.notes.append(f"It was due at {due}; it repeats from its start, so that is when it is due here.")
            due, start = start, None
        set_due(todo, due)
        if start is not None:
            todo.start_date = _day(start)
            if isinstance(start, datetime) and start.time() != time():
                todo.notes.append(f"It started at {start:%H:%M}; only the day is kept.")
        if deadline := self._when(todo, component, DEADLINE):
            todo.deadline = _day(deadline)
        if (estimate := component.first(DURATION)) and (takes := read_length(estimate.value)):
            todo.duration_minutes = max(0, takes // MINUTE) or None
        if recurs:
            self._repeat(todo, component)
        return due

    def _repeat(self, todo: TodoRecord, component: Component) -> None:
        if component.text(ANCHOR).upper() == "COMPLETION":
            todo.recurrence_anchor = "completion"
        lines = [f"RRULE:{found.value.strip()}" for found in component.all("RRULE")]
        lines += [self._exception_dates(found) for found in component.all("EXDATE")]
        todo.recurrence, problem = sound_recurrence([line for line in lines if line])
        if problem:
            todo.notes.append(problem)
        if component.first("RDATE"):
            todo.notes.append("Dates beside its rule (RDATE) are left out.")

    def _exception_dates(self, found: Property) -> str:
        """Return exceptions as a line of ours: days, moments of UTC, or as the wall shows them."""
        moments = [
            read_when(Property("EXDATE", found.parameters, text), self.zones, []) for text in found.value.split(",")
        ]
        return "EXDATE:" + ",".join(_written(moment) for moment in moments if moment) if any(moments) else ""

    def _alarms(self, todo: TodoRecord, component: Component) -> Iterator[Record]:
        number = 0
        for alarm in component.components:
            trigger = alarm.first("TRIGGER") if alarm.name == "VALARM" else None
            if trigger is None:
                continue
            number += 1
            reminder = ReminderRecord(place=str(alarm.line), ref=f"{todo.ref} alarm {number}", todo=todo.ref)
            moment = read_when(trigger, self.zones, reminder.notes)
            offset = read_length(trigger.value)
            if isinstance(moment, datetime):
                reminder.remind_at = moment if moment.tzinfo else moment.replace(tzinfo=self.now.tzinfo)
            elif offset is not None:
                ends = trigger.parameters.get("RELATED", "START").upper() == "END" or todo.start_date is None
                reminder.relative_to = "due" if ends else "start"
                reminder.offset_minutes = offset // MINUTE
            else:
                reason = f"The alarm “{shown(trigger.value)}” cannot be read."
                yield Refused(place=reminder.place, ref=reminder.place, reason=reason)
                continue
            yield reminder

    def _comments(self, todo: TodoRecord, component: Component) -> Iterator[Record]:
        for number, found in enumerate(component.all("COMMENT"), start=1):
            if text := found.text.strip():
                yield CommentRecord(place=todo.place, ref=f"{todo.ref} comment {number}", todo=todo.ref, text=text)

    def _except(self, component: Component) -> None:
        """Move the present occurrence of a series where its exception says so; others cannot be kept."""
        place = str(component.line)
        task = self.tasks.get(clean_line(component.text("UID")))
        found = component.first("RECURRENCE-ID")
        planned = read_when(found, self.zones, []) if found else None
        moved = self._read_exception(component)
        if task is None or not task.todo.recurrence or planned is None or moved is None or planned != task.planned:
            reason = "This is another occurrence of a series than the present one: it cannot be kept by itself."
            self.refused.append(Refused(place=place, ref=place, reason=reason))
            return
        todo = task.todo
        todo.occurrence_date, todo.occurrence_time = todo.due_date, todo.due_time
        set_due(todo, moved)

    def _read_exception(self, component: Component) -> Moment | None:
        due = component.first("DUE") or component.first("DTSTART")
        return read_when(due, self.zones, []) if due else None


def set_due(todo: TodoRecord, due: Moment | None) -> None:
    """Set when a todo is due: a day, or a time that floats or is fixed to its zone."""
    if due is None:
        return
    todo.due_date, todo.due_time, todo.time_zone = _day(due), None, ""
    if isinstance(due, datetime):
        todo.due_time = due.time()
        zone = due.tzinfo
        todo.time_zone = zone.key if isinstance(zone, ZoneInfo) else "UTC" if zone else ""


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _later(moment: Moment, length: timedelta) -> Moment | None:
    try:
        return moment + length
    except OverflowError:
        return None


def _written(moment: Moment) -> str:
    if not isinstance(moment, datetime):
        return f"{moment.year:04}{moment:%m%d}"
    utc = in_zone(moment, UTC) if moment.tzinfo else moment
    return f"{utc.year:04}{utc:%m%dT%H%M%S}{'Z' if moment.tzinfo else ''}"


# Writing


@dataclass(slots=True)
class _Row:
    """A todo as `todos.domain.ical` takes it: all of the record's fields, and names that differ."""

    todo: TodoRecord
    now: datetime
    parents: dict[str, TodoRecord]
    revision: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.todo, name)

    @property
    def id(self) -> UUID:
        return uid_of(self.todo.ref)

    @property
    def parent_id(self) -> UUID | None:
        return uid_of(self.todo.parent) if self.todo.parent in self.parents and self.todo.parent else None

    @property
    def label_names(self) -> list[str]:
        return self.todo.labels

    @property
    def created_at(self) -> datetime:
        return self.todo.created_at or self.now

    @property
    def updated_at(self) -> datetime:
        return self.todo.updated_at or self.created_at


def uid_of(ref: str) -> UUID:
    """Return an id as a UUID: itself, or one that is made of it and stays the same."""
    try:
        return UUID(ref)
    except ValueError:
        return uuid5(NAMESPACE_URL, ref)


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield one calendar of all that is not in the trash, those above before those below them."""
    tree = gather(records)
    zones = sorted({todo.time_zone for todo in tree.todos.values() if todo.due_time and zone_named(todo.time_zone)})
    yield from calendar(_tasks(tree, now), name=NAME, zones=zones)


def _tasks(tree: Tree, now: datetime) -> Iterator[Todo]:
    comments, reminders = tree.of_todo(CommentRecord), tree.of_todo(ReminderRecord)
    for todo, _ in tree.walk(tree.below.get(None, ())):
        for number, task in enumerate(vtodos(_Row(todo, now, tree.todos))):
            if path := tree.places.path(todo.project):
                task.add(PROJECT, Escaped(clean_line(path)))
            if section := clean_line(tree.places.section(todo.section)):
                task.add(SECTION, Escaped(section))
            for comment in comments.get(todo.ref, ()) if number == 0 else ():
                task.add("comment", Escaped(clean_text(comment.text)))
            for reminder in reminders.get(todo.ref, ()) if number == 0 else ():
                if alarm := _alarm(reminder):
                    task.add_component(alarm)
            yield task


def _alarm(reminder: ReminderRecord) -> Alarm | None:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Reminder")
    if reminder.relative_to in ("due", "start"):
        related = "END" if reminder.relative_to == "due" else "START"
        alarm.add("trigger", timedelta(minutes=reminder.offset_minutes or 0), {"RELATED": related})
    elif reminder.remind_at and not reminder.relative_to:
        alarm.add("trigger", reminder.remind_at.astimezone(UTC), {"VALUE": "DATE-TIME"})
    else:
        return None
    return alarm
