"""Many todos changed by many people at once, on real servers."""

from itertools import cycle, islice

import pytest
from django.conf import settings
from django.utils import timezone

from config.errors import DomainError
from todos.models import Project, Todo
from todos.services.bulk import change_todos
from todos.services.labels import create_label, delete_label
from todos.services.receipts import read_receipt, receipt_for
from todos.services.todos import create_todo, update_todo
from todos.services.undo import undo_change
from todos.tests.test_concurrency import together

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]
ACTIONS = [
    ("complete", {}),
    ("reopen", {}),
    ("label", {"labels": ["one", "two"]}),
    ("move", {"project": 0}),
    ("delete", {}),
    ("restore", {}),
    ("unlabel", {"labels": ["one"]}),
    ("move", {"project": 1}),
]


def test_no_two_lock_one_another_out_and_no_change_is_lost(owner, editor, project, work, make_todo, assert_gapless):
    """Each thread takes its todos in another order, undoes every second change, and writes single todos between."""
    from activity.services.recording import collecting_events

    places = [project, work]
    work.memberships.create(user=editor, role="editor", granted="editor")
    rows = [make_todo(f"Todo {number}", project=places[number % 2].pk) for number in range(12)]

    def run(thread):
        actor, count = (owner, editor)[thread % 2], 0
        for turn, (action, values) in enumerate(islice(cycle(ACTIONS[thread % 8 :] + ACTIONS[: thread % 8]), 6)):
            now = timezone.now()
            ids = [row.pk for row in (rows if (thread + turn) % 2 else reversed(rows))][thread % 3 :]
            values = {name: places[value].pk if name == "project" else value for name, value in values.items()}
            try:
                with collecting_events() as recorded:
                    change_todos(
                        actor=actor,
                        action=action,
                        items=dict.fromkeys(ids),
                        values=values,
                        is_atomic=turn % 2 == 0,
                        now=now,
                    )
                receipt = receipt_for(recorded, actor=actor, part="todos", now=now) if turn % 2 else ""
                if receipt:
                    undo_change(actor=actor, receipt=read_receipt(receipt, actor=actor, now=now), now=now)
                update_todo(
                    actor=actor, todo_id=ids[turn], values={"title": f"{thread}.{turn}", "labels": ["three"]}, now=now
                )
                create_todo(actor=actor, values={"title": "New", "project": places[turn % 2].pk}, now=now)
                delete_label(
                    actor=actor, label_id=create_label(actor=actor, name=f"{thread}.{turn}", now=now).pk, now=now
                )
            except DomainError:
                count += 1
        return count

    refused = together(8, run)

    assert max(refused) <= 6
    assert Todo.objects.filter(title="New").count() >= 8
    for holder in (*Project.objects.all(), owner, editor):
        assert_gapless(holder)
