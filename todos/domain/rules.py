"""Recurrence rules as RFC 5545 §3.3.10 writes them: read, checked, and spelled out where they lean on a start."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from config.errors import Invalid

FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_LINES = 20
LONGEST_LINE = 500
LARGEST_INTERVAL = 1000
LARGEST_COUNT = 2000
"""Occurrences of a series that counts them: finding the next one may take looking at each."""
UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,4}", re.ASCII)
WEEKDAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(WEEKDAYS)})", re.ASCII)
RANGES = {
    "BYMONTH": ("by_month", range(1, 13), False),
    "BYWEEKNO": ("by_week", range(1, 54), True),
    "BYYEARDAY": ("by_year_day", range(1, 367), True),
    "BYMONTHDAY": ("by_month_day", range(1, 32), True),
    "BYHOUR": ("by_hour", range(24), False),
    "BYMINUTE": ("by_minute", range(60), False),
    "BYSETPOS": ("by_set_pos", range(1, 367), True),
}
"""Parts that are lists of numbers: where they are kept, from what to what, and whether they count back too."""
DAYS = dict(enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
"""Days that each month has in every year."""
PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYSECOND", *RANGES}


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. Weekdays are numbers from Monday, 0, on; those of `by_day` come after their ordinal, 0 for every."""

    text: str
    freq: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def is_plain(self) -> bool:
        """Say whether it is an interval and nothing more."""
        return not (self.names_days or self.by_month or self.by_hour or self.by_minute)

    @property
    def names_days(self) -> bool:
        """Say whether it tells its days itself, and needs no start for that."""
        return bool(self.by_week or self.by_year_day or self.by_month_day or self.by_day)

    @property
    def needs_time(self) -> bool:
        """Say whether it tells occurrences of one day apart."""
        return self.freq == "HOURLY" or bool(self.by_hour or self.by_minute)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What a todo's lines say together: the union of its rules but for what they leave out.

    A day of `left_out` stands for all of it, a naive time for that on the wall, an aware one for its instant.
    """

    rules: tuple[Rule, ...]
    left_out: frozenset[date | datetime] = frozenset()
    exceptions: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        return [*(f"RRULE:{rule.text}" for rule in self.rules), *self.exceptions]

    @property
    def needs_time(self) -> bool:
        return any(rule.needs_time for rule in self.rules)


def parse_recurrence(lines: Sequence[str]) -> Recurrence:
    """Read RRULE and EXDATE lines, a bare `FREQ=…` too; raises Invalid about the field `recurrence`."""
    if len(lines) > MOST_LINES:
        raise _invalid(f"A recurrence has at most {MOST_LINES} lines.")
    rules: dict[Rule, None] = {}
    exceptions: dict[str, None] = {}
    left_out: set[date | datetime] = set()
    for line in lines:
        name, parameters, value = _split(line)
        if name == "RRULE" and not parameters:
            rules[_rule(value)] = None
        elif name == "EXDATE":
            left_out |= _dates(parameters, value)
            exceptions[":".join((";".join((name, *parameters)), value.upper()))] = None
        elif name == "DTSTART":
            raise _invalid("A recurrence starts at the due date: leave DTSTART out.")
        else:
            raise _invalid(f"A line of a recurrence is an RRULE or an EXDATE, not “{line[:40]}”.")
    if not rules:
        raise _invalid("A recurrence needs an RRULE.")
    if len(rules) > 1 and any(rule.count for rule in rules):
        raise _invalid("COUNT counts one rule alone; with several, use UNTIL.")
    return Recurrence(tuple(rules), frozenset(left_out), tuple(exceptions))


def _split(line: str) -> tuple[str, list[str], str]:
    if len(line) > LONGEST_LINE:
        raise _invalid(f"A line of a recurrence has at most {LONGEST_LINE} characters.")
    head, colon, value = line.strip().partition(":")
    if not colon:
        return "RRULE", [], head
    name, *parameters = head.split(";")
    return name.strip().upper(), parameters, value.strip()


def _rule(text: str) -> Rule:
    text = text.upper().strip("; ")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS or not value or name in parts:
            raise _invalid(f"“{part[:40]}” is no part of a recurrence rule, or given twice.")
        parts[name] = value
    if parts.get("BYSECOND", "0") != "0":
        raise _invalid("A todo repeats by the minute of the hour at most: leave BYSECOND out.")
    values = {field: _numbers(name, parts[name]) for name, (field, *_) in RANGES.items() if name in parts}
    rule = Rule(
        text,
        _choice("FREQ", parts.get("FREQ", ""), FREQUENCIES),
        interval=_positive("INTERVAL", parts.get("INTERVAL", "1"), LARGEST_INTERVAL),
        count=_positive("COUNT", parts["COUNT"], LARGEST_COUNT) if "COUNT" in parts else None,
        until=_moment("UNTIL", parts["UNTIL"]) if "UNTIL" in parts else None,
        by_day=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        week_start=WEEKDAYS.index(_choice("WKST", parts.get("WKST", "MO"), WEEKDAYS)),
        **values,
    )
    _require_sense(rule)
    return rule


def _require_sense(rule: Rule) -> None:
    """Refuse what RFC 5545 §3.3.10 forbids, and what repeats within the hour."""
    freq, ordinals = rule.freq, [number for number, _ in rule.by_day if number]
    if rule.count and rule.until:
        raise _invalid("A rule ends by COUNT or by UNTIL, not by both.")
    if len(rule.by_minute) > 1:
        raise _invalid("A todo repeats every hour at most: give one BYMINUTE.")
    if rule.by_week and freq != "YEARLY":
        raise _invalid("BYWEEKNO goes with FREQ=YEARLY.")
    if rule.by_year_day and freq not in ("YEARLY", "HOURLY"):
        raise _invalid("BYYEARDAY goes with FREQ=YEARLY.")
    if rule.by_month_day and freq == "WEEKLY":
        raise _invalid("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if ordinals and (freq not in ("MONTHLY", "YEARLY") or rule.by_week):
        raise _invalid("BYDAY takes a number with FREQ=MONTHLY, or YEARLY without BYWEEKNO.")
    if any(abs(number) > 5 for number in ordinals) and (freq == "MONTHLY" or rule.by_month):
        raise _invalid("No month has more than five of a weekday.")
    if rule.by_set_pos and (freq == "HOURLY" or rule.is_plain):
        raise _invalid("BYSETPOS picks from what other BY… parts give, for days and longer.")


def _numbers(name: str, text: str) -> tuple[int, ...]:
    _, allowed, backwards = RANGES[name]
    found = set()
    for item in text.split(","):
        number = int(item) if NUMBER.fullmatch(item) else None
        if number is None or (abs(number) if backwards else number) not in allowed:
            raise _invalid(f"{name} cannot be “{item[:20]}”.")
        found.add(number)
    return tuple(sorted(found))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for item in text.split(","):
        match = WEEKDAY.fullmatch(item)
        if not match or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise _invalid(f"BYDAY cannot be “{item[:20]}”.")
        found.add((int(match[1] or 0), WEEKDAYS.index(match[2])))
    return tuple(sorted(found))


def _positive(name: str, text: str, largest: int) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= largest or len(text) > 9:
        raise _invalid(f"{name} is a number from 1 to {largest}.")
    return int(text)


def _choice(name: str, text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise _invalid(f"{name} is one of {', '.join(allowed)}.")
    return text


def _dates(parameters: Iterable[str], text: str) -> set[date | datetime]:
    zone = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.upper() == "TZID":
            zone = _zone(value.strip('"'))
        elif name.upper() != "VALUE" or value.upper() not in ("DATE", "DATE-TIME"):
            raise _invalid(f"EXDATE cannot have “{parameter[:40]}”.")
    found = [_moment("EXDATE", item) for item in text.upper().split(",")]
    return {_in_zone(moment, zone) for moment in found}


def _in_zone(moment: date | datetime, zone: ZoneInfo | None) -> date | datetime:
    if zone and isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=zone)
    return moment


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise _invalid(f"“{name[:40]}” is no time zone.") from None


def _moment(name: str, text: str) -> date | datetime:
    match = UNTIL.fullmatch(text)
    try:
        if match and match[2]:
            moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007  on the wall
            return moment.replace(tzinfo=ZoneInfo("UTC")) if match[3] else moment
        if match:
            return datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        pass
    raise _invalid(f"{name} takes dates such as 20270131 or 20270131T090000Z, not “{text[:20]}”.")


def _invalid(message: str) -> Invalid:
    return Invalid.field("recurrence", message)


def spelled_out(recurrence: Recurrence, start: date) -> Recurrence:
    """Return it with the day of the month that its rules would take from the start, where a month lacks that day.

    A rule has no memory: once “monthly” from the 31st came to February's 28th, that were all it
    knew. So it says that it means the last there is of the days up to the 31st.
    """
    return replace(recurrence, rules=tuple(_clamped(rule, start.month, start.day) for rule in recurrence.rules))


def _clamped(rule: Rule, month: int, day: int) -> Rule:
    if rule.names_days or rule.freq not in ("MONTHLY", "YEARLY"):
        return rule
    yearly = rule.freq == "YEARLY"
    months = rule.by_month or ((month,) if yearly else tuple(DAYS))
    if day <= min(DAYS[number] for number in months):
        return rule
    text = rule.text
    if yearly and len(months) > 1:
        if rule.interval > 1:  # the last in each month of every other year: RFC 5545 has no words for that
            return rule
        text = text.replace("FREQ=YEARLY", "FREQ=MONTHLY")
    elif yearly and not rule.by_month:
        text += f";BYMONTH={month}"
    days = ",".join(str(number) for number in range(28, day + 1))
    return _rule(f"{text};BYMONTHDAY={days};BYSETPOS=-1")
