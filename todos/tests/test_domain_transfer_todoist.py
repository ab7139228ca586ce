"""Todoist's CSV of a project, the zip of its backup, and the JSON of its Sync API."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import todoist, todoist_backup
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    ReminderRecord,
    SavedFilterRecord,
    SectionRecord,
)
from todos.tests.transfer_records import (
    CLOCKS,
    DAYS,
    LABELS,
    LINES,
    NOW,
    TEXTS,
    comment,
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


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_project_is_read_with_its_sections_subtasks_notes_and_dates():
    found = read(todoist, sample("todoist.csv"), name="House [1203].csv")
    todos = todos_of(found)

    assert [(one.title, one.ref) for one in of(found, ProjectRecord)] == [("House", "House")]
    roof, felt, measure = todos["Mend the shed roof"], todos["Buy felt"], todos["Measure it"]
    assert (roof.labels, roof.description, roof.priority) == (["outside", "tools"], "Felt, nails", 1)
    assert (roof.created_by, roof.assignee) == ("Mara", "Ole")
    assert (roof.due_date, roof.due_time, roof.deadline) == (date(2026, 10, 5), None, date(2026, 10, 9))
    assert roof.duration_minutes == 120
    assert (felt.parent, measure.parent, roof.section) == (roof.ref, felt.ref, None)
    assert (measure.due_date, measure.due_time, measure.time_zone) == (date(2026, 3, 3), time(18), "Europe/Berlin")
    [section] = of(found, SectionRecord)
    plants, cleaning = todos["Water the plants"], todos["Clean the filter"]
    assert (section.title, plants.section, plants.parent) == ("Every week", section.ref, None)
    assert (plants.recurrence, plants.due_time) == (["RRULE:FREQ=WEEKLY;BYDAY=MO"], time(9))
    assert (cleaning.recurrence, cleaning.recurrence_anchor) == (["RRULE:FREQ=DAILY;INTERVAL=3"], "completion")
    assert todos["Blumen gießen"].description == "Im Garten\n\nDate: jeden Tag"
    assert todos["Blumen gießen"].notes == ["The date “jeden Tag” cannot be read; it stands in the description."]
    assert todos["Notes on this list"].notes == ["In Todoist this could not be completed; here it can."]
    assert todos["@errand"].labels == []
    assert refusals(found) == {"14": "A row is a task, a section or a note, not “reminder”."}


def test_a_file_of_a_note_is_told_and_never_fetched():
    found = read(todoist, sample("todoist.csv"))

    [said], [file] = of(found, CommentRecord), of(found, AttachmentRecord)
    assert said.text == r"See the offer [offer \[1\].pdf](https://files.example.org/o.pdf)"
    assert (said.author, said.created_at) == ("Ole", datetime(2026, 2, 11, 9, 10, 11, tzinfo=UTC))
    assert (file.name, file.member, file.size) == ("offer [1].pdf", None, 2048)
    assert file.notes == ["The file stays at Todoist and was not fetched: https://files.example.org/o.pdf"]


@pytest.mark.parametrize(
    "token", ["[[file {]]", "[[file {}}]]", '[[file {"file_url":"javascript:x"}]]', "[[file {", "[[file [[file {}]]"]
)
def test_a_broken_file_of_a_note_is_text_or_has_no_address(token):
    found = read(todoist, f"TYPE,CONTENT\ntask,one\nnote,{json.dumps(token).replace(chr(92), '')}".encode())

    assert not any("javascript" in note for file in of(found, AttachmentRecord) for note in file.notes)


@pytest.mark.parametrize("text", ["", "title,notes\n1,2", "TYPE\ntask", "TYPE,NAME\ntask,one"])
def test_other_tables_are_refused(text):
    with pytest.raises(Invalid):
        read(todoist, text.encode())


def test_what_stands_too_deep_hangs_below_the_last_that_there_is():
    first, second = read(todoist, b"TYPE,CONTENT,INDENT\ntask,one,1\ntask,two,4")

    assert second.parent == first.ref


def test_tasks_are_written_as_todoist_writes_them():
    records = [
        todo("1", "Water", labels=["a b"], priority=2, due_date=date(2026, 3, 5), due_time=time(9), duration_minutes=5,
             recurrence=["RRULE:FREQ=WEEKLY;BYDAY=TH"], time_zone="Europe/Berlin"),
        todo("2", "Fill the can", parent="1", deadline=date(2026, 3, 6)),
        todo("3", "Done", completed_at=NOW),
        todo("4", "Below it", parent="3", recurrence=["RRULE:FREQ=YEARLY;BYWEEKNO=3"], due_date=date(2026, 3, 7)),
        comment(todo="2", text="Not too full"),
    ]  # fmt: skip

    rows = list(csv.DictReader(io.StringIO(written(todoist, records).decode("utf-8-sig"), newline="")))

    assert [(row["TYPE"], row["CONTENT"], row["INDENT"]) for row in rows] == [
        ("task", "Water @a_b", "1"), ("task", "Fill the can", "2"), ("note", "Not too full", ""),
        ("task", "Below it", "1"),
    ]  # fmt: skip
    assert rows[0]["DATE"] == "every Thursday at 09:00 starting 2026-03-05"
    assert (rows[0]["PRIORITY"], rows[0]["TIMEZONE"], rows[0]["DURATION"]) == ("2", "Europe/Berlin", "5")
    assert rows[1]["DEADLINE"] == "2026-03-06"
    assert (rows[3]["DATE"], rows[3]["DESCRIPTION"]) == ("2026-03-07", "Repeats: RRULE:FREQ=YEARLY;BYWEEKNO=3")


@pytest.mark.parametrize(
    ("rule", "phrase"),
    [
        ("FREQ=DAILY", "every day"), ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA", "every 2 weeks on Monday and Saturday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", None), ("FREQ=MONTHLY;BYDAY=3TU", None),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "every month on the 31st"),
        ("FREQ=DAILY;UNTIL=20270101", "every day until 2027-01-01"), ("FREQ=DAILY;COUNT=3", None),
        ("FREQ=YEARLY;BYYEARDAY=100", None), ("FREQ=DAILY;BYDAY=MO;BYMONTH=3", None),
    ],
)  # fmt: skip
def test_a_rule_is_written_in_words_that_say_just_that_or_told_in_the_description(rule, phrase):
    one = todo(recurrence=[f"RRULE:{rule}"], due_date=date(2026, 10, 31), description="Why")

    [row] = csv.DictReader(io.StringIO(written(todoist, [one]).decode("utf-8-sig"), newline=""))

    assert row["DATE"] == (f"{phrase} starting 2026-10-31" if phrase else "2026-10-31")
    assert row["DESCRIPTION"] == ("Why" if phrase else f"Why\n\nRepeats: RRULE:{rule}")


SAYABLE = st.sampled_from(
    [
        [], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=DAILY;INTERVAL=3"], ["RRULE:FREQ=WEEKLY;INTERVAL=2"],
        ["RRULE:FREQ=MONTHLY;INTERVAL=3"], ["RRULE:FREQ=YEARLY"],
    ]
)  # fmt: skip
FIELDS = (
    "description", "priority", "due_date", "due_time", "time_zone", "deadline", "duration_minutes", "recurrence",
    "recurrence_anchor", "labels", "assignee", "created_by",
)  # fmt: skip
NAMES = LINES.filter(lambda text: not text.endswith(")"))
TITLES = LINES.filter(lambda text: not any(word.startswith("@") for word in text.split()) and text[:1] != "*")


def repeating(values: dict) -> dict:
    """Return fields of which only what is due repeats."""
    if values["due_date"] is None or not values["recurrence"]:
        values |= {"recurrence": [], "recurrence_anchor": "schedule"}
    return timed(values)


EARLY = DAYS.map(lambda day: day.replace(day=min(day.day, 28)))
"""Days that every month has: from later ones “monthly” means the last day of some months, and says so."""
VALUES = st.fixed_dictionaries(
    {
        "description": TEXTS, "priority": st.integers(1, 4), "due_date": st.none() | EARLY,
        "due_time": st.none() | CLOCKS, "time_zone": st.sampled_from(["", "Europe/Berlin", "Asia/Tokyo"]),
        "deadline": st.none() | DAYS, "duration_minutes": st.none() | st.integers(1, 10_000), "recurrence": SAYABLE,
        "recurrence_anchor": st.sampled_from(["schedule", "completion"]), "assignee": st.none() | NAMES,
        "labels": st.lists(LABELS.filter(lambda name: " " not in name), max_size=3, unique=True),
        "created_by": st.none() | NAMES,
    }
).map(repeating)  # fmt: skip


@given(records(fill=VALUES, projects=0, titles=TITLES))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_the_same(records):
    found = read(todoist, written(todoist, records))

    assert by_title(told(found, FIELDS)) == by_title(told(records, FIELDS))


@given(records(fill=VALUES, titles=TITLES))
@settings(max_examples=50, deadline=None)
def test_a_backup_that_is_written_is_read_the_same(records):
    found = read(todoist_backup, written(todoist_backup, records))

    assert without_places(told(found, FIELDS)) == without_places(told(records, FIELDS))


def by_title(todos):
    return sorted(todos, key=lambda one: one["title"])


def without_places(todos):
    """Return todos without their projects: a file's name has no path, and not every letter."""
    return [{name: one[name] for name in one if name != "project"} for one in by_title(todos)]


# Backups


def test_each_project_of_a_backup_is_named_by_its_file():
    table = b"TYPE,CONTENT\nsection,Soon\ntask,One\n"
    data = zipped(**{"Inbox [1].csv": table, "House [2].csv": table, "deeper.zip": b"PK\x03\x04", "broken.csv": b"x"})

    found = read(todoist_backup, data)

    assert [(one.title, one.is_inbox) for one in of(found, ProjectRecord)] == [
        ("Inbox", True), ("House", False), ("broken", False),
    ]  # fmt: skip
    assert len({one.ref for one in todos_of(found).values()}) == 1
    assert len({one.ref for one in of(found, SectionRecord)}) == 2
    assert refusals(found) == {
        "deeper.zip": "This file is no project's CSV, and was not opened.",
        "broken.csv": "This is no CSV of Todoist: its first line names no columns TYPE and CONTENT.",
    }


def test_the_sync_api_is_read_whatever_comes_first():
    found = read(todoist_backup, sample("todoist_sync.json"))
    todos = todos_of(found)

    assert [(one.title, one.parent, one.colour, one.is_inbox) for one in of(found, ProjectRecord)] == [
        ("Inbox", None, None, True), ("House", None, "pink", False), ("Garden", "11", "lime", False),
    ]  # fmt: skip
    assert of(found, ProjectRecord)[2].archived_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    roses, shears, odd = todos["Prune the roses"], todos["Sharpen the shears"], todos["Rings oddly"]
    assert (roses.priority, shears.priority, odd.priority) == (1, 4, 3)
    assert (roses.section, roses.labels, roses.assignee) == ("20", ["outside"], "mara@example.org")
    assert (roses.due_date, roses.recurrence) == (date(2026, 3, 7), ["RRULE:FREQ=WEEKLY;BYDAY=SA"])
    assert (roses.deadline, roses.duration_minutes) == (date(2026, 4, 1), 45)
    assert (shears.parent, shears.labels) == ("30", ["tools"])
    assert (shears.due_time, shears.time_zone) == (time(9), "Europe/Berlin")
    assert shears.completed_at == datetime(2026, 2, 3, 10, tzinfo=UTC)
    assert odd.description == "Repeats: whenever the moon is full"
    assert [(one.name, one.colour) for one in of(found, LabelRecord)] == [("tools", "sky"), ("outside", None)]
    assert [(one.text, one.author) for one in of(found, CommentRecord)] == [("Gloves!", "mara@example.org")]
    assert [(one.name, one.size) for one in of(found, AttachmentRecord)] == [("roses.jpg", 4096)]
    assert [(one.relative_to, one.offset_minutes) for one in of(found, ReminderRecord)] == [("due", -30), ("", None)]
    assert [(one.name, one.query) for one in of(found, SavedFilterRecord)] == [("Now", "today | overdue")]
    assert set(refusals(found).values()) == {
        "The comment belongs to no task.", "It reminds at a place, and here only a time can.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"a": 1}', "[" * 100_000, '{"items": ' + "[" * 60, "1", '{"items":[}']
)
def test_S33_other_json_is_refused(text):
    with pytest.raises(Invalid):
        read(todoist_backup, text.encode())


@pytest.mark.parametrize(
    "item",
    [
        {"labels": 3}, {"labels": [[1]]}, {"due": 5}, {"due": {"date": "0001-01-01T00:00:00Z"}},
        {"priority": 1e300}, {"priority": True}, {"id": 10**18}, {"id": []}, {"duration": {"amount": -1}},
        {"deadline": {"date": "9999-12-31T23:59:59-12:00"}}, {"due": {"date": "9999-12-31T23:59:59-12:00"}},
    ],
)  # fmt: skip
def test_S33_values_of_the_wrong_kind_harm_nothing(item):
    data = json.dumps({"items": [{"id": "1", "content": "One"} | item, 5, None, [[]]]}).encode()

    assert len(read(todoist_backup, data)) == 1
