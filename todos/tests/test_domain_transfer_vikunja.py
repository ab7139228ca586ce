"""Vikunja's export, read and written."""

import io
import json
import zipfile
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.transfer import vikunja
from todos.domain.transfer.archives import open_archive
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    RelationRecord,
    ReminderRecord,
    SectionRecord,
)
from todos.tests.transfer_records import (
    CLOCKS,
    DAYS,
    LABELS,
    LINES,
    MOMENTS,
    NOW,
    comment,
    label,
    of,
    read,
    records,
    refusals,
    relation,
    reminder,
    sample,
    timed,
    todo,
    todos_of,
    told,
    written,
)


def packed(data: bytes, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", data)
        archive.writestr("VERSION", "0.24.1")
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def exported() -> list:
    filters = b'[{"id": 1, "title": "Soon", "filters": {"filter": "due_date < now+7d"}}]'
    return read(vikunja, packed(sample("vikunja.json"), files__77=b"abc", **{"filters.json": filters}))


def test_an_export_is_read_with_all_that_is_in_it():
    found = exported()
    todos = todos_of(found)
    roof, felt, paint = todos["Mend the roof"], todos["Buy felt"], todos["Paint"]

    assert [(one.ref, one.title, one.parent, one.colour, one.is_favourite) for one in of(found, ProjectRecord)] == [
        ("3", "House", None, "red", True),
        ("4", "Garden", "3", None, False),
    ]
    assert of(found, ProjectRecord)[1].archived_at == datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert [one.title for one in of(found, SectionRecord)] == ["To-Do", "Doing"]
    assert (roof.section, felt.section, felt.parent) == ("22", None, "11")
    assert roof.description == "Felt & **nails**\n\n- [x] felt\n- [ ] nails"
    assert (roof.due_date, roof.due_time, roof.time_zone) == (date(2026, 4, 3), time(9, 30), "Europe/Berlin")
    assert (roof.start_date, roof.deadline, roof.priority) == (date(2026, 4, 1), None, 1)
    assert (roof.recurrence, roof.recurrence_anchor) == (["RRULE:FREQ=WEEKLY;INTERVAL=2"], "completion")
    assert (roof.labels, roof.assignee, roof.created_by) == (["outside"], "mara", "mara")
    assert (felt.due_date, felt.due_time, felt.recurrence) == (date(2026, 2, 3), None, ["RRULE:FREQ=MONTHLY"])
    assert (felt.completed_at, felt.priority) == (datetime(2026, 2, 1, 10, tzinfo=UTC), 3)
    assert (paint.description, paint.recurrence) == ("**Plain** Markdown", [])
    assert [(one.name, one.colour) for one in of(found, LabelRecord)] == [("outside", "teal")]
    assert [(one.text, one.author) for one in of(found, CommentRecord)] == [("By *May*", "ole")]
    assert [(one.relative_to, one.offset_minutes, one.remind_at) for one in of(found, ReminderRecord)] == [
        ("due", -30, None),
        ("", None, datetime(2026, 4, 2, 7, tzinfo=UTC)),
    ]
    assert [(one.todo, one.other, one.kind) for one in of(found, RelationRecord)] == [
        ("11", "13", "blocks"),
        ("11", "13", "relates"),
        ("11", "14", "relates"),
    ]
    assert [(one.name, one.member, one.size) for one in of(found, AttachmentRecord)] == [
        ("roof.jpg", "files/77", 3),
        ("gone.pdf", None, 9),
    ]


def test_what_of_an_export_cannot_be_kept_is_told():
    found = exported()

    assert todos_of(found)["Mend the roof"].notes == [
        "It was assigned to ole as well.",
        "It was 40% done.",
        "Its priority was one of six; the nearest of four is taken.",
    ]
    assert todos_of(found)["Paint"].notes == ["It repeated every 90 seconds, which is left out: the least is an hour."]
    assert of(found, ProjectRecord)[0].notes == ["It said about itself: All of it"]
    assert refusals(found) == {
        "data.json: project 1, task 4": "The task has no title.",
        "filters.json: 1": "The filter “Soon” is written in Vikunja's own language: due_date < now+7d",
    }


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip", b"PK\x03\x04", packed(b"{"), packed(b"["), packed(b"[" * 1000), packed(b'"x"'), packed(b"[{]}")],
)
def test_S33_what_is_no_export_is_refused(data):
    with pytest.raises(Invalid):
        read(vikunja, data)


def test_an_archive_without_data_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("VERSION", "1")

    with pytest.raises(Invalid, match=r"data\.json"):
        read(vikunja, file.getvalue())


def test_S33_projects_deep_in_one_another_are_refused():
    data = '{"id":1,"title":"x","child_projects":[' * 5000

    with pytest.raises(Invalid):
        read(vikunja, packed(f"[{data}".encode()))


@pytest.mark.parametrize(
    "task",
    [
        {"due_date": "9999-12-31T23:59:59-14:00"},
        {"due_date": "0001-01-01T00:00:00Z"},
        {"due_date": 3},
        {"labels": {}},
        {"labels": [None, 3]},
        {"repeat_after": 2**62},
        {"repeat_after": -5},
        {"priority": 99},
        {"percent_done": "x"},
        {"related_tasks": [1]},
        {"related_tasks": {"parenttask": [{"id": "x"}]}},
        {"description": 3},
        {"id": "a\u0000b"},
        {"reminders": [{"relative_to": "due_date", "relative_period": 1e300}]},
        {"attachments": [{}]},
        {"percent_done": 1e309},
    ],
)
def test_S33_values_of_the_wrong_kind_harm_nothing(task):
    data = json.dumps([{"id": 1, "title": "P", "tasks": [{"id": 1, "title": "One"} | task, 3, None]}])

    assert todos_of(read(vikunja, packed(data.replace("Infinity", "1").encode())))


def test_an_export_has_the_files_that_vikunja_asks_for():
    archive = open_archive(io.BytesIO(written(vikunja, [todo(due_date=date(2026, 3, 4), description="A *b*")])))

    [project] = json.loads(archive.open("data.json").read())
    [task] = project["tasks"]
    assert archive.names == ["data.json", "filters.json", "VERSION"]
    assert (project["title"], task["due_date"]) == ("Inbox", "2026-03-04T00:00:00+01:00")
    assert (task["done_at"], task["description"]) == ("0001-01-01T00:00:00Z", "<p>A <em>b</em></p>")


def test_what_belongs_to_todos_comes_back():
    given = [
        label("home", "blue"),
        todo("1", "One", labels=["home"]),
        todo("2", "Two", parent="1"),
        comment(text="Which **one**?"),
        reminder(relative_to="due", offset_minutes=-30),
        reminder("r2", remind_at=datetime(2026, 4, 1, 9, tzinfo=UTC)),
        relation("1", "2", "blocks"),
        relation("2", "1", "relates", ref="x2"),
    ]

    found = read(vikunja, written(vikunja, given))

    titles = {one.ref: one.title for one in todos_of(found).values()}
    assert [(one.name, one.colour) for one in of(found, LabelRecord)] == [("home", "blue")]
    assert [one.text for one in of(found, CommentRecord)] == ["Which **one**?"]
    assert [(one.relative_to, one.offset_minutes, one.remind_at) for one in of(found, ReminderRecord)] == [
        ("due", -30, None),
        ("", None, datetime(2026, 4, 1, 9, tzinfo=UTC)),
    ]
    assert [(titles[one.todo], titles[one.other], one.kind) for one in of(found, RelationRecord)] == [
        ("One", "Two", "blocks"),
        ("One", "Two", "relates"),
    ]


@pytest.mark.parametrize(
    "rule", ["FREQ=YEARLY", "FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=MONTHLY;INTERVAL=2"]
)
def test_a_rule_that_vikunja_has_not_is_told_in_the_description(rule):
    [_, found] = read(vikunja, written(vikunja, [todo(due_date=date(2026, 3, 2), recurrence=[f"RRULE:{rule}"])]))

    assert (found.recurrence, found.description) == ([], f"Repeats: RRULE:{rule}")


PLAIN = (
    st.text("abc äß .,!?()1", max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text[:1].isalpha())
)
PARAGRAPHS = st.lists(PLAIN, max_size=3).map("\n\n".join)
FIELDS = (
    "description",
    "priority",
    "due_date",
    "due_time",
    "time_zone",
    "start_date",
    "deadline",
    "recurrence",
    "recurrence_anchor",
    "labels",
    "completed_at",
    "created_at",
    "updated_at",
)
VALUES = st.fixed_dictionaries(
    {
        "description": PARAGRAPHS,
        "priority": st.integers(1, 4),
        "due_date": st.none() | DAYS,
        "due_time": st.none() | CLOCKS.filter(lambda clock: clock != time()),
        "time_zone": st.just("Asia/Tokyo"),
        "start_date": st.none() | DAYS,
        "deadline": st.none() | DAYS,
        "labels": st.lists(LABELS, max_size=3, unique=True),
        "completed_at": st.none() | MOMENTS,
        "recurrence": st.sampled_from(
            [[], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=WEEKLY;INTERVAL=2"], ["RRULE:FREQ=HOURLY"]]
        ),
        "recurrence_anchor": st.sampled_from(["schedule", "completion"]),
        "created_at": MOMENTS,
        "updated_at": MOMENTS,
    }
).map(lambda values: timed(values | ({} if values["recurrence"] else {"recurrence_anchor": "schedule"})))


@given(records(fill=VALUES, titles=LINES))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_the_same(records):
    now = NOW.astimezone(ZoneInfo("Asia/Tokyo"))

    found = read(vikunja, written(vikunja, records, now=now), now=now)

    assert placed(told(found, FIELDS)) == placed(told(records, FIELDS))


def placed(todos):
    """Return todos by title; those of no project are in one called Inbox there."""
    for one in todos:
        one["project"] = one["project"] or "Inbox"
    return sorted(todos, key=lambda one: one["title"])
