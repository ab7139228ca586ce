"""Taking back what a person did to what is theirs alone: filters, reminders, calendar feeds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policies import Actor, locked_self
from config.errors import Conflict
from todos.models import CalendarFeed, Reminder, SavedFilter
from todos.policies import IfMatch
from todos.services.feeds import revoke_feed
from todos.services.reminders import bring_back_reminder, delete_reminder, put_reminder_back
from todos.services.saved_filters import arrange_filters, bring_back_filter, delete_filter, update_filter
from todos.services.undo_events import in_the_way, keys_before, values_before

# Filters


def undo_filter_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Delete a new filter."""
    _require_filter(event, actor)
    delete_filter(actor=actor, filter_id=event.subject_id, now=now, if_match=if_match)


def undo_filter_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Give a filter its fields back."""
    _require_filter(event, actor)
    values = values_before(event)
    if values.get("project"):
        values["project"] = UUID(values["project"])
    update_filter(actor=actor, filter_id=event.subject_id, values=values, now=now, if_match=if_match)


def _require_filter(event: Any, actor: Actor) -> None:
    if not SavedFilter.objects.of(actor.pk).filter(pk=event.subject_id).exists():
        raise in_the_way(event.subject_title)


def undo_filter_order(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Give the filters that were put in another order the places back that they had."""
    owner = locked_self(actor=actor)
    rows = {row.pk: row for row in SavedFilter.objects.of(owner.pk)}
    keys = keys_before(event, rows)
    arrange_filters(owner, rows[event.subject_id], rows, keys, now=now)


def undo_filter_deletion(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Make a deleted filter again."""
    if SavedFilter.objects.filter(pk=event.subject_id).exists():
        raise in_the_way(event.subject_title)
    bring_back_filter(actor=actor, filter_id=event.subject_id, was=event.data, now=now)


# Reminders


def undo_reminder_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Delete a new reminder."""
    _require_reminder(event, actor)
    todo_id = UUID(event.data["todo"])
    delete_reminder(actor=actor, todo_id=todo_id, reminder_id=event.subject_id, now=now, if_match=if_match)


def undo_reminder_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Let a reminder wait for the moment again that it had."""
    _require_reminder(event, actor)
    was, todo_id = values_before(event), UUID(event.data["todo"])
    put_reminder_back(actor=actor, todo_id=todo_id, reminder_id=event.subject_id, was=was, now=now, if_match=if_match)


def _require_reminder(event: Any, actor: Actor) -> None:
    if not Reminder.objects.of(actor.pk).filter(pk=event.subject_id).exists():
        raise Conflict("This reminder was deleted since. Nothing was undone.")


def undo_reminder_deletion(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Make a deleted reminder again."""
    if Reminder.objects.filter(pk=event.subject_id).exists():
        raise Conflict("This reminder is there again. Nothing was undone.")
    todo_id = UUID(event.data["todo"])
    bring_back_reminder(actor=actor, todo_id=todo_id, reminder_id=event.subject_id, was=event.data, now=now)


# Calendar feeds


def undo_feed(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Revoke a new feed."""
    if not CalendarFeed.objects.of(actor.pk).filter(pk=event.subject_id).exists():
        raise Conflict("This feed was revoked since. Nothing was undone.")
    revoke_feed(actor=actor, feed_id=event.subject_id, now=now)
