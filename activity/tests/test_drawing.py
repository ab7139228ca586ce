from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from activity import charts
from activity.web import drawing

TODAY = date(2026, 3, 3)
DAY = timedelta(days=1)


def drawn(picture) -> ElementTree.Element:
    """Parse a picture: it is well-formed, an image, and its first title is its name."""
    svg = ElementTree.fromstring(picture)  # noqa: S314  our own
    assert svg.get("role") == "img"
    assert svg[0].tag == "title"
    return svg


def marks(svg, kind) -> list[ElementTree.Element]:
    return [mark for mark in svg.iter() if (mark.get("class") or "").startswith(kind)]


def titles(found) -> list[str]:
    return [mark.find("title").text for mark in found]


def texts(svg) -> list[str]:
    return [text.text for text in svg.iter("text")]


def month_of(counts) -> charts.Days:
    return charts.last_days({TODAY - number * DAY: count for number, count in enumerate(reversed(counts))}, TODAY)


def test_a_heatmap_has_a_shaded_cell_for_each_day_up_to_today():
    year = charts.year({TODAY: 4, TODAY - DAY: 1}, TODAY)

    svg = drawn(drawing.heatmap(year))

    cells = marks(svg, "heat-")
    assert svg[0].text == f"5 completed on 2 days from {drawing.name(year.first)} to 3 Mar 2026"
    assert len(cells) == 52 * 7 + 2
    assert titles(cells)[-2:] == ["Mon 2 Mar: 1", "Tue 3 Mar: 4"]
    assert [cell.get("class") for cell in cells[-3:]] == ["heat-0", "heat-1", "heat-4"]


@pytest.mark.parametrize("today", [date(2026, 1, 1) + number * DAY for number in range(0, 365, 5)])
def test_names_of_months_keep_apart_and_within_the_heatmap(today):
    svg = drawn(drawing.heatmap(charts.year({}, today)))

    width = int(svg.get("viewBox").split()[2])
    names = [(text.get("class"), int(text.get("x"))) for text in svg.iter("text")]
    spans = [(x - 28, x) if anchor == "end" else (x, x + 28) for anchor, x in names]
    assert len(spans) in (12, 13)
    assert all(start >= 0 and end <= width for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@pytest.mark.parametrize(
    ("week_start", "names"), [("MO", ["Mon", "Wed", "Fri", "Sun"]), ("SU", ["Sun", "Tue", "Thu", "Sat"])]
)
def test_the_names_beside_a_heatmap_follow_the_persons_week(week_start, names):
    year = charts.year({}, TODAY, week_start)

    beside = ElementTree.fromstring(drawing.weekdays(year.weeks[0]))  # noqa: S314  our own

    assert texts(beside) == names
    assert beside.get("aria-hidden") == "true"


def test_hours_are_shaded_by_the_busiest():
    week = charts.hours({(TODAY, 9): 8, (TODAY, 23): 1, (TODAY, None): 2})

    svg = drawn(drawing.hours(week))

    cells = {
        title: mark.get("class") for mark, title in zip(marks(svg, "heat-"), titles(marks(svg, "heat-")), strict=True)
    }
    assert len(cells) == 7 * 24
    assert svg[0].text == "9 completed, by weekday and hour"
    assert cells["Tue 09:00–10:00: 8"] == "heat-4"
    assert cells["Tue 23:00–00:00: 1"] == "heat-1"
    assert cells["Wed 09:00–10:00: 0"] == "heat-0"


def test_bars_are_as_high_as_their_counts_and_stand_on_one_line():
    svg = drawn(drawing.last_days(month_of([0, 2, 4])))

    bars = marks(svg, "bar")
    heights = [float(bar.get("height")) for bar in bars][-3:]
    assert svg[0].text == "6 completed in 30 days, 0.2 a day"
    assert titles(bars)[-1] == "Tue 3 Mar: 4"
    assert heights[2] == pytest.approx(2 * heights[1], abs=0.2)
    assert heights[0] == 1
    assert {float(bar.get("y")) + float(bar.get("height")) for bar in bars} == {drawing.HEIGHT}


def test_an_axis_ends_with_a_round_number_above_all_bars():
    svg = drawn(drawing.last_days(month_of([37])))

    assert [text for text in texts(svg) if text.isdigit()] == ["0", "20", "40"]
    assert all(float(bar.get("y")) >= 0 for bar in marks(svg, "bar"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 2),
        (1, 2),
        (2, 2),
        (3, 4),
        (5, 6),
        (8, 8),
        (9, 10),
        (10, 10),
        (11, 20),
        (20, 20),
        (21, 40),
        (100, 100),
        (101, 200),
        (999, 1000),
    ],
)
def test_round_numbers(value, expected):
    assert drawing.ceiling(value) == expected
    assert expected % 2 == 0


def test_labels_are_a_week_apart_up_to_today():
    svg = drawn(drawing.last_days(month_of([1])))

    assert [text for text in texts(svg) if " " in text] == ["3 Feb", "10 Feb", "17 Feb", "24 Feb", "3 Mar"]


def test_durations_name_their_buckets_and_where_half_is():
    svg = drawn(drawing.durations(charts.durations({0: 3, 2: 1})))

    assert svg[0].text == "How long 4 took to be done, half of them within an hour"
    assert titles(marks(svg, "bar"))[:3] == [
        "Within an hour: 3 (75%)",
        "Within a day: 0 (0%)",
        "Within 3 days: 1 (25%)",
    ]
    assert [text for text in texts(svg) if not text.isdigit()] == [
        "1 hour",
        "1 day",
        "3 days",
        "1 week",
        "1 month",
        "3 months",
        "Longer",
    ]


def test_a_burndown_draws_its_line_through_each_days_end():
    flows = {TODAY - DAY: charts.Flow(delta=3, added=3), TODAY: charts.Flow(delta=-2, finished=2)}
    days = charts.burndown(flows, 2, TODAY - 2 * DAY, TODAY)

    svg = drawn(drawing.burndown(days))

    [line] = marks(svg, "line")
    heights = [float(point.split()[1]) for point in line.get("d").removeprefix("M").split("L")]
    assert svg[0].text == "From 1 open on 1 Mar 2026 to 2 on 3 Mar 2026"
    assert heights == [pytest.approx(drawing.HEIGHT - (drawing.HEIGHT - 8) * count / 4, abs=0.1) for count in (1, 4, 2)]
    assert titles(marks(svg, "strip"))[-1] == "Tue 3 Mar: 2 open, 2 completed"
    assert len(marks(svg, "bar")) == 1


@pytest.mark.parametrize("count", [30, 90])
def test_an_empty_burndown_is_drawn_too(count):
    days = charts.burndown({}, 0, TODAY - (count - 1) * DAY, TODAY)

    svg = drawn(drawing.burndown(days))

    assert len(marks(svg, "strip")) == count


@pytest.mark.parametrize(
    ("number", "words"), [(4.13, "4.1"), (4.0, "4"), (0.0, "0"), (0.97, "1"), (0.03, "under 0.1"), (0.05, "0.1")]
)
def test_averages_are_short(number, words):
    assert drawing.average(number) == words
