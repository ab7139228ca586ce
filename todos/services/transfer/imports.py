"""A person's imports: brought, watched, stopped, and worked on."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.limits import IMPORT
from accounts.policies import Actor, locked_self
from config.errors import Conflict, Invalid
from config.throttling import take
from todos import policies
from todos.domain.files import clean_file_name
from todos.models import Import, ImportStatus
from todos.services.attachments import sweep_folder
from todos.services.purge import sweep_discarded_files
from todos.services.transfer.formats import format_of
from todos.services.transfer.running import Clock, Run, Superseded, begin, claim, discard, finish, hold, let_go

MOST_AT_ONCE = 3
"""Imports of one person that wait or run."""
ROUND = 2.0
"""Seconds after which the worker looks after other things."""
KEPT = timedelta(days=30)
BATCH = 100


def start_import(
    *,
    actor: Actor,
    upload: "File[bytes]",
    now: datetime,
    form: str = "",
    project_id: UUID | None = None,
    is_dry_run: bool = False,
) -> Import:
    """Keep a file for the worker to take in; a dry run tells what would come of it, and changes nothing.

    `form` is its format, told by its content unless given; what has no project in it goes into
    `project_id`, or the inbox. Raises Invalid, RateLimited, and Conflict while too many wait.
    """
    take(IMPORT, actor.pk)
    job = prepare_import(actor=actor, upload=upload, form=form, project_id=project_id, is_dry_run=is_dry_run, now=now)
    return keep_import(job, upload=upload, actor=actor)


def prepare_import(
    *, actor: Actor, upload: "File[bytes]", form: str, project_id: UUID | None, is_dry_run: bool, now: datetime
) -> Import:
    """Return an import that is still to be kept; raises Invalid, and as `policies.project_to_share_in` does."""
    if not upload.size:
        raise Invalid.field("file", "The file is empty.")
    if upload.size > settings.IMPORT_MAX:
        raise Invalid.field("file", f"A file has at most {settings.IMPORT_MAX // 1_000_000} MB.")
    if project_id is not None:
        policies.project_to_share_in(actor=actor, project_id=project_id)
    name = clean_file_name(upload.name or "")
    found = format_of(upload, name=name, said=form)  # type: ignore[arg-type]  # a file, as io has them
    upload.seek(0)
    return Import(
        user_id=actor.pk, format=found.name, name=name, project_id=project_id, is_dry_run=is_dry_run, created_at=now
    )


def keep_import(job: Import, *, upload: "File[bytes]", actor: Actor) -> Import:
    """Put the file into the storage and the import in line, in a place that nobody waits for."""
    job.file.save("", upload, save=False)
    try:
        with transaction.atomic():
            locked_self(actor=actor)  # two at once must not both find room
            if Import.objects.of(actor.pk).to_do().count() >= MOST_AT_ONCE:
                raise Conflict(f"{MOST_AT_ONCE} imports of yours wait already. Let one finish, or cancel it.")
            job.save(force_insert=True)
    except BaseException:
        job.file.delete(save=False)
        raise
    return job


def cancel_import(*, actor: Actor, import_id: UUID, now: datetime) -> None:
    """Stop an import that waits or runs: what was taken stays. One that is over is forgotten."""
    job = policies.own_import(actor=actor, import_id=import_id)
    if not finish(job, ImportStatus.CANCELLED, now=now):
        job.delete()


_present: dict[str, Run] = {}
"""What this worker is at: it goes on with it in the next round, without reading the file again."""


def sweep_imports(now: datetime) -> int:
    """Go on with the oldest import for a while; returns how many things were dealt with."""
    count, end = 0, time.monotonic() + ROUND
    while time.monotonic() < end:
        run = _present.pop("run", None) or _claim_next()
        if run is None:
            break
        count += _go_on(run, until=lambda: time.monotonic() >= end)
    return count


def _claim_next() -> Run | None:
    """Return the run of the oldest import that can be begun, if there is one."""
    while True:
        with transaction.atomic():
            job: Import | None = Import.objects.claimable(timezone.now()).first()
            if job is None:
                return None
            claim(job, now=timezone.now())
        if run := begin(job, clock=timezone.now):
            return run


def _go_on(run: Run, *, until: Callable[[], bool]) -> int:
    """Take batches until it is over, or time; returns how many things were dealt with."""
    before = run.job.done
    try:
        while not run.is_over:
            run.step()
            if until() and not run.is_over:
                _present["run"] = run
                return run.job.done - before
        finish(run.job, ImportStatus.DONE, now=run.clock())
        sweep_discarded_files(run.clock())
    except Superseded:
        pass
    except BaseException:
        let_go(run.job, now=run.clock())
        run.close()
        raise
    run.close()
    return run.job.done - before


def import_now(
    *,
    actor: Actor,
    upload: "File[bytes]",
    form: str,
    project_id: UUID | None,
    is_dry_run: bool,
    clock: Clock,
    told: Callable[[Import], None],
) -> Import:
    """Take a file in before the eyes of whoever asked for it, who is `told` after each batch; returns the import.

    It is held from the beginning, so that a worker goes on with it only if this ends too early.
    """
    job = prepare_import(
        actor=actor, upload=upload, form=form, project_id=project_id, is_dry_run=is_dry_run, now=clock()
    )
    hold(job, now=clock())
    keep_import(job, upload=upload, actor=actor)

    def watch() -> bool:
        told(policies.own_import(actor=actor, import_id=job.pk))
        return False

    if run := begin(job, clock=clock):
        _go_on(run, until=watch)
    return policies.own_import(actor=actor, import_id=job.pk)


def sweep_old_imports(now: datetime) -> int:
    """Forget imports that were over long ago, and delete files whose import was never kept; returns how many."""
    old = list(Import.objects.finished_before(now - KEPT).order_by("finished_at")[:BATCH])
    with transaction.atomic():
        for job in old:
            discard(job, now=now)
        Import.objects.filter(pk__in=[job.pk for job in old]).delete()
    return len(old) + sweep_folder(PurePosixPath("imports"), Import, now)
