"""When a recurrence rule occurs: RFC 5545 §3.3.10 on the calendar and on the clock, found near a target.

Days are those of the wall calendar. A rule by the hour counts elapsed time instead. Nothing is
looked at between the start and the target, so an ancient start costs nothing, and a search ends
after `LONGEST` years: then the rule never occurs.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from datetime import time as Time  # noqa: N812  a due date's own is called so
from functools import lru_cache
from zoneinfo import ZoneInfo

from todos.domain.rules import Rule

LONGEST = 41
"""Years: 29 February comes back on the same weekday after 40 at most."""
SEARCHED = {"YEARLY": 1, "MONTHLY": 12, "WEEKLY": 53, "DAILY": 366, "HOURLY": 366}
"""Periods of a rule that are searched for each of these years: with an interval, they are longer."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST_DAY = date.max - 2 * DAY
"""The end of time, with room for every zone's clock."""
MIDNIGHT = Time()
FIRST_INSTANT, LAST_INSTANT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Matches = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Due:
    """A day, and a time on its wall if it has one."""

    day: date
    time: Time | None = None

    def at(self, zone: ZoneInfo) -> datetime:
        """Return the instant in UTC; without a time, the day's first.

        A time that the clock leaps over moves on by the leap, and of one that it shows twice the
        first is meant (PEP 495: `fold` 0 does both).
        """
        try:
            return datetime.combine(self.day, self.time or MIDNIGHT, zone).astimezone(UTC)
        except OverflowError:  # at the ends of time, where UTC has another year than the wall
            return FIRST_INSTANT if self.day.year == 1 else LAST_INSTANT


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule occurs: its `key` orders hits, `due` is what the wall shows then, and `wall` what the rule says.

    Keys are instants; without times, those of the same days in UTC.
    """

    key: datetime
    due: Due
    wall: Due

    def __lt__(self, other: "Hit") -> bool:
        return self.key < other.key


@dataclass(frozen=True, slots=True)
class Clock:
    """How occurrences are told: by the day, or, if `timed`, by the instant in a zone."""

    zone: ZoneInfo
    timed: bool

    def hit(self, wall: Due) -> Hit:
        if not self.timed:
            return Hit(datetime.combine(wall.day, MIDNIGHT, UTC), wall, wall)
        key = wall.at(self.zone)
        return Hit(key, self.shown(key), wall)

    def hit_at(self, moment: datetime, step: timedelta) -> Hit:
        """Return the hit at an instant that is so long after the one before it.

        The second pass of an hour that the clock shows twice has no name of its own: it is told as
        the first, and the rule goes on from the occurrence before, so that it keeps its step.
        """
        due = self.shown(moment)
        key = due.at(self.zone)
        return Hit(key, due, due if key == moment else self.shown(moment - step))

    def key(self, due: Due) -> datetime:
        return due.at(self.zone) if self.timed else datetime.combine(due.day, MIDNIGHT, UTC)

    def now(self, moment: datetime) -> datetime:
        """Return the key of a present instant: without times, of its local day."""
        if self.timed:
            return moment.astimezone(UTC)
        return datetime.combine(moment.astimezone(self.zone).date(), MIDNIGHT, UTC)

    def shown(self, moment: datetime) -> Due:
        try:
            local = moment.astimezone(self.zone)
        except OverflowError:
            local = moment
        return Due(local.date(), local.time().replace(fold=0))


def hits(rule: Rule, start: Due, clock: Clock, since: datetime) -> Iterator[Hit]:
    """Yield what the rule has after its start in order, from the key `since` on or a little before.

    COUNT and UNTIL are for the caller. Between two hits the search is bounded.
    """
    if rule.freq == "HOURLY":
        yield from _by_the_hour(rule, start, clock, since)
        return
    times = _times(rule, start) if clock.timed else [None]
    candidates = {"YEARLY": _years, "MONTHLY": _months, "WEEKLY": _weeks, "DAILY": _days}[rule.freq]
    matches, empty = _matching(rule), 0
    for period in candidates(rule, start.day, max(start.day, _day_of(since))):
        chosen = [Due(day, at) for day in period if matches(day) and day <= LAST_DAY for at in times]
        if rule.by_set_pos:
            chosen = _picked(chosen, rule.by_set_pos)
        yield from sorted(clock.hit(wall) for wall in chosen if wall.day >= start.day)
        empty = 0 if chosen else empty + 1
        if empty > _searched(rule):
            return


def _searched(rule: Rule) -> int:
    """Return after how many periods without a hit none will come; days of months it has not are not looked at."""
    leaps = rule.by_month and rule.freq in ("DAILY", "HOURLY")
    return LONGEST * (31 * len(rule.by_month) if leaps else SEARCHED[rule.freq])


def _day_of(key: datetime) -> date:
    """Return a day that is none after the key's in any zone."""
    return date.fromordinal(max(1, key.toordinal() - 1))


def _times(rule: Rule, start: Due) -> list[Time | None]:
    at = start.time or MIDNIGHT
    minutes = rule.by_minute or (at.minute,)
    return [at.replace(hour=hour, minute=minute) for hour in rule.by_hour or (at.hour,) for minute in minutes]


def _picked(chosen: list[Due], places: Iterable[int]) -> list[Due]:
    """Return those at the places, counted from 1, or from -1 backwards."""
    indexes = {place - 1 if place > 0 else len(chosen) + place for place in places}
    return [chosen[index] for index in sorted(indexes) if 0 <= index < len(chosen)]


# Days


def _phase(first: int, target: int, interval: int) -> int:
    """Return the last step up to the target that is a whole number of intervals after the first."""
    return first + max(0, target - first) // interval * interval


def _years(rule: Rule, start: date, target: date) -> Iterator[Iterable[date]]:
    for year in range(_phase(start.year, target.year, rule.interval), MAXYEAR + 1, rule.interval):
        if rule.by_year_day:
            yield _of_year(rule, year)
        elif rule.by_month or (rule.by_month_day and not rule.by_week):
            months = rule.by_month or range(1, 13)
            yield [day for month in months for day in _of_month(rule, start, year, month)]
        elif rule.names_days:
            yield _every_day(date(year, 1, 1), date(year, 12, 31))
        else:
            yield _of_month(rule, start, year, start.month)


def _of_year(rule: Rule, year: int) -> Iterator[date]:
    length = 365 + (monthrange(year, 2)[1] == 29)
    places = {place if place > 0 else length + 1 + place for place in rule.by_year_day}
    for place in sorted(places):
        if 1 <= place <= length:
            yield date(year, 1, 1) + (place - 1) * DAY


def _months(rule: Rule, start: date, target: date) -> Iterator[Iterable[date]]:
    first, wanted = start.year * 12 + start.month - 1, target.year * 12 + target.month - 1
    for number in range(_phase(first, wanted, rule.interval), MAXYEAR * 12 + 12, rule.interval):
        year, month = number // 12, number % 12 + 1
        if rule.by_month and month not in rule.by_month:
            yield ()
        else:
            yield _of_month(rule, start, year, month)


def _of_month(rule: Rule, start: date, year: int, month: int) -> list[date]:
    """Return a month's days that may match: those it names, or all, or that of the start."""
    length = monthrange(year, month)[1]
    if rule.by_month_day and not (rule.by_week or rule.by_year_day):
        places = {day if day > 0 else length + 1 + day for day in rule.by_month_day}
    elif rule.names_days:
        weekdays = {weekday for _, weekday in rule.by_day} or set(range(7))
        before = date(year, month, 1).weekday() - 1
        places = {day for day in range(1, length + 1) if (before + day) % 7 in weekdays}
    else:
        places = {start.day}
    return [date(year, month, day) for day in sorted(places) if 1 <= day <= length]


def _weeks(rule: Rule, start: date, target: date) -> Iterator[Iterable[date]]:
    weekdays = sorted((day - rule.week_start) % 7 for _, day in rule.by_day or ((0, start.weekday()),))
    first, wanted = (day.toordinal() - (day.weekday() - rule.week_start) % 7 for day in (start, target))
    for monday in range(_phase(first, wanted, 7 * rule.interval), LAST_DAY.toordinal() - 7, 7 * rule.interval):
        yield [date.fromordinal(max(1, monday + day)) for day in weekdays]


def _days(rule: Rule, start: date, target: date) -> Iterator[Iterable[date]]:
    number, end = _phase(start.toordinal(), target.toordinal(), rule.interval), LAST_DAY.toordinal()
    while number < end:
        day = date.fromordinal(number)
        yield (day,)
        later = _in_a_month_of(rule, day).toordinal() - rule.interval
        number = _phase(number, later, rule.interval) + rule.interval


def _in_a_month_of(rule: Rule, day: date) -> date:
    """Return the day, or the first of the next month that the rule names."""
    while rule.by_month and day.month not in rule.by_month and day < LAST_DAY - 31 * DAY:
        day = (day.replace(day=1) + 31 * DAY).replace(day=1)
    return day


def _every_day(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))


@lru_cache(maxsize=1000)
def _matching(rule: Rule) -> Matches:
    """Return what says whether a day is one of the rule's: all of its parts that name days agree."""
    tests: list[Matches] = []
    if rule.by_month:
        tests.append(lambda day: day.month in rule.by_month)
    if rule.by_month_day:
        tests.append(lambda day: not _places_in_month(day).isdisjoint(rule.by_month_day))
    if rule.by_year_day:
        tests.append(lambda day: not _places_in_year(day).isdisjoint(rule.by_year_day))
    if rule.by_week:
        tests.append(lambda day: not _weeks_of(day, rule.week_start).isdisjoint(rule.by_week))
    if rule.by_day:
        by_year = rule.freq == "YEARLY" and not rule.by_month
        tests.append(lambda day: not _weekdays_of(day, by_year=by_year).isdisjoint(rule.by_day))
    return lambda day: all(test(day) for test in tests)


def _places_in_month(day: date) -> set[int]:
    """Return the day's number, counted from the first and back from the last."""
    return {day.day, day.day - monthrange(day.year, day.month)[1] - 1}


def _places_in_year(day: date) -> set[int]:
    first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    return {(day - first).days + 1, (day - last).days - 1}


def _weeks_of(day: date, week_start: int) -> set[int]:
    """Return the number of the day's week, from the year's first and from its last; a week is the year's of most days.

    ISO 8601, with any weekday as the first.
    """
    middle = day + (3 - (day.weekday() - week_start) % 7) * DAY
    last = date(middle.year, 12, 28)  # always in the year's last week
    last_middle = last + (3 - (last.weekday() - week_start) % 7) * DAY
    number, weeks = ((at - date(middle.year, 1, 1)).days // 7 + 1 for at in (middle, last_middle))
    return {number, number - weeks - 1}


def _weekdays_of(day: date, *, by_year: bool) -> set[tuple[int, int]]:
    """Return the weekday alone, and as the first, second, … and last, last but one, … of the month or year."""
    back, place = sorted(_places_in_year(day) if by_year else _places_in_month(day))
    weekday = day.weekday()
    return {(0, weekday), ((place - 1) // 7 + 1, weekday), (-((-back - 1) // 7 + 1), weekday)}


# Hours


def _by_the_hour(rule: Rule, start: Due, clock: Clock, since: datetime) -> Iterator[Hit]:
    """Yield hits a number of elapsed hours apart, as far as the wall shows an hour and a day of the rule."""
    at = start.time or MIDNIGHT
    first = Due(start.day, at.replace(minute=rule.by_minute[0]) if rule.by_minute else at).at(clock.zone)
    step, matches, misses = rule.interval * HOUR, _matching(rule), 0
    number = max(0, (since - first) // step)
    while misses <= _searched(rule):
        try:
            moment = first + number * step
            local = moment.astimezone(clock.zone)
        except OverflowError:
            return
        if local.date() > LAST_DAY:
            return
        if not matches(local.date()):
            later = Due(_in_a_month_of(rule, local.date() + DAY)).at(clock.zone)
            number, misses = max(number + 1, -((first - later) // step)), misses + 1
            continue
        if not rule.by_hour or local.hour in rule.by_hour:
            misses = 0
            yield clock.hit_at(moment, step)
        else:
            misses += 1
        number += 1
