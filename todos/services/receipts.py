"""Receipts: what a change recorded, signed, so that the person who made it can take it back for a while."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q

from accounts.policies import Actor
from activity.models import Event
from config.errors import Conflict, Gone, Invalid
from todos import events
from todos.models import Todo
from todos.services.undo_parts import can_undo_parts

SALT = "todos.undo"
LIFE = timedelta(minutes=10)
INVERSES = {
    events.TODO_CREATED: events.TODO_DELETED,
    events.TODO_UPDATED: events.TODO_UPDATED,
    events.TODO_LABELLED: events.TODO_LABELLED,
    events.TODO_REORDERED: events.TODO_REORDERED,
    events.TODO_SKIPPED: events.TODO_UPDATED,
    events.TODO_COMPLETED: events.TODO_COMPLETION_UNDONE,
    events.TODO_COMPLETION_UNDONE: events.TODO_COMPLETED,
    events.TODO_REOPENED: events.TODO_REOPENING_UNDONE,
    events.TODO_REOPENING_UNDONE: events.TODO_REOPENED,
    events.TODO_DELETED: events.TODO_RESTORED,
    events.TODO_RESTORED: events.TODO_DELETED,
    events.TODO_MOVED: events.TODO_MOVED,
    events.TODO_MOVED_OUT: events.TODO_MOVED_OUT,
    events.LABEL_CREATED: events.LABEL_DELETED,
    events.LABEL_UPDATED: events.LABEL_UPDATED,
    events.LABEL_DELETED: events.LABEL_CREATED,
    events.LABEL_RENAMED_ON_TODOS: events.LABEL_RENAMED_ON_TODOS,
    events.LABEL_TAKEN_OFF_TODOS: events.LABEL_PUT_ON_TODOS,
    events.LABEL_PUT_ON_TODOS: events.LABEL_TAKEN_OFF_TODOS,
}
"""What can be taken back of todos and labels, and how history tells that it was: as the opposite happening.

Of a completion and a reopening it says that they were undone: these count as if they had never been.
"""
RENAMED_AND_LOST = {events.LABEL_UPDATED, events.LABEL_TAKEN_OFF_TODOS}
"""A label that came off where its owner may not put it back."""
FIELDS = {field.name for field in Todo._meta.concrete_fields} | {"labels"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """The events of one change, as the first and the last revision of each scope, and the part of the API it was."""

    part: str
    spans: tuple[tuple[str, int, int], ...]


def receipt_for(recorded: Sequence[Event], *, actor: Actor, part: str, now: datetime) -> str:
    """Return a receipt for what one change recorded, "" where it can't be taken back.

    It can be read, and so names nobody's history but the person's own and that of projects.
    """
    spans: dict[str, list[int]] = {}
    recorded = [event for event in recorded if event.scope.startswith("project:") or event.scope == f"user:{actor.pk}"]
    if not _can_be_undone(recorded):
        return ""
    for event in recorded:
        spans.setdefault(event.scope, []).append(event.revision)
    # The locks of a change keep others out, so its revisions follow one another.
    if any(max(found) - min(found) + 1 != len(found) for found in spans.values()):
        return ""
    told = [[scope, min(found), max(found)] for scope, found in spans.items()]
    return signing.dumps([str(actor.pk), part, int(now.timestamp()), told], salt=SALT, compress=True)


def _can_be_undone(recorded: Sequence[Event]) -> bool:
    if can_undo_parts(recorded):
        return True
    is_lost = {event.verb for event in recorded} >= RENAMED_AND_LOST
    return bool(recorded) and not is_lost and all(_has_inverse(event) for event in recorded)


def _has_inverse(event: Event) -> bool:
    if event.verb not in INVERSES:
        return False
    changes = event.data.get("changes", {})
    is_known = event.subject_type != "todo" or changes.keys() <= FIELDS
    return is_known and not any("length" in both for both in changes.values())  # a text that was cut


def read_receipt(receipt: str, *, actor: Actor, now: datetime) -> Receipt:
    """Return what a receipt of the person's tells; raises Invalid, and Gone when its time is over."""
    try:
        holder, part, moment, spans = signing.loads(receipt, salt=SALT)
    except signing.BadSignature:
        raise _not_theirs() from None
    if UUID(holder) != actor.pk:
        raise _not_theirs()
    if now.timestamp() >= moment + LIFE.total_seconds():
        raise Gone("This can be undone no more: ten minutes are over.")
    return Receipt(part, tuple((scope, first, last) for scope, first, last in spans))


def _not_theirs() -> Invalid:
    return Invalid.field("receipt", "This is not a receipt of yours.")


def events_of(receipt: Receipt) -> list[Any]:
    """Return the events that a receipt names, the newest first; raises Conflict when one is gone.

    Those of todos that bear a label are left out: they follow from the label's, and may be very many.
    """
    found: list[Any] = []
    for scope, first, last in receipt.spans:
        rows = Event.objects.journal().in_scopes([scope]).between(first, last)
        of_bearers = Q(subject_type="label") if scope.startswith("project:") else Q(pk=None)
        kept = list(rows.exclude(of_bearers))
        if len(kept) <= last - first and len(kept) + rows.filter(of_bearers).count() <= last - first:
            raise Conflict("What this receipt is for is gone. Nothing was undone.")
        found += kept
    return sorted(found, key=lambda event: event.pk, reverse=True)


def bearers_in(receipt: Receipt, label_id: UUID) -> Iterator[list[UUID]]:
    """Yield the todos with which a label's change had to do, as the events of a receipt tell, some at a time."""
    for scope, first, last in receipt.spans:
        rows = Event.objects.journal().in_scopes([scope] if scope.startswith("project:") else [])
        for id in rows.between(first, last).about(label_id).order_by("revision").values_list("pk", flat=True):
            data = Event.objects.journal().values_list("data", flat=True).get(pk=id)
            yield [UUID(row["id"]) for row in data["todos"]]
