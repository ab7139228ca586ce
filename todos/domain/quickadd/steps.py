"""Steps from now: in 3 weeks, +5 days, 2 hours 30 minutes from now. And what a day is for quick add."""

import re
from datetime import date, datetime
from typing import NamedTuple

from todos.domain.quickadd.calendar import step_day, step_time
from todos.domain.quickadd.times import Clock
from todos.domain.quickadd.vocabulary import GLUED_UNITS, NUMBERS, ONE, UNITS
from todos.domain.quickadd.words import NOWHERE, Line

COUNT = re.compile(r"[0-9]{1,4}")
GLUED = re.compile(r"([0-9]{1,4})([a-z]+)")
MINUTES = {"hour": 60, "minute": 1}
HOURS_MINUTES = re.compile(r"([0-9]{1,2})h([0-5]?[0-9])(?:m|min)?")
JUST_MINUTES = re.compile(r"([0-9]{1,2})m")
HERE = ("now", "today")
MOST_PARTS = 4
"""Numbers that one length may have."""


class Day(NamedTuple):
    """A day, with a time where the words said one; `is_weekday` when they named no more than that.

    `weak` when the words mean a day only where nothing but what is recognised follows them. No
    `day` means that they name one that does not exist.
    """

    day: date | None
    clock: Clock | None = None
    is_weekday: bool = False
    weak: bool = False


NO_DAY = Day(None)
Found = tuple[Day, int] | None
Part = tuple[int, str]
"""A number and its unit."""


def read_from_now(now: datetime, line: Line, index: int) -> Found:
    """Read 3 days from now, a week from today."""
    part, behind = _part(line, index, line.key(index))
    after = line.step(behind - 1) if part else NOWHERE
    if part and line.key(after) == "from" and line.key(line.step(after)) in HERE:
        return _stepped(now, [part], line.step(after) + 1)
    return None


def read_steps(now: datetime, line: Line, index: int, first: str) -> Found:
    """Read 3 days, 2 hours 30 minutes, 5d: from `first`, the word at `index` without its sign."""
    parts: list[Part] = []
    key, after, last = first, index, index
    while len(parts) < MOST_PARTS:
        part, behind = _part(line, after, key)
        if part is None and parts and parts[-1][1] == "hour" and (minutes := minutes_of(key)):
            part, behind = (minutes, "minute"), after + 1
        if part is None:
            break
        parts.append(part)
        last = behind
        after = line.step(behind - 1)
        if line.key(after) == "and":
            after = line.step(after)
        key = line.key(after)
    if parts and parts[-1][1] == "hour" and (half := half_more(line, line.step(last - 1))):
        parts.append((30, "minute"))
        last = half
    following = line.step(last - 1)
    if line.key(following) == "time":
        last = following + 1
    elif line.key(following) == "from" and line.key(line.step(following)) in HERE:
        last = line.step(following) + 1
    elif _goes_on(line, following):
        return None
    return _stepped(now, parts, last) if parts else None


def _part(line: Line, index: int, key: str) -> tuple[Part | None, int]:
    """Return the number and the unit at `index`, where the word says `key`, and the index behind them."""
    if not key.isdigit() and key[:1].isdigit():
        return _glued(key), index + 1
    if count := count_of(key):
        at = line.step(index)
        unit, behind = UNITS.get(line.key(at), ""), at + 1
        if line.key(at) in ("business", "working") and line.key(line.step(at)) in ("day", "days"):
            unit, behind = "workday", line.step(at) + 1
    else:
        return None, index
    return ((count, unit), behind) if count and unit else (None, index)


def _glued(key: str) -> Part | None:
    """Return what 5d and 1h30 say."""
    if count := glued_minutes(key):
        return count, "minute"
    found = GLUED.fullmatch(key)
    unit = GLUED_UNITS.get(found[2], "") if found else ""
    return (int(found[1]), unit) if found and unit and int(found[1]) else None


def _goes_on(line: Line, index: int) -> bool:
    """Say whether words follow that would make another length of it: or so, and a half, before friday."""
    if line.key(index) == "and":
        return line.key(line.step(index)) in ("a", "half")
    return line.key(index) in ("or", "after", "before", "of", "from")


def _stepped(now: datetime, parts: list[Part], after: int) -> Found:
    minutes = sum(count * MINUTES.get(unit, 0) for count, unit in parts)
    days = [part for part in parts if part[1] not in MINUTES]
    if minutes:
        return None if days else moment(now, minutes, after)
    day: date | None = now.date()
    for count, unit in days:
        day = day and step_day(day, count, unit)
    return (Day(day), after) if day else None


def moment(now: datetime, minutes: int, after: int) -> Found:
    """Return the day and time so many minutes from now."""
    found = step_time(now, minutes)
    return (Day(found.date(), clock=Clock(found.time())), after) if found else None


def glued_minutes(key: str) -> int:
    """Return how many minutes 1h30 or 1h30m are; 0 for any other word."""
    found = HOURS_MINUTES.fullmatch(key)
    return int(found[1]) * 60 + int(found[2]) if found else 0


def minutes_of(key: str) -> int:
    """Return how many minutes 30m is, which is clear only behind hours; 0 for any other word."""
    found = JUST_MINUTES.fullmatch(key)
    return int(found[1]) if found else 0


def half_more(line: Line, index: int) -> int:
    """Return the index behind “and a half”; 0 where that is not said."""
    return line.step(line.step(index)) + 1 if line.keys(index, "and", "a", "half") else 0


def count_of(key: str) -> int:
    """Return the number that a word says; 0 for none."""
    if COUNT.fullmatch(key):
        return int(key)
    return 1 if key in ONE else NUMBERS.get(key, 0)


def found_day(day: date | None, after: int, *, weak: bool = False) -> Found:
    """Return a day as found; None is one that does not exist."""
    return (Day(day, weak=weak), after) if day else (NO_DAY, after)
