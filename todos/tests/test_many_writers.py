"""Sixteen threads that change everything at once, while clients follow by delta sync."""

import random

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from activity.models import Event
from config.errors import DomainError
from todos.models import Project, Todo
from todos.services.comments import add_comment
from todos.services.labels import delete_label, update_label
from todos.services.ordering import reorder_todo
from todos.services.projects import create_project, update_project
from todos.services.sections import create_section
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo
from todos.services.trash import delete_project, restore_project
from todos.tests.test_concurrency import together
from todos.tests.test_services_sync import Client, fresh

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]
THREADS, STEPS, FOLLOWERS = 16, 25, 2


@pytest.fixture
def scene(owner, editor, viewer, project, make_todo, now):
    work = create_project(actor=owner, title="Work", now=now)
    todos = [make_todo(str(number), labels=["errand"]).pk for number in range(8)]
    return {"projects": [project.pk, work.pk], "todos": todos, "actors": [owner, editor]}


def write(dice, scene):
    """Make one change of any kind; return whether it was made."""
    actor, now = dice.choice(scene["actors"]), timezone.now()
    change = {"actor": actor, "todo_id": dice.choice(scene["todos"]), "now": now}
    project = dice.choice(scene["projects"])
    match dice.randrange(16):
        case 0:
            create_todo(
                actor=actor, values={"title": "New", "project": project, "labels": [dice.choice("ab")]}, now=now
            )
        case 1:
            update_todo(**change, values={"project": project})
        case 2:
            update_todo(**change, values={"parent": dice.choice(scene["todos"])})
        case 3:
            reorder_todo(**change, after=None)
        case 4:
            label = scene["actors"][0].labels.order_by("?").first()
            update_label(actor=scene["actors"][0], label_id=label.pk, values={"name": f"l{dice.random()}"}, now=now)
        case 5:
            label = scene["actors"][1].labels.order_by("?").first()
            if label:
                delete_label(actor=scene["actors"][1], label_id=label.pk, now=now)
        case 6:
            update_project(actor=actor, project_id=project, values={"title": f"P{dice.random()}"}, now=now)
        case 7:
            dice.choice([delete_todo, restore_todo])(**change)
        case 8:
            dice.choice([complete_todo, reopen_todo])(**change)
        case 9:
            add_comment(actor=actor, todo_id=change["todo_id"], text="Now", now=now)
        case 10:
            section = create_section(actor=actor, project_id=project, title="Soon", now=now)
            update_todo(**change, values={"project": project, "section": section.pk})
        case 11:
            act = dice.choice([delete_project, restore_project])
            act(actor=scene["actors"][0], project_id=scene["projects"][1], now=now)
        case 12:
            due = {"due_date": now.date(), "recurrence": ["RRULE:FREQ=DAILY"]}
            update_todo(**change, values=due)
        case _:
            seen = Todo.objects.get(pk=change["todo_id"])
            values = {"title": f"{seen.title[:20]}.", "description": str(dice.random())}
            update_todo(**change, values=values, if_match=frozenset([seen.etag]))


def test_sixteen_writers_lose_nothing_and_whoever_follows_sees_all(
    owner, editor, viewer, scene, project, assert_gapless
):
    followers = [[Client(viewer)], [Client(owner)]]

    def act(number):
        dice, made, faults = random.Random(number), 0, []
        for _ in range(STEPS):
            try:
                if number < FOLLOWERS:
                    client = followers[number][-1].copy()
                    client.page(timezone.now(), limit=dice.choice([2, 7, 500]))
                    followers[number].append(client)
                else:
                    write(dice, scene)
                    made += 1
            except DomainError:
                pass  # moved, trashed, stale or not allowed meanwhile: an answer, not a fault
            except OperationalError as error:
                faults.append(str(error))
        return made, faults

    outcomes = together(THREADS, act)

    assert [fault for _, faults in outcomes for fault in faults] == []  # no deadlock
    assert sum(made for made, _ in outcomes) > THREADS * STEPS / 4
    for holder in (*Project.objects.all(), owner, editor):
        assert_gapless(holder)
    assert_no_update_was_lost()
    for client in [followed for path in followers for followed in path]:
        client.catch_up(timezone.now(), limit=5)
        assert client.has == fresh(client.person, timezone.now())


def assert_no_update_was_lost():
    """Each text that was written was there when the next one took its place, or is there now."""
    for todo in Todo.objects.all():
        events = Event.objects.journal().about(todo.pk).changing("description").exclude(verb="todo.moved_out")
        changes = [event.data["changes"]["description"] for event in events]

        assert sorted([*(both["before"] for both in changes), todo.description]) == sorted(
            ["", *(both["after"] for both in changes)]
        )
