"""Times of day: 6pm, 18:00, at 10, at noon, in the evening."""

import re
from datetime import time
from typing import NamedTuple

from todos.domain.quickadd.drafts import Settings
from todos.domain.quickadd.vocabulary import DAYPARTS, JOINERS, MERIDIEMS
from todos.domain.quickadd.words import Line

EXACT = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
TWELVE = re.compile(r"(0?[1-9]|1[0-2])(?:[:.]([0-5][0-9]))?(am|pm|a\.m\.?|p\.m\.?)")
TWELVE_BARE = re.compile(r"(0?[1-9]|1[0-2])(?:[:.]([0-5][0-9]))?")
HOUR = re.compile(r"[01]?[0-9]|2[0-3]")
HOUR_WORDS = {"o'clock", "o’clock"}
LATE = {"afternoon": 1, "evening": 4, "night": 5, "tonight": 5}
"""From which hour on one without am or pm is meant in the second half of the day."""


class Clock(NamedTuple):
    """A time of day. `part` is the word it came from, such as evening; `open` when am or pm was not said."""

    time: time
    part: str = ""
    open: bool = False

    def within(self, part: str) -> "Clock":
        """Return the time as it is meant in a part of the day: 8 in the evening is 20:00."""
        if self.open and LATE.get(part, 24) <= self.time.hour < 12:
            return Clock(self.time.replace(hour=self.time.hour + 12))
        return self


TWELVES = {"noon": Clock(time(12)), "midnight": Clock(time(0))}


def read_clock(line: Line, index: int) -> tuple[Clock, int] | None:
    """Return the time of day that the words from here say, however they stand there, and the index behind it."""
    key = line.key(index)
    if not key or not key[0].isdigit():
        return None
    after = line.step(index)
    following = line.key(after)
    if key == "12" and following in TWELVES:
        return TWELVES[following], after + 1
    if following in MERIDIEMS:
        found = TWELVE_BARE.fullmatch(key)
        return (_twelve(found[1], found[2], following), after + 1) if found else None
    if found := TWELVE.fullmatch(key):
        return _twelve(found[1], found[2], found[3]), index + 1
    if found := EXACT.fullmatch(key):
        return Clock(time(int(found[1]), int(found[2])), open=len(found[1]) == 1 or found[1] in ("10", "11")), index + 1
    if following in HOUR_WORDS and HOUR.fullmatch(key):
        return Clock(time(int(key)), open=True), after + 1
    return None


def _twelve(hour: str, minute: str | None, meridiem: str) -> Clock:
    return Clock(time(int(hour) % 12 + MERIDIEMS[meridiem], int(minute or 0)))


def read_named(line: Line, index: int) -> tuple[Clock, int] | None:
    """Return noon or midnight."""
    named = {"noon": time(12), "midday": time(12), "midnight": time(0)}.get(line.key(index))
    return None if named is None else (Clock(named), index + 1)


def read_hour(line: Line, index: int) -> tuple[Clock, int] | None:
    """Return the hour that a bare number says behind “at”, with the part of the day if there is one."""
    key = line.key(index)
    if not HOUR.fullmatch(key):
        return None
    after = line.step(index)
    for words in (("in", "the"), ("at",)):
        if line.keys(after, *words) and line.key(after + len(words)) in DAYPARTS:
            return _hour(key).within(line.key(after + len(words))), after + len(words) + 1
    return None if _is_listed(line, index) else (_hour(key), index + 1)


def _hour(key: str) -> Clock:
    return Clock(time(int(key)), open=True)


def _is_listed(line: Line, index: int) -> bool:
    """Say whether another number follows, as in 10, 11 and 12 or 9 to 5."""
    after = line.step(index, comma=True)
    if line.key(after) in JOINERS:
        after = line.step(after)
    return bool(HOUR.fullmatch(line.key(after)))


def daypart(name: str, settings: Settings) -> Clock:
    """Return when a part of the day is."""
    moment: time = getattr(settings, name)
    return Clock(moment, part=name)
