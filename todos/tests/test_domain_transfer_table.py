"""Todos as a table: ours, anybody's, and that no spreadsheet program runs a cell of it."""

import csv
import io
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import table
from todos.domain.transfer.formulas import neutralise, restore
from todos.domain.transfer.records import ProjectRecord, SectionRecord
from todos.tests.transfer_records import (
    BERLIN,
    CLOCKS,
    DAYS,
    LABELS,
    LINES,
    MOMENTS,
    NOW,
    TEXTS,
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

DANGEROUS = set("=+-@\t\r\n＝＋－＠")


def test_our_own_table_is_read_with_all_that_it_tells():
    found = read(table, sample("table.csv"))
    todos = todos_of(found)

    assert [(one.ref, one.parent) for one in of(found, ProjectRecord)] == [
        ("Home", None), ("Home/Garden\\/Yard", "Home"),
    ]  # fmt: skip
    assert [(one.title, one.project) for one in of(found, SectionRecord)] == [("Spring", "Home/Garden\\/Yard")]
    fence, ferns = todos["Paint the fence"], todos["Water the ferns"]
    assert (fence.due_date, fence.due_time, fence.time_zone) == (date(2026, 4, 3), time(9, 30), "Europe/Berlin")
    assert (fence.description, fence.labels) == ("Two coats.\n- primer\n- paint", ["garden", "DIY"])
    assert (fence.start_date, fence.deadline, fence.duration_minutes) == (date(2026, 4, 1), date(2026, 4, 30), 90)
    assert (fence.assignee, fence.created_at) == ("sam@example.org", datetime(2026, 3, 1, 10, tzinfo=UTC))
    assert (ferns.recurrence, ferns.recurrence_anchor) == (["RRULE:FREQ=WEEKLY;BYDAY=FR"], "completion")
    assert (ferns.occurrence, ferns.occurrence_date) == (3, date(2026, 3, 5))
    assert todos["Buy paint"].parent == "a1"
    assert todos["Buy paint"].completed_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert todos["=HYPERLINK(1)"].description == "- not a list"
    assert refusals(found) == {"9": "There is no title in this row."}
    assert not [one.notes for one in todos.values() if one.notes]


def test_anybodys_table_is_read_by_the_names_of_its_columns():
    found = read(table, sample("other.csv"))
    todos = todos_of(found)

    plumber = todos["Ring the plumber"]
    assert (plumber.priority, plumber.due_date, plumber.labels) == (1, date(2026, 12, 24), ["home", "calls"])
    assert (plumber.project, plumber.description, plumber.completed_at) == ("House", "He is in, after six", None)
    assert (todos["Old thing"].due_date, todos["Old thing"].completed_at) == (date(2025, 12, 31), NOW)
    assert todos["Odd one"].notes == ["The priority “soon” cannot be read.", "The due date “whenever” cannot be read."]
    assert todos["Both ways"].due_date == date(2026, 4, 3)
    assert todos["Both ways"].notes == ["“03/04/2026” was read with the day before the month."]
    late = todos["With a time"]
    assert (late.due_date, late.due_time, late.time_zone) == (date(2026, 5, 6), time(9, 8), "Europe/Berlin")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_signs_encodings_and_line_ends_of_all_kinds(sign, encoding, end):
    text = end.join((f"title{sign}labels{sign}notes", f"Frühstück{sign}Küche{sign}“ja”"))

    [found] = read(table, text.encode(encoding))

    assert (found.title, found.labels, found.description) == ("Frühstück", ["Küche"], "“ja”")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "colour,size\nred,1", ",,,", "\x00\x01", "sep=;", 'sep="\ntitle\nBuy milk']
)
def test_what_names_no_titles_is_no_table(text):
    with pytest.raises(Invalid):
        read(table, text.encode())


def test_a_cell_without_an_end_stops_the_table_where_it_begins():
    text = 'title,notes\none,1\ntwo,"' + "x\n" * 100_000

    with pytest.raises(Invalid, match="line 3"):
        read(table, text.encode())


def test_two_rows_of_one_id_are_two_todos():
    first, second = read(table, b"id,title\n7,one\n7,two")

    assert first.ref != second.ref
    assert second.notes == ["Another row has the id “7” already."]


def test_what_is_in_the_trash_is_not_written():
    gone = todo("1", "Gone", deleted_at=NOW)

    found = read(table, written(table, [gone, todo("2", "Stays", parent="1")]))

    assert [(one.title, one.parent) for one in found] == [("Stays", None)]


# Formulas (OWASP, CSV injection)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", '"=1', "'=1",
        "''=1", "＝1", "＋1", "－1", "＠x", "\ufeff=1", "\u200b=1", "\tx", "\rx", "'\tx", "a;=1", "a\t@x", "a; '=1",
        ";=1",
        "a;'=1;=2",
    ],
)  # fmt: skip
def test_S25_a_cell_that_would_run_begins_with_an_apostrophe_and_comes_back(text):
    safe = neutralise(text)

    for cell in safe.replace("\t", ";").split(";"):
        assert not cell or cell.startswith("'") or not set(cell.lstrip(" \"'\u00a0\ufeff\u200b")[:1]) & DANGEROUS
    assert safe[0] not in DANGEROUS
    assert restore(safe) == text


@pytest.mark.parametrize("text", ["Buy milk", "it's", "'tis", "a=b", "a - b", "1-2", "", "'", "x@y.org", "a; b"])
def test_a_harmless_cell_stays_as_it_is(text):
    assert neutralise(text) == text == restore(text)


@given(st.text(st.sampled_from("'\"=+-@\t\r\n; a＝\ufeff"), max_size=12) | st.text())
@settings(max_examples=500, deadline=None)
@example("'\r=1")
@example("'=';\t'+")
def test_S25_what_was_made_harmless_comes_back_exactly(text):
    safe = neutralise(text)

    assert restore(safe) == text
    assert safe[:1] not in DANGEROUS


@given(title=LINES, description=TEXTS, name=LABELS)
@settings(max_examples=80, deadline=None)
def test_S25_no_cell_of_what_we_write_would_run(title, description, name):
    data = written(table, [todo(title=title, description=description, labels=[name])]).decode("utf-8-sig")

    for row in csv.reader(io.StringIO(data, newline="")):
        for cell in row:
            assert cell[:1] not in DANGEROUS
            assert cell.lstrip(" '\"")[:1] not in DANGEROUS or cell[0] == "'"


# Round trip

FIELDS = (
    "description", "priority", "due_date", "due_time", "time_zone", "start_date", "deadline", "duration_minutes",
    "recurrence", "recurrence_anchor", "occurrence", "labels", "assignee", "completed_at", "created_by", "created_at",
    "updated_at",
)  # fmt: skip
VALUES = st.fixed_dictionaries(
    {
        "description": TEXTS, "priority": st.integers(1, 4), "due_date": st.none() | DAYS,
        "due_time": st.none() | CLOCKS,
        "time_zone": ZONES, "start_date": st.none() | DAYS, "deadline": st.none() | DAYS,
        "duration_minutes": st.none() | st.integers(1, 10_000), "labels": st.lists(LABELS, max_size=3, unique=True),
        "recurrence": st.sampled_from([[], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE:20260309"]]),
        "occurrence": st.just(1), "assignee": st.none() | LINES, "completed_at": st.none() | MOMENTS,
        "created_by": st.none() | LINES, "created_at": st.none() | MOMENTS, "updated_at": st.none() | MOMENTS,
    }
).map(timed)  # fmt: skip


@given(records(fill=VALUES))
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read_the_same(records):
    found = read(table, written(table, records))

    assert told(found, FIELDS) == told(records, FIELDS)


def test_a_todo_of_the_inbox_goes_to_whatever_inbox_there_is():
    inbox = ProjectRecord(place="", ref="i", title="Inbox", is_inbox=True)

    [found] = read(table, written(table, [inbox, todo(project="i")]))

    assert found.project is None


def test_moments_keep_their_offset():
    moment = datetime(2026, 7, 1, 9, tzinfo=BERLIN)

    [found] = read(table, written(table, [todo(created_at=moment)]))

    assert found.created_at == moment
