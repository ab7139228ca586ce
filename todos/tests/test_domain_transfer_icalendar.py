"""To-dos of iCalendar: what programs write, broken or not, and that ours come back."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import icalendar_tasks
from todos.domain.transfer.calendars import read_length
from todos.domain.transfer.records import CommentRecord, ProjectRecord, ReminderRecord
from todos.tests.transfer_records import (
    CLOCKS,
    DAYS,
    LABELS,
    LINES,
    MOMENTS,
    NOW,
    TEXTS,
    ZONES,
    comment,
    of,
    read,
    records,
    refusals,
    reminder,
    sample,
    timed,
    todo,
    todos_of,
    told,
    written,
)


def tasks(*lines: str) -> list:
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VTODO", "UID:1", "SUMMARY:One", *lines, "END:VTODO", "END:VCALENDAR"])
    return read(icalendar_tasks, text.encode())


def test_a_calendar_of_another_program_is_read():
    found = read(icalendar_tasks, sample("tasks.ics"))
    todos = todos_of(found)
    dig, fork, water, odd = (todos[name] for name in ("Dig over the beds", "Fetch the fork", "Water", "Every second"))

    assert [one.title for one in of(found, ProjectRecord)] == ["Allotment"]
    assert [one.title for one in todos.values()] == ["Fetch the fork", "Dig over the beds", "Water", "Every second"]
    assert dig.description == "Deep, and\nand without a fold here"
    assert (dig.due_date, dig.due_time, dig.time_zone) == (date(2026, 4, 1), time(9), "Europe/Berlin")
    assert (dig.start_date, dig.priority, dig.labels) == (date(2026, 3, 30), 1, ["garden", "heavy,work", "spring"])
    assert (fork.parent, fork.completed_at) == ("dig@example.org", datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC))
    assert fork.time_zone == "Europe/Berlin"
    assert (water.due_date, water.due_time, water.time_zone) == (date(2026, 6, 2), time(9, 30), "UTC")
    assert (water.occurrence_date, water.occurrence_time) == (date(2026, 6, 1), time(7))
    assert water.recurrence == ["RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE:20260608T070000Z"]
    assert (odd.recurrence, odd.time_zone) == ([], "")
    assert odd.completed_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert [one.text for one in of(found, CommentRecord)] == ["Borrow the fork"]
    assert [(one.relative_to, one.offset_minutes, one.remind_at) for one in of(found, ReminderRecord)] == [
        ("due", -30, None), ("", None, datetime(2026, 4, 1, 6, tzinfo=UTC)),
    ]  # fmt: skip


def test_what_a_calendar_has_that_cannot_be_kept_is_told():
    found = read(icalendar_tasks, sample("tasks.ics"))
    todos = todos_of(found)

    assert todos["Fetch the fork"].notes == ["It is related to “other@example.org” (SIBLING), which is left out."]
    assert todos["Water"].notes == [
        "It was 40 % done.",
        "It was due at 2026-06-01 08:00:00+00:00; it repeats from its start, so that is when it is due here.",
        "Dates beside its rule (RDATE) are left out.",
    ]
    assert todos["Every second"].notes[0] == "It was cancelled; here it is done."
    assert todos["Every second"].notes[1] == "The time zone “Mars/Olympus” is not known: the time floats."
    assert "FREQ=SECONDLY" in todos["Every second"].notes[2]
    assert sorted(refusals(found).values()) == [
        "The alarm “whenever” cannot be read.",
        "The to-do has no SUMMARY.",
        "This is a journal entry, not a to-do.",
        "This is an event, not a to-do.",
        "This is another occurrence of a series than the present one: it cannot be kept by itself.",
    ]


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        (["DUE;VALUE=DATE:20260401"], (date(2026, 4, 1), None, "")),
        (["DUE:20260401T0900"], (date(2026, 4, 1), time(9), "")),
        (["DUE:2026-04-01T09:00:00Z"], (date(2026, 4, 1), time(9), "UTC")),
        (["DUE;TZID=/x.org/2005_1/Europe/Paris:20260401T090000"], (date(2026, 4, 1), time(9), "Europe/Paris")),
        (["DTSTART;VALUE=DATE:20260401", "DURATION:P2D"], (date(2026, 4, 3), None, "")),
        (["DTSTART:99991231T090000", "DURATION:P2D"], (None, None, "")),
        (["DUE:20261332T250000"], (None, None, "")),
        (["DUE"], (None, None, "")),
        (["DUE;TZID=\"Europe/Berlin:20260401T090000"], (date(2026, 4, 1), time(9), "")),
    ],
)  # fmt: skip
def test_days_and_times_of_all_kinds(lines, due):
    [found] = tasks(*lines)

    assert (found.due_date, found.due_time, found.time_zone) == due


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT15M", timedelta(minutes=15)), ("-P1DT2H", -timedelta(days=1, hours=2)), ("P2W", timedelta(weeks=2)),
        ("+PT0S", timedelta()), ("P", None), ("PT", None), ("15M", None), ("P1Y", None), ("", None),
    ],
)  # fmt: skip
def test_durations(text, length):
    assert read_length(text) == length


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCARD\nFN:x\nEND:VCARD", "END:VCALENDAR", "BEGIN:\n" * 50])
def test_what_is_no_calendar_is_refused(text):
    with pytest.raises(Invalid):
        read(icalendar_tasks, text.encode())


@pytest.mark.parametrize("order", ["--5", "-", "", "1e3", "9" * 5000, "٣"])
def test_an_order_that_is_no_number_is_none(order):
    [found] = tasks(f"X-APPLE-SORT-ORDER:{order}")

    assert found.title == "One"


def test_one_uid_in_two_calendars_is_one_to_do():
    text = b"BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:1\nSUMMARY:One\nEND:VTODO\nEND:VCALENDAR\n"

    found = read(icalendar_tasks, text * 2)

    assert list(refusals(found).values()) == ["Another to-do has the UID “1”."]
    assert len(found) == 2


def test_a_to_do_that_has_no_end_is_read():
    [found] = read(icalendar_tasks, b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:One\nDUE:20260401")

    assert (found.title, found.due_date) == ("One", date(2026, 4, 1))


def test_the_icalendar_library_reads_what_we_write():
    project = ProjectRecord(place="", ref="p", title="House")
    one = todo("1", "Paint, twice", project="p", due_date=date(2026, 4, 1), due_time=time(9), time_zone="Europe/Berlin")

    data = written(
        icalendar_tasks, [project, one, comment(text="Two\nlines"), reminder(relative_to="due", offset_minutes=-30)]
    )

    parsed = icalendar.Calendar.from_ical(data)
    [task] = parsed.walk("VTODO")
    [alarm] = parsed.walk("VALARM")
    assert (str(task["summary"]), str(task["comment"])) == ("Paint, twice", "Two\nlines")
    assert task["due"].dt.isoformat() == "2026-04-01T09:00:00+02:00"
    assert alarm["trigger"].dt == timedelta(minutes=-30)
    assert alarm["trigger"].params["RELATED"] == "END"


def test_a_moved_occurrence_comes_back():
    one = todo(
        due_date=date(2026, 4, 3), due_time=time(9), occurrence_date=date(2026, 4, 1), occurrence_time=time(8),
        recurrence=["RRULE:FREQ=WEEKLY"], recurrence_anchor="completion",
    )  # fmt: skip

    [found] = read(icalendar_tasks, written(icalendar_tasks, [one]))

    same = ("due_date", "due_time", "occurrence_date", "occurrence_time", "recurrence", "recurrence_anchor")
    assert [getattr(found, name) for name in same] == [getattr(one, name) for name in same]


def test_reminders_and_comments_come_back():
    given = [
        todo(due_date=date(2026, 4, 3)), comment(text="One"), comment("c2", text="Two,\nand; \\three"),
        reminder(relative_to="due", offset_minutes=-1440),
        reminder("r2", remind_at=datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ]  # fmt: skip

    found = read(icalendar_tasks, written(icalendar_tasks, given))

    assert [one.text for one in of(found, CommentRecord)] == ["One", "Two,\nand; \\three"]
    assert [(one.relative_to, one.offset_minutes, one.remind_at) for one in of(found, ReminderRecord)] == [
        ("due", -1440, None), ("", None, datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ]  # fmt: skip


FIELDS = (
    "description", "priority", "due_date", "due_time", "time_zone", "start_date", "deadline", "duration_minutes",
    "recurrence", "recurrence_anchor", "labels", "completed_at", "created_at", "updated_at",
)  # fmt: skip


def sayable(values: dict) -> dict:
    """Return fields of which the start is before the due date, and only what is open and due repeats."""
    due, start = values["due_date"], values["start_date"]
    if due is None or values["completed_at"] or not values["recurrence"]:
        values |= {"recurrence": [], "recurrence_anchor": "schedule"}
    if values["recurrence"] or (due and start and start >= due):
        values |= {"start_date": None}
    return timed(values)


VALUES = st.fixed_dictionaries(
    {
        "description": TEXTS, "priority": st.integers(1, 4), "due_date": st.none() | DAYS,
        "due_time": st.none() | CLOCKS, "time_zone": ZONES, "start_date": st.none() | DAYS,
        "deadline": st.none() | DAYS, "duration_minutes": st.none() | st.integers(1, 10_000),
        "labels": st.lists(LABELS, max_size=3, unique=True), "completed_at": st.none() | MOMENTS,
        "recurrence": st.sampled_from(
            [
                [], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"],
                ["RRULE:FREQ=MONTHLY;BYSETPOS=-1;BYDAY=FR"],
            ]
        ),
        "recurrence_anchor": st.sampled_from(["schedule", "completion"]),
        "created_at": MOMENTS, "updated_at": MOMENTS,
    }
).map(sayable)  # fmt: skip


@given(records(fill=VALUES))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_the_same(records):
    found = read(icalendar_tasks, written(icalendar_tasks, records))

    assert sorted_rules(told(found, FIELDS)) == sorted_rules(told(records, FIELDS))


def sorted_rules(todos):
    """Return todos by title, the parts of their rules in one order: a writer may turn them round."""
    for one in todos:
        one["recurrence"] = [sorted(re.split("[:;]", line)) for line in one["recurrence"]]
    return sorted(todos, key=lambda one: one["title"])


@given(title=LINES, name=LINES, text=TEXTS, label=LABELS)
@settings(max_examples=60, deadline=None)
def test_S25_no_text_becomes_a_line_of_its_own(title, name, text, label):
    project = ProjectRecord(place="", ref="p", title=f"{name}\r\nBEGIN:VEVENT")
    one = todo(title=f"{title}\nEND:VTODO", description=text, labels=[label], project="p", created_at=NOW)

    data = written(icalendar_tasks, [project, one, comment(text=f"{text}\r\nBEGIN:VALARM")]).decode()

    lines = data.replace("\r\n ", "").splitlines() if "\u2028" not in data else data.replace("\r\n ", "").split("\r\n")
    assert [line for line in lines if line.startswith(("BEGIN", "END:"))] == [
        "BEGIN:VCALENDAR", "BEGIN:VTODO", "END:VTODO", "END:VCALENDAR",
    ]  # fmt: skip


def test_the_parts_of_a_calendar_that_feeds_write_are_untouched():
    one = replace(todo(due_date=date(2026, 4, 1)), created_at=NOW, updated_at=NOW)

    text = written(icalendar_tasks, [one]).decode()

    assert "X-WR-CALNAME:Simple Todos\r\n" in text
    assert "X-SIMPLE-TODOS-PROJECT" not in text
