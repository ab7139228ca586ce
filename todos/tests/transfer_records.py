"""What the tests of all formats share: records made at random, and what two lists of records have in common."""

import io
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from todos.domain.transfer.paths import join_path
from todos.domain.transfer.records import (
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    Record,
    Refused,
    RelationRecord,
    ReminderRecord,
    SectionRecord,
    TodoRecord,
)
from todos.domain.transfer.trees import Places

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 8, 30, tzinfo=BERLIN)
CASES = Path(__file__).parent / "cases" / "transfer"
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"], exclude_characters="\ufeff")
SIGNS = st.sampled_from("=+-@'\",;:\\/#()[]{}&%<>*_~`|x1 \u00a0ä€＝\u200b.!?")
WORDS = st.text(LETTERS | SIGNS, min_size=1, max_size=20)
LINES = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
TEXTS = st.lists(LINES | st.just(""), max_size=4).map(lambda lines: "\n".join(lines).strip())
LABELS = LINES.filter(lambda text: text.isprintable() and not set(text) & set(",@#"))
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(ZoneInfo("UTC"))).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
ZONES = st.sampled_from(["", "Europe/Berlin", "America/New_York", "UTC"])


def read(module, data: bytes, *, name: str = "", now: datetime = NOW) -> list:
    return list(module.read(io.BytesIO(data), now=now, name=name))


def written(module, records, *, now: datetime = NOW) -> bytes:
    return b"".join(module.write(records, now=now))


def sample(name: str) -> bytes:
    return (CASES / name).read_bytes()


def todo(ref: str = "1", title: str = "Buy milk", **values) -> TodoRecord:
    return TodoRecord(place="", ref=ref, title=title, **values)


def of(records, kind) -> list:
    return [record for record in records if type(record) is kind]


def todos_of(records) -> dict[str, TodoRecord]:
    return {record.title: record for record in of(records, TodoRecord)}


def refusals(records) -> dict[str, str]:
    return {record.place: record.reason for record in of(records, Refused)}


def fields(record, names) -> dict:
    return {name: getattr(record, name) for name in names}


def told(records, names) -> list[dict]:
    """Return what is told of each todo: where it is, by the names of things, and the given fields."""
    places, titles = Places(), {}
    for record in records:
        places.take(record)
        if isinstance(record, TodoRecord):
            titles[record.ref] = record.title
    return [
        {
            "title": record.title,
            "project": places.path(record.project),
            "section": places.section(record.section),
            "parent": titles.get(record.parent),
        }
        | fields(record, names)
        for record in of(records, TodoRecord)
    ]


@st.composite
def records(draw, *, fill, projects: int = 3, titles=LINES):
    """Return projects in one another, sections and todos below one another; `fill` draws the other fields of a todo."""
    found: list[Record] = []
    paths: dict[str, str] = {}
    sections: dict[str | None, list[str]] = {None: []}
    for number in range(draw(st.integers(0, projects))):
        title = draw(titles)
        parent = draw(st.sampled_from([None, *paths]))
        path = f"{paths.get(parent, '')}/{join_path([title])}"
        if path in paths.values():  # two of one name are one to most formats
            continue
        ref = f"p{number}"
        paths[ref], sections[ref] = path, []
        found.append(ProjectRecord(place="", ref=ref, title=title, parent=parent))
    for project in paths:
        for title in draw(st.lists(titles, max_size=2, unique=True)):
            ref = f"s{len(sections)}.{len(sections[project])}.{project}"
            sections[project].append(ref)
            found.append(SectionRecord(place="", ref=ref, project=project, title=title))
    above: list[TodoRecord] = []
    for number in range(draw(st.integers(0, 6))):
        parent = draw(st.sampled_from([None, *above]))
        project = parent.project if parent else draw(st.sampled_from([None, *paths]))
        section = parent.section if parent else draw(st.sampled_from([None, *sections[project]]))
        title = f"{draw(titles)} {number}"
        made = TodoRecord(
            place="", ref=f"t{number}", title=title, project=project, section=section,
            parent=parent.ref if parent else None, **draw(fill),
        )  # fmt: skip
        above.append(made)
        found.append(made)
    return found


def comment(ref: str = "c1", todo: str = "1", text: str = "Which?", **values) -> CommentRecord:
    return CommentRecord(place="", ref=ref, todo=todo, text=text, **values)


def reminder(ref: str = "r1", todo: str = "1", **values) -> ReminderRecord:
    return ReminderRecord(place="", ref=ref, todo=todo, **values)


def relation(todo: str, other: str, kind: str, ref: str = "x1") -> RelationRecord:
    return RelationRecord(place="", ref=ref, todo=todo, other=other, kind=kind)


def label(name: str, colour: str) -> LabelRecord:
    return LabelRecord(place="", ref=f"l{name}", name=name, colour=colour)


def timed(values: dict) -> dict:
    """Return fields of which a zone and a time go with a date only."""
    if values.get("due_date") is None:
        values |= {"due_time": None}
    if values.get("due_time") is None:
        values |= {"time_zone": ""}
    return values


CLOCKS = st.times().map(lambda clock: time(clock.hour, clock.minute))
