"""Todos as iCalendar (RFC 5545): to-dos for task programs, events for calendars that know nothing else."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCategory, vDate, vDuration, vRecur, vText
from icalendar import Todo as Task
from icalendar.parser import Contentline

PRODUCT = "-//Simple Todos//EN"
END = b"END:VCALENDAR\r\n"
PRIORITIES = {1: 1, 2: 5, 3: 9}
"""High, medium and low (RFC 5545 §3.8.1.9); the lowest of ours says nothing."""
DEADLINE, ANCHOR = "X-SIMPLE-TODOS-DEADLINE", "X-SIMPLE-TODOS-RECURRENCE-ANCHOR"
DURATION = "ESTIMATED-DURATION"
"""How long it takes (draft-ietf-calext-ical-tasks §6): a to-do that is due has no DURATION beside that."""
LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
Moment = date | datetime
Component = TypeVar("Component", Task, Event)


class Text(vText):
    """A value of TEXT (§3.3.11). The library's own takes a backslash before an N for a line break."""

    def to_ical(self) -> bytes:
        escaped = re.sub(r"([\\;,])", r"\\\1", self).replace("\n", r"\n")
        return escaped.encode()


class Todo(Protocol):
    """What is told of a todo: a model, or a row of its columns and `label_names`."""

    @property
    def id(self) -> UUID: ...
    @property
    def parent_id(self) -> UUID | None: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def due_date(self) -> date | None: ...
    @property
    def due_time(self) -> time | None: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def start_date(self) -> date | None: ...
    @property
    def deadline(self) -> date | None: ...
    @property
    def duration_minutes(self) -> int | None: ...
    @property
    def recurrence(self) -> Sequence[str]: ...
    @property
    def recurrence_anchor(self) -> str: ...
    @property
    def occurrence(self) -> int: ...
    @property
    def occurrence_date(self) -> date | None: ...
    @property
    def occurrence_time(self) -> time | None: ...
    @property
    def completed_at(self) -> datetime | None: ...
    @property
    def label_names(self) -> Sequence[str]: ...
    @property
    def revision(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


def vtodos(todo: Todo, *, address: str = "") -> list[Task]:
    """Return the to-do, and where its present occurrence was moved, the exception that says so (§3.8.4.4)."""
    due, planned = _due(todo), _planned(todo)
    if planned is None:
        return [_vtodo(todo, due, address=address)]
    moved = _vtodo(todo, due, address=address, repeats=False)
    moved.add("recurrence-id", planned)
    return [_vtodo(todo, planned, address=address), moved]


def vevents(todo: Todo, *, address: str = "") -> list[Event]:
    """Return a todo that has a date as an event on that date; nothing for one that has none.

    One that recurs from its completion is on its next date alone: nobody knows the later ones.
    """
    due, planned = _due(todo), _planned(todo)
    if due is None:
        return []
    if planned is None:
        return [_vevent(todo, due, address=address)]
    if todo.recurrence_anchor == "completion":
        return [_vevent(todo, due, address=address, repeats=False)]
    moved = _vevent(todo, due, address=address, repeats=False)
    moved.add("recurrence-id", planned)
    return [_vevent(todo, planned, address=address), moved]


def calendar(
    components: Iterable[Task | Event], *, name: str, zones: Iterable[str] = (), refresh: timedelta | None = None
) -> Iterator[bytes]:
    """Yield a calendar piece by piece; `zones` are the IANA names that its components use."""
    head = Calendar(version="2.0", prodid=PRODUCT, calscale="GREGORIAN")
    for key in ("name", "x-wr-calname"):  # RFC 7986 §5.1, and what programs knew before it
        head.add(key, _line(name))
    if refresh:
        head.add("refresh-interval", vDuration(refresh), {"VALUE": "DURATION"})
        head.add("x-published-ttl", vDuration(refresh))
    yield head.to_ical().removesuffix(END)
    for zone in zones:
        yield _vtimezone(zone)
    for component in components:
        yield component.to_ical()
    yield END


def _vtodo(todo: Todo, due: Moment | None, *, address: str, repeats: bool = True) -> Task:
    task = _common(Task(), todo, address)
    recurs = bool(todo.recurrence) and due is not None and repeats and todo.completed_at is None
    start: Moment | None = todo.start_date
    if start and isinstance(due, datetime):
        start = datetime.combine(start, time(), due.tzinfo)  # both are of one kind (§3.8.2.3)
    if start and due and not recurs and start >= due:
        start = None
    # A rule counts from DTSTART (§3.8.5.3), and ours counts from the due date.
    if recurs:
        start = due
    if start:
        task.add("dtstart", start)
    if due:
        task.add("due", due)
    if due and recurs:
        _repeat(task, todo, due)
        if todo.recurrence_anchor == "completion":
            task.add(ANCHOR, "COMPLETION")
    if todo.duration_minutes:
        task.add(DURATION, vDuration(timedelta(minutes=todo.duration_minutes)))
    if todo.deadline:
        task.add(DEADLINE, vDate(todo.deadline), {"VALUE": "DATE"})
    if todo.completed_at:
        task.add("completed", todo.completed_at.astimezone(UTC))
        task.add("percent-complete", 100)
    task.add("status", "COMPLETED" if todo.completed_at else "NEEDS-ACTION")
    return task


def _vevent(todo: Todo, due: Moment, *, address: str, repeats: bool = True) -> Event:
    event = _common(Event(), todo, address)
    event.add("dtstart", due)
    if isinstance(due, datetime) and todo.duration_minutes:
        event.add("duration", timedelta(minutes=todo.duration_minutes))
    if not isinstance(due, datetime) or not todo.duration_minutes:
        event.add("transp", "TRANSPARENT")  # it fills no time: nobody is busy for it
    if repeats and todo.recurrence_anchor != "completion" and todo.completed_at is None:
        _repeat(event, todo, due)
    return event


def _common(component: Component, todo: Todo, address: str) -> Component:
    component.add("uid", str(todo.id))
    component.add("dtstamp", todo.updated_at.astimezone(UTC))  # without METHOD, that of its last change (§3.8.7.2)
    component.add("created", todo.created_at.astimezone(UTC))
    component.add("last-modified", todo.updated_at.astimezone(UTC))
    component.add("sequence", todo.revision)
    component.add("summary", _line(todo.title))
    if todo.description:
        component.add("description", _text(todo.description))
    if address:
        component.add("url", address)
    if todo.priority in PRIORITIES:
        component.add("priority", PRIORITIES[todo.priority])
    if todo.label_names:
        labels = vCategory([])
        labels.cats = [_line(name) for name in todo.label_names]
        component.add("categories", labels)
    if todo.parent_id:
        component.add("related-to", str(todo.parent_id))
    return component


def _due(todo: Todo) -> Moment | None:
    return _moment(todo, todo.due_date, todo.due_time)


def _planned(todo: Todo) -> Moment | None:
    """Return what the rule has for an occurrence that was moved elsewhere."""
    if not todo.recurrence or todo.occurrence_date is None or todo.due_date is None:
        return None
    planned = _moment(todo, todo.occurrence_date, todo.occurrence_time)
    return None if planned == _due(todo) else planned


def _moment(todo: Todo, day: date | None, clock: time | None) -> Moment | None:
    """Return a day, or a moment on the wall: in its own zone if that is fixed, else floating (§3.3.5)."""
    if day is None or clock is None:
        return day
    zone = ZoneInfo(todo.time_zone) if todo.time_zone else None
    return datetime.combine(day, clock.replace(microsecond=0), zone)


def _repeat(component: Task | Event, todo: Todo, start: Moment) -> None:
    """Add the rules; each is as it counts from the present occurrence."""
    for line in todo.recurrence:
        name, _, value = Contentline(line).parts()
        if name.upper() == "RRULE":
            component.add("rrule", _rule(value, start, done=todo.occurrence - 1))
        elif name.upper() in ("EXDATE", "RDATE"):
            days = [_of_kind(_read(text), start) for text in value.split(",")]
            component.add(name, days)


def _rule(value: str, start: Moment, *, done: int) -> vRecur:
    rule = vRecur.from_ical(value)
    if "COUNT" in rule:
        rule["COUNT"] = [max(1, int(rule["COUNT"][0]) - done)]
    if "UNTIL" in rule:
        rule["UNTIL"] = [_until(rule["UNTIL"][0], start)]
    return rule


def _until(end: Moment, start: Moment) -> Moment:
    """Return the end of a rule in the kind that its start asks for (§3.3.10): the whole of its last day counts."""
    if isinstance(start, datetime) and not isinstance(end, datetime):
        end = datetime.combine(end, time(23, 59, 59))
    end = _of_kind(end, start)
    return _in_zone(end, UTC) if isinstance(end, datetime) and end.tzinfo else end


def _of_kind(moment: Moment, start: Moment) -> Moment:
    """Return a moment as a day, floating or in a zone, as the start of its series is."""
    if not isinstance(start, datetime):
        return moment.date() if isinstance(moment, datetime) else moment
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, start.time())
    if start.tzinfo is None:
        return moment.replace(tzinfo=None)
    return _in_zone(moment, start.tzinfo) if moment.tzinfo else moment.replace(tzinfo=start.tzinfo)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment in a zone; one at the very ends of time stays in its own."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def _read(text: str) -> Moment:
    """Read a date or date-time of §3.3.4 and §3.3.5."""
    if "T" not in text:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    moment = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  given below, or it floats
    return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment


@lru_cache(64)
def _vtimezone(name: str) -> bytes:
    return Timezone.from_tzid(name).to_ical()


def _text(text: str) -> Text:
    """Return text whose line breaks are all of one kind; other controls are dropped."""
    return Text(CONTROLS.sub("", LINE_BREAKS.sub("\n", text)))


def _line(text: str) -> Text:
    return Text(" ".join(_text(text).split()))
