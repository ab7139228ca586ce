"""When reminders are due: they move with the dates of their todos and with their person's clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from todos.domain.reminding import moment_of
from todos.models import Reminder, Todo

DATES = frozenset({"start_date", "due_date", "due_time", "time_zone", "deadline"})
"""The fields of a todo that reminders count from."""
BATCH = 500


def follow_dates(todos: Iterable[Todo], *, now: datetime) -> None:
    """Move the reminders of locked todos to where their dates are now.

    One statement for todos that nobody is reminded of, three for others, however many.
    """
    found = {todo.pk: todo for todo in todos}
    # Locked first, and what the moment hangs on read afterwards: whoever holds a row may be changing that.
    reminders = list(Reminder.objects.relative().of_todos(found).locked())
    if reminders:
        zones = dict(User.objects.filter(pk__in={row.user_id for row in reminders}).values_list("pk", "time_zone"))
        _move(reminders, todos=found, zones=zones, now=now)


def follow_clock(user: User, changes: Iterable[str], now: datetime) -> None:
    """Move a locked person's reminders when they set their clock to another time zone."""
    if "time_zone" not in changes:
        return
    reminders = list(Reminder.objects.relative().of(user.pk).locked())
    todos: dict[UUID, Any] = Todo.objects.in_bulk({row.todo_id for row in reminders})
    _move(reminders, todos=todos, zones={user.pk: user.time_zone}, now=now, revision=user.revision)


def place(reminder: Reminder, todo: Todo, *, zone: str, now: datetime) -> bool:
    """Set when a reminder that counts from a date is due; return whether that changed.

    A moment ahead will remind, again too. One that has passed reminds at once if nobody was
    reminded yet and its date is still to come; else it is over.
    """
    moment = moment_of(todo, relative_to=reminder.relative_to, offset_minutes=reminder.offset_minutes, zone=zone)
    before = reminder.remind_at, reminder.sent_at
    if moment is None:
        reminder.remind_at = reminder.sent_at = None
    elif moment.at != reminder.remind_at:
        reminder.remind_at = moment.at
        if moment.at > now:
            reminder.sent_at = None
        elif moment.is_over(now):
            reminder.sent_at = reminder.sent_at or now
    return before != (reminder.remind_at, reminder.sent_at)


def _move(
    reminders: list[Reminder], *, todos: dict[UUID, Any], zones: dict[UUID, str], now: datetime, revision: int = 0
) -> None:
    """Place reminders, and count those that moved as changed at a `revision` of their person's, where it is theirs."""
    moved = [row for row in reminders if place(row, todos[row.todo_id], zone=zones[row.user_id], now=now)]
    for row in moved:
        row.revision = revision or row.revision
    Reminder.objects.bulk_update(moved, ["remind_at", "sent_at", "revision"], batch_size=BATCH)
