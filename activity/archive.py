"""The archive of events: whether there is one, whether it answers, and how long it is waited for."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from activity.routers import ARCHIVE

try:
    import pymongo
    from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
except ImportError:  # the embedded default serves without MongoDB's client
    pymongo = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
KNOCK = 0.3
"""Seconds in which the archive has to say that it is there.

Its driver looks for a server in steps of half a second, the last of which may begin just in time:
up to 0.8 s in all, and the page is to be there within one.
"""
PATIENCE = 0.7
"""Seconds that a reader waits for what an archive that is there has to look up."""
PAUSE = 5.0
"""Seconds in which nobody asks an archive again that did not answer."""

ERRORS: tuple[type[Exception], ...] = (DatabaseError, InterfaceError, *((PyMongoError,) if pymongo else ()))
"""What an archive may answer with. The backend lets some of the driver's errors through as they are."""


OUT_OF_SORTS = frozenset((8, 13, 18, 64, 8000, 14031))
"""Codes of a server that would refuse any event: rights, write concern, no room left on its disk."""


class ArchiveAway(OperationalError):
    """The archive does not answer: what it has cannot be read or added to just now."""


class Breaker:
    """Remembers in this process that the archive is away, so that not every reader waits for it."""

    def __init__(self) -> None:
        self.closed_from = 0.0
        self.told = False

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_from

    def check(self) -> None:
        """Raise ArchiveAway while nobody is to ask."""
        if self.is_open:
            raise ArchiveAway("It did not answer a moment ago.")

    def trip(self, error: Exception) -> None:
        if not self.told:
            logger.warning("The archive is away: %s", _line(error))
        self.told, self.closed_from = True, time.monotonic() + PAUSE

    def reset(self) -> None:
        if self.told:
            logger.info("The archive answers again")
        self.told, self.closed_from = False, 0.0


breaker = Breaker()


def is_configured() -> bool:
    """Say whether events have an archive; without one the journal keeps them all."""
    return bool(settings.ACTIVITY_ARCHIVE)


def is_prepared() -> bool:
    """Say whether its migrations have run: without them it would fill up with no index, nor could they run later."""
    executor = MigrationExecutor(connections[ARCHIVE])
    return not executor.migration_plan([node for node in executor.loader.graph.leaf_nodes() if node[0] == "activity"])


@cache
def require_prepared() -> None:
    """Raise ArchiveAway until its migrations have run; afterwards, nobody asks again."""
    if not is_prepared():
        raise ArchiveAway("It is not prepared. Run: manage.py migrate --database activity")


@contextmanager
def answering(patience: float = PATIENCE) -> Iterator[None]:
    """Run queries on the archive; raises ArchiveAway for any fault of it, within the seconds of `patience`.

    One that is not there is waited for no longer than by `knock`.
    """
    breaker.check()
    try:
        knock()
        with within(patience):
            yield
    except ERRORS as error:
        breaker.trip(error)
        raise ArchiveAway(_line(error)) from error
    breaker.reset()


def knock() -> None:
    """Fail soon when nobody is there: whoever waits for an answer would wait as long for a server."""
    store: Any = connections[ARCHIVE]
    if store.vendor == "mongodb":
        with within(KNOCK):
            store.database.command("ping")


def within(seconds: float) -> AbstractContextManager[object]:
    """Bound all that the block asks of a MongoDB archive, together."""
    return pymongo.timeout(seconds) if pymongo else nullcontext()


def is_away(error: BaseException | None) -> bool:
    """Say whether an error means that the archive takes nothing now, rather than that it refused one event."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        if pymongo and isinstance(error, PyMongoError) and (isinstance(error, ConnectionFailure) or error.timeout):
            return True
        if pymongo and isinstance(error, OperationFailure) and not OUT_OF_SORTS.isdisjoint(_codes(error)):
            return True
        error = error.__cause__
    return False


def _codes(error: "OperationFailure") -> set[int]:
    """Return what a server's answer is numbered by, in the whole and for each document and concern."""
    details = error.details or {}
    parts = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    return {code for code in (error.code, *(part.get("code") for part in parts)) if code is not None}


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
