"""Tokens for scripts: making them, knowing them again, taking them back."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.limits import API_TOKEN_OF_ADDRESS
from accounts.models import ApiToken, User
from accounts.policies import Actor, locked_self
from accounts.scopes import expanded
from accounts.services.commit import commit_user
from accounts.services.mail import queue_notice
from activity.services.recording import Subject
from config.errors import Conflict, Invalid, NotFound, Unauthenticated
from config.throttling import take

MARK = "st_"
"""What every secret begins with: it tells a token from a JWT, and secret scanners what they found."""
SHOWN = len(MARK) + 8
MOST = 50
USE_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, and its secret, which is never seen again."""

    token: ApiToken
    secret: str


@transaction.atomic
def create_token(
    *, actor: Actor, name: str, scopes: Collection[str], now: datetime, expires_at: datetime | None = None
) -> NewToken:
    """Make a token that may do what its scopes say, until it expires.

    Raises Invalid without a scope or with an end in the past, Conflict beyond 50 tokens.
    """
    person = locked_self(actor=actor)
    meant = expanded(scopes)
    if not meant:
        raise Invalid.field("scopes", "Choose at least one scope.")
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "Choose an end in the future.")
    if ApiToken.objects.of(person.pk).count() >= MOST:
        raise Conflict(f"You have {MOST} tokens already. Revoke one first.")
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=person,
        name=name.strip(),
        prefix=secret[:SHOWN],
        digest=_digest(secret),
        scopes=meant,
        created_at=now,
        expires_at=expires_at,
    )
    _record(person, token, verb=events.API_TOKEN_CREATED, now=now)
    queue_notice(notice="api_token_made", user=person, now=now, data={"about": token.name})
    return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: UUID, now: datetime) -> None:
    """Take one of one's own tokens back: it is refused from the next request on."""
    person = locked_self(actor=actor)
    token = ApiToken.objects.of(person.pk).filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    _record(person, token, verb=events.API_TOKEN_REVOKED, now=now)
    token.delete()


def bearer_of(*, secret: str, ip: str | None, now: datetime) -> ApiToken:
    """Return the token, with its person, that a secret belongs to: one query, and once a minute a note of its use.

    Raises Unauthenticated; an address that brings many wrong ones gets RateLimited instead. Right
    ones are not counted: there is nothing to guess in 256 bits, and scripts call often.
    """
    token: ApiToken | None = ApiToken.objects.live(now).with_digest(_digest(secret)).for_bearer().first()
    if token is None:
        take(API_TOKEN_OF_ADDRESS, ip)
        raise Unauthenticated("The token is not valid or has expired.")
    if token.last_used_at is None or now - token.last_used_at >= USE_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_ip=ip)
    return token


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _record(person: User, token: ApiToken, *, verb: str, now: datetime) -> None:
    subject = Subject("api_token", token.pk, token.name)
    data = {"scopes": token.scopes, "expires_at": token.expires_at}
    commit_user(person, verb=verb, data=data, now=now, subject=subject)
