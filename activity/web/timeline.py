"""Events as sentences, gathered by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from activity import registry
from activity.models import Event
from activity.registry import Place
from activity.sentences import Detail, people_known_to, places_seen_by, tell, who
from activity.wording import Title, Words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the feed: `who` and `sentence` read on, `details` are what the sentence leaves open."""

    event: Event
    who: str
    icon: str
    sentence: SafeString
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one local day, newest first."""

    day: date
    name: str
    lines: list[Line]


def lines(events: Iterable[Event], *, reader_id: UUID, places: Mapping[str, Place] | None = None) -> list[Line]:
    """Return events as the reader would tell them: “You completed …”.

    An echo is left out beside what it echoes. A page that has the reader's `places` already passes
    them on; else they are asked for when a sentence needs one.
    """
    told = list(events)
    places = places_seen_by(reader_id) if places is None else places
    people = people_known_to(reader_id)
    seen = {(event.verb, event.subject_id, event.created_at) for event in told}
    return [
        _line(event, reader_id, places, people)
        for event in told
        if (registry.verb(event.verb).echo, event.subject_id, event.created_at) not in seen
    ]


def days(events: Iterable[Event], *, reader_id: UUID, places: Mapping[str, Place] | None = None) -> list[Day]:
    """Return events by the reader's local day."""
    today = timezone.localdate()
    by_day = groupby(lines(events, reader_id=reader_id, places=places), key=lambda line: _day(line.event))
    return [Day(day, _name(day, today), list(found)) for day, found in by_day]


def _day(event: Event) -> date:
    return timezone.localtime(event.created_at).date()


def _name(day: date, today: date) -> str:
    if day in (today, today - timedelta(days=1)):
        return "Today" if day == today else "Yesterday"
    return date_format(day, "LONG_DAY_FORMAT" if day.year == today.year else "LONG_DATE_FORMAT")


def _line(event: Event, reader_id: UUID, places: Mapping[str, Place], people: Mapping[UUID, str]) -> Line:
    sentence = tell(event, places=places, people=people)
    words = {name: _marked(words) for name, words in sentence.words.items()}
    html = format_html(sentence.template, **words)
    return Line(event, who(event, reader_id), registry.verb(event.verb).icon, html, sentence.details)


def _marked(words: Words) -> str:
    if not isinstance(words, Title):
        return words
    return format_html('<a href="{}"><b>{}</b></a>' if words.url else "<b>{1}</b>", words.url, words.text)
