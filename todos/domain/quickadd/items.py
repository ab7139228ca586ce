"""What a line may mean, piece by piece: found from left to right, and kept where it holds together."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from todos.domain.quickadd.dates import Dates
from todos.domain.quickadd.drafts import Settings
from todos.domain.quickadd.lengths import read_length
from todos.domain.quickadd.marks import Marks
from todos.domain.quickadd.nth_days import read_of_every_month
from todos.domain.quickadd.repeats import ADVERBS, EVERY, read_repeat
from todos.domain.quickadd.steps import Day
from todos.domain.quickadd.times import HOUR_WORDS, TWELVES, Clock, daypart, read_clock, read_hour, read_named
from todos.domain.quickadd.vocabulary import (
    DAYPARTS,
    MERIDIEMS,
    MONTHS,
    ORDINALS,
    SHORT_WEEKDAYS,
    TOMORROWS,
    UNITS,
    WEEKDAYS,
)
from todos.domain.quickadd.words import Line, read_line

PRIORITIES = {f"p{number}": number for number in (1, 2, 3, 4)}
OPENINGS = {"on", "the", *ORDINALS}
"""Words that 27th of every month may begin with, besides a number."""
DEADLINE_WORDS = 6
"""How many words a deadline in braces may have."""
AT = {"at", "@", "around"}
PREPOSITIONS = AT | {"on", "by", "for"}
STARTS = {"starting", "beginning", "from"}
ENDS = {"until", "till", "ending"}
NAMED = {"noon", "midday", "midnight"}
MOMENTS = {"date", "time", "recurrence", "start", "until", "length", "duration", "impossible"}
"""Kinds that tell when; side by side they belong together."""


STARTERS = {
    *WEEKDAYS,
    *SHORT_WEEKDAYS,
    *MONTHS,
    *UNITS,
    *DAYPARTS,
    *ADVERBS,
    *TOMORROWS,
    *NAMED,
    "today",
    "tod",
    "tom",
} | {"tonight", "yesterday", "weekend"}
"""Each piece has one of these words, a digit or a sign. A line with none, such as most, is nothing but a title."""
COUNTED = {*MONTHS, *UNITS, *MERIDIEMS, *HOUR_WORDS, *TWELVES, "business", "working", "in", "at"}
"""Words without which a bare number before them means nothing."""
SIGNS = re.compile(r'[0-9#/@+\\{"“]')
LETTERS = re.compile(r"[a-z]+")


def is_plain(text: str) -> bool:
    """Say whether a line has nothing to be understood, at a glance."""
    return SIGNS.search(text) is None and STARTERS.isdisjoint(LETTERS.findall(text.lower()))


@dataclass(slots=True, eq=False)
class Item:
    """The words from `first` up to `last`. `need` is what it counts only with: see `choosing`."""

    kind: str
    first: int
    last: int
    value: Any = None
    need: str = ""


class Finder:
    """Finds what the words of lines may mean, for one person and one moment."""

    def __init__(self, now: datetime, settings: Settings) -> None:
        self.settings = settings
        self.dates = Dates(now, settings)

    def find(self, line: Line, marks: Marks) -> list[Item]:
        """Return the pieces of a line, from left to right, none over another."""
        items: list[Item] = []
        index, count = 0, len(line.words)
        while index < count:
            word = line.words[index]
            item = None
            if not word.closed:
                item = self._marked(line, index, marks) or (word.key and self._meant(line, index, items)) or None
            if item is None:
                index += 1
            else:
                items.append(item)
                index = item.last
        return items

    def _marked(self, line: Line, index: int, marks: Marks) -> Item | None:
        sign = line.words[index].text[0]
        if sign in "#/@+\\":
            found = marks.read(line, index)
            return found and Item(found[0], index, found[2], found[1])
        return self._deadline(line, index) if sign == "{" else None

    def _deadline(self, line: Line, index: int) -> Item | None:
        for last in range(index, min(index + DEADLINE_WORDS, len(line.words))):
            word = line.words[last]
            bare = word.text[: len(word.text) - len(word.tail)]
            if word.closed:
                return None
            if bare.endswith("}"):
                texts = [other.text for other in line.words[index:last]] + [bare]
                inner = read_line(" ".join(texts)[1:-1])
                found = self.dates.read(inner, 0)
                whole = found and found[1] == len(inner.words) and found[0].day and not found[0].clock
                return Item("deadline", index, last + 1, found[0].day) if found and whole else None
        return None

    def _meant(self, line: Line, index: int, items: list[Item]) -> Item | None:
        key = line.key(index)
        if key[0].isdigit():
            return self._numbered(line, index)
        if key in PRIORITIES:
            return Item("priority", index, index + 1, PRIORITIES[key])
        if key in OPENINGS and (of := self._of_every_month(line, index)):
            return of
        if key in PREPOSITIONS:
            return self._prepositioned(line, index)
        if key in EVERY or key in ADVERBS or key == "after":
            found = read_repeat(line, index, self.settings.weekend_day)
            return found and _item("recurrence", index, found[1], found[0], found[0].weak, bool(found[0].rules))
        if key in ENDS:
            return self._until(line, index)
        if found_day := self._day(line, index, index):
            return found_day
        if key in STARTS:
            return self._start(line, index)
        if key == "in" and line.key(line.step(index)) == "the":
            return self._in_the_part(line, index)
        if key in DAYPARTS:
            beside = items and items[-1].last == index and items[-1].kind in MOMENTS
            return Item("time", index, index + 1, daypart(key, self.settings), "left") if beside else None
        if key in NAMED:
            return Item("time", index, index + 1, self._named(line, index), "named")
        return None

    def _numbered(self, line: Line, index: int) -> Item | None:
        """Read what begins with a digit."""
        if line.key(index).isdigit() and line.key(line.step(index)) not in COUNTED:
            return None
        if found := self._of_every_month(line, index) or self._day(line, index, index):
            return found
        if clock := read_clock(line, index):
            return Item("time", index, clock[1], clock[0])
        if (hour := read_hour(line, index)) and hour[1] > index + 1:  # 9 in the morning
            return Item("time", index, hour[1], hour[0])
        return None

    def _of_every_month(self, line: Line, index: int) -> Item | None:
        found = read_of_every_month(line, line.step(index) if line.key(index) == "on" else index)
        return found and _item("recurrence", index, found[1], found[0], False, bool(found[0].rules))

    def _day(self, line: Line, index: int, first: int) -> Item | None:
        """Read a day at `index` of a phrase that begins at `first`."""
        found = self.dates.read(line, index)
        return found and _item("date", first, found[1], found[0], found[0].weak, bool(found[0].day))

    def _prepositioned(self, line: Line, index: int) -> Item | None:
        key, after = line.key(index), line.step(index)
        if not line.key(after):
            return None
        if key == "for" and (found := read_length(line, after)):
            return Item(found[0], index, found[2], found[1])
        if key in AT:
            if line.key(after) == "night":
                return Item("time", index, after + 1, daypart("night", self.settings))
            if clock := read_clock(line, after) or self._noon(line, after):
                return Item("time", index, clock[1], clock[0])
            hour = read_hour(line, after)
            if hour:
                return Item("time", index, hour[1], hour[0], "hour")
            return self._day(line, after, index) if line.key(after) in ("the", "end") else None
        day = self._day(line, after, index)
        if day is None and key != "on" and (clock := read_clock(line, after) or self._noon(line, after)):
            return Item("time", index, clock[1], clock[0])
        if day and key == "on" and isinstance(day.value, Day) and day.value.is_weekday:
            day.need = ""
        return day

    def _noon(self, line: Line, index: int) -> tuple[Clock, int] | None:
        found = read_named(line, index)
        return found and (self._named(line, index), found[1])

    def _named(self, line: Line, index: int) -> Clock:
        return Clock(self.settings.noon) if line.key(index) == "noon" else read_named(line, index)[0]  # type: ignore[index]

    def _in_the_part(self, line: Line, index: int) -> Item | None:
        part = line.step(line.step(index))
        if line.key(part) not in DAYPARTS:
            return None
        return Item("time", index, part + 1, daypart(line.key(part), self.settings))

    def _start(self, line: Line, index: int) -> Item | None:
        """Read starting oct 3, from tomorrow, starting at 9pm, starting now."""
        after = line.step(index)
        at = line.key(after) in AT
        if line.key(after) in AT | {"on", "from"}:
            after = line.step(after)
        if line.key(after) == "now":
            return Item("start", index, after + 1)
        clock = read_clock(line, after) or self._noon(line, after) or (read_hour(line, after) if at else None)
        if clock:
            return Item("start", index, clock[1], clock[0])
        return self._bound("start", line, index, after)

    def _until(self, line: Line, index: int) -> Item | None:
        after = line.step(index)
        return self._bound("until", line, index, line.step(after) if line.key(after) == "on" else after)

    def _bound(self, kind: str, line: Line, index: int, after: int) -> Item | None:
        found = self.dates.read(line, after)
        return found and Item(kind if found[0].day else "impossible", index, found[1], found[0])


def _item(kind: str, first: int, last: int, value: Any, weak: bool, possible: bool) -> Item:
    return Item(kind if possible else "impossible", first, last, value, "end" if weak else "")
