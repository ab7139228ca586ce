"""Charts as SVG: where the marks go and what their titles say. `chart.css` gives them colour.

Each is an image whose title says it in a sentence, and each mark has a title of its own. Units are
pixels at the size it is drawn for; the pictures scale.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from math import ceil, log10

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from activity.charts import BurndownDay, DayCount, Days, Durations, Hours, Month, Weekday, Year

CELL, PITCH = 12, 16
HEAD = 18
"""The line of months, or of hours, above cells."""
MARGIN = 32
"""The column of weekdays, or of numbers, before the marks."""
ROWS_HEIGHT = HEAD + 7 * PITCH - (PITCH - CELL)
WIDTH, HEIGHT, FOOT = 480, 160, 22
"""Of what has an axis: the whole width, the marks' height, and the line of labels below them."""
LEAST = 0.1


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar or point: how high, what its title says, and the label below it, if any."""

    value: int
    title: str
    label: str = ""


def heatmap(year: Year) -> SafeString:
    """Draw a year by weeks, each day shaded by how much was done on it."""
    columns = (
        (
            PITCH * column,
            format_html_join(
                "",
                '<rect y="{}" class="heat-{}"><title>{}: {}</title></rect>',
                ((PITCH * row, day.level, short(day.day), day.count) for row, day in enumerate(week)),
            ),
        )
        for column, week in enumerate(year.weeks)
    )
    cells = format_html_join("", f'<g transform="translate({{}} {HEAD})">{{}}</g>', columns)
    width = PITCH * len(year.weeks) - (PITCH - CELL)
    names = format_html_join(
        "", '<text class="{}" x="{}" y="10">{}</text>', (_month(month, width) for month in year.months)
    )
    title = f"{year.total:,} completed on {counted(year.active, 'day')} from {name(year.first)} to {name(year.last)}"
    return _image("heatmap", width, ROWS_HEIGHT, title, names, cells)


def weekdays(first_week: Sequence[DayCount]) -> SafeString:
    """Draw the names beside the heatmap's rows, which stay when its weeks scroll."""
    names = _rows([day.day.weekday() for day in first_week])
    size = f"0 0 {MARGIN} {ROWS_HEIGHT}"
    return format_html('<svg class="chart weekdays" viewBox="{}" aria-hidden="true">{}</svg>', size, names)


def legend() -> SafeString:
    """Draw the five shades."""
    cells = format_html_join("", '<rect x="{}" class="heat-{}"/>', ((PITCH * level, level) for level in range(5)))
    return format_html('<svg class="chart legend" viewBox="0 0 76 12" aria-hidden="true">{}</svg>', cells)


def hours(week: Hours) -> SafeString:
    """Draw a week's days by the hour, each hour shaded by how much was done in it."""
    times = clock()
    cells = format_html_join(
        "",
        '<g transform="translate({} {})">{}</g>',
        ((MARGIN, HEAD + PITCH * row, _hours(day, week.most, times)) for row, day in enumerate(week.weekdays)),
    )
    names = format_html_join(
        "", '<text x="{}" y="10">{}</text>', ((MARGIN + PITCH * hour, times[hour]) for hour in range(0, 24, 6))
    )
    rows = _rows([day.number for day in week.weekdays])
    title = f"{week.total - week.unknown:,} completed, by weekday and hour"
    return _image("hours", MARGIN + PITCH * 24, ROWS_HEIGHT, title, names, rows, cells)


def last_days(days: Days) -> SafeString:
    """Draw a bar for each day; the last is today."""
    marks = [Mark(day.count, f"{short(day.day)}: {day.count}", _week_label(day.day, days.days)) for day in days.days]
    title = f"{days.total:,} completed in {len(days.days)} days, {average(days.average)} a day"
    return _image("bars bars--today", WIDTH, HEIGHT + FOOT, title, *_bars(marks))


def durations(ages: Durations) -> SafeString:
    """Draw a bar for each bucket of how long things took."""
    marks = [
        Mark(bucket.count, f"{bucket.name}: {bucket.count:,} ({bucket.share:.0%})", short_name(bucket.name))
        for bucket in ages.buckets
    ]
    half = f", half of them {ages.half.name.lower()}" if ages.half and ages.half.less_than else ""
    return _image("bars", WIDTH, HEIGHT + FOOT, f"How long {ages.total:,} took to be done{half}", *_bars(marks))


def burndown(days: Sequence[BurndownDay]) -> SafeString:
    """Draw how many were open as each day ended, over how many were finished on it."""
    first, last = days[0], days[-1]
    marks = [
        Mark(day.open, f"{short(day.day)}: {day.open} open, {day.finished} completed", _week_label(day.day, days))
        for day in days
    ]
    top = ceiling(max(max(day.open, day.finished) for day in days))
    pitch = (WIDTH - MARGIN) / len(days)
    line = "L".join(f"{_n(_middle(place, pitch))} {_n(_y(day.open, top))}" for place, day in enumerate(days))
    area = f"M{_n(_middle(0, pitch))} {HEIGHT}L{line}V{HEIGHT}Z"
    bars = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"/>',
        (_box(place, day.finished, top, pitch) for place, day in enumerate(days) if day.finished),
    )
    # A day's whole height answers to the pointer, not its bar alone.
    strips = format_html_join(
        "",
        f'<rect class="strip" x="{{}}" y="0" width="{_n(pitch)}" height="{HEIGHT}"><title>{{}}</title></rect>',
        ((_n(MARGIN + pitch * place), mark.title) for place, mark in enumerate(marks)),
    )
    shape = format_html('<path class="area" d="{}"/><path class="line" d="M{}"/>', area, line)
    title = f"From {first.open} open on {name(first.day)} to {last.open} on {name(last.day)}"
    size = (WIDTH, HEIGHT + FOOT)
    return _image("bars burndown", *size, title, _axis(top), shape, bars, strips, _labels(marks, pitch))


def name(day: date) -> str:
    """Return a day as a chart's title names it: “26 Oct 2026”."""
    return date_format(day, "SHORT_DATE_FORMAT")


def short(day: date) -> str:
    """Return a day as a mark's title names it: “Mon 26 Oct”."""
    return _short(day, get_language())


@lru_cache(2000)  # a year of names takes longer than all else in its picture
def _short(day: date, language: str) -> str:
    return date_format(day, "WEEKDAY_FORMAT")


def clock() -> list[str]:
    """Return the hours of a day up to midnight again, as the reader writes them."""
    return [time_format(time(hour % 24), "TIME_FORMAT") for hour in range(25)]


def short_name(bucket: str) -> str:
    """Return a bucket's name without what all of them begin with: “1 day”, “3 days”."""
    return re.sub(r"^Within (an? )?", lambda start: "1 " if start[1] else "", bucket)


def counted(number: int, noun: str) -> str:
    """Return a number of things: “1 day”, “1,264 days”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def average(number: float) -> str:
    """Return an average with one place, without one where it is whole: “4.1”, “4”."""
    if 0 < number < LEAST / 2:
        return f"under {LEAST}"
    return f"{number:.1f}".removesuffix(".0")


def ceiling(value: int) -> int:
    """Return the round number that an axis ends with, of which half is whole."""
    ten = 10 ** int(log10(max(value - 1, 1)))
    return next(step for step in (2 * ten, 4 * ten, 6 * ten, 8 * ten, 10 * ten, 20 * ten) if step >= value)


def _month(month: Month, width: int) -> tuple[str, int, str]:
    """Return where a month's name begins, or ends: over the last weeks the edge would cut it off."""
    x, label = PITCH * month.column, date_format(month.first, "M")
    return ("start", x, label) if x < width - 2 * PITCH else ("end", width, label)


def _hours(day: Weekday, most: int, times: Sequence[str]) -> SafeString:
    weekday = WEEKDAYS_ABBR[day.number]
    return format_html_join(
        "",
        '<rect x="{}" class="heat-{}"><title>{} {}–{}: {}</title></rect>',
        (
            (PITCH * hour, ceil(4 * count / max(most, 1)), weekday, times[hour], times[hour + 1], count)
            for hour, count in enumerate(day.hours)
        ),
    )


def _rows(numbers: Iterable[int]) -> SafeString:
    """Return the name of every other weekday, beside its row."""
    places = [(HEAD + PITCH * row + 10, WEEKDAYS_ABBR[number]) for row, number in enumerate(numbers) if not row % 2]
    return format_html_join("", '<text y="{}">{}</text>', places)


def _bars(marks: Sequence[Mark]) -> tuple[SafeString, SafeString, SafeString]:
    top = ceiling(max(mark.value for mark in marks))
    pitch = (WIDTH - MARGIN) / len(marks)
    bars = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        ((*_box(place, mark.value, top, pitch), mark.title) for place, mark in enumerate(marks)),
    )
    return _axis(top), bars, _labels(marks, pitch)


def _box(place: int, value: int, top: int, pitch: float) -> tuple[str, str, str, str]:
    """Return x, y, width and height of a bar; none at all is a line on the ground."""
    width, y = min(pitch * 0.7, 44), min(_y(value, top), HEIGHT - 1)
    return _n(_middle(place, pitch) - width / 2), _n(y), _n(width), _n(HEIGHT - y)


def _axis(top: int) -> SafeString:
    """Return the lines at nothing, half and all of an axis, with their numbers."""
    steps = ((_n(_y(value, top)), _n(_y(value, top) + 4), f"{value:,}") for value in (0, top // 2, top))
    step = f'<path class="step" d="M{MARGIN} {{}}H{WIDTH}"/><text class="end" x="{MARGIN - 8}" y="{{}}">{{}}</text>'
    return format_html_join("", step, steps)


def _labels(marks: Sequence[Mark], pitch: float) -> SafeString:
    """Return the labels below their marks; one that would reach beyond the edge ends there."""
    middles = ((_middle(place, pitch), mark.label) for place, mark in enumerate(marks) if mark.label)
    places = (("end", WIDTH, label) if x > WIDTH - 20 else ("middle", _n(x), label) for x, label in middles)
    return format_html_join("", f'<text class="{{}}" x="{{}}" y="{HEIGHT + 17}">{{}}</text>', places)


def _week_label(day: date, days: Sequence[DayCount] | Sequence[BurndownDay]) -> str:
    """Return a label for the last day, and for each one, two or more weeks before it."""
    weeks = 1 + len(days) // 45
    return date_format(day, "SHORT_DAY_FORMAT") if (days[-1].day - day).days % (7 * weeks) == 0 else ""


def _middle(place: int, pitch: float) -> float:
    return MARGIN + pitch * (place + 0.5)


def _y(value: int, top: int) -> float:
    """Return how far down a value stands; eight pixels above the highest keep its number whole."""
    return HEIGHT - (HEIGHT - 8) * value / top


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _image(kind: str, width: int, height: int, title: str, *parts: SafeString) -> SafeString:
    inside = format_html_join("", "{}", ((part,) for part in parts))
    opening = '<svg class="chart {}" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>'
    return format_html(opening, kind, width, height, title, inside)
