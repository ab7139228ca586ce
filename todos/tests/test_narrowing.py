"""A filter finds in the database what plain Python says it takes in."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from todos.domain.filters import Calendar, Facts, matches, parse
from todos.domain.filters.evaluation import Person
from todos.domain.filters.nodes import Part
from todos.domain.search import document
from todos.models import Comment, Label, Membership, Project, SearchDocument, Section, Todo
from todos.narrowing import condition
from todos.services.search import index_todos

TODAY = date(2026, 3, 4)
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Pacific/Auckland")
CALENDAR = Calendar(TODAY, week_start=6, zone=ZONE)
PROJECTS = ("Home", "Work", "Wörk", "Garden")  # Garden is in Work, and nobody but the owner in Home
SECTIONS = ("Later", "läter on")
LABELS = ("home", "Waiting", "éclair", "straße")
TERMS = (
    "today", "overdue", "no date", "tomorrow", "next 7 days", "this week", "due before: 2026-03-10", "date: fri",
    "due after: +2 days", "no time", "has: time", "start: today", "no start", "start before: tomorrow",
    "has: deadline", "deadline before: 2026-04-01",
    "no deadline", "created: today", "created before: -1 week", "updated: last 3 days", "next week",
    "date: next monday", "due after: next week", "created: last week", "completed: this year",
    "completed: this month", "completed", "open", "p1", "p4", "no priority", "#Work", "#w*", "#ork", "##Work",
    "##garden", "/later", "/Läter*", "/*", "no section", "@home", "@WAITING", "@eclair", "@STRASSE", "@*a*", "@*",
    "no labels", "assigned:me", "assigned: others", "assigned", "assigned: Editor", "assigned: ed*", "created by: me",
    "created by: others", "added by: viewer", "shared", "recurring", "subtask", "has: subtasks", "has: comments",
    "no description", "has: duration", "all", '"milk"', "search: milk rye", '"buy mil"', "search: ub", "search: !",
    '"straße"',
)  # fmt: skip
filters = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' & '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' | '.join(parts)})"),
    ),
    max_leaves=5,
)
days = st.none() | st.integers(-9, 40).map(lambda offset: TODAY + timedelta(days=offset))
moments = st.integers(-15 * 24, 24).map(lambda hours: datetime(2026, 3, 4, 11, tzinfo=ZoneInfo("UTC")) + hours * HOUR)
texts = st.sampled_from(["Buy milk", "Rye bread", "Clean the tub", "Straße fegen"])
specs = st.fixed_dictionaries(
    {
        "project": st.integers(0, 3),
        "section": st.none() | st.integers(0, 1),
        "title": texts,
        "description": st.just("") | texts,
        "said": st.none() | texts,
        "priority": st.integers(1, 4),
        "due_date": days,
        "has_time": st.booleans(),
        "start_date": days,
        "deadline": days,
        "duration_minutes": st.none() | st.just(5),
        "recurrence": st.sampled_from([[], ["RRULE:FREQ=DAILY"]]),
        "assignee": st.none() | st.integers(0, 2),
        "created_by": st.none() | st.integers(0, 2),
        "completed_at": st.none() | moments,
        "created_at": moments,
        "updated_at": moments,
        "labels": st.sets(st.integers(0, 3)),
        "is_subtask": st.booleans(),
    }
)


@pytest.fixture
def world(owner, editor, viewer, project, now):
    """Projects, sections and labels of the owner's, and what they are called."""
    made = [project]
    for number, title in enumerate(PROJECTS[1:], 1):
        above = made[1] if title == "Garden" else None
        row = Project.objects.create(
            owner=owner, parent=above, title=title, order=f"a{number}", created_at=now, updated_at=now
        )
        made.append(row)
        for user, role in ((owner, "owner"), (editor, "editor"), (viewer, "viewer")):
            Membership.objects.create(project=row, user=user, role=role, granted=role)
    Membership.objects.filter(project=project).exclude(user=owner).delete()
    stamps = {"revision": 1, "created_at": now, "updated_at": now}
    sections = [
        [Section.objects.create(project=row, title=title, order="a0", **stamps) for title in SECTIONS] for row in made
    ]
    # The last label is another member's: on a shared todo everybody sees it.
    labels = [Label.objects.create(owner=owner, name=name, created_at=now, updated_at=now) for name in LABELS[:3]]
    labels.append(Label.objects.create(owner=editor, name=LABELS[3], created_at=now, updated_at=now))
    return made, sections, labels, [owner, editor, viewer]


def build(world, specs) -> dict:
    """Write todos and return the facts of each by id."""
    projects, sections, labels, people = world
    rows: list = []
    facts, borne, comments = {}, [], []
    for spec in specs:
        project, section = spec["project"], spec["section"]
        parent = rows[0] if spec["is_subtask"] and rows else None
        same = ("title", "description", "priority", "due_date", "start_date", "deadline", "duration_minutes",
                "recurrence", "completed_at", "created_at", "updated_at")  # fmt: skip
        row = Todo(**{name: spec[name] for name in same}, project=projects[project], revision=1, order="a0")
        row.section = None if section is None else sections[project][section]
        row.parent = parent
        row.due_time = datetime(2026, 1, 1, 9).time() if spec["has_time"] and spec["due_date"] else None  # noqa: DTZ001
        row.assignee, row.created_by = (
            None if spec[name] is None else people[spec[name]] for name in ("assignee", "created_by")
        )
        rows.append(row)
        borne += [Todo.labels.through(todo_id=row.pk, label_id=labels[number].pk) for number in spec["labels"]]
        if spec["said"]:
            comments.append(
                Comment(todo=row, project=row.project, text=spec["said"], revision=1, created_at=row.created_at)
            )
            comments[-1].updated_at = row.created_at
        facts[row.pk] = (spec, row)
    Todo.objects.bulk_create(rows)
    Todo.labels.through.objects.bulk_create(borne)
    Comment.objects.bulk_create(comments)
    index_todos(rows)
    for comment in comments:
        SearchDocument.objects.of_todo(comment.todo_id).update(said=document([comment.text]))
    parents = {row.parent_id for row in rows}
    return {pk: facts_of(spec, row, pk in parents) for pk, (spec, row) in facts.items()}


def facts_of(spec, row, is_parent) -> Facts:
    parts = {
        Part.DATE: row.due_date, Part.TIME: row.due_time, Part.START: row.start_date, Part.DEADLINE: row.deadline,
        Part.DURATION: row.duration_minutes, Part.DESCRIPTION: row.description, Part.RECURRENCE: row.recurrence,
        Part.SECTION: row.section, Part.PARENT: row.parent, Part.ASSIGNEE: row.assignee, Part.LABELS: spec["labels"],
        Part.SUBTASKS: is_parent, Part.COMMENTS: spec["said"],
    }  # fmt: skip
    title = PROJECTS[spec["project"]]
    return Facts(
        projects=(title, "Work") if title == "Garden" else (title,),
        created_at=row.created_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
        due_date=row.due_date,
        start_date=row.start_date,
        deadline=row.deadline,
        priority=row.priority,
        section=row.section and row.section.title,
        labels=tuple(LABELS[number] for number in spec["labels"]),
        assignee=row.assignee and Person(row.assignee.pk, row.assignee.name),
        created_by=row.created_by and Person(row.created_by.pk, row.created_by.name),
        is_shared=title != "Home",
        parts=frozenset(part for part, value in parts.items() if value),
        documents=(document([row.title, row.description]), document([spec["said"] or ""])),
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(specs=st.lists(specs, min_size=1, max_size=6), queries=st.lists(filters, min_size=1, max_size=6))
def test_the_database_takes_in_what_plain_python_does(specs, queries, world):
    viewer = world[3][0]
    with transaction.atomic():
        facts = build(world, specs)
        for query in queries:
            node = parse(query)

            rows = Todo.objects.visible_to(viewer.pk).filter(condition(node, calendar=CALENDAR, viewer_id=viewer.pk))

            expected = {pk for pk, todo in facts.items() if matches(node, todo, CALENDAR, viewer.pk)}
            assert set(rows.values_list("pk", flat=True)) == expected, query
        transaction.set_rollback(True)


@pytest.mark.parametrize("query", TERMS)
def test_each_term_alone_takes_in_the_same(query, world):
    viewer = world[3][0]
    moment = datetime(2026, 3, 4, 2, tzinfo=ZoneInfo("UTC"))
    base = {"project": 0, "section": None, "title": "Buy milk", "description": "", "said": None, "priority": 4,
            "due_date": None, "has_time": False, "start_date": None, "deadline": None, "duration_minutes": None,
            "recurrence": [], "assignee": None, "created_by": 0, "completed_at": None, "created_at": moment,
            "updated_at": moment, "labels": set(), "is_subtask": False}  # fmt: skip
    changes = (
        {}, {"project": 1, "section": 0, "due_date": TODAY, "has_time": True, "assignee": 0, "labels": {0, 3}},
        {"project": 2, "section": 1, "due_date": TODAY - timedelta(days=1), "assignee": 1, "created_by": 2},
        {"project": 3, "start_date": TODAY, "deadline": TODAY, "completed_at": moment, "labels": {1, 2},
         "priority": 1, "is_subtask": True, "description": "Straße", "said": "Rye", "duration_minutes": 5,
         "recurrence": ["RRULE:FREQ=DAILY"], "created_at": moment - timedelta(days=20)},
        {"due_date": TODAY + timedelta(days=3), "is_subtask": True, "created_by": None, "title": "Tub",
         "updated_at": moment - timedelta(days=5)},
    )  # fmt: skip
    facts = build(world, [base | change for change in changes])
    node = parse(query)

    rows = Todo.objects.visible_to(viewer.pk).filter(condition(node, calendar=CALENDAR, viewer_id=viewer.pk))

    expected = {pk for pk, todo in facts.items() if matches(node, todo, CALENDAR, viewer.pk)}
    assert set(rows.values_list("pk", flat=True)) == expected


def test_S04_names_of_what_the_viewer_does_not_see_match_nothing(make_todo, work, stranger, editor, owner):
    """The editor is in Home alone; Work, its label and its section are the owner's."""
    make_todo("Here")
    make_todo("There", project=work.pk, labels=["secret"])

    def seen_by(user, query):
        rows = Todo.objects.visible_to(user.pk).filter(condition(parse(query), calendar=CALENDAR, viewer_id=user.pk))
        return set(rows.values_list("title", flat=True))

    assert seen_by(owner, "@secret | #Work") == {"There"}
    for query in ("@secret", "#Work", "@*", "##W*", '"There"'):
        assert seen_by(editor, query) == seen_by(stranger, query) == set()
    assert seen_by(editor, "!#Work") == {"Here"}
