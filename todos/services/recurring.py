"""Todos that repeat: what their dates follow from, how they go on in place, and how that is taken back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User
from accounts.policies import Actor
from activity.models import Event
from config.errors import Conflict, Invalid
from config.together import flush
from todos import events, policies
from todos.domain.recurrence import Advance, Due, Occurrence, Recurrence, Series, begin, parse_recurrence, spelled_out
from todos.models import RecurrenceAnchor, Todo
from todos.models.todo import Change
from todos.policies import Grant, Grants, IfMatch
from todos.services.commit import commit_todo, exact
from todos.services.tree import descendants

MOMENT = timedelta(seconds=2)
"""Two completions so close that do not say which occurrence they mean, mean the same."""
LAST_EVENTS = 20
"""Completions of a todo that are looked at for the one to take back."""
SHIFTED = ("start_date", "deadline")
"""Dates that keep their distance from the due date."""
PLACE = ("occurrence", "due_date", "due_time", "occurrence_date", "occurrence_time")
"""Where a todo is in its series."""
MOVED = (*PLACE, *SHIFTED)
"""What going on changes in a todo."""
DAYS, TIMES = ("due_date", "occurrence_date", *SHIFTED), ("due_time", "occurrence_time")
ENDED: dict[str, Any] = {"recurrence": [], "occurrence": 1, "occurrence_date": None, "occurrence_time": None}
DONE_ALREADY = "This todo was changed since it was completed, so that cannot be taken back."


# What is to be set


def settled(todo: Todo, plain: dict[str, Any], values: Mapping[str, Any], *, author: User, now: datetime) -> Change:
    """Return the plain fields to set, with what a recurrence makes of them; raises Invalid.

    New lines, and lines given along with a date, start the series anew, with the first occurrence
    from that date on, or else from the start date or today on. A date alone moves this occurrence
    and leaves the rule as it is; no date ends the series.
    """
    if "recurrence" in values or todo.recurrence:
        plain = plain | _given(todo, plain, values, author=author, now=now)
    elif "recurrence_anchor" in values:
        plain = plain | {"recurrence_anchor": values["recurrence_anchor"]}
    if todo.recurrence and "occurrence" not in plain and _moves(todo, plain):
        plain = plain | (ENDED if plain.get("due_date", todo.due_date) is None else _moved(todo, plain))
    return plain


def _given(
    todo: Todo, plain: dict[str, Any], values: Mapping[str, Any], *, author: User, now: datetime
) -> dict[str, Any]:
    """Return what the lines and the anchor that were given set, `occurrence` with them where the series starts anew."""
    anchor = values.get("recurrence_anchor", todo.recurrence_anchor)
    lines = values.get("recurrence", todo.recurrence)
    if not lines:
        return {**ENDED, "recurrence_anchor": anchor}
    anew = "recurrence" in values and _moves(todo, plain)
    if not anew and lines == todo.recurrence and anchor == todo.recurrence_anchor:
        return {}
    recurrence = parse_recurrence(lines)
    start, later = _start(todo, plain, recurrence, author=author, now=now)
    if anchor == RecurrenceAnchor.SCHEDULE:
        recurrence = spelled_out(recurrence, start.day)
    if not anew and todo.recurrence and recurrence.rules == parse_recurrence(todo.recurrence).rules:
        return {"recurrence_anchor": anchor} | _left_out(todo, recurrence, author=author, now=now)
    zone = _zone(plain.get("time_zone", todo.time_zone), start, recurrence, author)
    first = begin(recurrence, start, zone, later=later)
    return {"recurrence": recurrence.lines, "recurrence_anchor": anchor} | _at(first)


def _left_out(todo: Todo, recurrence: Recurrence, *, author: User, now: datetime) -> dict[str, Any]:
    """Return what other exceptions to the same rules set: a todo whose occurrence is one of them goes on."""
    found: dict[str, Any] = {"recurrence": recurrence.lines}
    series = replace(series_of(todo, author), recurrence=recurrence)
    if not series.leaves_out_present:
        return found
    following = series.skip(now).next
    if following is None:
        raise Invalid.field("recurrence", "This never occurs.")
    return found | _at(following)


def _start(
    todo: Todo, plain: dict[str, Any], recurrence: Recurrence, *, author: User, now: datetime
) -> tuple[Due, bool]:
    """Return from when on the first occurrence is looked for, and whether it has to be later than that."""
    due_date, due_time = plain.get("due_date", todo.due_date), plain.get("due_time", todo.due_time)
    day = due_date or plain.get("start_date", todo.start_date)
    if day is not None:
        return Due(day, due_time), False
    zone = _zone(plain.get("time_zone", todo.time_zone), Due(date.min, due_time), recurrence, author)
    here = now.astimezone(zone)
    if due_time is not None:
        passed = Due(here.date(), due_time).at(zone) < now
        return Due(here.date() + timedelta(days=passed), due_time), False
    if recurrence.needs_time:
        return Due(here.date(), here.time().replace(second=0, microsecond=0)), True
    return Due(here.date()), False


def put_at(todo: Todo, place: Mapping[str, Any]) -> Change:
    """Put a new todo that repeats where it was in its series, its `PLACE`, and return what changed from nothing."""
    todo.change(dict(place))
    default = Todo()
    return {
        name: {"before": getattr(default, name), "after": getattr(todo, name)}
        for name in PLACE
        if getattr(todo, name) != getattr(default, name)
    }


def _moves(todo: Todo, plain: Mapping[str, Any]) -> bool:
    """Say whether the due date becomes another one."""
    return any(plain.get(name, getattr(todo, name)) != getattr(todo, name) for name in ("due_date", "due_time"))


def _moved(todo: Todo, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what remembers where the rule has this occurrence."""
    wall = _wall(todo)
    due = Due(plain.get("due_date", todo.due_date), plain.get("due_time", todo.due_time))
    away = due != wall
    return {"occurrence_date": wall.day if away else None, "occurrence_time": wall.time if away else None}


def _at(occurrence: Occurrence) -> dict[str, Any]:
    """Return what the fields of a todo are at an occurrence."""
    due, wall = occurrence.due, occurrence.wall
    away = due != wall
    return {
        "due_date": due.day,
        "due_time": due.time,
        "occurrence": occurrence.number,
        "occurrence_date": wall.day if away else None,
        "occurrence_time": wall.time if away else None,
    }


# Where a todo is in its series


def series_of(todo: Todo, person: User) -> Series:
    """Return the series of a todo that repeats, as its own zone tells it, or else the person's."""
    recurrence, wall = parse_recurrence(todo.recurrence), _wall(todo)
    due = Due(_day(todo.due_date), todo.due_time)
    zone = _zone(todo.time_zone, wall, recurrence, person)
    return Series(recurrence, Occurrence(due, wall, todo.occurrence), zone, todo.recurrence_anchor)


def _wall(todo: Todo) -> Due:
    if todo.occurrence_date is not None:
        return Due(todo.occurrence_date, todo.occurrence_time)
    return Due(_day(todo.due_date), todo.due_time)


def _day(day: date | None) -> date:
    if day is None:
        raise Invalid.field("due_date", "A todo that repeats needs a date.")
    return day


def _zone(name: str, wall: Due, recurrence: Recurrence, person: User) -> ZoneInfo:
    timed = wall.time is not None or recurrence.needs_time
    return ZoneInfo(name if name and timed else person.time_zone)


# Going on


def complete_occurrence(todo: Todo, *, grants: Grants, now: datetime, occurrence: int | None = None) -> Todo | None:
    """Let a locked todo go on to its next occurrence; None when the series is over.

    An `occurrence` that is over, or none right after a completion, changes nothing.
    """
    grant = grants[todo.project_id]
    if occurrence is None:
        if _is_just_completed(todo, now):
            return todo
    elif occurrence != todo.occurrence:
        return _over(todo, occurrence)
    advance = series_of(todo, grant.author).complete(now)
    if advance.next is None:
        return None
    return _go_on(todo, advance, grant=grant, verb=events.TODO_COMPLETED, now=now)


def _over(todo: Todo, occurrence: int) -> Todo:
    if occurrence > todo.occurrence:
        raise Conflict(f"That occurrence is still to come: this is number {todo.occurrence}.")
    return todo


def _is_just_completed(todo: Todo, now: datetime) -> bool:
    """Say whether a todo's last change was that it went on, a moment ago: two people may do the same thing at once."""
    if todo.occurrence == 1 or abs(now - todo.updated_at) > MOMENT:
        return False
    flush()  # it may have been in this very call
    last = Event.objects.journal().in_scopes([todo.project.scope]).filter(revision=todo.revision)
    return last.of_kinds([events.TODO_COMPLETED]).exists()


def _go_on(todo: Todo, advance: Advance, *, grant: Grant, verb: str, now: datetime) -> Todo:
    """Move a todo to where its series goes, and open again what was done under it."""
    following = advance.next
    if following is None:
        raise Conflict("This is the last time that it repeats: complete it, or delete it.")
    told = {"done" if verb == events.TODO_COMPLETED else "skipped": occurrence_of(todo)} | _missed(advance)
    values = _at(following) | _shifted(todo, following)
    along = [row for row in descendants(todo) if row.completed]
    change = todo.change(values)
    return commit_todo(
        todo,
        change=change,
        grant=grant,
        verb=verb,
        now=now,
        along=along,
        own={row.pk: {"completed_at": None} for row in along},
        open_delta=len(along),
        told=told | {"next": occurrence_of(todo)},
    )


def occurrence_of(todo: Todo) -> dict[str, Any]:
    """Return where a todo is in its series, as events keep it."""
    return {name: getattr(todo, name) for name in PLACE}


def _missed(advance: Advance) -> dict[str, Any]:
    """Return what an event keeps of occurrences that were passed over."""
    missed = advance.missed
    if missed.first is None:
        return {}
    return {
        "missed": {"count": missed.count, "more": missed.more, "first": _json(missed.first), "last": _json(missed.last)}
    }


def _json(due: Due | None) -> str | None:
    if due is None:
        return None
    return due.day.isoformat() if due.time is None else f"{due.day.isoformat()}T{due.time.isoformat()}"


def _shifted(todo: Todo, following: Occurrence) -> dict[str, date]:
    """Return the dates that keep their distance from the due date."""
    away = following.wall.day - _wall(todo).day
    kept = {name: getattr(todo, name) for name in SHIFTED}
    return {name: day + away for name, day in kept.items() if day and day.toordinal() + away.days in ORDINALS}


ORDINALS = range(1, date.max.toordinal() + 1)


@transaction.atomic
def skip_todo(
    *, actor: Actor, todo_id: UUID, now: datetime, if_match: IfMatch = None, occurrence: int | None = None
) -> Todo:
    """Let a todo go on to its next occurrence that has not passed, without having been done.

    Raises Conflict where none follows, and for a todo that does not repeat or is completed.
    """
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id, if_match=if_match)
    if not todo.recurrence or todo.completed:
        raise Conflict("This todo does not repeat, or it is completed for good.")
    if occurrence is not None and occurrence != todo.occurrence:
        return _over(todo, occurrence)
    grant = grants[todo.project_id]
    advance = series_of(todo, grant.author).skip(now)
    return _go_on(todo, advance, grant=grant, verb=events.TODO_SKIPPED, now=now)


Upcoming = tuple[list[str], list[dict[str, Any]]]
"""The lines of a recurrence, and occurrences of it."""


def upcoming_of(*, actor: Actor, todo_id: UUID, most: int) -> Upcoming:
    """Return the present occurrence of a todo that repeats, and those after it."""
    todo = policies.visible_todo(actor=actor, todo_id=todo_id)
    return _upcoming(todo, User.objects.get(pk=actor.pk), most)


def upcoming_from(*, actor: Actor, values: Mapping[str, Any], now: datetime, most: int) -> Upcoming:
    """Return the first occurrences that a todo with these `values` would have; raises Invalid."""
    todo, person = Todo(), User.objects.get(pk=actor.pk)
    plain = {name: value for name, value in values.items() if not name.startswith("recurrence")}
    todo.change(settled(todo, plain, values, author=person, now=now))
    return _upcoming(todo, person, most)


def _upcoming(todo: Todo, person: User, most: int) -> Upcoming:
    if not todo.recurrence or todo.completed:
        return todo.recurrence, []
    series = series_of(todo, person)
    return todo.recurrence, [_shown(found, series) for found in series.upcoming(most)]


def _shown(found: Occurrence, series: Series) -> dict[str, Any]:
    due = found.due
    return {
        "occurrence": found.number,
        "due_date": due.day,
        "due_time": due.time,
        "due_at": due.at(series.zone).astimezone(UTC) if due.time else None,
    }


# Taking back


def take_back_completion(todo: Todo, *, grants: Grants, now: datetime, occurrence: int | None = None) -> Todo:
    """Let a locked todo that went on go back to the occurrence that was completed, with the subtasks as they were.

    An `occurrence` that it is at already changes nothing. Raises Conflict when something newer stands in the way.
    """
    if todo.occurrence == 1 or occurrence == todo.occurrence:
        return todo
    event = _last_completion(todo, occurrence)
    change = todo.change({name: _value(name, both["before"]) for name, both in _moves_of(event).items()})
    own = _own_before(event)
    along = [row for row in descendants(todo) if row.pk in own and not row.completed]
    return commit_todo(
        todo,
        change=change,
        grant=grants[todo.project_id],
        verb=events.TODO_REOPENED,
        now=now,
        along=along,
        own={row.pk: own[row.pk] for row in along},
        open_delta=-len(along),
        told={"reopened": occurrence_of(todo)},
    )


def _last_completion(todo: Todo, occurrence: int | None) -> Event:
    """Return the event that brought the todo to where it is."""
    found = Event.objects.journal().in_scopes([todo.project.scope]).about(todo.pk).of_kinds([events.TODO_COMPLETED])
    for event in found.order_by("-created_at", "-id")[:LAST_EVENTS]:
        there = {name: both["after"] for name, both in _moves_of(event).items()} | event.data.get("next", {})
        is_there = all(kept == _kept(getattr(todo, name)) for name, kept in there.items())
        if is_there and "next" in event.data and occurrence in (None, event.data["done"]["occurrence"]):
            return event
    raise Conflict(DONE_ALREADY)


def _moves_of(event: Event) -> dict[str, dict[str, Any]]:
    return {name: both for name, both in event.data["changes"].items() if name in MOVED}


def _own_before(event: Event) -> dict[UUID, dict[str, Any]]:
    """Return by id what the subtasks were that an event opened again."""
    found = {}
    for row in event.data.get("subtasks", ()):
        if moment := row.get("changes", {}).get("completed_at", {}).get("before"):
            found[UUID(row["id"])] = {"completed_at": datetime.fromisoformat(moment)}
    return found


def _kept(value: Any) -> Any:
    """Return a value of a field as the JSON of an event has it."""
    return value.isoformat() if isinstance(value, date | time) else exact(value)


def _value(name: str, kept: Any) -> Any:
    if kept is None:
        return None
    return date.fromisoformat(kept) if name in DAYS else time.fromisoformat(kept) if name in TIMES else kept
