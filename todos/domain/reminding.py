"""When a reminder is due that counts from a date of its todo."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MORNING = time(9)
"""What a date without a time counts from, on the clock of the person who is reminded."""
FARTHEST = 366 * 24 * 60
"""Minutes that a reminder may be away from its date."""


class Dates(Protocol):
    """The dates of a todo."""

    @property
    def start_date(self) -> date | None: ...
    @property
    def due_date(self) -> date | None: ...
    @property
    def due_time(self) -> time | None: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def deadline(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """When to remind, and of what moment."""

    at: datetime
    of: datetime

    def is_over(self, now: datetime) -> bool:
        """Say whether reminding would come too late to be of use: both have passed."""
        return max(self.at, self.of) <= now


def moment_of(dates: Dates, *, relative_to: str, offset_minutes: int, zone: str) -> Moment | None:
    """Return when to remind a person in this zone; None while the todo lacks the date.

    A due time counts in the todo's own zone if that is fixed, else in the person's. A wall time
    that a change of clocks skips is as much later, the first of two is meant (RFC 5545 §3.3.5).
    None too for what is beyond the calendar.
    """
    day, clock, place = _wall(dates, relative_to, zone)
    if day is None:
        return None
    try:
        of = datetime.combine(day, clock, ZoneInfo(place)).astimezone(UTC)
        return Moment(of + timedelta(minutes=offset_minutes), of)
    except OverflowError:
        return None


def _wall(dates: Dates, relative_to: str, zone: str) -> tuple[date | None, time, str]:
    match relative_to:
        case "start":
            return dates.start_date, MORNING, zone
        case "deadline":
            return dates.deadline, MORNING, zone
    if dates.due_time is None:
        return dates.due_date, MORNING, zone
    return dates.due_date, dates.due_time, dates.time_zone or zone
