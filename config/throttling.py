"""How often something may be tried, counted in the cache that all servers share.

Our own counters instead of django-axes: it knows passwords only, and counts after the try by
reading and then writing, so that tries side by side slip through. These count every kind of try,
before it is made, in one atomic step. Without Redis the counters live in the server process: the
embedded default has one.
"""

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from math import ceil
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
    SQL, so that no rollback takes it back. An IPv6 address counts as its /64, which is what one
    subscriber has. While Redis is away this raises its error, and nothing is tried.
    """
    cache: Any = caches["limits"]
    return allowance(limit, *cache.count(key_of(limit, *who), limit.window))


def allowance(limit: Limit, count: int, left: float) -> Allowance:
    """Return what a count leaves of its limit, or raise RateLimited."""
    reset = max(ceil(left), 1)
    if count > limit.count:
        raise RateLimited("Too many tries. Wait a little, then try again.", retry_after=reset)
    return Allowance(limit, limit.count - count, reset)


def forgive(limit: Limit, *who: object) -> None:
    """Forget the tries of `who`: the last one was right."""
    caches["limits"].delete(key_of(limit, *who))


def give_back(limit: Limit, *who: object) -> None:
    """Take one try of `who` off the count: it was right, those before it stay counted."""
    cache: Any = caches["limits"]
    cache.uncount(key_of(limit, *who))


def key_of(limit: Limit, *who: object) -> str:
    """Return the key of a counter, which shows nobody's address."""
    name = sha256("\x00".join(map(_counted_as, who)).encode()).hexdigest()[:32]
    return f"{limit.name}:{name}"


def _counted_as(part: object) -> str:
    text = str(part)
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed[:8] + bytes(8), 64)))
