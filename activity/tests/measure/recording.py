"""What `record()` adds to a write: the same transaction with it and without it, by turns."""

from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from activity.tests.measure.clock import side_by_side

CHANGES = {
    "title": {"before": "Order filter", "after": "Order the filter for the coffee machine"},
    "due_date": {"before": "2026-03-02", "after": "2026-03-06"},
}


def measure(rounds: int) -> None:
    """Print the medians of a write with and without its event."""
    from accounts.services.users import register_user
    from activity.services.recording import Subject, record
    from todos.models import Todo
    from todos.services.todos import create_todo

    person = register_user(email="one@example.org", password=None, name="One", now=timezone.now())
    todo = create_todo(actor=person, values={"title": "Order filter"}, now=timezone.now())
    subject = Subject("todo", todo.pk, todo.title, todo.created_at)
    revisions = count(1000)

    def write(**recorded: Any) -> None:
        with transaction.atomic():
            number = next(revisions)
            Todo.objects.filter(pk=todo.pk).update(revision=number)
            if recorded:
                record(
                    author=person,
                    scope=todo.project.scope,
                    revision=number,
                    subject=subject,
                    now=timezone.now(),
                    **recorded,
                )

    def with_event() -> None:
        write(verb="todo.updated", data={"changes": CHANGES})

    side_by_side({"warm": write, "up": with_event}, rounds=200)
    found = side_by_side({"without": write, "with": with_event}, rounds=rounds)
    print(f"A write {found['without']:.3f} ms, with its event {found['with']:.3f} ms:", end=" ")
    print(f"record() adds {found['with'] - found['without']:.3f} ms (medians of {rounds}, by turns)")
