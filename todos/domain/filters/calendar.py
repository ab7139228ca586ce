"""Days as filters name them, and what they are for somebody at some moment."""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
NAMED = {"today": 0, "tod": 0, "tomorrow": 1, "tom": 1, "yesterday": -1}
UNITS = {"day": 1, "week": 7}
COUNT = r"(?P<count>[0-9]{1,5}) ?(?P<unit>day|week|month|year)s?"
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})(?: ([0-9]{4}))?")
MONTH_DAY = re.compile(r"([a-z]{3,9}) ([0-9]{1,2})(?:st|nd|rd|th)?(?: ([0-9]{4}))?")
OFFSET = re.compile(rf"(?:(?P<sign>[+-])|in )?{COUNT}(?P<ago> ago)?")
WHOLE = re.compile(r"(last|this|next) (week|month|year)")
WHICH = {"last": -1, "this": 0, "next": 1}
SPAN = re.compile(rf"(?P<which>next|last|past)? ?{COUNT}")


FIRST, LAST = date(1, 1, 3), date(9999, 12, 29)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A person's today, the day their week begins on (0 is Monday), and their time zone."""

    today: date
    week_start: int
    zone: tzinfo

    def midnight(self, day: date) -> datetime:
        """Return the moment a day begins, or of the nearest day that has one in every zone."""
        return datetime.combine(min(max(day, FIRST), LAST), time.min, self.zone)

    def end(self, day: date) -> datetime:
        """Return the moment the next day begins."""
        return self.midnight(min(day, LAST) + timedelta(days=1))


class Base(StrEnum):
    FIXED = "fixed"
    DAYS = "days"
    MONTHS = "months"
    WEEKDAY = "weekday"
    NEXT_WEEKDAY = "weekday of next week"
    YEARLY = "yearly"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Day:
    """A day, counted from a base, `shift` days later."""

    base: Base
    value: date | int
    shift: int = 0

    def later(self, days: int) -> "Day":
        return replace(self, shift=self.shift + days)

    def on(self, calendar: Calendar) -> date:
        """Return which day that is; the calendar's ends stand for what is beyond them."""
        try:
            return self._base(calendar) + timedelta(days=self.shift)
        except OverflowError:
            return date.min if self.shift < 0 else date.max

    def _base(self, calendar: Calendar) -> date:
        today = calendar.today
        if isinstance(self.value, date):
            return self.value if self.base == Base.FIXED else _this_year(self.value, today)
        match self.base:
            case Base.WEEKDAY:  # today when it is one, else the next
                return today + timedelta(days=(self.value - today.weekday()) % 7)
            case Base.NEXT_WEEKDAY:  # as quick add means it
                return _week(calendar, 1) + timedelta(days=(self.value - calendar.week_start) % 7)
            case Base.WEEK:
                return _week(calendar, self.value)
            case Base.MONTH:
                return _months_later(today.replace(day=1), self.value)
            case Base.YEAR:
                return _months_later(today.replace(month=1, day=1), 12 * self.value)
            case Base.MONTHS:
                return _months_later(today, self.value)
        return _days_later(today, self.value)


def _week(calendar: Calendar, ahead: int) -> date:
    begun = (calendar.today.weekday() - calendar.week_start) % 7
    return calendar.today + timedelta(days=7 * ahead - begun)


def _this_year(day: date, today: date) -> date:
    last = monthrange(today.year, day.month)[1]
    return date(today.year, day.month, min(day.day, last))


def _days_later(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return date.min if count < 0 else date.max


def _months_later(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    year, month = months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        return date.min if count < 0 else date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


Span = tuple[Day, Day]


def read_day(text: str) -> Day | None:
    """Return the day that a folded text names; None when it is none."""
    if text in NAMED:
        return Day(Base.DAYS, NAMED[text])
    if (number := _number(text.removeprefix("next "), WEEKDAYS)) is not None:
        return Day(Base.NEXT_WEEKDAY if text.startswith("next ") else Base.WEEKDAY, number)
    if found := DOTTED.fullmatch(text):
        return _fixed(int(found[3]), int(found[2]), int(found[1]))
    if found := ISO.fullmatch(text):
        return _fixed(int(found[1]), int(found[2]), int(found[3]))
    if found := OFFSET.fullmatch(text):
        return _offset(found) if found["sign"] or found["ago"] or text.startswith("in ") else None
    if found := DAY_MONTH.fullmatch(text):
        return _dated(found[1], found[2], found[3])
    if found := MONTH_DAY.fullmatch(text):
        return _dated(found[2], found[1], found[3])
    return None


def read_period(text: str) -> Span | None:
    """Return the first and the last day of a week, month or year that a folded text names, or of a single day."""
    if found := WHOLE.fullmatch(text):
        base, number = Base(found[2]), WHICH[found[1]]
        return Day(base, number), Day(base, number + 1, -1)
    day = read_day(text)
    return (day, day) if day else None


def read_span(text: str) -> Span | None:
    """Return the first and the last day that a folded text names: `next 7 days`, `this week`, or a single day."""
    if found := SPAN.fullmatch(text):
        today = Day(Base.DAYS, 0)
        if found["which"] in ("last", "past"):
            return _away(found, -1).later(1), today
        return today, _away(found, 1).later(-1)
    return read_period(text)


def _offset(found: re.Match[str]) -> Day:
    return _away(found, -1 if found["sign"] == "-" or found["ago"] else 1)


def _away(found: re.Match[str], sign: int) -> Day:
    count, unit = sign * int(found["count"]), found["unit"]
    if unit in UNITS:
        return Day(Base.DAYS, count * UNITS[unit])
    return Day(Base.MONTHS, count * (12 if unit == "year" else 1))


def _dated(day: str, month: str, year: str | None) -> Day | None:
    number = _number(month, MONTHS)
    if number is None:
        return None
    found = _fixed(int(year) if year else 2024, number + 1, int(day))  # a leap year has them all
    return found if year or found is None else Day(Base.YEARLY, found.value)


def _fixed(year: int, month: int, day: int) -> Day | None:
    try:
        return Day(Base.FIXED, date(year, month, day))
    except ValueError:
        return None


def _number(text: str, names: tuple[str, ...]) -> int | None:
    """Return which of these names a text is, in full or by its first three letters."""
    return next((number for number, name in enumerate(names) if text in (name, name[:3])), None)
