"""Read-only calendars of a person's todos, at secret addresses."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.policies import Actor, locked_self
from accounts.services.commit import commit_user
from activity.services.recording import Subject
from config.errors import Conflict, NotFound
from config.throttling import Limit, take
from todos import events, policies
from todos.domain.ical import calendar, vevents, vtodos
from todos.models import CalendarFeed, Project, Todo

MARK = "feed_"
"""What every secret begins with, so that secret scanners know what they found."""
SHOWN = len(MARK) + 6
MOST = 20
"""Feeds that a person may have."""
LARGEST = 10_000
"""Todos in one calendar, the newest."""
LONGEST = 5_000
"""Characters of a description."""
DONE_FOR = timedelta(days=30)
"""How long what is done stays in a calendar."""
USE_STEP = timedelta(hours=1)
FORMAT = 1
"""Goes up with the way a calendar is written, so that programs fetch it anew."""
READS_OF_ADDRESS = Limit("feed-address", 240, 15 * 60)
UNKNOWN_OF_ADDRESS = Limit("feed-unknown-address", 20, 15 * 60)
"""Secrets from one address that are none, or none any more."""
READS_OF_FEED = Limit("feed", 60, 15 * 60)
"""Each may read thousands of todos."""


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed that was just made, and its secret, which is never seen again."""

    feed: CalendarFeed
    secret: str


@transaction.atomic
def create_feed(*, actor: Actor, now: datetime, project_id: UUID | None = None) -> NewFeed:
    """Make a feed of all todos of a person, or of those of one project that they see.

    Raises NotFound, and Conflict beyond 20 feeds.
    """
    project = policies.visible_project(actor=actor, project_id=project_id) if project_id else None
    user = locked_self(actor=actor)
    if CalendarFeed.objects.of(user.pk).count() >= MOST:
        raise Conflict(f"You have {MOST} calendar feeds already. Revoke one first.")
    secret = MARK + secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        user=user, project=project, prefix=secret[:SHOWN], digest=_digest(secret), created_at=now
    )
    _record(user, feed, verb=events.FEED_CREATED, now=now)
    return NewFeed(feed, secret)


@transaction.atomic
def revoke_feed(*, actor: Actor, feed_id: UUID, now: datetime) -> None:
    """Take a feed back: its address is unknown from the next request on."""
    user = locked_self(actor=actor)
    feed = policies.own_feed(actor=actor, feed_id=feed_id)
    _record(user, feed, verb=events.FEED_REVOKED, now=now)
    feed.delete()


def _record(user: User, feed: CalendarFeed, *, verb: str, now: datetime) -> None:
    commit_user(user, verb=verb, data={"project": feed.project_id}, now=now, subject=Subject("feed", feed.pk, ""))


def feed_at(*, secret: str, ip: str | None, now: datetime) -> CalendarFeed:
    """Return the feed, with its person and its project, that a secret opens now.

    Raises NotFound, also once the account is closed or the person no longer in the project, and
    RateLimited.
    """
    take(READS_OF_ADDRESS, ip)
    feed: CalendarFeed | None = CalendarFeed.objects.open().with_digest(_digest(secret)).first()
    if feed is None:
        take(UNKNOWN_OF_ADDRESS, ip)
        raise NotFound("There is no such feed.")
    take(READS_OF_FEED, feed.pk)
    if feed.last_used_at is None or now - feed.last_used_at >= USE_STEP:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)
    return feed


def state_of(feed: CalendarFeed, *, as_events: bool, now: datetime) -> str:
    """Return what names the present state of a calendar (its entity tag), without reading a todo."""
    rows = _projects(feed).order_by("pk").values_list("pk", "title", "revision")
    state = [FORMAT, settings.BASE_URL, as_events, now.date(), list(rows)]
    return sha256(orjson.dumps(state)).hexdigest()[:32]


def calendar_of(feed: CalendarFeed, *, as_events: bool, now: datetime) -> Iterator[bytes]:
    """Yield a feed's calendar: what waits to be done and what was done lately, as to-dos or as events.

    Two queries, whatever its size; no more than a piece of it is held.
    """
    seen = Todo.objects.visible_to(feed.user_id).live().done_since(now - DONE_FOR)
    rows = seen.in_project(feed.project_id) if feed.project_id else seen.outside_archives()
    zones = sorted(rows.exclude(time_zone="").order_by().values_list("time_zone", flat=True).distinct())
    todos = rows.order_by("-pk").as_tasks()[:LARGEST].iterator(500)
    name = feed.project.title if feed.project else "Simple Todos"
    return calendar(_components(todos, as_events), name=name, zones=zones, refresh=USE_STEP)


def _components(todos: Iterator[Any], as_events: bool) -> Iterator[Any]:
    base = settings.BASE_URL + reverse("todo", args=[UUID(int=0)])
    for row in todos:
        todo = row._replace(description=row.description[:LONGEST])
        address = base.replace(str(UUID(int=0)), str(todo.id))
        yield from vevents(todo, address=address) if as_events else vtodos(todo, address=address)


def _projects(feed: CalendarFeed) -> Any:
    seen = Project.objects.visible_to(feed.user_id)
    return seen.filter(pk=feed.project_id) if feed.project_id else seen.live()


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
