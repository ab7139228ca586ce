"""A recurrence rule as quick add makes it: its RFC 5545 line, and its first day."""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from todos.domain.quickadd.vocabulary import CODES

YEARS_AHEAD = 9
"""A 29 February is at most eight years away."""
STEADY = 28
"""Days up to this one are in every month."""


class Rule(NamedTuple):
    """`weekdays` are (n, weekday): the nth of its month, 0 for each, -1 for the last."""

    freq: str
    interval: int = 1
    months: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it repeats the day it begins with."""
        return not (self.months or self.days or self.weekdays)

    @property
    def in_a_month(self) -> int:
        """How many days of a month it has; a fifth weekday counts as one that each has."""
        return len(self.positions) or len(self.days) + len(self.weekdays) or 1

    def line(self, end: str = "") -> str:
        """Write the rule (RFC 5545 §3.3.10), with what ends it."""
        parts = {
            "FREQ": self.freq,
            "INTERVAL": "" if self.interval == 1 else str(self.interval),
            "BYMONTH": ",".join(map(str, self.months)),
            "BYMONTHDAY": ",".join(map(str, self.days)),
            "BYDAY": ",".join(f"{n or ''}{CODES[day]}" for n, day in self.weekdays),
            "BYSETPOS": ",".join(map(str, self.positions)),
        }
        return ";".join([*(f"{name}={value}" for name, value in parts.items() if value), *([end] if end else [])])

    def clamped(self, day: int) -> "Rule":
        """Return the rule for this day of each month, or the last day of a month that has none such."""
        if day <= STEADY:
            return self._replace(days=(day,))
        return self._replace(days=tuple(range(STEADY, day + 1)), positions=(-1,))

    def first(self, start: date) -> date | None:
        """Return the first day of the rule from `start` on; None when there is none for years."""
        if self.is_plain:
            return start
        if self.freq == "WEEKLY":
            return start + timedelta(min((day - start.weekday()) % 7 for _, day in self.weekdays))
        for year in range(start.year, min(start.year + YEARS_AHEAD, date.max.year + 1)):
            for month in self.months or range(1, 13):
                if year > start.year or month >= start.month:
                    found = [day for day in self._in_month(year, month) if day >= start]
                    if found:
                        return found[0]
        return None

    def _in_month(self, year: int, month: int) -> list[date]:
        length = monthrange(year, month)[1]
        if self.days:
            numbers = sorted(day if day > 0 else length + 1 + day for day in self.days if day <= length)
        else:
            numbers = sorted(number for n, day in self.weekdays for number in _nth(year, month, length, n, day))
        if self.positions:
            picked = (position - 1 if position > 0 else len(numbers) + position for position in self.positions)
            numbers = sorted(numbers[place] for place in picked if 0 <= place < len(numbers))
        return [date(year, month, number) for number in numbers]


def _nth(year: int, month: int, length: int, n: int, weekday: int) -> list[int]:
    first = 1 + (weekday - date(year, month, 1).weekday()) % 7
    every = list(range(first, length + 1, 7))
    if n == 0:
        return every
    place = n - 1 if n > 0 else len(every) + n
    return every[place : place + 1] if place >= 0 else []
