"""A person's reminders of todos."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policies import Actor, locked_self
from accounts.services.commit import Happening, commit_user, commit_user_all
from activity.services.recording import Subject
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.models import Reminder, Todo
from todos.policies import IfMatch
from todos.services.commit import bury_own, exact
from todos.services.moments import place

BATCH = 500
NONE: Mapping[str, Any] = {}
MOST = 20
"""Reminders that a person may have of one todo."""
SAID = ("relative_to", "offset_minutes", "remind_at")
STATE = (*SAID, "sent_at")
EITHER = "Give a moment, or a date of the todo to count from."


@transaction.atomic
def create_reminder(*, actor: Actor, todo_id: UUID, values: dict[str, Any], now: datetime) -> Reminder:
    """Remind the person of a todo that they see.

    `values`: either remind_at, or relative_to (start, due, deadline) and offset_minutes (negative:
    before it); optionally id. One that counts from a date waits while the todo has none. Raises
    Invalid for a moment that has passed, Conflict beyond 20 reminders and when the id is taken.
    """
    todo = policies.remindable_todo(actor=actor, todo_id=todo_id)
    user = locked_self(actor=actor)
    reminder = Reminder(todo=todo, user=user, created_at=now)
    reminder.id = values.get("id") or reminder.id
    set_moment(reminder, todo, values, zone=user.time_zone, now=now)
    return _insert(reminder, now=now)


def bring_back_reminder(
    *, actor: Actor, todo_id: UUID, reminder_id: UUID, was: dict[str, Any], now: datetime
) -> Reminder:
    """Make a deleted reminder again, as the event of its deletion tells it was; raises Conflict beyond 20."""
    todo = policies.remindable_todo(actor=actor, todo_id=todo_id)
    user = locked_self(actor=actor)
    reminder = Reminder(pk=reminder_id, todo=todo, user=user, created_at=datetime.fromisoformat(was["created_at"]))
    _set_back(reminder, todo, was, zone=user.time_zone, now=now)
    return _insert(reminder, now=now)


def _insert(reminder: Reminder, *, now: datetime) -> Reminder:
    """Save a new reminder of a locked person, with its event."""
    if Reminder.objects.of(reminder.user_id).of_todo(reminder.todo_id).count() >= MOST:
        raise Conflict(f"You have {MOST} reminders of this todo already. Delete one first.")
    insert_reminders([reminder], user=reminder.user, now=now)
    return reminder


def insert_reminders(
    reminders: Sequence[Reminder], *, user: User, now: datetime, told: Mapping[str, Any] = NONE
) -> None:
    """Insert reminders of a locked person, each with its event, which keeps what is `told` besides; raises Conflict."""
    for revision, reminder in enumerate(reminders, start=user.revision + 1):
        reminder.revision = revision
    try:
        with transaction.atomic():
            Reminder.objects.bulk_create(reminders, batch_size=BATCH)
    except IntegrityError:
        raise Conflict("A reminder with this id exists already.", fields={"id": ["Taken."]}) from None
    made = [
        Happening(
            events.REMINDER_CREATED,
            Subject("reminder", reminder.pk, ""),
            {"todo": reminder.todo_id, **_kept(reminder), **told},
        )
        for reminder in reminders
    ]
    commit_user_all(user, made, now=now)


@transaction.atomic
def update_reminder(
    *,
    actor: Actor,
    todo_id: UUID,
    reminder_id: UUID,
    values: dict[str, Any],
    now: datetime,
    if_match: IfMatch = None,
) -> Reminder:
    """Move a reminder (`values` as for `create_reminder`); changing nothing records nothing."""
    todo = policies.remindable_todo(actor=actor, todo_id=todo_id)
    user = locked_self(actor=actor)
    reminder = policies.own_reminder(actor=actor, todo_id=todo_id, reminder_id=reminder_id, if_match=if_match)
    reminder.user = user
    before = _kept(reminder)
    set_moment(reminder, todo, values, zone=user.time_zone, now=now)
    return _save(reminder, before, now=now)


def put_reminder_back(
    *, actor: Actor, todo_id: UUID, reminder_id: UUID, was: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> Reminder:
    """Set a reminder to what it was, as the event of its change tells; one that counts from a date is where that is."""
    todo = policies.remindable_todo(actor=actor, todo_id=todo_id)
    user = locked_self(actor=actor)
    reminder = policies.own_reminder(actor=actor, todo_id=todo_id, reminder_id=reminder_id, if_match=if_match)
    reminder.user, before = user, _kept(reminder)
    _set_back(reminder, todo, was, zone=user.time_zone, now=now)
    return _save(reminder, before, now=now)


def _save(reminder: Reminder, before: dict[str, Any], *, now: datetime) -> Reminder:
    """Save what changed of a reminder of a locked person, with its event; nothing when nothing did."""
    after, user = _kept(reminder), reminder.user
    change = {name: {"before": before[name], "after": after[name]} for name in STATE if after[name] != before[name]}
    if not change:
        return reminder
    reminder.revision = user.revision + 1
    reminder.save(update_fields=[*STATE, "revision"])
    data = {"todo": reminder.todo_id, "changes": change}
    _record(user, reminder, verb=events.REMINDER_UPDATED, data=data, now=now)
    return reminder


@transaction.atomic
def delete_reminder(*, actor: Actor, todo_id: UUID, reminder_id: UUID, now: datetime, if_match: IfMatch = None) -> None:
    """Delete a reminder."""
    user = locked_self(actor=actor)
    reminder = policies.own_reminder(actor=actor, todo_id=todo_id, reminder_id=reminder_id, if_match=if_match)
    data = {"todo": todo_id, "created_at": exact(reminder.created_at), **_kept(reminder)}
    _record(user, reminder, verb=events.REMINDER_DELETED, data=data, now=now)
    bury_own(user, "reminder", reminder.pk, now=now)
    reminder.delete()


def set_moment(reminder: Reminder, todo: Todo, values: Mapping[str, Any], *, zone: str, now: datetime) -> None:
    """Set the moment, or the date and what is between; raises Invalid."""
    moment, date = values.get("remind_at"), values.get("relative_to")
    if moment and (date or values.get("offset_minutes")):
        raise Invalid.field("remind_at", EITHER)
    if moment:
        if moment <= now:
            raise Invalid.field("remind_at", "Choose a moment in the future.")
        reminder.relative_to, reminder.offset_minutes = "", 0
        reminder.remind_at, reminder.sent_at = moment, None
        return
    wanted = date or reminder.relative_to, values.get("offset_minutes", reminder.offset_minutes)
    if not wanted[0]:
        raise Invalid.field("remind_at", EITHER)
    if wanted == (reminder.relative_to, reminder.offset_minutes):
        return
    reminder.relative_to, reminder.offset_minutes = wanted
    reminder.remind_at = reminder.sent_at = None
    place(reminder, todo, zone=zone, now=now)


def _set_back(reminder: Reminder, todo: Todo, was: dict[str, Any], *, zone: str, now: datetime) -> None:
    """Set what an event kept of a reminder."""
    for name in STATE:
        if name in was:
            setattr(reminder, name, Reminder._meta.get_field(name).to_python(was[name]))  # type: ignore[union-attr]
    if reminder.relative_to:
        place(reminder, todo, zone=zone, now=now)


def _kept(reminder: Reminder) -> dict[str, Any]:
    return {name: exact(getattr(reminder, name)) for name in STATE}


def _record(user: User, reminder: Reminder, *, verb: str, data: dict[str, Any], now: datetime) -> None:
    # No title: the person reads this still when they no longer see the todo.
    commit_user(user, verb=verb, data=data, now=now, subject=Subject("reminder", reminder.pk, ""))
