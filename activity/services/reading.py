"""Reading history: the journal and its archive as one, each event once, whatever is being relayed."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import merge
from operator import attrgetter
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db.models import Aggregate, Q, Sum

from activity import archive, registry
from activity.archive import ArchiveAway
from activity.models import Event, Relay
from activity.querysets import JOURNAL, NEWEST_FIRST, EventQuerySet
from config.errors import Unavailable

Read = TypeVar("Read")
CHUNK = 500
CHUNK_PATIENCE = 10.0
"""Seconds that one chunk is waited for: nobody looks at a page meanwhile, and a part would be no use."""
NARROW = frozenset(("actor_id", "subject_id"))
"""Fields whose own index leads to a page faster than those of many scopes."""


def timeline(*, actor_id: UUID) -> "History":
    """Return the events that the person may see, through the scopes they may see now."""
    return History(scopes=tuple(registry.scopes_of(actor_id)))


def history(*, subject_id: UUID, verbs: Collection[str]) -> "History":
    """Return what of these kinds happened to one subject, newest first: for those who look after it, in any scope."""
    return History().about(subject_id).narrowed(lambda rows: rows.of_kinds(verbs))


def doings(*, actor_id: UUID) -> "History":
    """Return what a person did, wherever it was: to be counted, not shown."""
    return History().filter(actor_id=actor_id)


class Reading:
    """One look at both stores: where they meet, and whether the archive answered."""

    complete = True

    @cached_property
    def border(self) -> tuple[int, list[UUID]]:
        """Return the last batch there is, and the events that batches have in flight.

        An event of a later batch, or of none, is read from the journal, and so is one in flight;
        all others from the archive. Numbers are given under a lock, so every batch up to the last
        is visible; the journal keeps what it relays long enough for any reader. It does not matter
        then what is relayed while one reads.
        """
        last = Relay.objects.values_list("last_batch", flat=True).first() or 0
        return last, list(Event.objects.journal().in_flight().values_list("pk", flat=True))

    @property
    def in_journal(self) -> Q:
        last, in_flight = self.border
        return Q(batch=None) | Q(batch__gt=last) | Q(pk__in=in_flight)

    @property
    def in_archive(self) -> Q:
        last, in_flight = self.border
        return Q(batch__lte=last) & ~Q(pk__in=in_flight)


@dataclass(frozen=True)
class History:
    """Events in order, narrowed like a queryset and read by slicing, `totals` or `iterator`.

    Once read, `complete` says whether the archive answered. While it is away the journal answers
    alone, with what it still has.
    """

    rows: EventQuerySet = field(default_factory=lambda: Event.objects.order_by(*NEWEST_FIRST))
    scopes: tuple[str, ...] | None = None
    narrow: bool = False
    reading: Reading = field(default_factory=Reading)
    model = Event

    @property
    def complete(self) -> bool:
        return self.reading.complete

    def beside(self, other: "History") -> Self:
        """Return it as part of the same look at both stores."""
        return replace(self, reading=other.reading)

    def all(self) -> Self:
        return self

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        narrow = self.narrow or not NARROW.isdisjoint(lookups)
        return replace(self, rows=self.rows.filter(*conditions, **lookups), narrow=narrow)

    def order_by(self, *names: str) -> Self:
        return replace(self, rows=self.rows.order_by(*names))

    def narrowed(self, narrow: Callable[[EventQuerySet], EventQuerySet]) -> Self:
        """Return what the repository's method leaves: `narrowed(lambda rows: rows.about(todo.pk))`."""
        return replace(self, rows=narrow(self.rows))

    def about(self, subject_id: UUID) -> Self:
        return self.filter(subject_id=subject_id)

    def by(self, actor_id: UUID) -> Self:
        return self.filter(actor_id=actor_id)

    def within(self, scopes: Collection[str]) -> Self:
        """Keep those of these scopes, as far as they were in it."""
        kept = tuple(scopes) if self.scopes is None else tuple(scope for scope in self.scopes if scope in scopes)
        return replace(self, scopes=kept)

    def __getitem__(self, part: slice) -> list[Event]:
        """Return the first rows: `history[:50]`."""
        if part.start or part.step or part.stop is None:
            raise TypeError("Only the first rows of a history can be sliced off.")
        count: int = part.stop
        found = [row for rows in self._ask(lambda rows: self._first(rows, count)) for row in rows]
        for name in reversed(self.rows.names_in_order):
            found.sort(key=attrgetter(name.removeprefix("-")), reverse=name.startswith("-"))
        return found[:count]

    def totals(self, *keys: str, of: Aggregate | None = None) -> dict[Any, int]:
        """Return sums by key, added up in the stores: of `subjects` unless told otherwise.

        With one key the result is by its value, with several by tuples. No row, no key.
        """
        return {key: total for key, (total,) in self.sums(*keys, total=of or Sum("subjects")).items()}

    def sums(self, *keys: str, **of: Aggregate) -> dict[Any, tuple[int, ...]]:
        """Return several sums at once, by key as `totals` does: each a tuple, in the order of their names here."""
        found: dict[Any, tuple[int, ...]] = {}
        asked = self._ask(lambda rows: list(self._scoped(rows).order_by().values_list(*keys).annotate(**of)))
        for row in (row for rows in asked for row in rows):
            key = row[0] if len(keys) == 1 else tuple(row[: len(keys)])
            known = found.get(key, (0,) * len(of))
            found[key] = tuple(before + (more or 0) for before, more in zip(known, row[len(keys) :], strict=True))
        return found

    def iterator(self) -> Iterator[Event]:
        """Return every event, oldest first, without holding them; raises Unavailable rather than leave one out."""
        rows = self._scoped(self.rows).order_by("created_at", "id")
        if not archive.is_configured():
            return rows.journal().iterator(CHUNK)
        journal = rows.journal().filter(self.reading.in_journal).iterator(CHUNK)
        archived = _in_chunks(rows.archive().filter(self.reading.in_archive))
        return merge(journal, archived, key=attrgetter("created_at", "id"))

    def _ask(self, read: Callable[[EventQuerySet], Read]) -> list[Read]:
        """Return what `read` finds in each store; while the archive is away, in the whole journal."""
        journal = self.rows.using(JOURNAL)
        if not archive.is_configured():
            return [read(journal)]
        if self.reading.complete:
            in_journal, in_archive = self.reading.in_journal, self.reading.in_archive
            try:
                with archive.answering():
                    archived = read(self.rows.archive().filter(in_archive))
                return [archived, read(journal.filter(in_journal))]
            except ArchiveAway:
                self.reading.complete = False
        return [read(journal)]

    def _first(self, rows: EventQuerySet, count: int) -> list[Event]:
        if self.scopes is None or self.narrow:
            return list(self._scoped(rows)[:count])
        return rows.first_rows(self.scopes, count)

    def _scoped(self, rows: EventQuerySet) -> EventQuerySet:
        return rows if self.scopes is None else rows.in_scopes(self.scopes)


def _in_chunks(rows: EventQuerySet) -> Iterator[Event]:
    """Return ordered rows of the archive, asked for piece by piece: no cursor has to live long."""
    edge = Q()
    while True:
        try:
            with archive.answering(CHUNK_PATIENCE):
                found = list(rows.filter(edge)[:CHUNK])
        except ArchiveAway:
            raise Unavailable("The archive of events is away just now. Try again in a moment.", retry_after=5) from None
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1]
        edge = Q(created_at__gte=last.created_at) & (Q(created_at__gt=last.created_at) | Q(pk__gt=last.pk))
