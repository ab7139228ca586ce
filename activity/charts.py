"""What the charts show, worked out from sums by day: pure functions of numbers and dates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import quantiles

DAY = timedelta(days=1)
WEEKS = 53
"""Columns of the year's heatmap: 52 weeks back, and this one."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""As RFC 5545 §3.3.10 writes them, in the order of `date.weekday()`."""
HOUR, WHOLE_DAY = 3600, 86400
AGES = (
    (HOUR, "Within an hour"),
    (WHOLE_DAY, "Within a day"),
    (3 * WHOLE_DAY, "Within 3 days"),
    (7 * WHOLE_DAY, "Within a week"),
    (30 * WHOLE_DAY, "Within a month"),
    (91 * WHOLE_DAY, "Within 3 months"),
    (None, "Longer"),
)
"""How long something took: each bucket's end in seconds, not included, and its name."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many on a day; `level` 0 to 4 says how that compares, where it is asked for."""

    day: date
    count: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """Where a month's name stands over the heatmap: above the week that has its first day."""

    first: date
    column: int


@dataclass(frozen=True, slots=True)
class Year:
    """The weeks up to today, each a list of its days from the week's first; the last one ends with today."""

    weeks: list[list[DayCount]]
    months: list[Month]
    first: date
    last: date
    total: int
    active: int

    @property
    def days(self) -> list[DayCount]:
        return [cell for week in self.weeks for cell in week]


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row, both ends included; none has no ends."""

    length: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Streaks:
    """The streak that goes on, and the longest (of equal ones the latest)."""

    current: Streak
    longest: Streak


@dataclass(frozen=True, slots=True)
class Days:
    """Each day of a period with its count; `best` is the day with the most (of equal ones the latest)."""

    days: list[DayCount]
    total: int
    average: float
    best: DayCount | None


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week (0 is Monday) and its counts from midnight on, hour by hour."""

    number: int
    hours: list[int]

    @property
    def code(self) -> str:
        return WEEKDAYS[self.number]


@dataclass(frozen=True, slots=True)
class Hours:
    """Counts by weekday and hour, `most` being the highest; `unknown` happened at an hour nobody kept."""

    weekdays: list[Weekday]
    total: int
    most: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many took so long: from `at_least` seconds up to `less_than`, None for any longer."""

    name: str
    at_least: int
    less_than: int | None
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Durations:
    """How long things took; `half` is the first bucket within which half of them were done."""

    buckets: list[Bucket]
    total: int
    half: Bucket | None


@dataclass(frozen=True, slots=True)
class Flow:
    """What one day did to a project: how many more were open at its end, how many came in, were finished."""

    delta: int = 0
    finished: int = 0
    added: int = 0


@dataclass(frozen=True, slots=True)
class BurndownDay:
    """How many were open when the day ended, and how many were finished and came in on it."""

    day: date
    open: int
    finished: int
    added: int


def first_of_year(today: date, week_start: str = "MO") -> date:
    """Return the first day that the heatmap shows."""
    return today - ((today.weekday() - WEEKDAYS.index(week_start)) % 7) * DAY - (WEEKS - 1) * 7 * DAY


def year(counts: Mapping[date, int], today: date, week_start: str = "MO") -> Year:
    """Return the heatmap that ends with today; levels go by the quartiles of the days with anything."""
    first = first_of_year(today, week_start)
    shown = {day: counts.get(day, 0) for day in _days(first, today)}
    steps = _quartiles([count for count in shown.values() if count])
    cells = [DayCount(day, count, _level(count, steps)) for day, count in shown.items()]
    weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
    months = [Month(cell.day, column) for column, week in enumerate(weeks) for cell in week if cell.day.day == 1]
    return Year(weeks, months, first, today, sum(shown.values()), sum(map(bool, shown.values())))


def _quartiles(counts: list[int]) -> list[float]:
    return quantiles(counts, n=4, method="inclusive") if len(counts) > 1 else []


def _level(count: int, steps: list[float]) -> int:
    return 1 + sum(count > step for step in steps) if count else 0


def streaks(counts: Mapping[date, int], today: date) -> Streaks:
    """Return the streaks of days with anything; a today without does not break the current one."""
    found = list(_runs(sorted(day for day, count in counts.items() if count and day <= today)))
    longest = max(found, key=lambda run: (run.length, run.last), default=Streak())
    goes_on = found and found[-1].last in (today, today - DAY)
    return Streaks(found[-1] if goes_on else Streak(), longest)


def _runs(days: list[date]) -> Iterator[Streak]:
    for _, run in groupby(enumerate(days), key=lambda place: place[1].toordinal() - place[0]):
        inside = [day for _, day in run]
        yield Streak(len(inside), inside[0], inside[-1])


def last_days(counts: Mapping[date, int], today: date, count: int = 30) -> Days:
    """Return the last days up to today."""
    return period(counts, today - (count - 1) * DAY, today)


def period(counts: Mapping[date, int], first: date, last: date) -> Days:
    """Return every day of a period, both ends included, those with nothing too."""
    days = [DayCount(day, counts.get(day, 0)) for day in _days(first, last)]
    total = sum(day.count for day in days)
    best = max(days, key=lambda day: (day.count, day.day))
    return Days(days, total, total / len(days), best if total else None)


def hours(counts: Mapping[tuple[date, int | None], int], week_start: str = "MO") -> Hours:
    """Return counts of local days and hours by weekday, the week's first day first, and hour."""
    matrix = [[0] * 24 for _ in WEEKDAYS]
    unknown = 0
    for (day, hour), count in counts.items():
        if hour is None:
            unknown += count
        else:
            matrix[day.weekday()][hour] += count
    start = WEEKDAYS.index(week_start)
    weekdays = [Weekday(number % 7, matrix[number % 7]) for number in range(start, start + 7)]
    known = [count for row in matrix for count in row]
    return Hours(weekdays, sum(known) + unknown, max(known), unknown)


def durations(counts: Mapping[int, int]) -> Durations:
    """Return how long things took from how many are in each bucket of `AGES`, by its index."""
    total = sum(counts.values())
    buckets, at_least, within = [], 0, 0
    half = None
    for index, (less_than, name) in enumerate(AGES):
        count = counts.get(index, 0)
        buckets.append(Bucket(name, at_least, less_than, count, count / total if total else 0.0))
        at_least, within = less_than or at_least, within + count
        if half is None and total and 2 * within >= total:
            half = buckets[-1]
    return Durations(buckets, total, half)


def burndown(flows: Mapping[date, Flow], waiting: int, first: date, last: date) -> list[BurndownDay]:
    """Return every day of a period, counted back from how many are `waiting` now.

    `flows` is what each day did from the first on, those after the last too. A day is that of
    whoever did it: between people far apart, something may be finished on the day before it came
    in, and then no fewer than none are open.
    """
    days, still = [], waiting - sum(flow.delta for flow in flows.values())
    for day in _days(first, last):
        flow = flows.get(day, Flow())
        still += flow.delta
        days.append(BurndownDay(day, max(0, still), flow.finished, flow.added))
    return days


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * DAY
