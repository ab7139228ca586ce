"""Arithmetic of days that quick add needs: next ones, ends of months, steps of units."""

from calendar import monthrange
from datetime import date, datetime, timedelta

MOST = 9999
"""The largest number of units that is taken for one."""


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the day; None when there is none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_date(today: date, month: int, day: int) -> date | None:
    """Return the first such day from today on; None when no year has it."""
    years = (make_date(year, month, day) for year in range(today.year, min(today.year + 9, date.max.year + 1)))
    return next((found for found in years if found and found >= today), None)


def next_month_day(today: date, day: int) -> date | None:
    """Return the first day of this number from today on, in a month that has one."""
    for ahead in range(3):
        month = month_start(today, ahead)
        found = month and make_date(month.year, month.month, day)
        if found and found >= today:
            return found
    return None


def month_start(day: date, ahead: int = 0) -> date | None:
    """Return the first day of the month so many months ahead."""
    months = day.year * 12 + day.month - 1 + ahead
    return make_date(months // 12, months % 12 + 1, 1)


def month_end(day: date) -> date:
    """Return the last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def step_day(day: date, count: int, unit: str) -> date | None:
    """Return the day so many days, weeks, months … later; a day that its month lacks is its last one."""
    if count > MOST:
        return None
    try:
        if unit == "workday":
            return _step_workdays(day, count)
        if unit in ("day", "week", "fortnight"):
            return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    except OverflowError:
        return None
    month = month_start(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])
    return month and month.replace(day=min(day.day, monthrange(month.year, month.month)[1]))


def _step_workdays(day: date, count: int) -> date:
    weeks, rest = divmod(count, 5)
    day += timedelta(weeks=weeks)
    while day.weekday() > 4:  # from a weekend one counts on from its Friday
        day -= timedelta(days=1)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() <= 4
    return day


def step_time(now: datetime, minutes: int) -> datetime | None:
    """Return the moment so many minutes later, on the minute, in the zone of `now`."""
    if minutes > MOST * 60:
        return None
    try:
        later = now.timestamp() + minutes * 60
        # A wall time that comes twice is the first: no todo keeps which one was meant.
        return datetime.fromtimestamp(later - later % 60, tz=now.tzinfo).replace(fold=0)
    except (OverflowError, OSError, ValueError):
        return None


def week_begin(day: date, week_start: int) -> date:
    """Return the first day of its week."""
    return day - timedelta(days=(day.weekday() - week_start) % 7)
