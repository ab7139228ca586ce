"""The state of each device's tokens, in Redis or in the database cache.

A device is live while its key is there; taking the key away refuses its tokens from the next
request on. An entry that is lost signs a device out: it never lets one back in.

The caller of `rotate` holds the device's row lock, which makes each swap atomic in any store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches

from accounts.tokens import new_jti
from config.errors import Unauthenticated


class ReuseDetected(Unauthenticated):
    """A refresh token came a second time: somebody holds a copy."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The refresh token that now counts, and when it was made."""

    jti: str
    at: datetime


def start(*, device_id: UUID, now: datetime) -> Rotation:
    """Make a device live and return its first refresh token's id."""
    return _store(device_id, jti=new_jti(), previous="", now=now)


def rotate(*, device_id: UUID, jti: str, now: datetime) -> Rotation:
    """Swap the refresh token `jti` for a new one.

    Within the grace after a swap the token just spent gets the same successor again: two tabs
    may refresh at once. Any older one raises ReuseDetected; a device that is not live raises
    Unauthenticated.
    """
    state = caches["tokens"].get(_key(device_id))
    if state is None:
        raise Unauthenticated("This device is signed out.")
    if state["jti"] == jti:
        return _store(device_id, jti=new_jti(), previous=jti, now=now)
    swapped = datetime.fromisoformat(state["at"])
    if state["previous"] == jti and now - swapped <= settings.REFRESH_GRACE:
        return Rotation(state["jti"], swapped)
    raise ReuseDetected("This device was signed out because a refresh token was used twice.")


def is_live(device_id: UUID) -> bool:
    """Say whether the device's tokens count: one round trip."""
    return caches["tokens"].get(_key(device_id)) is not None


def is_live_beside(device_id: UUID, queue: Callable[[Any], None]) -> tuple[bool, list[Any] | None]:
    """Say whether the device's tokens count, and in the same round trip run what `queue` puts into the pipeline.

    Its replies come second; None says that there is no Redis to share, and that nothing of it was run.
    """
    states: Any = caches["tokens"]
    if not hasattr(states, "client"):
        return is_live(device_id), None
    pipeline = states.client.get_client(write=True).pipeline(transaction=False)
    pipeline.exists(states.client.make_key(_key(device_id)))
    queue(pipeline)
    live, *replies = pipeline.execute()
    return bool(live), replies


def end(*device_ids: UUID) -> None:
    """Refuse every token of these devices from now on."""
    if device_ids:
        caches["tokens"].delete_many([_key(device_id) for device_id in device_ids])


def _key(device_id: UUID) -> str:
    return f"device:{device_id}"


def _store(device_id: UUID, *, jti: str, previous: str, now: datetime) -> Rotation:
    lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    state = {"jti": jti, "previous": previous, "at": now.isoformat()}
    caches["tokens"].set(_key(device_id), state, timeout=int(lifetime.total_seconds()))
    return Rotation(jti, now)
