"""A person's saved filters, and showing them to the members of a project."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from accounts.policies import Actor, locked_self
from accounts.services.commit import Happening, commit_user, commit_user_all
from activity.services.recording import Subject
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.domain.filters import parse
from todos.domain.ranking import key_between
from todos.models import SavedFilter
from todos.policies import IfMatch
from todos.services.commit import bury_own, exact
from todos.services.ranks import key_among

BATCH = 500
NONE: Mapping[str, Any] = {}
FIELDS = ("name", "query", "colour", "is_favourite", "project")


@transaction.atomic
def create_filter(*, actor: Actor, values: dict[str, Any], now: datetime) -> SavedFilter:
    """Save a filter at the end of the person's list.

    `values`: name, query, and optionally id, colour, is_favourite, project (the id of the one whose
    members see it too). Raises Invalid for a query that says nothing, Conflict when the id is taken.
    """
    owner = locked_self(actor=actor)
    saved = SavedFilter(owner=owner, created_at=now)
    saved.id = values.get("id") or saved.id
    last = SavedFilter.objects.of(owner.pk).aggregate(last=Max("order"))["last"]
    saved.order = key_between(last, None)
    return _insert(owner, saved, _clean(actor, values), now=now)


def bring_back_filter(*, actor: Actor, filter_id: UUID, was: dict[str, Any], now: datetime) -> SavedFilter:
    """Make a deleted filter again, as the event of its deletion tells it was; raises as `create_filter` does."""
    owner = locked_self(actor=actor)
    created_at = datetime.fromisoformat(was["created_at"])
    saved = SavedFilter(pk=filter_id, owner=owner, order=was["order"], created_at=created_at)
    project = UUID(was["project"]) if was["project"] else None
    return _insert(owner, saved, _clean(actor, was | {"project": project}), now=now)


def _insert(owner: User, saved: SavedFilter, values: dict[str, Any], *, now: datetime) -> SavedFilter:
    """Save a new filter of a locked person, with its event."""
    _change(saved, values)
    saved.updated_at = now
    insert_filters([saved], owner=owner, now=now)
    return saved


def insert_filters(
    filters: Sequence[SavedFilter], *, owner: User, now: datetime, told: Mapping[str, Any] = NONE
) -> None:
    """Insert filters of a locked person, each with its event, which keeps what is `told` besides; raises Conflict."""
    for revision, saved in enumerate(filters, start=owner.revision + 1):
        saved.revision = revision
    try:
        with transaction.atomic():
            SavedFilter.objects.bulk_create(filters, batch_size=BATCH)
    except IntegrityError:
        raise Conflict("A filter with this id exists already.", fields={"id": ["Taken."]}) from None
    commit_user_all(owner, [_made(saved, told) for saved in filters], now=now)


def _made(saved: SavedFilter, told: Mapping[str, Any]) -> Happening:
    data = {name: _plain(saved, name) for name in FIELDS}
    return Happening(events.FILTER_CREATED, Subject("filter", saved.pk, saved.name), data | dict(told))


@transaction.atomic
def update_filter(
    *, actor: Actor, filter_id: UUID, values: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> SavedFilter:
    """Change the fields given in `values` (as for `create_filter`); changing nothing records nothing."""
    owner = locked_self(actor=actor)
    saved = policies.own_filter(actor=actor, filter_id=filter_id, if_match=if_match)
    change = _change(saved, _clean(actor, values))
    return _commit(owner, saved, change, verb=events.FILTER_UPDATED, now=now) if change else saved


@transaction.atomic
def reorder_filter(
    *, actor: Actor, filter_id: UUID, now: datetime, if_match: IfMatch = None, **place: UUID | None
) -> SavedFilter:
    """Put a filter right after or before another of one's own: `after` (None: first) or `before` (None: last)."""
    owner = locked_self(actor=actor)
    saved = policies.own_filter(actor=actor, filter_id=filter_id, if_match=if_match)
    rows = list(SavedFilter.objects.of(owner.pk).in_order())
    keys = key_among(rows, saved, place)
    if not keys:
        return saved
    return arrange_filters(owner, saved, {row.pk: row for row in rows}, keys, now=now)


def arrange_filters(
    owner: User, saved: SavedFilter, rows: Mapping[UUID, SavedFilter], keys: Mapping[UUID, str], *, now: datetime
) -> SavedFilter:
    """Give filters of a locked person these order keys: one that was moved, and those that make room for it."""
    others = [rows[id] for id, key in keys.items() if id != saved.pk and rows[id].order != key]
    moved = {str(row.pk): {"before": row.order, "after": keys[row.pk]} for row in others}
    for row in others:
        row.order, row.revision = keys[row.pk], owner.revision + 1
    SavedFilter.objects.bulk_update(others, ["order", "revision"])
    change = {"order": {"before": saved.order, "after": keys[saved.pk]}}
    saved.order = keys[saved.pk]
    return _commit(owner, saved, change, verb=events.FILTER_REORDERED, now=now, others=moved)


@transaction.atomic
def delete_filter(*, actor: Actor, filter_id: UUID, now: datetime, if_match: IfMatch = None) -> None:
    """Delete a filter, for those who were shown it too."""
    owner = locked_self(actor=actor)
    saved = policies.own_filter(actor=actor, filter_id=filter_id, if_match=if_match)
    data = {name: _plain(saved, name) for name in (*FIELDS, "order")} | {"created_at": exact(saved.created_at)}
    _record(owner, saved, verb=events.FILTER_DELETED, data=data, now=now)
    bury_own(owner, "filter", saved.pk, now=now)
    saved.delete()


def withdraw_filters(project_ids: Collection[UUID], *, now: datetime) -> None:
    """Take filters back from the members of locked projects that are going for good: they stay their owners'."""
    for saved in SavedFilter.objects.filter(project_id__in=project_ids).order_by("owner_id", "pk"):
        owner = User.objects.locked().get(pk=saved.owner_id)
        _commit(owner, saved, _change(saved, {"project": None}), verb=events.FILTER_UPDATED, now=now)


def _clean(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be stored; raises Invalid, and as `policies.project_to_share_in` does."""
    found = {name: values[name] for name in FIELDS if name in values}
    if "name" in found:
        found["name"] = clean_name(found["name"])
    if "query" in found:
        parse(found["query"], name="query")
    if found.get("project"):
        policies.project_to_share_in(actor=actor, project_id=found["project"])
    return found


def clean_name(name: str) -> str:
    """Return a filter's name as it is stored; raises Invalid."""
    name = " ".join(name.split())
    if not name:
        raise Invalid.field("name", "A filter needs a name.")
    return name


def _change(saved: SavedFilter, values: dict[str, Any]) -> dict[str, Any]:
    change = {
        name: {"before": before, "after": after}
        for name, after in values.items()
        if (before := _plain(saved, name)) != after
    }
    for name, both in change.items():
        setattr(saved, _column(name), both["after"])
    return change


def _commit(
    owner: User,
    saved: SavedFilter,
    change: dict[str, Any],
    *,
    verb: str,
    now: datetime,
    others: dict[str, Any] | None = None,
) -> SavedFilter:
    saved.revision, saved.updated_at = owner.revision + 1, now
    saved.save(update_fields=[*map(_column, change), "revision", "updated_at"])
    data = {"changes": change} | ({"others": others} if others else {})
    _record(owner, saved, verb=verb, data=data, now=now)
    return saved


def _plain(saved: SavedFilter, name: str) -> Any:
    return getattr(saved, _column(name))


def _column(name: str) -> str:
    return "project_id" if name == "project" else name


def _record(owner: User, saved: SavedFilter, *, verb: str, data: dict[str, Any], now: datetime) -> None:
    commit_user(owner, verb=verb, data=data, now=now, subject=Subject("filter", saved.pk, saved.name))
