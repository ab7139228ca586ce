"""Reminding: what is due becomes a line in the person's list and a mail in the queue."""

import time
from datetime import datetime
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format, time_format

from accounts.emails import plain
from accounts.models import Mail, User
from accounts.registry import Letter
from accounts.services.mail import queue_letters
from todos.models import Notification, Reminder, Todo
from todos.services.notifications import put_lines

TEMPLATE = KIND = "reminder"
BATCH = 100
ROUND = 20.0
"""Seconds after which a round lets the worker's other sweeps have their turn."""


def sweep_reminders(now: datetime) -> int:
    """Deal with the reminders that are due, some at a time; returns how many.

    Each is marked in the transaction that queues its mail and puts its line: all of it happens, or
    nothing does and the next sweep begins anew, so none is lost and none is doubled. The queue
    of mail sends under an id that is always the same for the same moment of a reminder. Any number of
    workers may do so side by side.
    """
    count = 0
    end = time.monotonic() + ROUND
    while time.monotonic() < end and Reminder.objects.due(now).exists():  # most rounds: then no lock is taken
        taken = _deliver(now)
        if not taken:  # others are at what is left
            break
        count += taken
    return count


@transaction.atomic
def _deliver(now: datetime) -> int:
    """Remind of a batch. What nobody waits for by now passes in silence."""
    taken = list(Reminder.objects.due(now).with_reach().claimable()[:BATCH])
    wanted = [row for row in taken if _is_wanted(row)]
    put_lines(_line(row, now) for row in wanted)
    mails = {_name(row): (row.user, _data(row)) for row in wanted if _is_mailed(row)}
    queue_letters(template=TEMPLATE, mails=mails, now=now)
    Reminder.objects.filter(pk__in=[row.pk for row in taken]).update(sent_at=now)
    return len(taken)


def _is_wanted(row: Reminder) -> bool:
    """Say whether the person still is to be reminded: they see the todo, and it waits to be done."""
    in_reach: bool = row.in_reach  # type: ignore[attr-defined]  # the query adds it
    return in_reach and row.user.is_active and not row.todo.completed and row.todo.deleted_at is None


def _is_mailed(row: Reminder) -> bool:
    """Say whether to mail them too. Anybody can sign up with anybody's address: only to one that is proven."""
    return _is_wanted(row) and row.user.email_verified_at is not None


def _name(row: Reminder) -> UUID:
    """Return the id that every mail for this moment of a reminder has, and its Message-ID by that."""
    return uuid5(row.pk, str(row.remind_at and row.remind_at.timestamp()))


def _line(row: Reminder, now: datetime) -> Notification:
    # Its project is the todo's, wherever that goes.
    return Notification(
        user=row.user, kind=KIND, key=f"{KIND}:{_name(row)}", todo=row.todo, data=_data(row), created_at=now
    )


def _data(row: Reminder) -> dict[str, str]:
    return {"reminder": str(row.pk), "remind_at": row.remind_at.isoformat() if row.remind_at else ""}


def write_reminder(mail: Mail, user: User | None, now: datetime) -> Letter | None:
    """Say of what a person is reminded; None when they see it no longer, did it, moved it or moved themselves."""
    row = Reminder.objects.with_reach().filter(pk=mail.data["reminder"]).select_related("todo", "user").first()
    if row is None or row.user != user or _data(row) != mail.data or not _is_mailed(row):
        return None
    title = plain(row.todo.title)
    with translation.override(row.user.language):
        due = _when(row.todo)
    link = settings.BASE_URL + reverse("todo", args=[row.todo_id])
    return Letter(f"Reminder: {title}" if title else "A reminder", {"title": title, "due": due, "link": link})


def _when(todo: Todo) -> str:
    """Return when a todo is due, in words."""
    if todo.due_date is None:
        return ""
    day = date_format(todo.due_date, "j F Y")
    if todo.due_time is None:
        return day
    zone = f" ({todo.time_zone})" if todo.time_zone else ""
    return f"{day}, {time_format(todo.due_time, 'TIME_FORMAT')}{zone}"
