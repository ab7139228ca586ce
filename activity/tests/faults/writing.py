"""One writer: `python -m activity.tests.faults.writing DIARY EMAIL PROJECT PACE`, until SIGTERM."""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django
from django.db import transaction
from django.utils import timezone

UNDONE = 0.2
"""The share of transactions that are rolled back when all is done."""


def main(diary: str, email: str, project: str, pace: float) -> None:
    django.setup()
    from accounts.models import User

    actor, ids = User.objects.get(email=email), list[UUID]()
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    with open(diary, "a", encoding="utf-8") as lines:  # noqa: PTH123  the command line's word
        while going:
            entry = _write(_change(actor, UUID(project), ids), ids)
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
            time.sleep(random.uniform(0, 2 * pace))


def _change(actor: Any, project: UUID, ids: list[UUID]) -> Callable[[], Any]:
    """Return something that a person could do just now, and that changes something."""
    from todos.services import todos

    number = random.randrange(1_000_000_000)
    choice = random.choice(["create", "update", "complete"]) if ids else "create"
    if choice == "create":
        values = {"title": f"Todo {number}", "project": project}
        return lambda: todos.create_todo(actor=actor, values=values, now=timezone.now())
    todo_id = random.choice(ids)
    if choice == "update":
        values = {"title": f"Todo {number}", "description": f"Nested {number}"}
        return lambda: todos.update_todo(actor=actor, todo_id=todo_id, values=values, now=timezone.now())
    ids.remove(todo_id)  # completed once, whether kept or not: the next time would change nothing
    return lambda: todos.complete_todo(actor=actor, todo_id=todo_id, now=timezone.now())


def _write(change: Callable[[], Any], ids: list[UUID]) -> dict[str, Any]:
    """Make a change in a transaction of its own, kept or rolled back; returns what became of it."""
    from activity.models import Event

    kept, began = random.random() >= UNDONE, time.monotonic()
    try:
        with transaction.atomic():
            todo = change()
            event = Event.objects.journal().get(scope=todo.project.scope, revision=todo.revision)
            transaction.set_rollback(not kept)
    except Exception as error:  # whatever it is, a write has failed, which is what this looks for
        return {"failed": f"{type(error).__name__}: {error}", "seconds": time.monotonic() - began}
    if kept and not todo.completed and todo.pk not in ids:
        ids.append(todo.pk)
    return {"event": str(event.pk), "kept": kept, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
