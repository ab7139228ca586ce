"""How often something may be tried, counted in the cache that all servers share.

Without Redis the counters live in the server process: the embedded default has one.
"""

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.cache import caches

from config.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` tries in `window` seconds, counted from the first."""

    name: str
    count: int
    window: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit, and the seconds until it is whole again."""

    limit: Limit
    remaining: int
    reset: int


def take(limit: Limit, *who: object) -> Allowance:
    """Count one try of `who`; raises RateLimited once there were too many.

    It counts before the try is made, so that tries side by side cannot slip through, and outside
    SQL, so that no rollback takes it back.
    """
    cache, key = caches["limits"], _key(limit, who)
    until: Any = cache.get_or_set(f"{key}:until", lambda: time.time() + limit.window, limit.window)
    cache.add(key, 0, limit.window)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two
        count = 1
    reset = max(int(float(until) - time.time()) + 1, 1)
    if count > limit.count:
        raise RateLimited("Too many tries. Wait a little, then try again.", retry_after=reset)
    return Allowance(limit, limit.count - count, reset)


def forgive(limit: Limit, *who: object) -> None:
    """Forget the tries of `who`: the last one was right."""
    key = _key(limit, who)
    caches["limits"].delete_many([key, f"{key}:until"])


def _key(limit: Limit, who: tuple[object, ...]) -> str:
    name = sha256("\x00".join(map(str, who)).encode()).hexdigest()[:32]
    return f"{limit.name}:{name}"
