"""Days: tomorrow, next friday, in 3 weeks, 27 dec, 01/10/2026, end of month."""

from datetime import date, datetime, timedelta

from todos.domain.quickadd.calendar import (
    make_date,
    month_end,
    month_start,
    step_day,
    week_begin,
)
from todos.domain.quickadd.dated import Dated, read_year
from todos.domain.quickadd.drafts import Settings
from todos.domain.quickadd.nth_days import read_nth
from todos.domain.quickadd.steps import Day, Found, found_day, moment, read_from_now, read_steps
from todos.domain.quickadd.times import daypart
from todos.domain.quickadd.vocabulary import (
    ANY_WEEKDAY,
    DAYPARTS,
    MONTHS,
    NUMBERS,
    ONE,
    ORDINALS,
    SHORT_WEEKDAYS,
    TOMORROWS,
    WEEKDAYS,
)
from todos.domain.quickadd.words import Line

EDGES = {"end": "end", "start": "start", "beginning": "start", "middle": "mid", "mid": "mid"}


class Dates:
    """Reads days as they are meant `now`, a moment in the person's own zone."""

    def __init__(self, now: datetime, settings: Settings) -> None:
        self.now, self.settings = now, settings
        self.today = now.date()
        self.dated = Dated(self.today, settings.date_order)

    def read(self, line: Line, index: int) -> Found:
        """Return the day that the words from here say, and the index behind them."""
        key = line.key(index)
        reader = self.READERS.get(key)
        if reader is not None:
            return reader(self, line, index)
        if key and (key[0].isdigit() or key[0] == "+"):
            return self._number(line, index)
        return None

    def upcoming(self, weekday: int) -> date:
        """Return the first such weekday from today on."""
        return self.today + timedelta(days=(weekday - self.today.weekday()) % 7)

    def next_week(self, weekday: int) -> date:
        """Return the weekday of the next week, as the person's weeks begin."""
        start = week_begin(self.today, self.settings.week_start) + timedelta(days=7)
        return start + timedelta(days=(weekday - start.weekday()) % 7)

    # Words

    def _today(self, line: Line, index: int) -> Found:
        return Day(self.today, weak=line.key(index) == "tod"), index + 1

    def _tonight(self, line: Line, index: int) -> Found:
        return Day(self.today, clock=daypart("tonight", self.settings)), index + 1

    def _tomorrow(self, line: Line, index: int) -> Found:
        return found_day(step_day(self.today, 1, "day"), index + 1, weak=line.key(index) == "tom")

    def _yesterday(self, line: Line, index: int) -> Found:
        return Day(self.today - timedelta(days=1), weak=True), index + 1

    def _after_tomorrow(self, line: Line, index: int) -> Found:
        if line.keys(index, "day", "after", "tomorrow"):
            return found_day(step_day(self.today, 2, "day"), index + 3)
        return None

    def _weekday(self, line: Line, index: int) -> Found:
        key, after = line.key(index), line.step(index)
        if line.keys(after, "next", "week"):
            return Day(self.next_week(ANY_WEEKDAY[key])), after + 2
        return Day(self.upcoming(ANY_WEEKDAY[key]), is_weekday=True, weak=key in SHORT_WEEKDAYS), index + 1

    def _this(self, line: Line, index: int) -> Found:
        after = line.step(index)
        key = line.key(after)
        if key in ANY_WEEKDAY:
            return Day(self.upcoming(ANY_WEEKDAY[key]), is_weekday=True), after + 1
        if key == "coming":
            return self._coming(line, after)
        if key in DAYPARTS:
            return Day(self.today, clock=daypart(key, self.settings)), after + 1
        if key == "weekend":
            return Day(self._weekend()), after + 1
        return None

    def _coming(self, line: Line, index: int) -> Found:
        after = line.step(index)
        key = line.key(after)
        return (Day(self.upcoming(ANY_WEEKDAY[key]), is_weekday=True), after + 1) if key in ANY_WEEKDAY else None

    def _weekend(self) -> date:
        """Return the day of this weekend; on a weekend, today."""
        return self.today if self.today.weekday() >= 5 else self.upcoming(self.settings.weekend_day)

    def _next(self, line: Line, index: int) -> Found:
        after = line.step(index)
        key = line.key(after)
        if key in ANY_WEEKDAY:
            return Day(self.next_week(ANY_WEEKDAY[key])), after + 1
        if key == "week":
            return self._of_next_week(line, after)
        if key == "weekend":
            saturday = self.today - timedelta(days=(self.today.weekday() - 5) % 7)
            this = saturday if self.today.weekday() >= 5 else saturday + timedelta(days=7)
            return Day(this + timedelta(days=7 + self.settings.weekend_day - 5)), after + 1
        if key == "month":
            return self._of_next_month(line, after)
        if key == "quarter":
            return found_day(month_start(self.today, 3 - (self.today.month - 1) % 3), after + 1)
        if key == "year":
            return found_day(make_date(self.today.year + 1, 1, 1), after + 1)
        return None

    def _of_next_week(self, line: Line, index: int) -> Found:
        """Return the weekday named behind “next week”, or its Monday."""
        after = line.step(index)
        if line.key(after) == "on":
            after = line.step(after)
        if line.key(after) in ANY_WEEKDAY:
            return Day(self.next_week(ANY_WEEKDAY[line.key(after)])), after + 1
        return Day(self.next_week(0)), index + 1

    def _of_next_month(self, line: Line, index: int) -> Found:
        """Return the day named behind “next month”, or its first."""
        after = line.step(index)
        for word in ("on", "the"):
            if line.key(after) == word:
                after = line.step(after)
        month, day = month_start(self.today, 1), self.dated.read_suffixed(line, after)
        if day and month:
            return found_day(make_date(month.year, month.month, day), after + 1)
        return found_day(month, index + 1)

    def _later(self, line: Line, index: int) -> Found:
        after = line.step(index)
        days = 2 if self.today.weekday() < 4 else 0
        if line.key(after) == "today":
            return Day(self.today), after + 1
        if line.keys(after, "this", "week"):
            return Day(self.today + timedelta(days=days)), after + 2
        if line.keys(after, "next", "week"):
            return Day(self.today + timedelta(days=days + 7)), after + 2
        return None

    def _the(self, line: Line, index: int) -> Found:
        after = line.step(index)
        key = line.key(after)
        if key == "day":
            return self._after_tomorrow(line, after)
        if key in EDGES:
            return self._edge(line, after)
        if key in ("coming", "upcoming"):
            return self._coming(line, after)
        if key in ORDINALS:
            return self._nth(line, after)
        if key[-2:] in ("st", "nd", "rd", "th") and key[0].isdigit():
            return self._number(line, after)
        return None

    def _edge(self, line: Line, index: int) -> Found:
        """Read end of month, mid january, start of next year."""
        edge, after = EDGES[line.key(index)], line.step(index)
        if line.key(after) == "of":
            after = line.step(after)
        elif edge != "mid":
            return None
        if line.key(after) == "the":
            after = line.step(after)
        ahead = line.key(after) == "next"
        if line.key(after) in ("this", "next"):
            after = line.step(after)
        key = line.key(after)
        if key == "year" and edge != "mid":
            return self._edge_of_year(edge, ahead, after + 1)
        if key == "month":
            months = [month_start(self.today, number) for number in ((1,) if ahead else (0, 1))]
        elif key in MONTHS and not ahead:
            year, behind = read_year(line, after)
            found = [year] if year else [self.today.year, self.today.year + 1]
            months, after = [make_date(number, MONTHS[key], 1) for number in found], behind - 1
            if year:
                return found_day(_edge_of(months[0], edge), after + 1)
        else:
            return None
        days = [_edge_of(month, edge) for month in months]
        return found_day(next((day for day in days if day and day >= self.today), None), after + 1)

    def _edge_of_year(self, edge: str, ahead: bool, after: int) -> Found:
        if edge == "end":
            return found_day(make_date(self.today.year + ahead, 12, 31), after)
        return found_day(make_date(self.today.year + 1, 1, 1), after)

    def _hyphened(self, line: Line, index: int) -> Found:
        key = line.key(index).removeprefix("mid-")
        if key == "month":
            days = [_edge_of(month_start(self.today, ahead), "mid") for ahead in (0, 1)]
        else:
            days = [make_date(self.today.year + ahead, MONTHS[key], 15) for ahead in (0, 1)]
        return found_day(next((day for day in days if day and day >= self.today), None), index + 1)

    def _month(self, line: Line, index: int) -> Found:
        return self.dated.read_month(line, index)

    def _number(self, line: Line, index: int) -> Found:
        if line.key(index)[0] == "+":
            return read_steps(self.now, line, index, line.key(index)[1:])
        return self._nth(line, index) or self.dated.read_number(line, index) or self._from_now(line, index)

    def _nth(self, line: Line, index: int) -> Found:
        found = read_nth(line, index, self.today)
        return found and found_day(*found)

    # Steps

    def _in(self, line: Line, index: int) -> Found:
        after = line.step(index)
        if line.keys(after, "half", "an", "hour"):
            return moment(self.now, 30, after + 3)
        return read_steps(self.now, line, after, line.key(after))

    def _from_now(self, line: Line, index: int) -> Found:
        return read_from_now(self.now, line, index)

    READERS = (
        {"today": _today, "tod": _today, "tom": _tomorrow, "yesterday": _yesterday, "day": _after_tomorrow}
        | {"tonight": _tonight}
        | {"upcoming": _coming, "this": _this, "next": _next, "later": _later, "the": _the, "in": _in}
        | dict.fromkeys(TOMORROWS, _tomorrow)
        | dict.fromkeys(WEEKDAYS | SHORT_WEEKDAYS, _weekday)
        | dict.fromkeys(EDGES, _edge)
        | dict.fromkeys(ORDINALS, _nth)
        | dict.fromkeys(MONTHS, _month)
        | dict.fromkeys([f"mid-{name}" for name in (*MONTHS, "month")], _hyphened)
        | dict.fromkeys(ONE | NUMBERS.keys(), _from_now)
    )


def _edge_of(month: date | None, edge: str) -> date | None:
    if month is None:
        return None
    return month_end(month) if edge == "end" else month.replace(day=15 if edge == "mid" else 1)
