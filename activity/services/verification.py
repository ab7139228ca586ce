"""Comparing what is counted with what is remembered: every change once, in order, in the store it is read from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import F, Max, Min, Q
from django.db.models.functions import Collate

from activity import archive, registry
from activity.models import Batch, Erasure, Event, Relay
from activity.querysets import EventQuerySet
from activity.services.erasure import DELETED_PERSON

Item = TypeVar("Item")
SCOPES = 200
"""How many scopes are looked at together."""
CHUNK = 500
MOST = 10_000
"""Findings in one look: by then more would tell nobody more."""
SLACK = timedelta(minutes=1)
"""A writer takes the time before its turn, and clocks differ: so much earlier is no wrong order."""
OWN = ("batch", "archived_at")
"""What each store says of itself."""
CONTENT = [field.attname for field in Event._meta.concrete_fields if field.attname not in OWN]
MEANING = {
    "gap": "missing, though they were counted",
    "ahead": "not counted by their scope",
    "order": "earlier than the one before",
    "double": "several events with one number",
    "differs": "not the same in the journal and in the archive",
    "lost": "marked as archived, and not in the archive",
    "hidden": "in the archive under a batch that readers do not know",
    "repeated": "read twice: they wait in the journal although the archive has them",
    "stuck": "taken by a batch that is no more, so nobody relays them",
    "stray": "in the journal, of a scope that nobody counts",
    "unforgotten": "in the archive, of a scope that nobody counts",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the events of a scope from one revision to another."""

    kind: str
    scope: str
    first: int
    last: int

    def __str__(self) -> str:
        span = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.kind}: {self.scope}, {span}: {MEANING[self.kind]}"


class Verification:
    """Looks through the whole history, beside those who write it; holds a few scopes' findings at a time.

    What looks wrong is looked at twice: it may have been on its way. Where nothing is written
    meanwhile, a finding is a fault.
    """

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.scopes = self.events = 0

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, scope by scope."""
        for some in _some(registry.revisions(), SCOPES):
            look = Look(dict(some), self.now)
            found = list(islice(look.findings(), MOST))
            self.scopes += len(some)
            self.events += look.events
            if found:
                scopes = {finding.scope for finding in found}
                again = Look(dict(registry.revisions(scopes)), self.now)
                confirmed = set(islice(again.findings(), MOST))
                yield from (finding for finding in found if finding in confirmed)
        yield from _strays()
        yield from _stuck()


class Look:
    """One look at some scopes: their counters were read first, the journal is next, the archive last.

    So whatever was counted is in the journal, or the archive has it already.
    """

    def __init__(self, counters: Mapping[str, int], now: datetime) -> None:
        self.counters = counters
        self.events = 0
        self.last_batch = 0
        retention: timedelta | None = settings.ACTIVITY_RETENTION
        self.kept_from = None if retention is None else now - retention + SLACK

    def findings(self) -> Iterator[Finding]:
        silent = dict(self.counters)
        for scope, rows in groupby(self._rows(), key=lambda row: row[0].scope):
            silent.pop(scope, None)
            yield from self._check(scope, rows)
        for scope, counter in silent.items():
            if counter and self.kept_from is None:
                yield Finding("gap", scope, 1, counter)

    def _rows(self) -> Iterator[tuple[Event, bool]]:
        """Yield events of both stores in sequence, each with whether it is the archive's."""
        scopes = list(self.counters)
        journal = ((event, False) for event in _in_sequence(Event.objects.journal().in_scopes(scopes)).iterator(CHUNK))
        if not archive.is_configured():
            return journal
        archived = ((event, True) for event in _in_chunks(_in_sequence(Event.objects.archive().in_scopes(scopes))))
        return merge(journal, archived, key=lambda row: (row[0].scope, row[0].revision, row[1]))

    def _check(self, scope: str, rows: Iterable[tuple[Event, bool]]) -> Iterator[Finding]:
        """Yield what is wrong in one scope, neighbours together."""
        counter, expected = self.counters[scope], 1
        before: datetime | None = None
        runs: dict[str, list[tuple[int, int]]] = {}
        for revision, group in groupby(rows, key=lambda row: row[0].revision):
            events = list(group)
            self.events += 1
            if expected < revision and not self._has_run_out(before):
                _note(runs, "gap", expected, min(revision - 1, counter))
            faults = [*self._faults(events), *(["ahead"] if revision > counter else [])]
            moment = events[0][0].created_at
            if before and moment < before - SLACK:
                faults.append("order")
            for kind in faults:
                _note(runs, kind, revision, revision)
            before, expected = max(moment, before or moment), revision + 1
        if expected <= counter and not self._has_run_out(before):
            _note(runs, "gap", expected, counter)
        for kind, spans in runs.items():
            yield from (Finding(kind, scope, first, last) for first, last in spans)

    def _has_run_out(self, before: datetime | None) -> bool:
        """Say whether what follows this moment may be older than history is kept."""
        return self.kept_from is not None and (before is None or before < self.kept_from)

    def _faults(self, rows: list[tuple[Event, bool]]) -> Iterator[str]:
        """Yield what is wrong with the events of one number."""
        if len({event.pk for event, _ in rows}) > 1:
            yield "double"
            return
        if not archive.is_configured():
            return
        stores = {is_archived: event for event, is_archived in rows}
        kept, archived = stores.get(False), stores.get(True)
        if kept and archived and not self._agree(kept, archived):
            yield "differs"
        read = (kept is not None and self._is_read_in_journal(kept)) + (
            archived is not None and self._is_read_in_archive(archived, kept)
        )
        if read == 0:
            yield "lost" if archived is None else "hidden"
        elif read == 2:
            yield "repeated"

    def _is_read_in_journal(self, event: Event) -> bool:
        return event.batch is None or event.archived_at is None or not self._is_known(event.batch)

    def _is_read_in_archive(self, event: Event, kept: Event | None) -> bool:
        in_flight = kept is not None and kept.batch is not None and kept.archived_at is None
        return self._is_known(event.batch) and not in_flight

    def _is_known(self, batch: int | None) -> bool:
        if batch is not None and batch > self.last_batch:  # they are counted on all the time
            self.last_batch = Relay.objects.values_list("last_batch", flat=True).first() or 0
        return batch is not None and batch <= self.last_batch

    def _agree(self, kept: Event, archived: Event) -> bool:
        different = {name for name in CONTENT if getattr(kept, name) != getattr(archived, name)}
        if different == {"actor_name"} and kept.actor_name == DELETED_PERSON:
            return kept.actor_id in self._being_forgotten
        return not different

    @cached_property
    def _being_forgotten(self) -> set[UUID | None]:
        return set(Erasure.objects.values_list("actor_id", flat=True))


def _strays() -> Iterator[Finding]:
    """Yield the scopes in either store that nobody counts, nor waits to be forgotten."""
    stores = [("stray", Event.objects.journal())]
    if archive.is_configured():
        stores.append(("unforgotten", Event.objects.archive()))
    for kind, rows in stores:
        for scopes in uncounted(rows):
            spans = rows.in_scopes(scopes).order_by().values_list("scope")
            for scope, first, last in spans.annotate(first=Min("revision"), last=Max("revision")):
                yield Finding(kind, scope, first, last)


def uncounted(rows: EventQuerySet) -> Iterator[set[str]]:
    """Yield the scopes of these events that nobody counts and nobody is about to forget, some at a time."""
    for scopes in _some(rows.order_by().values_list("scope", flat=True).distinct().iterator(CHUNK), CHUNK):
        found = set(scopes) - {scope for scope, _ in registry.revisions(scopes)}
        found -= set(Erasure.objects.filter(scope__in=found).values_list("scope", flat=True))
        if found:
            yield found


def _stuck() -> Iterator[Finding]:
    """Yield events that a batch has taken and nobody will deliver."""
    if archive.is_configured():
        abandoned = Event.objects.journal().in_flight().exclude(batch__in=Batch.objects.values("number"))
        for scope, revision in abandoned.values_list("scope", "revision").iterator(CHUNK):
            yield Finding("stuck", scope, revision, revision)


def _note(runs: dict[str, list[tuple[int, int]]], kind: str, first: int, last: int) -> None:
    """Add a span to those of its kind, as one with its neighbour."""
    if first > last:
        return
    spans = runs.setdefault(kind, [])
    if spans and spans[-1][1] == first - 1:
        first = spans.pop()[0]
    spans.append((first, last))


def _in_sequence(rows: EventQuerySet) -> EventQuerySet:
    """Order by scope and revision, as Python does: PostgreSQL has orders of its own."""
    is_postgresql = connections[rows.db].vendor == "postgresql"
    return rows.order_by(Collate("scope", "C") if is_postgresql else F("scope"), "revision", "pk")


def _in_chunks(rows: EventQuerySet) -> Iterator[Event]:
    """Return the archive's rows, asked for piece by piece: no cursor has to live long."""
    edge = Q()
    while True:
        found = list(rows.filter(edge)[:CHUNK])
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1]
        edge = Q(scope__gte=last.scope) & (Q(scope__gt=last.scope) | Q(revision__gt=last.revision))


def _some(items: Iterable[Item], count: int) -> Iterator[list[Item]]:
    found = iter(items)
    while some := list(islice(found, count)):
        yield some
