"""Taking a file in, batch by batch: each is one transaction, which commits how far it went.

So a crash at any moment loses nothing and doubles nothing: whoever goes on reads the file again, and
begins where the last batch ended.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from accounts.models import User
from config.errors import Invalid
from config.ids import uuid7
from todos.domain.transfer import native
from todos.domain.transfer.archives import Archive, open_archive
from todos.models import DiscardedFile, Import, ImportLine, ImportStatus, LineOutcome, Todo
from todos.querysets import ImportQuerySet
from todos.services.transfer import own, parts, places, todos
from todos.services.transfer.batch import Batch, Ledger, Line, record_title
from todos.services.transfer.formats import FORMATS
from todos.services.transfer.plan import Plan

BATCH = 250
"""Things in a batch: on SQLite nobody else writes meanwhile."""
LEASE = timedelta(minutes=2)
"""How long a worker may be silent before another takes over."""
SOME = 2000
"""Things read between two signs of life."""
MOST_TRIES = 5
LONGEST = 200
LEDGER_KINDS = ("project", "todo")
Clock = Callable[[], datetime]
Step = Callable[[Batch], None]


def _refuse(batch: Batch) -> None:
    for line in batch.open():
        line.refuse(line.record.reason)


STEPS: dict[str, Step] = {
    "line": _refuse,
    "label": places.take_labels,
    "project": places.take_projects,
    "section": places.take_sections,
    "todo": todos.take_todos,
    "comment": parts.take_comments,
    "relation": parts.take_relations,
    "reminder": own.take_reminders,
    "filter": own.take_filters,
}


class Superseded(Exception):
    """Somebody stopped the import, or another worker took it over: what this one was about to do is undone."""


class Run:
    """One worker's work on an import that it holds. It is used until it is over, or an error comes out of it."""

    def __init__(self, job: Import, *, clock: Clock) -> None:
        self.job, self.clock = job, clock
        self.author = _author(job)
        self.form = FORMATS[job.format]
        with ExitStack() as opened:
            self.file: Any = opened.enter_context(job.file.open("rb"))
            self.plan = opened.enter_context(closing(self._read()))
            self.archive = self._archive()
            self.ledger = self._remember()
            self.close = opened.pop_all().close

    def _read(self) -> Plan:
        now = self.clock().astimezone(ZoneInfo(self.author.time_zone))
        records = self.form.read(self.file, now=now, name=self.job.name)
        return Plan(records, told=self._tell_read)

    def _tell_read(self, count: int) -> None:
        if count % SOME == 0:
            _hold(self.job, total=count, now=self.clock())

    def _archive(self) -> Archive | None:
        self.file.seek(0)
        return open_archive(self.file) if self.file.read(len(native.ZIP)) == native.ZIP else None

    def _remember(self) -> Ledger:
        """Learn what was done before; a dry run, of which nothing is anywhere, begins anew."""
        ledger, job = Ledger(), self.job
        _hold(job, total=len(self.plan), now=self.clock())
        if job.is_dry_run and job.done:
            job.done = 0
            job.lines.all().delete()
            Import.objects.filter(pk=job.pk).update(done=0, taken=0, existing=0, refused=0)
        rows = ImportLine.objects.of(job.pk).found().values_list("number", "kind", "outcome", "subject_id")
        found: Iterable[tuple[int, str, str, Any]] = rows.iterator(SOME)
        for number, kind, outcome, id in found:
            ledger.ids[number] = id
            if kind in LEDGER_KINDS and outcome != LineOutcome.EXISTS:
                ledger.made.add(id)
        if not job.is_dry_run:
            homes = Todo.objects.filter(pk__in=job.lines.filter(kind="todo").values("subject_id"))
            ledger.homes = dict(homes.values_list("pk", "project_id").iterator(SOME))
        return ledger

    @property
    def is_over(self) -> bool:
        return self.job.done >= len(self.plan)

    def step(self) -> int:
        """Deal with the next batch; returns how many things that were. Raises Superseded."""
        batch = self._next()
        kind = batch.lines[0].kind
        files = parts.Files()
        if kind == "attachment":
            files.put(batch, self.archive)
        try:
            with transaction.atomic():
                if not self._held().exists():
                    raise Superseded
                if kind == "attachment":
                    parts.take_attachments(batch, files)
                else:
                    STEPS[kind](batch)
                done = self._commit(batch)
        except BaseException:
            files.drop(line.number for line in batch.lines)
            raise
        self.job.done = done
        files.drop(line.number for line in batch.lines if line.outcome == LineOutcome.REFUSED)
        for line in batch.lines:
            if line.id and line.outcome != LineOutcome.REFUSED:
                self.ledger.ids[line.number] = line.id
        return len(batch.lines)

    def _next(self) -> Batch:
        batch = Batch(self.job, self.plan, self.ledger, author=self.author, now=self.clock())
        batch.keeps_ids = self.form.keeps_ids
        numbers = self.plan.order[self.job.done : self.job.done + BATCH]
        for line in self._alike(Line(*found) for found in self.plan.read(numbers)):
            batch.lines.append(line)
        return batch

    def _alike(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield lines as long as they are of one kind; a file is a batch of its own."""
        first = next(lines)
        yield first
        if first.kind != "attachment":
            for line in lines:
                if line.kind != first.kind:
                    return
                yield line

    def _commit(self, batch: Batch) -> int:
        """Write what became of the lines, and return how many are done now; raises Superseded."""
        outcomes = [line.outcome for line in batch.lines]
        existing, refused = outcomes.count(LineOutcome.EXISTS), outcomes.count(LineOutcome.REFUSED)
        done = self.job.done + len(outcomes)
        kept = self._held().update(
            done=done,
            taken=F("taken") + len(outcomes) - existing - refused,
            existing=F("existing") + existing,
            refused=F("refused") + refused,
            held_until=batch.now + LEASE,
            tries=0,
        )
        if not kept:
            raise Superseded
        ImportLine.objects.bulk_create([_row(self.job, line) for line in batch.lines], batch_size=500)
        return done

    def _held(self) -> ImportQuerySet:
        """Return the import, if it is held still and nobody else went on with it."""
        return Import.objects.held_by(self.job.held_by).filter(pk=self.job.pk, done=self.job.done)


def _author(job: Import) -> User:
    found: User | None = User.objects.active().filter(pk=job.user_id).first()
    if found is None:
        raise Invalid("This account is closed.")
    return found


def _row(job: Import, line: Line) -> ImportLine:
    record = line.record
    return ImportLine(
        job=job,
        number=line.number,
        place=record.place[:LONGEST],
        kind=line.kind,
        title=" ".join(_plain(record_title(record)).split())[:LONGEST],
        outcome=line.outcome or LineOutcome.REFUSED,
        messages=[_plain(message) for message in line.messages],
        subject_id=line.id if line.outcome != LineOutcome.REFUSED else None,
    )


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _hold(job: Import, *, now: datetime, **values: Any) -> None:
    """Go on holding an import; raises Superseded."""
    if not Import.objects.held_by(job.held_by).filter(pk=job.pk).update(held_until=now + LEASE, **values):
        raise Superseded


def claim(job: Import, *, now: datetime) -> None:
    """Take hold of a locked import that nobody is at."""
    hold(job, now=now)
    job.save(update_fields=["held_by", "held_until", "tries", "status", "started_at"])


def hold(job: Import, *, now: datetime) -> None:
    """Make an import, which the caller saves, that of a worker, by a name that no other has."""
    job.held_by, job.held_until, job.tries = uuid7(), now + LEASE, job.tries + 1
    job.status, job.started_at = ImportStatus.RUNNING, job.started_at or now


def let_go(job: Import, *, now: datetime) -> None:
    """Let another, or the same worker, try it at once."""
    Import.objects.held_by(job.held_by).filter(pk=job.pk).update(held_until=now)


@transaction.atomic
def finish(job: Import, status: ImportStatus, *, now: datetime, error: str = "") -> bool:
    """End an import that runs, and let go of its file; False when somebody ended it before."""
    row: Import | None = Import.objects.to_do().select_for_update().filter(pk=job.pk).first()
    if row is None:
        return False
    row.status, row.error, row.finished_at, row.held_by = status, error[:300], now, None
    discard(row, now=now)
    row.save(update_fields=["status", "error", "finished_at", "held_by", "file"])
    return True


def discard(job: Import, *, now: datetime) -> None:
    """Let the file of an import be deleted, once that is committed; the caller saves the row, or deletes it."""
    if job.file:
        DiscardedFile.objects.create(name=str(job.file.name), created_at=now)
        job.file.name = ""


def begin(job: Import, *, clock: Clock) -> Run | None:
    """Return the run of an import that is held; None when that ended it: its file cannot be read."""
    if job.tries > MOST_TRIES:
        finish(job, ImportStatus.FAILED, now=clock(), error="It could not be finished. What was taken stays.")
        return None
    try:
        return Run(job, clock=clock)
    except (Invalid, FileNotFoundError) as error:
        message = error.message if isinstance(error, Invalid) else "Its file is no more."
        finish(job, ImportStatus.FAILED, now=clock(), error=message)
        return None
