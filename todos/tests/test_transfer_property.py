"""Whatever a person has, their export makes the same of it elsewhere."""

import json
from datetime import UTC, date, datetime, time

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from activity.models import Event
from todos.models import Import, Project, Todo
from todos.services.transfer import imports
from todos.services.transfer.exporting import export_todos
from todos.services.transfer.imports import start_import, sweep_imports

TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20)
DAYS = st.none() | st.dates(date(1990, 1, 1), date(2090, 12, 31))
PAST = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2025, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
RULES = st.sampled_from([[], ["RRULE:FREQ=DAILY"], ["RRULE:FREQ=MONTHLY"], ["RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=9"]])


@st.composite
def worlds(draw) -> dict:
    """Return an export of projects in one another, and todos below one another in them."""
    projects: list[dict] = []
    for number in range(draw(st.integers(1, 4))):
        above = draw(st.none() | st.sampled_from(projects)) if projects else None
        projects.append({"id": f"p{number}", "title": f"{draw(TITLES)}{number}", "parent": above and above["id"]})
    todos: list[dict] = []
    for number in range(draw(st.integers(0, 12))):
        project = draw(st.sampled_from(projects))["id"]
        above = draw(st.none() | st.sampled_from(todos)) if todos else None
        day = draw(DAYS)
        todo = {
            "id": f"t{number}",
            "title": f"{draw(TITLES)}{number}",
            "description": draw(TITLES),
            "project": above["project"] if above else project,
            "parent": above and above["id"],
            "priority": draw(st.integers(1, 4)),
            "due_date": day,
            "due_time": draw(st.none() | st.times(time(0), time(23, 59))) if day else None,
            "start_date": draw(DAYS),
            "duration_minutes": draw(st.none() | st.integers(1, 500)),
            "recurrence": draw(RULES) if day else [],
            "labels": draw(st.lists(st.sampled_from(["errand", "Home", "phone"]), unique=True)),
            "completed_at": draw(PAST),
            "created_at": draw(PAST),
        }
        todos.append(todo)
    draw(st.randoms()).shuffle(todos)
    return {"format": "simple-todos", "version": 1, "projects": projects, "todos": todos}


def taken_in(person, data: bytes) -> Import:
    job = start_import(actor=person, upload=ContentFile(data, "todos.json"), now=timezone.now())
    while Import.objects.to_do().exists():
        sweep_imports(timezone.now())
    job.refresh_from_db()
    assert (job.status, job.error) == ("done", "")
    return job


def exported(person) -> dict:
    return json.loads(b"".join(export_todos(actor=person, form="json", now=timezone.now())))


def told_apart(found: dict) -> list:
    """Return what an export says, its things by the way down to them instead of by id."""
    rows = {item["id"]: item for kind in ("projects", "todos") for item in found[kind]}

    def way(id):
        return [*way(rows[id]["parent"]), rows[id]["title"]] if id else []

    left_out = {"id", "owner", "order", "updated_at", "created_by", "parent", "project"}
    return [
        [way(item["id"]), way(item.get("project")), {name: item[name] for name in item.keys() - left_out}]
        for kind in ("projects", "todos")
        for item in sorted(found[kind], key=lambda item: (way(item.get("project")), way(item["parent"]), item["order"]))
    ]


@pytest.fixture(autouse=True)
def no_limits(monkeypatch):
    for module, name in (
        (imports, "IMPORT"),
        (__import__("todos.services.transfer.exporting", fromlist=["x"]), "EXPORT"),
    ):
        limit = getattr(module, name)
        monkeypatch.setattr(module, name, type(limit)(limit.name, 10**6, limit.window))


@given(world=worlds())
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try takes a second: too long to shrink one
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_export_taken_in_elsewhere_is_the_same_export(owner, stranger, world):
    with transaction.atomic():
        first = taken_in(owner, json.dumps(world, default=str).encode())
        before = exported(owner)

        second = taken_in(stranger, json.dumps(before).encode())

        assert first.refused == second.refused == 0
        for mine, theirs in zip(told_apart(exported(stranger)), told_apart(before), strict=True):
            assert mine == theirs
        again = taken_in(stranger, json.dumps(exported(stranger)).encode())
        assert again.existing == again.total
        for project in Project.objects.all():
            events = Event.objects.journal().in_scopes([project.scope]).order_by("revision")
            assert list(events.values_list("revision", flat=True)) == list(range(1, project.revision + 1))
            stamps = Todo.objects.filter(project=project).values_list("revision", flat=True)
            assert len(set(stamps)) == len(stamps)
        transaction.set_rollback(True)
