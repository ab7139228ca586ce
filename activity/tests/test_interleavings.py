"""Whatever happens in whatever order: one gapless, ordered, undoubled history."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings as configured
from django.db import connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.models import Batch, Erasure, Event, Relay
from activity.querysets import ARCHIVE
from activity.services import relay as relaying
from activity.services.erasure import SETTLED, forget_scopes, sweep_erasures
from activity.services.reading import History
from activity.services.recording import Subject, record
from activity.services.relay import LEASE, TRIES, claim, deliver, sweep_pruning

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG = 10 * LEASE
AUTHOR = SimpleNamespace(pk=UUID(int=1), name="Owner", time_zone="UTC")
pytestmark = pytest.mark.django_db


class RolledBack(Exception):
    pass


class Run:
    """Two stores, some workers and readers, and what was committed."""

    def __init__(self, archive) -> None:
        self.archive = archive
        self.committed: dict[UUID, Event] = {}
        self.held: list[Batch] = []
        self.readers: list[tuple[History, set[UUID]]] = []
        self.revisions = {"project:1": 0, "project:2": 0}
        self.ticks = 0
        for rows in (Event.objects.journal(), archive()):
            rows.delete()
        for model in (Batch, Erasure, Relay):
            model._base_manager.all().delete()

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.revisions)

    # What may happen; `choice` is any number, to pick with.

    def write(self, choice: int) -> None:
        scope = self.scopes[choice % 2]
        for _ in range(choice % 5 + 1):
            self.revisions[scope] += 1
            event = self._record(scope, self.revisions[scope])
            self.committed[event.pk] = event

    def write_and_roll_back(self, choice: int) -> None:
        scope = self.scopes[choice % 2]
        try:
            with transaction.atomic():
                self._record(scope, self.revisions[scope] + 1)
                raise RolledBack
        except RolledBack:
            pass

    def take(self, choice: int) -> None:
        """Let a worker claim, and stop there for now."""
        if batch := claim(timezone.now()):
            self.held.append(batch)

    def work(self, choice: int) -> None:
        """Let a worker that claimed go on, although its lease may be over and the batch another's."""
        if self.held:
            deliver(self.held.pop(choice % len(self.held)))

    def die(self, choice: int) -> None:
        """Let a worker die after it stored some or all of its batch, or nothing."""
        if self.held:
            batch = self.held.pop(choice % len(self.held))
            events = list(Event.objects.journal().in_flight().of_batch(batch.number).order_by("created_at", "id"))
            relaying._store(events[: choice % (len(events) + 1)])

    def end_leases(self, choice: int) -> None:
        Batch.objects.update(leased_until=timezone.now())

    def relay(self, choice: int) -> None:
        list(relaying.drain())

    def prune(self, choice: int) -> None:
        """Prune as after a month: nobody reads that long, and no worker holds on."""
        self.readers.clear()
        self.held.clear()
        sweep_pruning(timezone.now() + configured.JOURNAL_KEEP + LEASE)

    def lose(self, choice: int) -> None:
        """Let the archive lose an event that the journal still has; it is found out when the journal is pruned."""
        found = Event.objects.journal().archived().order_by("created_at")[choice % 3 : choice % 3 + 1]
        for event in found:
            self.archive().filter(pk=event.pk).delete()
            self.prune(choice)

    def forget(self, choice: int) -> None:
        """Forget a scope, never to be used again: for readers nothing of it is left, once the archive has heard."""
        scope, now = self.scopes[choice % 2], timezone.now()
        forget_scopes([scope], now=now)
        self.committed = {pk: event for pk, event in self.committed.items() if event.scope != scope}
        sweep_erasures(now)
        del self.revisions[scope]
        self.revisions[f"{scope}+"] = 0
        self.readers.clear()

    def look(self, choice: int) -> None:
        """Let a reader find out where the stores meet, to read later."""
        history = History(scopes=self.scopes).order_by("-created_at", "-id")
        assert history.reading.border
        self.readers = [*self.readers[-2:], (history, set(self.committed))]

    def read(self, choice: int) -> None:
        """Whoever reads, and whenever they began, finds what was committed by then, and nothing twice."""
        self.look(choice)
        for history, known in self.readers:
            found = [event.pk for event in history[:1000]]
            assert len(found) == len(set(found))
            assert known <= set(found) <= set(self.committed)
            assert found == self._in_order(found)[::-1]
            assert [event.pk for event in history.iterator()] == found[::-1]
            assert history.totals("scope") == self._totals()
            assert history.complete

    def settle(self) -> None:
        """Let everybody come to an end: then each event is in the archive once."""
        for batch in self.held:
            deliver(batch)
        for _ in range(TRIES):
            self.end_leases(0)
            self.relay(0)
        for _ in range(2):
            sweep_erasures(timezone.now() + SETTLED + LONG)
        stored = list(self.archive().order_by("created_at", "id").values_list("pk", flat=True))
        assert stored == self._in_order(self.committed)
        assert not Batch.objects.exists()
        assert not Erasure.objects.exists()
        self.read(0)

    def _record(self, scope: str, revision: int) -> Event:
        self.ticks += 1
        return record(
            author=AUTHOR,
            scope=scope,
            revision=revision,
            verb="todo.created",
            subject=Subject("todo", AUTHOR.pk, f"{scope} {revision}"),
            data={},
            now=START + timedelta(milliseconds=self.ticks // 3),  # some in the same millisecond
        )

    def _in_order(self, ids) -> list[UUID]:
        return sorted(ids, key=lambda pk: (self.committed[pk].created_at, pk))

    def _totals(self) -> dict[str, int]:
        counts = {scope: sum(event.scope == scope for event in self.committed.values()) for scope in self.scopes}
        return {scope: count for scope, count in counts.items() if count}


OFTEN = (Run.write, Run.take, Run.work, Run.look, Run.read)
SELDOM = (Run.write_and_roll_back, Run.die, Run.end_leases, Run.relay, Run.prune, Run.lose, Run.forget)
STEPS = st.lists(st.tuples(st.sampled_from(OFTEN * 2 + SELDOM), st.integers(0, 59)), min_size=20, max_size=40)


def test_every_interleaving_reads_back_as_one_history(archive, monkeypatch):
    monkeypatch.setattr(relaying, "SIZE", 3)

    @settings(
        max_examples=12 if connections[ARCHIVE].vendor == "mongodb" else 30,  # a server is slower by far
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(STEPS)
    def holds(steps):
        run = Run(archive)
        for step, choice in steps:
            step(run, choice)
        run.settle()

    holds()
