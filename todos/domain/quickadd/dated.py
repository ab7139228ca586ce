"""Days of the calendar: 27 dec, december the 27th, 5th, 5th of next month, 2026-10-01, 01/10/2026, 01.10.2026."""

import re
from datetime import date

from todos.domain.quickadd.calendar import make_date, month_start, next_date, next_month_day
from todos.domain.quickadd.steps import Found, found_day
from todos.domain.quickadd.vocabulary import ANY_WEEKDAY, MERIDIEMS, MONTHS
from todos.domain.quickadd.words import Line

ISO = re.compile(r"([12][0-9]{3})([-/])([0-9]{1,2})\2([0-9]{1,2})")
NUMERIC = re.compile(r"([0-9]{1,2})([-/])([0-9]{1,2})\2([12][0-9]{3})|([0-9]{1,2})/([0-9]{1,2})/([0-9]{2})")
DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([12][0-9]{3})|([0-9]{2})\.([0-9]{2})\.([0-9]{2})")
SHORT = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
NAMED = re.compile(r"([0-9]{1,2})-([a-z]{3,9})(?:-([12][0-9]{3}))?")
DAY = re.compile(r"(0?[1-9]|[12][0-9]|3[01])(st|nd|rd|th)?")
YEAR = re.compile(r"(?:19|20|21)[0-9]{2}")
MOST_NTH = 5
"""No month has more of one weekday."""
ROUND_THE_CLOCK = "24/7"


class Dated:
    """Reads days of the calendar as they are meant on a day, with numbers in the person's `order`."""

    def __init__(self, today: date, order: str) -> None:
        self.today, self.order = today, order

    def read_month(self, line: Line, index: int) -> Found:
        """Read dec 27, december the 27th, dec 27, 2027."""
        after = line.step(index)
        if line.key(after) == "the":
            after = line.step(after)
        found = DAY.fullmatch(line.key(after))
        if not found or line.key(line.step(after)) in MERIDIEMS:
            return None
        return self._dated(line, int(found[1]), line.key(index), after)

    def _dated(self, line: Line, day: int, month: str, last: int) -> Found:
        """Return the day of a month, in the year that may follow the word at `last`."""
        year, after = read_year(line, last)
        following = line.step(last)
        if line.keys(following, "next", "year"):
            year, after = self.today.year + 1, following + 2
        found = make_date(year, MONTHS[month], day) if year else next_date(self.today, MONTHS[month], day)
        return found_day(found, after)

    def read_number(self, line: Line, index: int) -> Found:
        """Read the day that begins with a number at `index`."""
        key = line.key(index)
        if found := DAY.fullmatch(key):
            return self._of_month(line, index, found)
        if found := NAMED.fullmatch(key):
            return self._named(found, index)
        return self._numeric(key, index + 1)

    def _of_month(self, line: Line, index: int, found: re.Match[str]) -> Found:
        """Read 27 dec, 27th of december, 5th of next month, and 5th alone."""
        day, suffix, after = int(found[1]), found[2], line.step(index)
        if suffix and (suffix != _suffix(day) or (day <= MOST_NTH and line.key(after) in ANY_WEEKDAY)):
            return None
        of = bool(suffix) and line.key(after) == "of"
        if of:
            after = line.step(after)
        if line.key(after) in MONTHS:
            return self._dated(line, day, line.key(after), after)
        if of or (suffix and line.keys(after, "next", "month")):
            return self._of_this_month(line, day, after)
        return found_day(next_month_day(self.today, day), index + 1, weak=True) if suffix else None

    def read_suffixed(self, line: Line, index: int) -> int:
        """Return the number of the day that 5th names; 0 for any other word."""
        found = DAY.fullmatch(line.key(index))
        return int(found[1]) if found and found[2] and found[2] == _suffix(int(found[1])) else 0

    def _of_this_month(self, line: Line, day: int, index: int) -> Found:
        which, after = line.key(index), line.step(index)
        if which not in ("the", "this", "next") or line.key(after) != "month":
            return None
        if which == "the":
            return found_day(next_month_day(self.today, day), after + 1)
        month = month_start(self.today, 1 if which == "next" else 0)
        return found_day(month and make_date(month.year, month.month, day), after + 1)

    def _named(self, found: re.Match[str], index: int) -> Found:
        if found[2] not in MONTHS:
            return None
        day, month = int(found[1]), MONTHS[found[2]]
        return found_day(
            make_date(int(found[3]), month, day) if found[3] else next_date(self.today, month, day), index + 1
        )

    def _numeric(self, key: str, after: int) -> Found:
        if found := ISO.fullmatch(key):
            return found_day(make_date(int(found[1]), int(found[3]), int(found[4])), after)
        if found := DOTTED.fullmatch(key):
            day, month, year = (int(part) for part in found.groups() if part)
            if not found[3] and 2000 + year < self.today.year:  # rather a version
                return None
            return found_day(make_date(year if found[3] else 2000 + year, month, day), after, weak=not found[3])
        if found := NUMERIC.fullmatch(key):
            numbers = [int(part) for part in found.groups() if part and part.isdigit()]
            return found_day(self._ordered(numbers, whole=bool(found[4])), after)
        found = SHORT.fullmatch(key)
        if not found or key == ROUND_THE_CLOCK:
            return None
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if self.order == "DMY" else (second, first)
        return found_day(next_date(self.today, month, day) if month in range(1, 13) else None, after, weak=True)

    def _ordered(self, numbers: list[int], *, whole: bool) -> date | None:
        """Return the day of three numbers in the person's order; a whole year at the end stays one."""
        order = self.order
        if order == "YMD":
            order = "DMY" if whole else "YMD"
        parts = dict(zip(order, numbers, strict=True))
        return make_date(parts["Y"] if whole else 2000 + parts["Y"], parts["M"], parts["D"])


def read_year(line: Line, last: int) -> tuple[int | None, int]:
    """Return the year that may follow the word at `last`, and the index behind."""
    after = line.step(last, comma=True)
    return (int(line.key(after)), after + 1) if YEAR.fullmatch(line.key(after)) else (None, last + 1)


def _suffix(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
