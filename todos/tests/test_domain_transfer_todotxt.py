"""The todo.txt format: a line for each todo."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import todotxt
from todos.domain.transfer.records import ProjectRecord, SectionRecord
from todos.tests.transfer_records import (
    BERLIN,
    CLOCKS,
    DAYS,
    LABELS,
    LINES,
    NOW,
    ZONES,
    of,
    read,
    records,
    refusals,
    sample,
    timed,
    todo,
    todos_of,
    told,
    written,
)


def test_a_file_of_another_program_is_read():
    found = read(todotxt, sample("todo.txt"))
    todos = todos_of(found)

    dentist, rent = todos["Ring the dentist"], todos["Pay the rent"]
    assert (dentist.priority, dentist.project, dentist.labels) == (1, "Health", ["phone"])
    assert (dentist.due_date, dentist.start_date) == (date(2026, 3, 9), date(2026, 3, 5))
    assert dentist.created_at == datetime(2026, 2, 1, tzinfo=BERLIN)
    assert (rent.completed_at, rent.priority) == (datetime(2026, 2, 11, tzinfo=BERLIN), 2)
    ferns, stretch = todos["Water the ferns"], todos["Stretch url:https://example.org"]
    assert (ferns.recurrence, ferns.recurrence_anchor) == (["RRULE:FREQ=WEEKLY"], "completion")
    assert (stretch.recurrence, stretch.recurrence_anchor) == (["RRULE:FREQ=DAILY"], "schedule")
    assert (stretch.priority, stretch.notes) == (4, ["Its priority was F, one of 26; there are four here."])
    assert (todos["Walk"].labels, todos["Walk"].due_date) == (["Dog"], None)
    assert todos["Walk"].notes == [
        "It is in more than one project; Dog became labels.", "due:someday cannot be read.",
    ]  # fmt: skip
    assert todos["Call back"].completed_at == NOW
    assert todos["(b) no priority, is a project and me@example.org none"].project == "1"
    assert refusals(found) == {"8": "There are no words for a title in this line."}
    trip, train = todos["Plan the trip"], todos["Book the train"]
    assert (train.parent, trip.ref, train.project) == ("7", "7", "Summer trip")
    assert (train.recurrence, train.recurrence_anchor) == (["RRULE:FREQ=MONTHLY;BYMONTHDAY=1"], "completion")
    assert (train.due_time, train.time_zone) == (time(9, 30), "Europe/Berlin")
    assert [one.title for one in of(found, SectionRecord)] == ["Soon"]


def test_lines_are_written_as_other_programs_read_them():
    given = [
        ProjectRecord(place="", ref="p", title="My garden"),
        todo("1", "Water", priority=1, project="p", labels=["out side"], due_date=date(2026, 3, 5), created_at=NOW,
             recurrence=["RRULE:FREQ=DAILY;INTERVAL=2"]),
        todo("2", "Done +1", priority=2, completed_at=NOW, parent="1", due_date=date(2026, 3, 5),
             recurrence=["RRULE:FREQ=DAILY;COUNT=2"]),
    ]  # fmt: skip

    assert written(todotxt, given).decode().splitlines() == [
        "(A) 2026-03-02 Water +My%20garden @out%20side due:2026-03-05 rec:+2d id:1",
        r"x 2026-03-02 Done \+1 pri:B due:2026-03-05 rrule:RRULE:FREQ=DAILY;COUNT=2 id:2 sup:1",
    ]


@pytest.mark.parametrize(
    "title",
    [
        "x marks it", "(A) is no priority", "2026-03-04 is a day", "+1 for it", "@home is no label", "due:2026-03-04",
        r"\+1", r"\\due:x", "C:\\Users", "+", "@", "id:", "a\nb", "a\r\nx 2026-01-01 b", "1+1 @ 2", "key:value", "\\",
        "rec:1w", "pri:A b",
    ],
)  # fmt: skip
def test_S25_no_word_of_a_title_is_taken_for_another_thing(title):
    [found] = read(todotxt, written(todotxt, [todo(title=title)]))

    assert found.title == " ".join(title.split())
    assert (found.priority, found.completed_at, found.project, found.labels) == (4, None, None, [])


@pytest.mark.parametrize(
    "word", ["rec:0d", "rec:2000d", "rec:2b", "rec:1h", "due:2026-13-01", "tz:Nowhere", "at:9am", "dur:x"]
)
def test_what_a_word_says_wrong_is_told(word):
    [found] = read(todotxt, f"One {word}".encode())

    assert found.notes == [f"{word} cannot be read."]


def test_an_id_that_is_taken_is_told():
    first, second = read(todotxt, b"One id:1\nTwo id:1")

    assert (first.ref, second.ref) == ("1", "line 2")
    assert second.notes == ["id:1 cannot be read."]


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(Invalid):
        read(todotxt, b"PK\x03\x04\x00\x00")


FIELDS = (
    "priority", "due_date", "due_time", "time_zone", "start_date", "deadline", "duration_minutes", "recurrence",
    "recurrence_anchor", "labels", "completed_at", "created_at",
)  # fmt: skip
MIDNIGHTS = DAYS.map(lambda day: datetime.combine(day, time(), UTC))


def in_order(values: dict) -> dict:
    """Return fields of which only what repeats has an anchor."""
    return timed(values | ({} if values["recurrence"] else {"recurrence_anchor": "schedule"}))


VALUES = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 4), "due_date": st.none() | DAYS, "due_time": st.none() | CLOCKS, "time_zone": ZONES,
        "start_date": st.none() | DAYS, "deadline": st.none() | DAYS,
        "duration_minutes": st.none() | st.integers(1, 10_000), "labels": st.lists(LABELS, max_size=3, unique=True),
        "recurrence": st.sampled_from(
            [
                [], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=MONTHLY;INTERVAL=2"], ["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
                ["RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE:20260309"],
            ]
        ),
        "recurrence_anchor": st.sampled_from(["schedule", "completion"]),
        "completed_at": st.none() | MIDNIGHTS, "created_at": MIDNIGHTS,
    }
).map(in_order)  # fmt: skip


@given(records(fill=VALUES, titles=LINES))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_the_same(records):
    now = NOW.astimezone(UTC)

    found = read(todotxt, written(todotxt, records, now=now), now=now)

    assert told(found, FIELDS) == told(records, FIELDS)
