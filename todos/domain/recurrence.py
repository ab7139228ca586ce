"""What a recurring todo does: its first occurrence, the one after it was done, and those it missed.

A series goes on from the `wall` of its present occurrence, which is the start (DTSTART) of its
rules. Moments of occurrences are kept as the wall shows them, so that they stay there whatever the
clock does; only hourly rules count elapsed time.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from heapq import merge
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo

from config.errors import Invalid
from todos.domain.expansion import DAY, HOUR, LAST_INSTANT, Clock, Due, Hit, hits
from todos.domain.rules import Recurrence, Rule, parse_recurrence, spelled_out

__all__ = (
    "COMPLETION", "SCHEDULE", "Advance", "Due", "Missed", "Occurrence", "Recurrence", "Series", "begin",
    "due_as_seen", "parse_recurrence", "spelled_out",
)  # fmt: skip
SCHEDULE, COMPLETION = "schedule", "completion"
MOST_MISSED = 100
"""Occurrences that are counted as missed: of an hourly todo from 1970, nobody wants to know the others."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of a series: when it is due, what its rule says, which differs where it was moved, and its number from 1."""

    due: Due
    wall: Due
    number: int = 1


@dataclass(frozen=True, slots=True)
class Missed:
    """Occurrences passed over, with the last where all were `count`ed and not only the first of them."""

    count: int = 0
    first: Due | None = None
    last: Due | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a series goes: to its next occurrence, or to None when it is over, past what was missed."""

    next: Occurrence | None
    missed: Missed


@dataclass(frozen=True, slots=True)
class Series:
    """A recurrence at one of its occurrences, in the zone that tells its days and times."""

    recurrence: Recurrence
    present: Occurrence
    zone: ZoneInfo
    anchor: str = SCHEDULE

    @property
    def clock(self) -> Clock:
        return Clock(self.zone, timed=self.present.wall.time is not None or self.recurrence.needs_time)

    @property
    def key(self) -> datetime:
        """Return what must be passed: when this occurrence is due, and when its rule had it."""
        return max(self.clock.key(self.present.due), self.clock.key(self.present.wall))

    @property
    def leaves_out_present(self) -> bool:
        """Say whether this occurrence is one of the exceptions."""
        return _is_left_out(self.clock.hit(self.present.wall), self.recurrence, self.clock)

    def complete(self, at: datetime) -> Advance:
        """Return the occurrence strictly after the present one and its completion.

        From the schedule, that is the first which the rules have; from the completion, an interval later.
        """
        if self.anchor == COMPLETION:
            return Advance(self._from_completion(at), Missed())
        return self._past(max(self.key, self.clock.now(at)))

    def skip(self, now: datetime) -> Advance:
        """Return the occurrence after the present one that has not passed yet."""
        if self.anchor == COMPLETION:
            return Advance(self._from_completion(max(now, self.present.due.at(self.zone))), Missed())
        return self._past(max(self.key, self.clock.now(now) - timedelta.resolution))

    def upcoming(self, most: int) -> list[Occurrence]:
        """Return this occurrence and those after it, each done when it is due."""
        found, series = [self.present], self
        while len(found) < most:
            following = series.complete(series.present.due.at(self.zone)).next
            if following is None:
                break
            found.append(following)
            series = replace(series, present=following)
        return found

    def _past(self, bound: datetime) -> Advance:
        """Return the first occurrence with a key after `bound`."""
        clock, start = self.clock, self.clock.key(self.present.wall)
        number, missed = self.present.number, list[Due]()
        most = next((rule.count for rule in self.recurrence.rules if rule.count), None)
        for hit in _merged(self.recurrence, self.present.wall, clock, start):
            if hit.key <= start:
                continue
            number += 1
            if most is not None and number > most:
                break
            if _is_left_out(hit, self.recurrence, clock):
                continue
            if hit.key > bound:
                return Advance(_occurrence(hit, number), _missed(missed))
            missed.append(hit.due)
            if most is None and len(missed) == MOST_MISSED:
                return self._jump(bound, number, missed)
        return Advance(None, _missed(missed))

    def _jump(self, bound: datetime, number: int, missed: list[Due]) -> Advance:
        """Return the first occurrence after `bound` without a look at those before it."""
        found = _merged(self.recurrence, self.present.wall, self.clock, bound)
        left = (hit for hit in found if hit.key > bound and not _is_left_out(hit, self.recurrence, self.clock))
        hit = next(left, None)
        return Advance(_occurrence(hit, number + 1) if hit else None, Missed(len(missed), missed[0], more=True))

    def _from_completion(self, at: datetime) -> Occurrence | None:
        number = self.present.number + 1
        if any(rule.count and number > rule.count for rule in self.recurrence.rules):
            return None
        found = merge(*(self._of_rule_from(rule, at) for rule in self.recurrence.rules))
        # Each day left out may cost every rule one.
        tries = islice(found, 1 + (1 + len(self.recurrence.left_out)) * 25 * len(self.recurrence.rules))
        hit = next((hit for hit in tries if not _is_left_out(hit, self.recurrence, self.clock)), None)
        return _occurrence(hit, number) if hit else None

    def _of_rule_from(self, rule: Rule, at: datetime) -> Iterator[Hit]:
        clock, wall = self.clock, self.present.wall
        done = at.astimezone(self.zone)
        every: Iterator[Hit]
        found: Iterator[Hit]
        if rule.freq == "HOURLY" and rule.is_plain:
            minute = at.astimezone(UTC).replace(second=0, microsecond=0)
            step = rule.interval * HOUR
            steps = range(1, max(0, (LAST_INSTANT - 2 * DAY - minute) // step) + 1)
            every = (clock.hit_at(minute + number * step, step) for number in steps)
            found = (hit for hit in every if hit.key > at)
        elif rule.is_plain:
            days = takewhile(bool, (_later(done.date(), rule, number * rule.interval) for number in count(1)))
            found = (clock.hit(Due(day, wall.time)) for day in days if day)
        else:
            time = done.time().replace(second=0, microsecond=0) if rule.freq == "HOURLY" else wall.time
            bound = max(self.key, clock.now(at))
            every = hits(rule, Due(done.date(), time), clock, bound)
            found = (hit for hit in every if hit.key > bound)
        return takewhile(lambda hit: _is_within(rule, hit, clock), found)


def begin(recurrence: Recurrence, start: Due, zone: ZoneInfo, *, later: bool = False) -> Occurrence:
    """Return the first occurrence from the start on, or `later` than it; raises Invalid when there is none.

    The interval counts from there, so it does not matter here.
    """
    clock = Clock(zone, timed=start.time is not None or recurrence.needs_time)
    every = replace(recurrence, rules=tuple(replace(rule, interval=1) for rule in recurrence.rules))
    most = next((rule.count for rule in recurrence.rules if rule.count), None)
    bound = clock.key(start)
    from_start = (
        hit for hit in _merged(every, start, clock, bound) if hit.key > bound or (hit.key == bound and not later)
    )
    for number, hit in enumerate(islice(from_start, most), start=1):
        if not _is_left_out(hit, recurrence, clock):
            return _occurrence(hit, number)
    raise Invalid.field("recurrence", "This never occurs.")


def due_as_seen(due: Due, time_zone: str, viewer: ZoneInfo) -> date | datetime:
    """Return a due date as somebody in another zone has it.

    A day stays that day, a time with a zone stays its instant, and one without floats: the wall's everywhere.
    """
    if due.time is None:
        return due.day
    moment = due.at(ZoneInfo(time_zone) if time_zone else viewer)
    return moment.astimezone(viewer)


def _merged(recurrence: Recurrence, start: Due, clock: Clock, since: datetime) -> Iterator[Hit]:
    """Yield what any of the rules has, each moment once."""
    last = None
    for hit in merge(*(_until_its_end(rule, start, clock, since) for rule in recurrence.rules)):
        if hit.key != last:
            yield hit
        last = hit.key


def _until_its_end(rule: Rule, start: Due, clock: Clock, since: datetime) -> Iterator[Hit]:
    return takewhile(lambda hit: _is_within(rule, hit, clock), hits(rule, start, clock, since))


def _is_within(rule: Rule, hit: Hit, clock: Clock) -> bool:
    """Say whether a hit is not after UNTIL: a day's end, a time on the wall, or an instant."""
    until = rule.until
    if until is None:
        return True
    if not isinstance(until, datetime):
        return hit.wall.day <= until
    if not clock.timed:
        return hit.wall.day <= _local(until, clock).date()
    if until.tzinfo:
        return hit.key <= until
    return _on_wall(hit.wall) <= until


def _is_left_out(hit: Hit, recurrence: Recurrence, clock: Clock) -> bool:
    left_out = recurrence.left_out
    if not left_out:
        return False
    if clock.timed:
        return not left_out.isdisjoint((hit.wall.day, _on_wall(hit.wall), hit.key))
    return any(
        hit.wall.day == (_local(moment, clock).date() if isinstance(moment, datetime) else moment)
        for moment in left_out
    )


def _local(moment: datetime, clock: Clock) -> datetime:
    try:
        return moment.astimezone(clock.zone) if moment.tzinfo else moment
    except OverflowError:  # at the ends of time, where the zone has another year
        return moment


def _on_wall(wall: Due) -> datetime:
    return datetime.combine(wall.day, wall.time or datetime.min.time())


def _occurrence(hit: Hit, number: int) -> Occurrence:
    return Occurrence(hit.due, hit.wall, number)


def _missed(found: list[Due]) -> Missed:
    return Missed(len(found), found[0], found[-1]) if found else Missed()


def _later(day: date, rule: Rule, steps: int) -> date | None:
    """Return the day that many days, weeks, months or years later; a month that lacks it has its last day."""
    if rule.freq in ("DAILY", "WEEKLY"):
        ordinal = day.toordinal() + steps * (7 if rule.freq == "WEEKLY" else 1)
        return date.fromordinal(ordinal) if ordinal < date.max.toordinal() - 2 else None
    months = day.year * 12 + day.month - 1 + steps * (12 if rule.freq == "YEARLY" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) if year < MAXYEAR else None
