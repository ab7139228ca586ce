"""The lists of todos that a day is spent with, as the pages and the API show them."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.policies import Actor
from config.errors import Unauthenticated
from todos.domain.filters import Calendar, Node, mentions
from todos.domain.filters.nodes import Completed
from todos.models import Todo
from todos.narrowing import condition
from todos.querysets import TodoQuerySet

WEEK_STARTS = {"MO": 0, "SA": 5, "SU": 6}


def calendar_of(actor: Actor, *, now: datetime, time_zone: str = "") -> Calendar:
    """Return a person's today, by the time zone of their profile unless another is given."""
    person = (
        actor if isinstance(actor, User) else User.objects.only("time_zone", "week_start").filter(pk=actor.pk).first()
    )
    if person is None:
        raise Unauthenticated("This account is closed.")
    zone = ZoneInfo(time_zone or person.time_zone)
    return Calendar(now.astimezone(zone).date(), WEEK_STARTS[person.week_start], zone)


def today(actor_id: UUID, day: date) -> TodoQuerySet:
    """What is due on a day, and what was before and is not done."""
    return in_use(actor_id).open().due_by(day)


def overdue(actor_id: UUID, day: date) -> TodoQuerySet:
    """What was due before a day and is not done."""
    return in_use(actor_id).open().due_before(day)


def upcoming(actor_id: UUID, first: date, last: date) -> TodoQuerySet:
    """What is due from one day to another, both included."""
    return in_use(actor_id).open().due_from(first).due_by(last)


def assigned(actor_id: UUID) -> TodoQuerySet:
    """What a person is to do themselves."""
    return in_use(actor_id).open().assigned_to(actor_id)


def undated(actor_id: UUID) -> TodoQuerySet:
    """What has no due date."""
    return in_use(actor_id).open().undated()


def completed(actor_id: UUID) -> TodoQuerySet:
    """What is done, in archived projects too; not what recurs and goes on, whose history tells of it."""
    return Todo.objects.visible_to(actor_id).live().completed()


def in_use(actor_id: UUID) -> TodoQuerySet:
    """What is neither in the trash nor in an archived project."""
    return Todo.objects.visible_to(actor_id).live().outside_archives()


def filtered(
    rows: TodoQuerySet, node: Node, *, viewer_id: UUID, calendar: Calendar, done: bool = False
) -> TodoQuerySet:
    """Narrow todos by a filter: open ones, unless it asks for completed ones or they are asked for beside it."""
    kept = rows if done or mentions(node, Completed) else rows.open()
    return kept.filter(condition(node, calendar=calendar, viewer_id=viewer_id))
