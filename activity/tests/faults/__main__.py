import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from activity.tests.faults.processes import Archive, Worker, Writer
from activity.tests.scratch import scratch_database

KILL, STOP, NONE = "kill the archive", "stop the archive", ""


class Fault(NamedTuple):
    """What happens to the archive, for how many seconds, and whether a worker is killed meanwhile.

    Drivers try again for 20 s: only an archive that is away for longer is given up.
    """

    archive: str
    seconds: float = 0
    worker: bool = False

    def __str__(self) -> str:
        archive = f"{self.archive} for {self.seconds:g} s" if self.archive else ""
        return " and ".join(filter(None, (archive, "kill a worker" if self.worker else "")))


FULL = (
    Fault(KILL, 3),
    Fault(NONE, worker=True),
    Fault(KILL, 5, worker=True),
    Fault(KILL, 25),
    Fault(STOP, 20),
    Fault(KILL, 1),
    Fault(KILL, 5, worker=True),
    Fault(KILL, 1),
)
SHORT = (Fault(KILL, 5, worker=True), Fault(STOP, 5), Fault(KILL, 1))
EMAILS = ("one@example.org", "two@example.org")
MONGOD = "mongod --dbpath {data} --port {port} --bind_ip 127.0.0.1"


class Run:
    """The load, the faults, and what was seen of the lag meanwhile."""

    def __init__(self, archive: Archive, folder: Path, pace: float) -> None:
        self.archive = archive
        self.workers = [Worker(number, folder) for number in (1, 2)]
        project = _arrange()
        self.writers = [Writer(number, folder, email, project, pace) for number, email in enumerate(EMAILS, 1)]
        self.worst_lag = self.worst_return = self.drained_in = 0.0
        self.mid_flight = 0

    def fault(self, fault: Fault) -> None:
        """Let something go wrong at a moment when events are on their way, then let it be well again."""
        mid_flight = _wait_for_batch()
        self.mid_flight += mid_flight
        if fault.archive:
            self.archive.signal(signal.SIGSTOP if fault.archive == STOP else signal.SIGKILL)
        self.look_on(fault.seconds)
        if fault.worker:
            worker = random.choice(self.workers)
            worker.kill()
            worker.start()
        if fault.archive == STOP:
            self.archive.signal(signal.SIGCONT)
        elif fault.archive:
            self.archive.start()
        self.worst_return = max(self.worst_return, _wait_for_relay())
        print(f"  {fault}{', events on their way' if mid_flight else ''}", flush=True)

    def look_on(self, seconds: float) -> None:
        """Let time pass, and note the lag."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.worst_lag = max(self.worst_lag, _lag())
            time.sleep(0.2)

    def drain(self, patience: float = 150) -> list[str]:
        """Stop the writers, wait until nothing waits, stop the workers; returns what went wrong with them."""
        codes = {f"Writer {number}": writer.stop() for number, writer in enumerate(self.writers, 1)}
        began = time.monotonic()
        while _lag() and time.monotonic() < began + patience:
            self.look_on(0.5)
        self.drained_in = time.monotonic() - began
        codes |= {f"Worker {number}": worker.stop() for number, worker in enumerate(self.workers, 1)}
        return [f"{who} ended with {code}" for who, code in codes.items() if code]

    def end(self) -> None:
        """Leave no process behind."""
        for process in [each.process for each in self.writers] + [each.process for each in self.workers]:
            if process.poll() is None:
                process.kill()


def main() -> int:
    options = _options()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("Name a PostgreSQL server in DATABASE_URL: SQLite lets one writer in at a time.")
    os.environ.pop("REDIS_URL", None)  # its keys are others'; tables do as well
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    archive = Archive(options.archive_start, options.archive_port, folder)
    archive.start()
    print(f"The archive: MongoDB {archive.version()} at {archive.url}, started by: {options.archive_start}")
    os.environ["MONGODB_URL"] = archive.url
    try:
        with scratch_database("faults"):
            broken = _run(archive, folder, options)
    finally:
        archive.end()
    if broken:
        print(*(f"BROKEN: {what}" for what in broken), f"The logs are in {folder}", sep="\n")
    else:
        shutil.rmtree(folder)
        print("The history is whole.")
    return len(broken) > 0


def _run(archive: Archive, folder: Path, options: argparse.Namespace) -> list[str]:
    from activity.tests.faults.checking import Diary, violations

    faults = SHORT if options.short else FULL
    run = Run(archive, folder, options.pace)
    try:
        _wait_for_relay()
        run.look_on(3)
        for fault in faults:
            run.fault(fault)
            run.look_on(random.uniform(2, 8))
        broken = run.drain()
    finally:
        run.end()
    diary = Diary.read(writer.diary for writer in run.writers)
    kills, stops = (sum(fault.archive == what for fault in faults) for what in (KILL, STOP))
    print(
        f"{len(diary.kept)} changes committed, {len(diary.undone)} rolled back, {len(diary.failed)} failed; "
        f"a write took {median(diary.seconds) * 1000:.1f} ms (median), {max(diary.seconds) * 1000:.0f} ms at worst.\n"
        f"Archive killed: {kills}, stopped: {stops}; workers killed: {sum(fault.worker for fault in faults)}. "
        f"Events were on their way {run.mid_flight} of {len(faults)} times.\n"
        f"The journal was {run.worst_lag:.0f} s ahead at worst; relaying went on {run.worst_return:.1f} s after the "
        f"archive was back, at worst; all was drained {run.drained_in:.0f} s after the last write."
    )
    return [*broken, *violations(diary)]


def _arrange() -> str:
    """Sign two people up and give them a project together; returns its id."""
    from django.utils import timezone

    from accounts.services.users import register_user
    from todos.models import Membership
    from todos.services.projects import create_project

    first, second = (register_user(email=email, password=None, name=email[:3], now=timezone.now()) for email in EMAILS)
    project = create_project(actor=first, title="Shared", now=timezone.now())
    Membership.objects.create(project=project, user=second, role="editor")
    return str(project.pk)


def _lag() -> float:
    """Return the age in seconds of the oldest event that the archive has not acknowledged; 0 when there is none."""
    from django.utils import timezone

    from activity.models import Event

    oldest = Event.objects.journal().filter(archived_at=None).order_by("created_at").first()
    return (timezone.now() - oldest.created_at).total_seconds() if oldest else 0.0


def _wait_for_batch(patience: float = 5) -> bool:
    """Wait until events are on their way; False when none were for so long."""
    from activity.models import Batch

    end = time.monotonic() + patience
    while time.monotonic() < end:
        if Batch.objects.exists():
            return True
        time.sleep(0.005)
    return False


def _wait_for_relay(patience: float = 90) -> float:
    """Return after how many seconds the next events were acknowledged."""
    from django.utils import timezone

    from activity.models import Event

    began, now = time.monotonic(), timezone.now()
    while time.monotonic() < began + patience and not Event.objects.journal().filter(archived_at__gt=now).exists():
        time.sleep(0.1)
    return time.monotonic() - began


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m activity.tests.faults", description="Tries to break the history.")
    parser.add_argument("--short", action="store_true", help="Fewer faults: a minute or two.")
    parser.add_argument("--pace", type=float, default=0.02, help="Seconds that a writer waits between two writes.")
    parser.add_argument("--archive-start", default=MONGOD, help="How to start it, with {port} and {data}: %(default)s")
    parser.add_argument("--archive-port", type=int, default=0, help="Its port; by default one that is free.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
