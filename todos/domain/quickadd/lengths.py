"""Lengths behind “for”: of a todo, 45 min; of a series, 3 weeks or 5 times."""

import re

from todos.domain.quickadd.steps import glued_minutes, half_more, minutes_of
from todos.domain.quickadd.vocabulary import GLUED_UNITS, NUMBERS, ONE, UNITS
from todos.domain.quickadd.words import NOWHERE, Line

COUNT = re.compile(r"[1-9][0-9]{0,2}")
GLUED = re.compile(r"([1-9][0-9]{0,2})([a-z]+)")
MINUTES = {"hour": 60, "minute": 1}
SERIES_UNITS = ("day", "week", "month", "year")

Part = tuple[int, str, int]


def read_length(line: Line, index: int) -> tuple[str, tuple[int, str], int] | None:
    """Return the kind of length (`duration`, `length`), its number and unit, and the index behind it."""
    if line.keys(index, "half", "an", "hour"):
        return "duration", (30, "minute"), index + 3
    found = _part(line, index)
    if found is None:
        return None
    count, unit, behind = found
    if unit == "times" or unit in SERIES_UNITS:
        return "length", (count, unit), behind
    minutes = count * MINUTES[unit]
    after = line.step(behind - 1)
    if unit == "hour":
        if half := half_more(line, after):
            return "duration", (minutes + 30, "minute"), half
        if more_minutes := minutes_of(line.key(after)):
            return "duration", (minutes + more_minutes, "minute"), after + 1
        if line.key(after) == "and":
            after = line.step(after)
        more = _part(line, after)
        if more and more[1] == "minute":
            return "duration", (minutes + more[0], "minute"), more[2]
    return "duration", (minutes, "minute"), behind


def _part(line: Line, index: int) -> Part | None:
    key = line.key(index)
    if minutes := glued_minutes(key):
        return minutes, "minute", index + 1
    if found := GLUED.fullmatch(key):
        count, unit, behind = int(found[1]), GLUED_UNITS.get(found[2], ""), index + 1
    else:
        after = line.step(index) if key else NOWHERE
        count = int(key) if COUNT.fullmatch(key) else 1 if key in ONE else NUMBERS.get(key, 0)
        unit, behind = "times" if line.key(after) == "times" else UNITS.get(line.key(after), ""), after + 1
    return (count, unit, behind) if count and unit in (*SERIES_UNITS, *MINUTES, "times") else None
