"""Everything of one person as one JSON document, written while it is read."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from accounts.limits import EXPORT
from accounts.models import ApiToken, Device, Identity, Invitation, Passkey, User
from accounts.policies import Actor
from accounts.registry import exported
from activity.services.reading import timeline
from config.errors import Unauthenticated
from config.throttling import take

BATCH = 500
CHUNK = 32 * 1024
ACCOUNT = (
    "id", "email", "name", "role", "email_verified_at", "time_zone", "week_start", "language", "theme", "shortcuts",
    "created_at", "updated_at",
)  # fmt: skip
EVENT = (
    "id", "created_at", "scope", "revision", "actor_id", "actor_name", "verb",
    "subject_type", "subject_id", "subject_title", "data",
)  # fmt: skip
OPTIONS = orjson.OPT_UTC_Z
Rows = Iterable[Mapping[str, Any]]


def export_account(*, actor: Actor, now: datetime) -> Iterator[bytes]:
    """Return a person's data in pieces of one JSON object, as of one moment, whatever its size.

    It holds no secret: tokens and passkeys are in it by name.
    """
    take(EXPORT, actor.pk)
    account = User.objects.active().filter(pk=actor.pk).values(*ACCOUNT).first()
    if account is None:
        raise Unauthenticated("This account is closed.")
    return in_chunks(_document(account, now))


def export_name(now: datetime, ending: str = "json") -> str:
    """Return what the file of an export is called."""
    return f"simple-todos-{now:%Y-%m-%d}.{ending}"


def _document(account: dict[str, Any], now: datetime) -> Iterator[bytes]:
    return write_document({"account": account}, _sections(account["id"]), now=now)


def write_document(head: Mapping[str, Any], sections: Iterable[tuple[str, Rows]], *, now: datetime) -> Iterator[bytes]:
    """Yield one JSON object: the head, then a list of rows under each name, all as of one moment."""
    yield orjson.dumps({"format": "simple-todos", "version": 1, "exported_at": now, **head}, option=OPTIONS)[:-1]
    with snapshot():
        for name, rows in sections:
            yield b",\n" + orjson.dumps(name) + b":["
            for index, row in enumerate(rows):
                yield (b",\n" if index else b"\n") + orjson.dumps(row, option=OPTIONS)
            yield b"]"
    yield b"}\n"


def _sections(user_id: UUID) -> Iterator[tuple[str, Rows]]:
    devices = Device.objects.of(user_id).values("id", "kind", "label", "ip", "created_at", "last_used_at", "revoked_at")
    tokens = ApiToken.objects.of(user_id).values("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
    passkeys = Passkey.objects.of(user_id).values("id", "name", "created_at", "last_used_at")
    identities = Identity.objects.of(user_id).values("id", "provider", "subject", "email", "created_at", "last_used_at")
    invitations = Invitation.objects.filter(invited_by=user_id).values(
        "id", "email", "role", "created_at", "expires_at"
    )
    own = {
        "devices": devices,
        "api_tokens": tokens,
        "passkeys": passkeys,
        "identities": identities,
        "invitations": invitations,
    }
    for name, rows in own.items():
        yield name, rows.order_by("pk").iterator(BATCH)
    for name, rows_of in exported.items():
        yield name, rows_of(user_id)
    events = timeline(actor_id=user_id).iterator()
    yield "events", ({name: getattr(event, name) for name in EVENT} for event in events)


@contextmanager
def snapshot() -> Iterator[None]:
    """Let every query read the same moment.

    SQLite gets no Django transaction: ours begin by taking the write lock, and a slow reader would
    keep everybody from writing.
    """
    if connection.in_atomic_block or _is_reading():
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        connection.ensure_connection()
        connection.connection.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            connection.connection.execute("ROLLBACK")


def _is_reading() -> bool:
    """Say whether SQLite is in a snapshot of ours already."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Gather pieces, so that a row is not a packet; the head goes out at once."""
    pieces = iter(pieces)
    yield next(pieces)
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= CHUNK:
            yield bytes(held)
            held.clear()
    yield bytes(held)
