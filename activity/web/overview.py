"""What the pages show as charts: each as a picture, and the same numbers as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from activity.charts import BurndownDay, Days, Durations, Hours, Year
from activity.registry import Place
from activity.services import statistics
from activity.services.reading import History
from activity.services.statistics import Places
from activity.web import drawing

QUARTER = timedelta(days=89)
PLACES = 5
"""Places that are listed, the last of them for all others."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: what it counts, how it is said, and what stands below it."""

    icon: str
    label: str
    number: str
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    """A chart's numbers; the first of each row names it."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @property
    def body(self) -> SafeString:
        """Return the rows as HTML; a template takes ten times as long for a year's."""
        rows = ((name, format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))) for name, *cells in self.rows)
        return format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', rows)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with its table, and what stands beside the picture, by name."""

    name: str
    title: str
    note: str
    picture: SafeString
    table: Table
    beside: dict[str, SafeString] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of it was one place's, or one person's; places have a colour and a page."""

    name: str
    count: int
    colour: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A person's tiles and charts; `shares` are of the places where it went."""

    tiles: list[Tile]
    year: Chart
    month: Chart
    hours: Chart
    durations: Chart
    shares: list[Share]
    is_empty: bool

    @property
    def most(self) -> int:
        return max((share.count for share in self.shares), default=0)


def overview(*, finished: History, person: Any, today: date) -> Overview:
    """Return what a person finished: the year, the last 30 days, where and when, and how long it took."""
    found = statistics.overview(finished=finished, today=today, week_start=person.week_start)
    quarter = today - QUARTER
    places = statistics.by_place(
        finished=finished, actor_id=person.pk, first=found.month.days[0].day, last=found.month.days[-1].day
    )
    hours = statistics.by_hour(finished=finished, first=quarter, last=today, week_start=person.week_start)
    ages = statistics.durations(finished=finished, first=quarter, last=today)
    return Overview(
        tiles=_tiles(found),
        year=_year(found.year),
        month=_month(found.month),
        hours=_hours(hours),
        durations=_durations(ages),
        shares=_shares(places),
        is_empty=not found.year.total,
    )


def project(*, events: History, names: Mapping[UUID, str], today: date, days: int) -> dict[str, Any]:
    """Return a project's burn-down, and who finished how much of it in the same days."""
    first = today - timedelta(days=days - 1)
    found = statistics.burndown(events=events, first=first, last=today)
    people = statistics.by_person(events=events, first=first, last=today)
    shares = [Share(names.get(id, "Someone who left"), count) for id, count in people]
    shares.sort(key=lambda share: (-share.count, share.name.casefold()))
    most = max((share.count for share in shares), default=0)
    return {"chart": _burndown(found), "shares": shares, "most": most, "period": f"Last {days} days"}


def _burndown(days: Sequence[BurndownDay]) -> Chart:
    finished, added = sum(day.finished for day in days), sum(day.added for day in days)
    rows = [(_day(day.day), day.open, day.finished, day.added) for day in reversed(days)]
    return Chart(
        "burndown",
        "Open at the end of each day",
        f"{finished:,} completed, {added:,} added",
        drawing.burndown(days),
        Table(["Day", "Open", "Completed", "Added"], rows),
    )


def _tiles(found: statistics.Overview) -> list[Tile]:
    streak, year, month = found.streaks, found.year, found.month
    yesterday = month.days[-2].count
    return [
        Tile("flame", "Streak", drawing.counted(streak.current.length, "day"), f"longest {streak.longest.length:,}"),
        Tile("check", "Today", f"{found.today:,}", f"yesterday {yesterday:,}"),
        Tile("calendar", "Last 30 days", f"{month.total:,}", f"{drawing.average(month.average)} a day"),
        Tile("trophy", "Last year", f"{year.total:,}", f"on {drawing.counted(year.active, 'day')}"),
    ]


def _year(year: Year) -> Chart:
    head = ["Week from", *(date_format(day.day, "D") for day in year.weeks[0]), "All"]
    rows = []
    for week in reversed(year.weeks):
        counts = [day.count for day in week]
        rows.append((_day(week[0].day), *counts, *[""] * (7 - len(counts)), sum(counts)))
    beside = {"weekdays": drawing.weekdays(year.weeks[0]), "legend": drawing.legend()}
    return Chart("year", "Completed in the last year", "", drawing.heatmap(year), Table(head, rows), beside)


def _month(month: Days) -> Chart:
    rows = [(_day(day.day), day.count) for day in reversed(month.days)]
    table = Table(["Day", "Completed"], rows)
    return Chart("month", "Last 30 days", _best(month), drawing.last_days(month), table)


def _best(month: Days) -> str:
    return f"Most on {date_format(month.best.day, 'WEEKDAY_FORMAT')}: {month.best.count}" if month.best else ""


def _hours(hours: Hours) -> Chart:
    clock = drawing.clock()
    head = ["From", *(str(WEEKDAYS_ABBR[day.number]) for day in hours.weekdays)]
    rows = [(clock[hour], *(day.hours[hour] for day in hours.weekdays)) for hour in range(24)]
    beside = {"legend": drawing.legend()}
    return Chart("hours", "By weekday and hour", "Last 90 days", drawing.hours(hours), Table(head, rows), beside)


def _durations(ages: Durations) -> Chart:
    rows = [(bucket.name, f"{bucket.count:,}", f"{bucket.share:.0%}") for bucket in ages.buckets]
    half = f"Half {ages.half.name.lower()}" if ages.half and ages.half.less_than else ""
    table = Table(["Completed", "Todos", "Share"], rows)
    return Chart("durations", "From creation to completion", half, drawing.durations(ages), table)


def _shares(found: Places) -> list[Share]:
    shares = [Share(one.place.title, one.count, one.place.colour, _history(one.place)) for one in found.places]
    named = len(shares) if len(shares) + bool(found.elsewhere) <= PLACES else PLACES - 1
    more = sum(share.count for share in shares[named:]) + found.elsewhere
    return [*shares[:named], *([Share("Elsewhere", more)] if more else [])]


def _history(place: Place) -> str:
    return reverse("project-activity", args=[place.id])


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
