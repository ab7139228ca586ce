"""Recurrences and durations as people say them: “every 2 weeks on Monday and Thursday”."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from todos.domain.rules import Recurrence, Rule

UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WORKDAYS = tuple((0, day) for day in range(5))
NAMED_DATES = 3
"""Exceptions that are said one by one."""
SayDay = Callable[[date], str]


def in_words(recurrence: Recurrence, say_day: SayDay) -> str:
    """Return a recurrence in a few words; a rule for which we have none, as it is written."""
    said = listed([_rule(rule, say_day) for rule in recurrence.rules])
    days = sorted({moment.date() if isinstance(moment, datetime) else moment for moment in recurrence.left_out})
    if not days:
        return said
    named = listed([say_day(day) for day in days]) if len(days) <= NAMED_DATES else f"{len(days)} days"
    return f"{said} except on {named}"


def duration_in_words(minutes: int) -> str:
    """Return minutes as hours and minutes: “1 h 30 min”."""
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))


def _rule(rule: Rule, say_day: SayDay) -> str:
    pattern = _pattern(rule)
    if pattern is None:
        return f"by the rule {rule.text}"
    if rule.until:
        until = rule.until.date() if isinstance(rule.until, datetime) else rule.until
        return f"{pattern} until {say_day(until)}"
    return f"{pattern}, {rule.count} times" if rule.count else pattern


def _pattern(rule: Rule) -> str | None:
    if rule.by_week or rule.by_year_day or rule.by_hour or rule.by_minute:
        return None
    days = _days(rule)
    if days is None:
        return None
    every = f"every {UNITS[rule.freq]}" if rule.interval == 1 else f"every {rule.interval} {UNITS[rule.freq]}s"
    months = f" in {listed([MONTHS[month - 1] for month in rule.by_month])}" if rule.by_month else ""
    if rule.freq in ("DAILY", "WEEKLY") and rule.interval == 1 and rule.by_day and not rule.by_month_day:
        return ("every weekday" if rule.by_day == WORKDAYS else f"every {days}") + months
    return f"{every}{days and f' on {days}'}{months}"


def _days(rule: Rule) -> str | None:
    """Return the days that a rule names, "" for none, and None for those without words."""
    if rule.by_set_pos:
        return _picked(rule)
    if rule.by_day and rule.by_month_day:
        return None
    if rule.by_month_day:
        return "the " + listed([_ordinal(day, "day") for day in rule.by_month_day])
    if any(number for number, _ in rule.by_day):
        return "the " + listed([f"{_ordinal(number)} {DAYS[day]}" for number, day in rule.by_day if number])
    return listed([DAYS[day] for _, day in rule.by_day])


def _picked(rule: Rule) -> str | None:
    if len(rule.by_set_pos) > 1 or (rule.by_day and rule.by_month_day):
        return None
    if rule.by_day == WORKDAYS:
        return f"the {_ordinal(rule.by_set_pos[0])} workday"
    last = rule.by_month_day[-1] if rule.by_month_day else 0
    if rule.by_set_pos == (-1,) and rule.by_month_day == tuple(range(28, last + 1)):
        return f"the {_ordinal(last)} or the last day"
    return None


def _ordinal(number: int, unit: str = "") -> str:
    """Return “1st”, “22nd”, “last”, “2nd last”; the last one of nothing else takes its unit along."""
    if number == -1:
        return f"last {unit}".strip()
    if number < 0:
        return f"{_ordinal(-number)} last {unit}".strip()
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
