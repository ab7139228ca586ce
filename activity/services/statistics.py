"""What the charts count, added up in the stores by the local days of those who did it.

Each takes the history that it counts, so that several charts look at the stores as they were at
one moment. The history's `complete` says afterwards whether the archive had answered.

What was finished and then undone was not finished: both events stay, and the second counts against
the first, on the day of the first. Reopening something later takes nothing from the day it was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When

from activity import charts, registry
from activity.registry import Place
from activity.services.reading import History, doings, timeline
from config.errors import NotFound

Who = Literal["me", "everyone"]
MEMORY = timedelta(days=5 * 365 + 1)
"""How far back streaks reach: what they cost does not grow with the years."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which day it is where a person is, and the day that their weeks begin with (see `charts.WEEKDAYS`)."""

    today: date
    week_start: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What a person sees first."""

    year: charts.Year
    month: charts.Days
    streaks: charts.Streaks
    today: int


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """How much was finished in a place, and its share of all."""

    place: Place
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Places:
    """Places by how much was finished there, the most first; `elsewhere` in those that are not seen any more."""

    places: list[PlaceCount]
    elsewhere: int
    total: int


def calendar_of(*, actor_id: UUID, now: datetime) -> Calendar:
    """Return the calendar of a person of whom no more is known than the id."""
    people = get_user_model().objects.values_list("time_zone", "week_start")
    time_zone, week_start = people.get(pk=actor_id)
    return Calendar(now.astimezone(ZoneInfo(time_zone)).date(), week_start)


def whose(*, actor_id: UUID, who: Who = "me", project_id: UUID | None = None) -> History:
    """Return what was finished, and what of it was undone, by the person or by everyone whose work they may see.

    The person's own counts wherever it was, in places they left too, unless a project is named.
    Raises NotFound for a project that the person does not see.
    """
    found = doings(actor_id=actor_id) if who == "me" else timeline(actor_id=actor_id)
    if project_id is not None:
        found = found.within([_visible_scope(actor_id, project_id)])
    return _finished_in(found)


def inside(*, actor_id: UUID, project_id: UUID) -> History:
    """Return all that happened in a project; raises NotFound where the person does not see it."""
    return History(scopes=(_visible_scope(actor_id, project_id),))


def _visible_scope(actor_id: UUID, project_id: UUID) -> str:
    scope = f"project:{project_id}"
    if scope not in registry.scopes_of(actor_id):
        raise NotFound("There is no such project.")
    return scope


def overview(*, finished: History, today: date, week_start: str = "MO") -> Overview:
    """Return the year, the last 30 days and the streaks, from one question to the stores."""
    counts = _by_day(finished, today - MEMORY, today)
    return Overview(
        year=charts.year(counts, today, week_start),
        month=charts.last_days(counts, today),
        streaks=charts.streaks(counts, today),
        today=counts.get(today, 0),
    )


def heatmap(*, finished: History, today: date, week_start: str = "MO") -> charts.Year:
    """Return the year up to today."""
    counts = _by_day(finished, charts.first_of_year(today, week_start), today)
    return charts.year(counts, today, week_start)


def by_day(*, finished: History, first: date, last: date) -> charts.Days:
    """Return how much was finished on each day of a period, both ends included."""
    return charts.period(_by_day(finished, first, last), first, last)


def streaks(*, finished: History, today: date) -> charts.Streaks:
    """Return the days in a row on which something was finished."""
    return charts.streaks(_by_day(finished, today - MEMORY, today), today)


def by_place(*, finished: History, actor_id: UUID, first: date, last: date) -> Places:
    """Return where it was finished in a period, in places that this person may see by name."""
    counts: Mapping[str, int] = _counted(_in_period(finished, first, last), "scope")
    total = sum(counts.values())
    places = registry.places_of(actor_id).values()
    named = [(place, counts[place.scope]) for place in places if counts.get(place.scope)]
    named.sort(key=lambda found: -found[1])
    return Places(
        places=[PlaceCount(place, count, count / total) for place, count in named],
        elsewhere=total - sum(count for _, count in named),
        total=total,
    )


def by_person(*, events: History, first: date, last: date) -> list[tuple[UUID, int]]:
    """Return who finished how much in a period, the most first."""
    counts = _counted(_in_period(_finished_in(events), first, last), "actor_id")
    return sorted(counts.items(), key=lambda found: -found[1])


def by_hour(*, finished: History, first: date, last: date, week_start: str = "MO") -> charts.Hours:
    """Return on which weekdays, and at which hours where its people were, things were finished in a period."""
    return charts.hours(_counted(_in_period(finished, first, last), "local_day", "local_hour"), week_start)


def durations(*, finished: History, first: date, last: date) -> charts.Durations:
    """Return how long after their creation things were finished in a period.

    What was finished along with something else, as subtasks are, is left out: its event knows no
    age but that of the other.
    """
    ends = [When(subject_age__lt=end, then=Value(index)) for index, (end, _) in enumerate(charts.AGES) if end]
    bucket = Case(*ends, default=Value(len(ends)), output_field=IntegerField())
    known = _in_period(finished, first, last).filter(subject_age__isnull=False)
    return charts.durations(_counted(known.narrowed(lambda rows: rows.annotate(bucket=bucket)), "bucket", each=True))


def burndown(*, events: History, first: date, last: date) -> list[charts.BurndownDay]:
    """Return how many were open in a project (see `inside`) at the end of each day of a period.

    They are counted back from those that are open now: history of which the oldest part is gone, or
    away, tells the recent days all the same.
    """
    flows = _in_period(events, first, None).sums(
        "local_day",
        delta=Sum("open_delta"),
        finished=Sum("subjects", filter=_done()),
        undone=Sum("subjects", filter=_undone()),
        added=Sum("open_delta", filter=Q(open_delta__gt=0) & ~_undone()),
    )
    days = {day: charts.Flow(delta, done - undone, added) for day, (delta, done, undone, added) in flows.items()}
    waiting = sum(registry.open_in(scope) for scope in events.scopes or ())
    return charts.burndown(days, waiting, first, last)


def _by_day(found: History, first: date, last: date) -> Mapping[date, int]:
    return _counted(_in_period(found, first, last), "local_day")


def _finished_in(found: History) -> History:
    verbs = [*registry.finishing(), *registry.unfinishing()]
    return found.narrowed(lambda rows: rows.of_kinds(verbs))


def _counted(found: History, *keys: str, each: bool = False) -> dict[Any, int]:
    """Return by key how much was finished and not undone; with `each`, how many times, whatever went along."""
    of = partial(Count, "pk") if each else partial(Sum, "subjects")
    sums = found.sums(*keys, done=of(filter=_done()), undone=of(filter=_undone()))
    return {key: done - undone for key, (done, undone) in sums.items() if done > undone}


def _done() -> Q:
    return Q(verb__in=registry.finishing())


def _undone() -> Q:
    return Q(verb__in=registry.unfinishing())


def _in_period(found: History, first: date, last: date | None) -> History:
    return found.narrowed(lambda rows: rows.on_days(first, last))
