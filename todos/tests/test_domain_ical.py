"""Todos as iCalendar: what a program reads of them, and that no text of theirs becomes a line of its own."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rruleset, rrulestr  # type: ignore[import-untyped]  # it comes without types
from hypothesis import given, settings
from hypothesis import strategies as st

from todos.domain.ical import calendar, vevents, vtodos
from todos.domain.recurrence import Occurrence, Series, parse_recurrence
from todos.tests.recurrence_cases import due_from, named, of_kinds

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
ID, PARENT = UUID("0196a000-0000-7000-8000-000000000001"), UUID("0196a000-0000-7000-8000-000000000002")
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def row(**values):
    """Return a todo of which only the given fields say anything."""
    empty = {
        "id": ID, "parent_id": None, "title": "Buy milk", "description": "", "priority": 4, "due_date": None,
        "due_time": None, "time_zone": "", "start_date": None, "deadline": None, "duration_minutes": None,
        "recurrence": [], "recurrence_anchor": "schedule", "occurrence": 1, "occurrence_date": None,
        "occurrence_time": None, "completed_at": None, "label_names": [], "revision": 7, "created_at": MOMENT,
        "updated_at": MOMENT,
    }  # fmt: skip
    return SimpleNamespace(**(empty | values))


def written(*components, **options) -> bytes:
    return b"".join(calendar(components, **({"name": "Todos"} | options)))


def lines(component) -> list[str]:
    """Return the content lines of a component, unfolded (RFC 5545 §3.1)."""
    return component.to_ical().decode().replace("\r\n ", "").split("\r\n")


def told(todo, kind=vtodos) -> list[str]:
    [component] = kind(todo)
    return lines(component)


def test_a_todo_says_all_that_it_has():
    todo = row(
        description="Two *litres*,\nor three", parent_id=PARENT, priority=1, label_names=["home", "shop;ping"],
        due_date=date(2026, 3, 2), due_time=time(9), time_zone="Europe/Berlin", start_date=date(2026, 3, 1),
        deadline=date(2026, 3, 5), duration_minutes=45,
    )  # fmt: skip

    [component] = vtodos(todo, address="https://example.org/todos/1/")

    assert lines(component) == [
        "BEGIN:VTODO",
        r"CATEGORIES:home,shop\;ping",
        "CREATED:20260301T123000Z",
        r"DESCRIPTION:Two *litres*\,\nor three",
        "DTSTAMP:20260301T123000Z",
        "DTSTART;TZID=Europe/Berlin:20260301T000000",
        "DUE;TZID=Europe/Berlin:20260302T090000",
        "ESTIMATED-DURATION:PT45M",
        "LAST-MODIFIED:20260301T123000Z",
        "PRIORITY:1",
        f"RELATED-TO:{PARENT}",
        "SEQUENCE:7",
        "STATUS:NEEDS-ACTION",
        "SUMMARY:Buy milk",
        f"UID:{ID}",
        "URL:https://example.org/todos/1/",
        "X-SIMPLE-TODOS-DEADLINE;VALUE=DATE:20260305",
        "END:VTODO",
        "",
    ]


@pytest.mark.parametrize(("ours", "theirs"), [(1, ["PRIORITY:1"]), (2, ["PRIORITY:5"]), (3, ["PRIORITY:9"]), (4, [])])
def test_priorities_are_high_medium_low_and_none(ours, theirs):
    assert [line for line in told(row(priority=ours)) if line.startswith("PRIORITY")] == theirs


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "DUE;VALUE=DATE:20260302"),
        ({"due_time": time(9, 30)}, "DUE:20260302T093000"),
        ({"due_time": time(9, 30), "time_zone": "Asia/Tokyo"}, "DUE;TZID=Asia/Tokyo:20260302T093000"),
        ({"due_time": time(9, 30), "time_zone": "UTC"}, "DUE:20260302T093000Z"),
    ],
)
def test_a_day_a_floating_time_and_one_in_a_zone_stay_what_they_are(values, line):
    assert line in told(row(due_date=date(2026, 3, 2), **values))


def test_a_done_todo_says_when():
    found = told(row(completed_at=MOMENT, recurrence=["RRULE:FREQ=DAILY"], due_date=date(2026, 3, 2)))

    assert {"STATUS:COMPLETED", "COMPLETED:20260301T123000Z", "PERCENT-COMPLETE:100"} <= set(found)
    assert not [line for line in found if line.startswith("RRULE")]


def test_a_start_on_the_due_day_or_later_is_left_out():
    """RFC 5545 §3.8.2.3: DUE is later than DTSTART."""
    found = told(row(due_date=date(2026, 3, 2), start_date=date(2026, 3, 2)))

    assert not [line for line in found if line.startswith("DTSTART")]


# Recurrence


def test_a_rule_counts_from_the_due_date_with_what_is_left_of_it():
    todo = row(
        due_date=date(2026, 3, 31), due_time=time(9), time_zone="Europe/Berlin", occurrence=3, start_date=MOMENT.date(),
        recurrence=["RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=5", "EXDATE:20260531T070000Z,20260831"],
    )  # fmt: skip

    found = told(todo)

    assert "DTSTART;TZID=Europe/Berlin:20260331T090000" in found
    assert "RRULE:FREQ=MONTHLY;COUNT=3;BYMONTHDAY=31" in found
    assert "EXDATE;TZID=Europe/Berlin:20260531T090000,20260831T090000" in found


@pytest.mark.parametrize(
    ("due", "until", "line"),
    [
        ({}, "20260401T120000Z", "UNTIL=20260401"),
        ({"due_time": time(9)}, "20260401", "UNTIL=20260401T235959"),
        ({"due_time": time(9), "time_zone": "Europe/Berlin"}, "20260401", "UNTIL=20260401T215959Z"),
        ({"due_time": time(9), "time_zone": "Europe/Berlin"}, "99991231T235959Z", "UNTIL=99991231T235959Z"),
        ({"due_time": time(9), "time_zone": "America/New_York"}, "99991231", "UNTIL=99991231T235959"),
    ],
)
def test_the_end_of_a_rule_is_of_the_kind_of_its_start(due, until, line):
    found = told(row(due_date=date(2026, 3, 2), recurrence=[f"RRULE:FREQ=DAILY;UNTIL={until}"], **due))

    assert f"RRULE:FREQ=DAILY;{line}" in found


def test_a_moved_occurrence_is_an_exception_beside_its_series():
    todo = row(
        due_date=date(2026, 3, 4), due_time=time(9), occurrence_date=date(2026, 3, 2), occurrence_time=time(8),
        recurrence=["RRULE:FREQ=WEEKLY"],
    )  # fmt: skip

    for kind, name in ((vtodos, "DUE"), (vevents, "DTSTART")):
        series, moved = [lines(component) for component in kind(todo)]

        assert {f"{name}:20260302T080000", "RRULE:FREQ=WEEKLY", f"UID:{ID}"} <= set(series)
        assert {f"{name}:20260304T090000", "RECURRENCE-ID:20260302T080000", f"UID:{ID}"} <= set(moved)
        assert "RRULE:FREQ=WEEKLY" not in moved


def test_what_recurs_from_its_completion_has_no_later_events():
    todo = row(due_date=date(2026, 3, 4), recurrence=["RRULE:FREQ=WEEKLY"], recurrence_anchor="completion")

    assert {"RRULE:FREQ=WEEKLY", "X-SIMPLE-TODOS-RECURRENCE-ANCHOR:COMPLETION"} <= set(told(todo))
    assert "RRULE:FREQ=WEEKLY" not in told(todo, vevents)


SERIES = [
    case
    for case in of_kinds("complete")
    if case["anchor"] == "schedule" and "HOURLY" not in case["rules"][0]  # whose hours dateutil counts on the wall
]


@pytest.mark.parametrize("case", SERIES, ids=named)
def test_a_calendar_program_finds_the_occurrences_that_we_do(case):
    """Of each series of the recurrence table, as dateutil unfolds what we wrote."""
    zone = ZoneInfo(case["tz"])
    due, lines = due_from(case["due"], zone), [line if ":" in line else f"RRULE:{line}" for line in case["rules"]]
    number = case.get("occurrence_number", 1)
    series = Series(parse_recurrence(lines), Occurrence(due, due, number), zone)
    todo = row(
        due_date=due.day, due_time=due.time, time_zone=case["tz"] if due.time else "", recurrence=lines,
        occurrence=number,
    )  # fmt: skip

    [task] = icalendar.Calendar.from_ical(written(*vtodos(todo))).walk("VTODO")

    ours = [found.due for found in series.upcoming(6)]
    assert unfolded(task, zone) == [found.at(zone).astimezone(UTC) for found in ours]


def unfolded(task, zone) -> list[datetime]:
    """Return the first occurrences of a component, its start counted (RFC 5545 §3.8.5.3)."""
    start = task["dtstart"].dt
    start = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    rules = task["rrule"] if isinstance(task["rrule"], list) else [task["rrule"]]
    found = rruleset()
    found.rdate(start)
    for rule in rules:
        if "UNTIL" in rule and isinstance(rule["UNTIL"][0], datetime):
            rule["UNTIL"] = [rule["UNTIL"][0].astimezone(zone).replace(tzinfo=None)]
        found.rrule(rrulestr(rule.to_ical().decode(), dtstart=start))
    for moment in task["exdate"].dts if "exdate" in task else ():
        wall = (
            moment.dt.replace(tzinfo=None) if isinstance(moment.dt, datetime) else datetime.combine(moment.dt, time())
        )
        found.exdate(wall)
    return [moment.replace(tzinfo=zone).astimezone(UTC) for moment in islice(found, 6)]


# Events


def test_a_todo_with_a_date_is_an_event_and_one_without_is_none():
    timed = told(row(due_date=date(2026, 3, 4), due_time=time(9), duration_minutes=45), vevents)

    assert {"DTSTART:20260304T090000", "DURATION:PT45M"} <= set(timed)
    assert "TRANSP:TRANSPARENT" not in timed
    assert {"DTSTART;VALUE=DATE:20260304", "TRANSP:TRANSPARENT"} <= set(told(row(due_date=date(2026, 3, 4)), vevents))
    assert vevents(row()) == []


# Calendars


def test_a_calendar_brings_the_zones_that_it_names():
    todo = row(due_date=date(2026, 7, 2), due_time=time(9), time_zone="Europe/Berlin")

    text = written(*vtodos(todo), zones=["Europe/Berlin"], refresh=timedelta(hours=1))

    read = icalendar.Calendar.from_ical(text)
    [zone] = read.walk("VTIMEZONE")
    [task] = read.walk("VTODO")
    assert zone.tz_name == "Europe/Berlin"
    assert task["due"].dt.isoformat() == "2026-07-02T09:00:00+02:00"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text


TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    'a:;,\\\r\n\x0b\x85\u2028\x00"BEGIN:VALARM', max_size=60
)


@given(title=TEXT, description=TEXT, label=TEXT, name=TEXT)
@settings(max_examples=300, deadline=None)
def test_S25_no_text_injects_a_line(title, description, label, name):
    todo = row(title=title or "x", description=description, label_names=[label])

    text = written(*vtodos(todo), name=name).decode()

    unfolded = text.replace("\r\n ", "")
    names = [line.split(":")[0].split(";")[0] for line in unfolded.splitlines()]
    assert set(names) <= {
        "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "CATEGORIES", "CREATED",
        "DESCRIPTION", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "STATUS", "SUMMARY", "UID",
    }  # fmt: skip
    assert (names.count("BEGIN"), names.count("SUMMARY")) == (2, 1)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    summary = next(line for line in unfolded.split("\r\n") if line.startswith("SUMMARY:"))
    assert read(summary.removeprefix("SUMMARY:")).split() == CONTROLS.sub("", title or "x").split()


def read(value: str) -> str:
    """Read a TEXT value as RFC 5545 §3.3.11 has it."""
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], value)
