"""What a bulk change writes at once is what the same changes write one by one, at a fixed number of statements."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from activity.models import Event
from todos.models import Comment, Label, Notification, Project, Reminder, SearchDocument, Todo, Tombstone
from todos.services.bulk import change_todos
from todos.services.comments import add_comment
from todos.services.reminders import create_reminder
from todos.services.sections import create_section
from todos.services.todos import complete_todo, delete_todo

DAILY = ["RRULE:FREQ=DAILY"]
COLUMNS = [field.attname for field in Todo._meta.concrete_fields]
TOLD = ("scope", "revision", "verb", "subject_id", "subject_title", "subjects", "open_delta", "data", "local_day")


@pytest.fixture
def scene(owner, editor, project, work, make_todo, now):
    """Return two projects full of todos in one another: some done, some in the trash, some that repeat."""
    soon = create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
    there = create_section(actor=owner, project_id=work.pk, title="There", now=now)

    def scene(dice):
        rows = []
        for number in range(14):
            place = dice.choice([project, project, work])
            above = dice.choice([None, *(row.pk for row in rows if row.project_id == place.pk)])
            values = {"project": place.pk, "labels": dice.sample(["a", "b", "c"], dice.randrange(3))}
            if above is None and dice.random() < 0.4:
                values["section"] = {project.pk: soon, work.pk: there}[place.pk].pk
            if above is not None:
                values["parent"] = above
            if dice.random() < 0.5:
                values["due_date"] = date(2026, 3, 2)
                values["recurrence"] = dice.choice([[], DAILY])
            if place == project and dice.random() < 0.4:
                values["assignee"] = editor.pk
            rows.append(
                make_todo(
                    f"Todo {number}", actor=dice.choice([owner, owner, editor][: 2 + (place == project)]), **values
                )
            )
        for row in rows:
            if dice.random() < 0.3:
                add_comment(actor=owner, todo_id=row.pk, text="Note", now=now)
            if row.due_date and dice.random() < 0.4:
                create_reminder(
                    actor=owner, todo_id=row.pk, values={"relative_to": "due", "offset_minutes": -9}, now=now
                )
        for row in dice.sample(rows, 5):
            Todo.objects.filter(pk=row.pk, deleted_at=None).exists() and complete_todo(
                actor=owner, todo_id=row.pk, now=now
            )
        for row in dice.sample(rows, 4):
            delete_todo(actor=owner, todo_id=row.pk, now=now + timedelta(seconds=dice.randrange(3)))
        targets = [
            {"project": work.pk},
            {"section": soon.pk},
            {"project": work.pk, "section": there.pk},
            {"parent": dice.choice(rows).pk},
            {"project": work.pk, "parent": dice.choice(rows).pk},
        ]
        return rows, targets

    return scene


def values_for(action, dice, targets, *, editor):
    match action:
        case "label" | "unlabel":
            return {"labels": dice.sample(["a", "B", "new", "newer"], 2)}
        case "date":
            return {"due_date": dice.choice([None, date(2026, 4, 1)])}
        case "priority":
            return {"priority": dice.randrange(1, 5)}
        case "assign":
            return {"assignee": dice.choice([editor.pk, None])}
        case "move":
            return dice.choice(targets)
    return {}


def everything(*, known):
    """Return all that changes write: labels by their names, for those that are made have new ids."""
    names = {str(id): name for id, name in Label.objects.values_list("pk", "name")}
    events = [{name: getattr(event, name) for name in TOLD} for event in Event.objects.journal().exclude(pk__in=known)]
    for event in events:
        event["subject_id"] = names.get(str(event["subject_id"]), event["subject_id"])
        for side, ids in event["data"].get("label_ids", {}).items():
            event["data"]["label_ids"][side] = sorted(names[id] for id in ids)
    return {
        "events": sorted(events, key=lambda event: (event["scope"], event["revision"])),
        "todos": list(Todo.objects.order_by("pk").values(*COLUMNS)),
        "labels": sorted(Todo.labels.through.objects.values_list("todo_id", "label__name")),
        "projects": list(Project.objects.order_by("pk").values_list("pk", "revision")),
        "gone": sorted(Tombstone.objects.values_list("kind", "subject_id", "project_id", "revision")),
        "notes": list(Comment.objects.order_by("pk").values_list("pk", "project_id")),
        "told": sorted(Notification.objects.values_list("user_id", "key")),
        "reminders": list(Reminder.objects.order_by("pk").values_list("pk", "remind_at", "sent_at")),
        "documents": list(SearchDocument.objects.order_by("todo_id").values_list("todo_id", "own")),
    }


@pytest.mark.parametrize(
    "action",
    ["complete", "reopen", "delete", "restore", "move", "label", "unlabel", "date", "priority", "assign"],
)
@pytest.mark.parametrize("seed", range(4))
def test_many_at_once_come_out_as_one_by_one(action, seed, scene, owner, editor, now, assert_gapless):
    dice = random.Random(f"{action} {seed}")
    rows, targets = scene(dice)
    values = values_for(action, dice, targets, editor=editor)
    ids = [row.pk for row in dice.sample(rows, 11)]
    change = {"actor": owner, "action": action, "values": values, "is_atomic": False, "now": now + timedelta(hours=1)}
    known = list(Event.objects.journal().values_list("pk", flat=True))

    with transaction.atomic():
        alone = [outcome for id in ids for outcome in change_todos(items={id: None}, **change)]
        one_by_one = everything(known=known)
        transaction.set_rollback(True)
    outcomes = change_todos(items=dict.fromkeys(ids), **change)

    assert [(row.error and row.error.message) for row in outcomes] == [
        (row.error and row.error.message) for row in alone
    ]
    assert everything(known=known) == one_by_one
    fresh = Todo.objects.in_bulk(ids)
    assert all(row.todo.etag == fresh[row.id].etag for row in outcomes if row.todo)
    for holder in (*Project.objects.all(), owner):
        assert_gapless(holder)


ACTIONS = {
    "complete": {},
    "reopen": {},
    "priority": {"priority": 2},
    "date": {"due_date": date(2026, 3, 9)},
    "label": {"labels": ["shop", "new"]},
    "unlabel": {"labels": ["shop"]},
    "assign": {"assignee": "EDITOR"},
    "move": {"section": "SECTION"},
    "delete": {},
    "restore": {},
}


@pytest.fixture
def cost(owner, editor, project, make_todo, now):
    section = create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
    named = {"EDITOR": editor.pk, "SECTION": section.pk}

    def cost(count):
        """Return how many statements each action takes in turn, for so many todos with a subtask each."""
        rows = [make_todo("Todo") for _ in range(count)]
        below = [make_todo("Below", parent=row.pk) for row in rows]
        ids = [row.pk for row in (*rows, *below[::2])]
        found = {}
        for action, values in ACTIONS.items():
            values = {
                name: named.get(value, value) if isinstance(value, str) else value for name, value in values.items()
            }
            with CaptureQueriesContext(connection) as queries:
                outcomes = change_todos(
                    actor=owner, action=action, items=dict.fromkeys(ids), values=values, is_atomic=False, now=now
                )
            assert not any(outcome.error for outcome in outcomes)
            found[action] = len(queries)
        return found

    return cost


def test_twenty_todos_and_two_hundred_cost_the_same_but_for_how_much_a_statement_takes(cost):
    few, many = cost(20), cost(200)

    allowed = 0 if connection.vendor == "postgresql" else 10  # SQLite takes 999 values a statement
    assert {action: count - few[action] for action, count in many.items() if count - few[action] > allowed} == {}
    assert few.pop("label") <= 25  # two of them are made
    assert max(few.values()) <= 12
