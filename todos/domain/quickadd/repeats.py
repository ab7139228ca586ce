"""Recurrence: every day, ev mon, fri, every 3rd friday, every! 2 weeks, after 10 days, monthly."""

import re

from todos.domain.quickadd.month_days import NOT_THERE, SEPARATORS, Found, Repeat, ordinal_of, read_days
from todos.domain.quickadd.rules import Rule
from todos.domain.quickadd.steps import GLUED
from todos.domain.quickadd.vocabulary import (
    ANY_WEEKDAY,
    DAYPARTS,
    GLUED_UNITS,
    NUMBERS,
    PLURALS,
    UNITS,
    WORKDAYS,
)
from todos.domain.quickadd.words import NOWHERE, Line

EVERY = {"every", "ev", "each", "every!", "ev!", "each!"}
ADVERBS = {
    "daily": Rule("DAILY"),
    "everyday": Rule("DAILY"),
    "weekly": Rule("WEEKLY"),
    "fortnightly": Rule("WEEKLY", 2),
    "monthly": Rule("MONTHLY"),
    "quarterly": Rule("MONTHLY", 3),
    "yearly": Rule("YEARLY"),
    "annually": Rule("YEARLY"),
    "hourly": Rule("HOURLY"),
}
UNIT_RULES = {
    "day": Rule("DAILY"),
    "week": Rule("WEEKLY"),
    "fortnight": Rule("WEEKLY", 2),
    "month": Rule("MONTHLY"),
    "quarter": Rule("MONTHLY", 3),
    "year": Rule("YEARLY"),
    "hour": Rule("HOURLY"),
}
COUNT = re.compile(r"[1-9][0-9]{0,2}")
LARGEST_INTERVAL = 1000
GLUE = re.compile("[/,]")
RANGE = re.compile(r"([a-z]+)[-–]([a-z]+)")
THROUGH = {"-", "–", "to", "through", "thru"}


def read_repeat(line: Line, index: int, weekend_day: int) -> Found:
    """Return what the words from here repeat, and the index behind them."""
    key = line.key(index)
    if key in EVERY:
        found = _every(line, line.step(index), weekend_day)
        weak = key == "each" or (found is not None and found[0].weak)  # take each day as it comes
        return found and (found[0]._replace(completion=key.endswith("!"), weak=weak), found[1])
    if key == "after":
        return _after(line, line.step(index))
    if key in ADVERBS:
        repeat, behind = _with_day(line, ADVERBS[key], index)
        return repeat._replace(weak=True), behind
    return None


def _after(line: Line, index: int) -> Found:
    count, unit = _count(line.key(index)), line.step(index) if line.key(index) else NOWHERE
    name = UNITS.get(line.key(unit), "")
    if not count or name not in UNIT_RULES or line.key(line.step(unit)) in ("of", "from", "and", "or"):
        return None
    rule = UNIT_RULES[name]
    if rule.interval * count > LARGEST_INTERVAL:
        return NOT_THERE, unit + 1
    return Repeat((rule._replace(interval=rule.interval * count),), completion=True, step=(count, name)), unit + 1


def _every(line: Line, index: int, weekend_day: int) -> Found:
    """Read what stands behind “every”."""
    key = line.key(index)
    if key == "other":
        return _unit(line, line.step(index), 2, weekend_day, alone=True)
    if count := _count(key):
        after = line.step(index)
        if line.key(after) in UNITS or line.key(after) in ANY_WEEKDAY:
            return _unit(line, after, count, weekend_day)
    if (glued := GLUED.fullmatch(key)) and GLUED_UNITS.get(glued[2], "") in UNIT_RULES and int(glued[1]):
        return _of_unit(line, GLUED_UNITS[glued[2]], int(glued[1]), index)
    found = _unit(line, index, 1, weekend_day, alone=True)
    if found or not key:
        return found
    return read_days(line, index) or _nth_unit(line, index, weekend_day)


def _nth_unit(line: Line, index: int, weekend_day: int) -> Found:
    """Read every 2nd week, which is every other one."""
    number, after = ordinal_of(line.key(index)), line.step(index)
    return _unit(line, after, number, weekend_day) if number > 1 and UNITS.get(line.key(after)) in UNIT_RULES else None


def _unit(line: Line, index: int, interval: int, weekend_day: int, *, alone: bool = False) -> Found:
    """Read a unit, a part of the day, or weekdays; `alone` is without a number, so in the singular."""
    key = line.key(index)
    if key in ("business", "working", "week") and line.key(line.step(index)) == "day":
        key, index = "workday", line.step(index)
    unit = UNITS.get(key, "")
    if unit and alone and key in PLURALS:
        return None
    if unit in UNIT_RULES:
        return _of_unit(line, unit, interval, index)
    if unit == "workday" and interval == 1:
        return Repeat((Rule("WEEKLY", weekdays=tuple((0, day) for day in WORKDAYS)),)), index + 1
    if key == "weekend":
        return Repeat((Rule("WEEKLY", interval, weekdays=((0, weekend_day),)),)), index + 1
    if key in DAYPARTS or key == "noon":
        return Repeat((Rule("DAILY", interval),), part=key), index + 1
    weekdays, after = _weekdays(line, index)
    following = line.step(after - 1)
    if weekdays and line.key(following) == "the" and ordinal_of(line.key(line.step(following))):
        return NOT_THERE, line.step(following) + 1  # friday the 13th is no week's
    return (Repeat((Rule("WEEKLY", interval, weekdays=weekdays),)), after) if weekdays else None


def _of_unit(line: Line, unit: str, interval: int, index: int) -> Found:
    rule = UNIT_RULES[unit]
    if rule.interval * interval > LARGEST_INTERVAL:
        return NOT_THERE, index + 1
    return _with_day(line, rule._replace(interval=rule.interval * interval), index)


def _weekdays(line: Line, index: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """Read mon, wed and fri, or mon-fri; none when the words say something else."""
    chosen: set[int] = set()
    behind, after = index, index
    while True:
        found = _weekday_range(line, after)
        if found is None:
            break
        chosen |= found[0]
        behind = found[1]
        after = line.step(behind - 1, comma=True)
        if line.key(after) in SEPARATORS:
            after = line.step(after)
    return tuple((0, day) for day in sorted(chosen)), behind


def _weekday_range(line: Line, index: int) -> tuple[set[int], int] | None:
    key = line.key(index)
    if found := RANGE.fullmatch(key):
        first, last = ANY_WEEKDAY.get(found[1]), ANY_WEEKDAY.get(found[2])
        return None if first is None or last is None else (_through(first, last), index + 1)
    if "/" in key or "," in key:
        days = [ANY_WEEKDAY.get(name) for name in GLUE.split(key)]
        return None if None in days else ({day for day in days if day is not None}, index + 1)
    if key not in ANY_WEEKDAY:
        return None
    after = line.step(index)
    last_at = line.step(after) if line.key(after) in THROUGH else NOWHERE
    if line.key(last_at) in ANY_WEEKDAY:
        return _through(ANY_WEEKDAY[key], ANY_WEEKDAY[line.key(last_at)]), last_at + 1
    return {ANY_WEEKDAY[key]}, index + 1


def _through(first: int, last: int) -> set[int]:
    return {(first + number) % 7 for number in range((last - first) % 7 + 1)}


def _with_day(line: Line, rule: Rule, index: int) -> tuple[Repeat, int]:
    """Read which day of the week, month or year the unit at `index` goes on with: every month on the 15th."""
    plain = Repeat((rule,)), index + 1
    after = line.step(index)
    if line.key(after) != "on":
        return plain
    after = line.step(after)
    if rule.freq == "WEEKLY":
        weekdays, behind = _weekdays(line, after)
        return (Repeat((rule._replace(weekdays=weekdays),)), behind) if weekdays else plain
    if line.key(after) == "the":
        after = line.step(after)
    if rule.freq not in ("MONTHLY", "YEARLY") or not line.key(after):
        return plain
    found = read_days(line, after)
    if found is None or any(made.freq != rule.freq for made in found[0].rules):
        return plain
    rules = tuple(made._replace(interval=rule.interval) for made in found[0].rules)
    return found[0]._replace(rules=rules, weak=False), found[1]


def _count(key: str) -> int:
    return int(key) if COUNT.fullmatch(key) else NUMBERS.get(key, 0)
