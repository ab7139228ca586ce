"""Events as sentences, gathered by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from activity import registry
from activity.models import Event


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the feed."""

    event: Event
    who: str
    icon: str
    sentence: SafeString


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one local day, newest first."""

    day: date
    name: str
    lines: list[Line]


def lines(events: Iterable[Event], *, reader_id: UUID) -> list[Line]:
    """Return events as the reader would tell them: “You completed …”."""
    return [_line(event, reader_id) for event in events]


def days(events: Iterable[Event], *, reader_id: UUID) -> list[Day]:
    """Return events by the reader's local day."""
    today = timezone.localdate()
    by_day = groupby(lines(events, reader_id=reader_id), key=lambda line: _day(line.event))
    return [Day(day, _name(day, today), list(found)) for day, found in by_day]


def _day(event: Event) -> date:
    return timezone.localtime(event.created_at).date()


def _name(day: date, today: date) -> str:
    if day in (today, today - timedelta(days=1)):
        return "Today" if day == today else "Yesterday"
    return date_format(day, "LONG_DAY_FORMAT" if day.year == today.year else "LONG_DATE_FORMAT")


def _line(event: Event, reader_id: UUID) -> Line:
    verb = registry.verb(event.verb)
    who = "You" if event.actor_id == reader_id else event.actor_name
    return Line(event, who, verb.icon, format_html(verb.sentence, subject=_subject(event)))


def _subject(event: Event) -> SafeString:
    page = registry.subject_pages.get(event.subject_type)
    if page is None:
        return format_html("<b>{}</b>", event.subject_title)
    url = reverse(page, args=[event.subject_id])
    return format_html('<a href="{}"><b>{}</b></a>', url, event.subject_title)
