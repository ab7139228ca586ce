"""What changed for a person since they last asked.

A round brings a client from what it has to where the projects stood, all at one moment, when the
round began. It first tells what is gone, then sends rows, stream by stream, in pages; what changes
meanwhile has a higher revision and comes in the next round. So a page may repeat what a client
has, and never leaves out what was committed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.policies import Actor
from config.errors import Gone, Invalid
from todos.domain.sync import Place, Position, Revisions, Round, UnknownToken, read_token
from todos.models import (
    Attachment,
    Comment,
    Label,
    Membership,
    Project,
    Relation,
    Reminder,
    SavedFilter,
    Section,
    SyncPoint,
    Todo,
    Tombstone,
)

KEEP = timedelta(days=30)
"""How long a token lives, and at least how long what is gone is known."""
PAGE, LARGEST = 500, 1000
AT_ONCE = 100
"""Changed projects that one round covers; the others wait for the next."""
LONGEST = 4000
"""Characters of a token that goes into an address whole."""
STORED = "~"
TOO_OLD = "This token is too old. Start again without one."
ZERO = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of rows: `rows(actor_id)` are those the person sees now.

    `counters` name the columns of a project and of its revision that bring a row up; the first
    pair puts rows in order. Or `own` names that of the person's revision.
    """

    name: str
    rows: Callable[[UUID], QuerySet[Any]]
    counters: tuple[tuple[str, str], ...] = (("project_id", "revision"),)
    own: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        return (self.own, "id") if self.own else (*self.counters[0], "id")

    def place(self, number: int, row: Any) -> Place:
        """Return where a row stands in this stream."""
        *project, revision, id = (getattr(row, name) for name in self.order)
        return Place(number, project[0] if project else ZERO, revision, id)


def _relations(actor_id: UUID) -> QuerySet[Any]:
    return Relation.objects.visible_to(actor_id).filter(other__in=Todo.objects.visible_to(actor_id))


GONE = "gone"
STREAMS = (
    Stream(GONE, lambda actor_id: Tombstone.objects.of(actor_id), own="revision"),
    Stream(GONE, lambda actor_id: Tombstone.objects.of_projects_of(actor_id)),
    Stream("labels", lambda actor_id: Label.objects.of(actor_id), own="revision"),
    Stream("filters", lambda actor_id: SavedFilter.objects.of(actor_id), own="revision"),
    Stream("reminders", lambda actor_id: Reminder.objects.told_to(actor_id), own="revision"),
    Stream("projects", lambda actor_id: Project.objects.with_role(actor_id), counters=(("id", "revision"),)),
    Stream("projects", lambda actor_id: Project.objects.touched_by(actor_id), own="own_revision"),
    Stream("memberships", lambda actor_id: Membership.objects.visible_to(actor_id).select_related("user")),
    Stream("sections", lambda actor_id: Section.objects.visible_to(actor_id)),
    Stream("todos", lambda actor_id: Todo.objects.visible_to(actor_id).as_rows()),
    Stream("comments", lambda actor_id: Comment.objects.visible_to(actor_id).with_mentions()),
    Stream("attachments", lambda actor_id: Attachment.objects.visible_to(actor_id)),
    # A tie to a todo that came into sight, from wherever, comes with it.
    Stream("relations", _relations, (("project_id", "revision"), ("other__project_id", "other__revision"))),
    # A reminder moves with the dates of its todo, and comes into sight with it. Last: tokens count streams.
    Stream("reminders", lambda actor_id: Reminder.objects.told_to(actor_id), (("project_id", "todo_revision"),)),
)
KINDS = tuple(dict.fromkeys(stream.name for stream in STREAMS if stream.name != GONE))


@dataclass(frozen=True, slots=True)
class Delta:
    """One page: what is gone (kind and id), the rows of each stream, and where the client is with them."""

    gone: list[tuple[str, UUID]]
    rows: dict[str, list[Any]]
    token: str
    more: bool


def changes_since(*, actor: Actor, token: str, now: datetime, limit: int = PAGE) -> Delta:
    """Return the next page for a client that is where `token` says; "" for one that has nothing.

    Raises Gone for a token that is too old, Invalid for what is none of the person's.
    """
    position = _position(actor, token, now)
    own, visible = _standing(actor.pk)
    had = {*position.projects, *(position.round.projects if position.round else ())}
    lost = [("project", id) for id in sorted(had - visible.keys())]
    seen = {id: revision for id, revision in position.projects.items() if id in visible}
    if position.round:
        targets = {id: to for id, to in position.round.projects.items() if id in visible}
        going = replace(position.round, projects=targets)
    else:
        behind = sorted(id for id, revision in visible.items() if revision > seen.get(id, -1))[:AT_ONCE]
        going = Round(own, {id: visible[id] for id in behind}, Place(0, ZERO, 0, ZERO))
    found, place = _page(actor.pk, replace(position, projects=seen), going, limit)
    gone = lost + _still_gone(actor.pk, found.pop(GONE, []), seen)
    if place:
        after = replace(position, made_at=_seconds(now), projects=seen, round=replace(going, place=place))
    else:
        after = Position(actor.pk, _seconds(now), going.own, seen | dict(going.projects))
    waiting = own > after.own or any(revision > after.projects.get(id, -1) for id, revision in visible.items())
    more = waiting or place is not None
    return Delta(gone, {kind: found.get(kind, []) for kind in KINDS}, _token(after, position, token), more)


def _standing(actor_id: UUID) -> tuple[int, Revisions]:
    """Return the person's own revision, and of each project they see, those of one moment."""
    visible = dict(Project.objects.visible_to(actor_id).values_list("pk", "revision"))
    return User.objects.values_list("revision", flat=True).get(pk=actor_id), visible


def _page(actor_id: UUID, position: Position, going: Round, limit: int) -> tuple[dict[str, list[Any]], Place | None]:
    """Return up to `limit` rows after the round's place, and the last one's; None when the round is through."""
    found: dict[str, list[Any]] = {}
    start = going.place
    for number, stream in enumerate(STREAMS[start.stream :], start.stream):
        condition = _behind(stream, position, going)
        if condition is None:
            continue
        rows = stream.rows(actor_id).filter(condition)
        if number == start.stream:
            edge = (start.project, start.revision, start.id)
            rows = rows.filter(_after(stream.order, edge[-len(stream.order) :]))
        page = list(rows.order_by(*stream.order)[:limit])
        found.setdefault(stream.name, []).extend(page)
        limit -= len(page)
        if not limit:
            return found, stream.place(number, page[-1])
    return found, None


def _behind(stream: Stream, position: Position, going: Round) -> Q | None:
    """Return what a row must be for the client to lack it; None when it lacks none."""
    if stream.own:
        lacks = going.own > position.own
        return Q(**{f"{stream.own}__gt": position.own, f"{stream.own}__lte": going.own}) if lacks else None
    found: Q | None = None
    for project, revision in stream.counters:
        for id, to in going.projects.items():
            since = position.projects.get(id, -1)
            if stream.name == GONE and since < 0:
                continue  # who comes anew has nothing to lose
            step = Q(**{project: id, f"{revision}__gt": since, f"{revision}__lte": to})
            found = step if found is None else found | step
    return found


def _after(order: Iterable[str], edge: Iterable[Any]) -> Q:
    beyond, same = Q(), Q()
    for name, value in zip(order, edge, strict=True):
        beyond |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return beyond


def _still_gone(actor_id: UUID, tombstones: list[Tombstone], seen: Revisions) -> list[tuple[str, UUID]]:
    """Leave out todos that the client has from where they went: it got them before it is told here that they left."""
    ids = [row.subject_id for row in tombstones if row.kind == "todo"]
    rows = Todo.objects.visible_to(actor_id).filter(pk__in=ids).values_list("pk", "project_id", "revision")
    had = {id for id, project_id, revision in rows if revision <= seen.get(project_id, -1)} if ids else set()
    return [(row.kind, row.subject_id) for row in tombstones if row.subject_id not in had]


def _position(actor: Actor, token: str, now: datetime) -> Position:
    if not token:
        return Position(actor.pk, _seconds(now))
    try:
        position = read_token(_stored(actor, token) if token.startswith(STORED) else token)
    except UnknownToken:
        raise Invalid.field("token", "This token is not one of ours. Start again without one.") from None
    if position.person != actor.pk or (position.round and position.round.place.stream >= len(STREAMS)):
        raise Invalid.field("token", "This token is not one of yours. Start again without one.")
    if position.made_at < _seconds(now - KEEP):
        raise Gone(TOO_OLD)
    return position


def _stored(actor: Actor, token: str) -> str:
    try:
        point = SyncPoint.objects.of(actor.pk).filter(pk=UUID(token.removeprefix(STORED))).first()
    except ValueError:
        raise UnknownToken("not an id") from None
    if point is None:
        raise Gone(TOO_OLD)
    kept: str = point.token
    return kept


def _token(after: Position, before: Position, given: str) -> str:
    """Return the token of a position; a client that is where it was keeps the one it has while that is young."""
    young = after.made_at - before.made_at < KEEP.total_seconds() / 2
    if given and young and replace(after, made_at=before.made_at) == before:
        return given
    made = after.token()
    if len(made) <= LONGEST:
        return made
    now = datetime.fromtimestamp(after.made_at, UTC)
    return STORED + SyncPoint.objects.create(user_id=after.person, token=made, created_at=now).pk.hex


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def sweep_sync(now: datetime) -> int:
    """Delete what no living token needs: stored ones, and what is said of things that are gone."""
    long_ago = now - KEEP - timedelta(days=1)
    points, _ = SyncPoint.objects.before(long_ago).delete()
    tombstones, _ = Tombstone.objects.before(long_ago).delete()
    return points + tombstones
