"""Days of the month or year that something repeats on: 2, 15, 27; 1st and 3rd friday; 14 jan, 14 apr; last day."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from todos.domain.quickadd.calendar import make_date
from todos.domain.quickadd.rules import STEADY, Rule
from todos.domain.quickadd.vocabulary import ANY_WEEKDAY, MONTHS, ORDINALS, UNITS, WORKDAYS
from todos.domain.quickadd.words import NOWHERE, Line

ORDINAL = re.compile(r"(0?[1-9]|[12][0-9]|3[01])(st|nd|rd|th)")
GLUED_DAYS = re.compile(r"[0-9]{1,2}(?:,[0-9]{1,2})+")
LIKE_A_DAY = re.compile(r"[0-9]+(st|nd|rd|th)?")
SEPARATORS = {"and", "&"}
LEAP_YEAR = 2028


class Repeat(NamedTuple):
    """What repeats. `part` is the part of the day said with it; `step` what “after” counts to the first time.

    `weak` when the words mean it only where nothing but what is recognised follows. No `rules`
    means that they name days that do not exist.
    """

    rules: tuple[Rule, ...]
    completion: bool = False
    part: str = ""
    step: tuple[int, str] | None = None
    weak: bool = False
    clamped: int | None = None


Found = tuple[Repeat, int] | None
NOT_THERE = Repeat(())


@dataclass(slots=True)
class _Element:
    """One day of a list: the `day` or the nth `weekday` (or workday, -1) of every month, or of `month`."""

    day: int
    weekday: int | None = None
    month: int | None = None


WORKDAY = -1


def read_days(line: Line, index: int, *, most: int | None = None) -> Found:
    """Return which days of the month or year, `most` of them, the words from here say, and the index behind them."""
    return _Days(line, index, most).read()


class _Days:
    """Reads a list of days of the month or year: 2, 15, 27; 1st and 3rd friday; 14 jan, 14 apr; last day."""

    def __init__(self, line: Line, index: int, most: int | None) -> None:
        self.line, self.index, self.most = line, index, most
        self.elements: list[_Element] = []
        self.waiting: list[int] = []
        self.impossible = False
        self.month: int | None = None

    def read(self) -> Found:
        after = behind = self.index
        while self.most is None or len(self.elements) + len(self.waiting) < self.most:
            following = self._element(after)
            if following is None:
                break
            behind = following
            after = self.line.step(behind - 1, comma=True)
            if self.line.key(after) in SEPARATORS:
                after = self.line.step(after)
        weak = bool(self.waiting)
        self.elements += [_Element(day, month=self.month) for day in self.waiting]
        if behind == self.index:
            return None
        if weak and self.month is None and (of := self._of_the_month(self.line.step(behind - 1))):
            behind, weak = of, False
        return self._made(behind, weak)

    def _element(self, index: int) -> int | None:
        """Take one element from here and return the index behind it."""
        line, key = self.line, self.line.key(index)
        if key in MONTHS:
            return self._day_of_month(MONTHS[key], line.step(index))
        number = ordinal_of(key)
        if not number:
            return self._bare_number(index)
        after = line.step(index)
        following = line.key(after)
        if following == "last" and number > 0:  # the 2nd last friday, counted from the end
            number, after = -number, line.step(after)
            following = line.key(after)
        if following in ANY_WEEKDAY:
            return self._typed(number, ANY_WEEKDAY[following], after)
        if following in ("workday", "weekday"):
            return self._typed(number, WORKDAY, after)
        if following in ("business", "working") and line.key(line.step(after)) == "day":
            return self._typed(number, WORKDAY, line.step(after))
        if following == "day" and (number == 1 or number < 0 or self._of_month(line.step(after))):
            return self._typed(number, None, after)
        if following in UNITS and number > 1 and not self.elements and not self.waiting:
            return None  # `_nth_unit`
        month = line.step(after) if following == "of" else after
        if line.key(month) in MONTHS and (number > 0 and key not in ORDINALS):
            return self._month_of(number, month)
        if number < -1 or (key in ORDINALS and not self._more(after)):
            return None
        self.waiting.append(number)
        return index + 1

    def _more(self, index: int) -> bool:
        """Say whether a list goes on here, so that an ordinal gets its noun later: first and third friday."""
        return self.line.key(index) in SEPARATORS

    def _bare_number(self, index: int) -> int | None:
        key = self.line.key(index)
        if GLUED_DAYS.fullmatch(key):
            self.waiting += map(int, key.split(","))
            return index + 1
        if not LIKE_A_DAY.fullmatch(key):
            return None
        if not key.isdigit() or not 1 <= int(key[:3]) <= 31 or len(key) > 2:
            self.impossible = True
            return index + 1
        after = self.line.step(index)
        if self.line.key(after) in MONTHS:
            return self._month_of(int(key), after)
        self.waiting.append(int(key))
        return index + 1

    def _month_of(self, number: int, index: int) -> int:
        """Give the month at `index` to the numbers before it."""
        month = MONTHS[self.line.key(index)]
        self.elements += [_Element(day, month=month) for day in (*self.waiting, number)]
        self.waiting.clear()
        return index + 1

    def _day_of_month(self, month: int, index: int) -> int | None:
        if self.line.key(index) == "the":
            index = self.line.step(index)
        found = ORDINAL.fullmatch(self.line.key(index))
        key = found[1] if found else self.line.key(index)
        if self.waiting or not key.isdigit() or len(key) > 2 or not key.isascii():
            return None
        self.elements.append(_Element(int(key), month=month))
        self.month = month
        return index + 1

    def _typed(self, number: int, weekday: int | None, index: int) -> int:
        """Take an nth weekday, workday or day, of the month that may follow, with the ordinals that waited for it."""
        after = self.line.step(index)
        month = self.line.step(after) if self.line.key(after) in ("of", "in") else after
        named = MONTHS.get(self.line.key(month))
        behind = index + 1
        if named and not self.line.key(self.line.step(month)).isdigit():
            behind = month + 1
        else:
            named = None
            behind = self._of_the_month(after) or behind
        self.elements += [_Element(day, weekday, named) for day in (*self.waiting, number)]
        self.waiting.clear()
        return behind

    def _of_month(self, index: int) -> bool:
        after = self.line.step(index) if self.line.key(index) == "of" else NOWHERE
        return bool(self._of_the_month(index)) or self.line.key(after) in MONTHS

    def _of_the_month(self, index: int) -> int | None:
        if self.line.key(index) != "of":
            return None
        after = self.line.step(index)
        if self.line.key(after) in ("the", "each", "every"):
            after = self.line.step(after)
        return after + 1 if self.line.key(after) == "month" else None

    def _made(self, behind: int, weak: bool) -> Found:
        if self.impossible or not all(map(_exists, self.elements)):
            return NOT_THERE, behind
        monthly = [element for element in self.elements if element.month is None]
        days = sorted({element.day for element in monthly if element.weekday is None}, key=_from_first)
        plain = tuple(day for day in days if day <= STEADY)
        rules = [Rule("MONTHLY", days=plain)] if plain else []
        rules += [Rule("MONTHLY").clamped(day) for day in days if day > STEADY]
        clamped = max((day for day in days if day > STEADY), default=None)
        return Repeat(
            (*rules, *_weekday_rules(monthly), *_yearly_rules(self.elements)), weak=weak, clamped=clamped
        ), behind


def _from_first(day: int) -> tuple[bool, int]:
    return day < 0, day


def _exists(element: _Element) -> bool:
    if element.weekday is None:
        if element.day < 0:
            return element.day >= -STEADY
        return 1 <= element.day <= 31 and (
            element.month is None or bool(make_date(LEAP_YEAR, element.month, element.day))
        )
    return 1 <= abs(element.day) <= (23 if element.weekday == WORKDAY else 5)


def _weekday_rules(elements: list[_Element]) -> list[Rule]:
    nth = sorted(
        {(e.day, e.weekday) for e in elements if e.weekday is not None and e.weekday != WORKDAY}, key=_in_month
    )
    positions = sorted({e.day for e in elements if e.weekday == WORKDAY}, key=_from_first)
    rules = [Rule("MONTHLY", weekdays=tuple(nth))] if nth else []
    if positions:
        rules.append(Rule("MONTHLY", weekdays=tuple((0, day) for day in WORKDAYS), positions=tuple(positions)))
    return rules


def _in_month(nth: tuple[int, int]) -> tuple[bool, int, int]:
    return (*_from_first(nth[0]), nth[1])


def _yearly_rules(elements: list[_Element]) -> list[Rule]:
    """Return one rule for the months that share a day."""
    months: dict[tuple[int, int | None], list[int]] = {}
    for element in elements:
        if element.month is not None:
            months.setdefault((element.day, element.weekday), []).append(element.month)
    return [rule for (day, weekday), found in months.items() for rule in _yearly(day, weekday, sorted(set(found)))]


def _yearly(day: int, weekday: int | None, months: list[int]) -> list[Rule]:
    if weekday == WORKDAY:  # a position counts within the year, so each month needs a rule of its own
        workdays = tuple((0, number) for number in WORKDAYS)
        return [Rule("YEARLY", months=(month,), weekdays=workdays, positions=(day,)) for month in months]
    if weekday is None:
        return [Rule("YEARLY", months=tuple(months), days=(day,))]
    return [Rule("YEARLY", months=tuple(months), weekdays=((day, weekday),))]


def ordinal_of(key: str) -> int:
    """Return the number of an ordinal, -1 for last; 0 for any other word."""
    found = ORDINAL.fullmatch(key)
    return int(found[1]) if found else ORDINALS.get(key, 0)
