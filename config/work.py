"""The worker: small idempotent sweeps over rows that wait, each when it is due."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

from config.http import ANY_STORE_ERROR

logger = logging.getLogger(__name__)
Sweep = Callable[[datetime], int]
RETRY = 10.0
"""Seconds until a sweep that failed is tried again, unless it is due sooner."""
STEP = 0.5
"""Seconds after which a waiting worker notices that it is to stop."""


class Worker:
    """Runs sweeps until told to stop; any number of workers may run beside one another.

    A sweep takes the time and returns how many rows it dealt with. One that fails leaves the
    others running: a store that is away is one warning however long it stays away, and one word
    when the sweep works again; a fault of ours has its traceback.
    """

    def __init__(self, sweeps: Mapping[str, timedelta]) -> None:
        self.sweeps: dict[str, Sweep] = {name: import_string(name) for name in sweeps}
        self.intervals = {name: interval.total_seconds() for name, interval in sweeps.items()}
        self.due = dict.fromkeys(sweeps, time.monotonic())
        self.waiting: set[str] = set()
        self.stopping = False

    def stop(self) -> None:
        """End after the sweep that is running."""
        # A flag and no threading.Event: a signal may come while the same thread holds the Event's lock.
        self.stopping = True

    def goes_on(self) -> bool:
        """Say whether nobody told the worker to stop."""
        return not self.stopping

    def run(self) -> None:
        """Run each sweep when it is due, until stopped."""
        logger.info("Worker started with %d sweeps", len(self.sweeps))
        while self.goes_on():
            for name in [name for name, moment in self.due.items() if moment <= time.monotonic()]:
                if not self.goes_on():
                    break
                wait = self.intervals[name] if self.sweep(name) else min(self.intervals[name], RETRY)
                self.due[name] = time.monotonic() + wait
                close_old_connections()  # after an error or their age, as a request would
            earliest = min(self.due.values(), default=time.monotonic() + RETRY)
            while self.goes_on() and (left := earliest - time.monotonic()) > 0:
                time.sleep(min(left, STEP))
        logger.info("Worker stopped")

    def run_once(self) -> list[str]:
        """Run every sweep once and return the names of those that failed."""
        return [name for name in self.sweeps if not self.sweep(name)]

    def sweep(self, name: str) -> bool:
        """Run one sweep; False when it failed."""
        try:
            count = self.sweeps[name](timezone.now())
        except ANY_STORE_ERROR as error:
            level = logging.DEBUG if name in self.waiting else logging.WARNING
            logger.log(level, "%s waits, a store is away or busy: %s: %s", name, type(error).__name__, _line(error))
            self.waiting.add(name)
            return False
        except Exception:  # the others must not stay undone for the fault of one
            logger.exception("%s failed", name)
            return False
        if name in self.waiting:
            logger.info("%s works again", name)
            self.waiting.remove(name)
        if count > 0:
            logger.info("%s: %d", name, count)
        return True


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
