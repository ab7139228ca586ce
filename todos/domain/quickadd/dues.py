"""From the days, times and rules of a line to when its todo is due, and how it repeats."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from todos.domain.quickadd.calendar import step_day, step_time
from todos.domain.quickadd.drafts import Recurrence, Settings
from todos.domain.quickadd.items import Item
from todos.domain.quickadd.repeats import Repeat
from todos.domain.quickadd.rules import STEADY, Rule
from todos.domain.quickadd.steps import Day
from todos.domain.quickadd.times import Clock, daypart

DAYS = ("date", "start")
MOST_COUNTED = 2000
"""A longer series ends on a day."""
Ends = dict[str, Item | None]
"""What says when a series ends: `until` and `length`."""
Wall = tuple[date | None, time | None]


@dataclass(slots=True)
class Due:
    """When a todo is due. `of` are the pieces that say it; others of their kinds gave way."""

    day: date | None = None
    clock: time | None = None
    recurrence: Recurrence | None = None
    of: tuple[Item, ...] = ()


def settle(items: list[Item], *, now: datetime, settings: Settings) -> Due | None:
    """Return when these pieces of a line say that a todo is due; None when no day can be found for them."""
    named = next(
        (item for item in reversed(items) if item.kind in ("date", "start") and isinstance(item.value, Day)), None
    )
    clock_item, clock = _clock(items, named)
    repeating = next((item for item in items if item.kind == "recurrence"), None)
    day: Day | None = named.value if named else None
    used = [item for item in (named, clock_item, repeating) if item]
    if repeating is None:
        return _once(day, clock, now, tuple(used))
    ends = {kind: next((i for i in reversed(items) if i.kind == kind), None) for kind in ("until", "length")}
    used += [item for item in ends.values() if item] + [i for i in items if i.kind == "start" and i.value is None]
    repeat: Repeat = repeating.value
    if repeat.part:
        part = daypart(repeat.part, settings)
        clock = clock.within(repeat.part) if clock else part
    return _repeated(repeat, day, clock, ends, now, tuple(used))


def _clock(items: list[Item], named: Item | None) -> tuple[Item | None, Clock | None]:
    """Return the last time that was said; one on the clock goes before a part of the day, which tells what it means."""
    said = [
        (item, item.value if isinstance(item.value, Clock) else item.value.clock)
        for item in items
        if isinstance(item.value, Clock) or (item is named and item.value.clock)
    ]
    exact = [pair for pair in said if not pair[1].part]
    parts = [clock.part for _, clock in said if clock.part]
    if not said:
        return None, None
    item, clock = (exact or said)[-1]
    return item, clock.within(parts[-1]) if parts and exact else clock


def _once(day: Day | None, clock: Clock | None, now: datetime, used: tuple[Item, ...]) -> Due | None:
    if clock is None:
        return Due(day.day if day else None, of=used)
    found = day.day if day else now.date()
    if found == now.date() and _has_passed(clock.time, now):
        if day is None:
            found = step_day(found, 1, "day")
        elif day.is_weekday:
            found = step_day(found, 7, "day")
    if found is None:
        return None
    moment = _existing(found, clock.time, now)
    return Due(moment.date(), moment.time(), of=used) if moment else None


def _has_passed(moment: time, now: datetime) -> bool:
    return moment <= now.time()


def _existing(day: date, clock: time, now: datetime) -> datetime | None:
    """Return the wall time, moved on by the gap where clocks skip it."""
    try:
        return datetime.combine(day, clock, now.tzinfo).astimezone(UTC).astimezone(now.tzinfo)
    except OverflowError:
        return None


def _repeated(
    repeat: Repeat,
    day: Day | None,
    clock: Clock | None,
    ends: dict[str, Item | None],
    now: datetime,
    used: tuple[Item, ...],
) -> Due | None:
    start = day.day if day else None
    if repeat.rules[0].freq == "HOURLY" or (repeat.step and repeat.step[1] == "hour"):
        first, wall = _first_hour(repeat, start, clock, now)
    else:
        first, wall = _first_day(repeat, start, clock, now), clock.time if clock else None
    if first is None:
        return None
    rules, clamped = _steadied(repeat, first)
    end = _end(rules, first, ends)
    if end is None:
        return None
    anchor = "completion" if repeat.completion else "schedule"
    lines = tuple(rule.line(end) for rule in rules)
    return Due(first, wall, Recurrence(lines, anchor, clamped), of=used)


def _first_hour(
    repeat: Repeat, start: date | None, clock: Clock | None, now: datetime
) -> tuple[date | None, time | None]:
    if clock is None and start is None:
        moment = step_time(now, 60 * repeat.rules[0].interval)
        return (moment.date(), moment.time()) if moment else (None, None)
    wall = clock.time if clock else now.time().replace(second=0, microsecond=0)
    first = start or now.date()
    if start is None and _has_passed(wall, now):
        return step_day(first, 1, "day"), wall
    return first, wall


def _first_day(repeat: Repeat, start: date | None, clock: Clock | None, now: datetime) -> date | None:
    today = now.date()
    if repeat.step and start is None:
        return step_day(today, *repeat.step)
    firsts = [found for rule in repeat.rules if (found := rule.first(start or today))]
    first = min(firsts, default=None)
    if first == today and start is None and clock and _has_passed(clock.time, now):
        later = step_day(today, 1, "day")
        return min((found for rule in repeat.rules if later and (found := rule.first(later))), default=None)
    return first


def _steadied(repeat: Repeat, first: date) -> tuple[tuple[Rule, ...], int | None]:
    """Let what repeats a 29th, 30th or 31st by month fall on the last day of a month that has none."""
    rule = repeat.rules[0]
    if repeat.completion or rule.freq != "MONTHLY" or not rule.is_plain or first.day <= STEADY:
        return repeat.rules, repeat.clamped
    return (rule.clamped(first.day),), first.day


def _end(rules: tuple[Rule, ...], first: date, ends: Ends) -> str | None:
    """Return how the rules end, "" for never; None when they would before they begin."""
    if until := ends["until"]:
        return f"UNTIL={until.value.day:%Y%m%d}" if until.value.day >= first else None
    if length := ends["length"]:
        return _after(rules, first, *length.value)
    return ""


def _after(rules: tuple[Rule, ...], first: date, count: int, unit: str) -> str | None:
    """Count the occurrences in a length where that is certain, else name its last day."""
    rule = rules[0]
    if unit == "times":
        return f"COUNT={count}" if len(rules) == 1 else None
    number = _certain(rule, count, unit) if len(rules) == 1 else None
    if number and number <= MOST_COUNTED:
        return f"COUNT={number}"
    last = step_day(first, count, unit)
    return f"UNTIL={last - timedelta(days=1):%Y%m%d}" if last else None


def _certain(rule: Rule, count: int, unit: str) -> int | None:
    """Return how many occurrences are in a length; None where that depends on the calendar."""
    days = count * {"day": 1, "week": 7}.get(unit, 0)
    months = count * {"month": 1, "year": 12}.get(unit, 0)
    if days and rule.freq == "DAILY":
        return -(-days // rule.interval)
    if days and rule.freq == "WEEKLY" and days % 7 == 0:
        return -(-days // 7 // rule.interval) * max(1, len(rule.weekdays))
    if months and rule.freq == "MONTHLY":
        return -(-months // rule.interval) * rule.in_a_month
    if unit == "year" and rule.freq == "YEARLY" and len(rule.months) <= 1:
        return -(-count // rule.interval)
    return None
