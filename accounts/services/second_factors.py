"""What a person has beside a password: an authenticator app and recovery codes. Passkeys stand beside."""

import logging
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db import transaction
from django_otp.oath import TOTP

from accounts import events
from accounts.limits import SECOND_STEP
from accounts.models import Authenticator, Passkey, RecoveryCode, User
from accounts.policies import Actor, locked_self
from accounts.sealing import Unreadable, seal, unseal
from accounts.services.commit import commit_user
from accounts.services.devices import end_devices
from accounts.services.mail import queue_notice
from accounts.services.sign_in import second_step
from config.errors import Conflict, Invalid, Unauthenticated
from config.throttling import Allowance, forgive, take

logger = logging.getLogger(__name__)
ISSUER = "Simple Todos"
SECRET_BYTES = 20  # 160 bits (RFC 4226 §4, R6)
TOLERANCE = 1  # steps of 30 seconds that a clock may be off (RFC 6238 §5.2)
DIGITS = 6
RECOVERY_CODES = 10
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32 (RFC 4648 §6)
GROUPS, GROUP = 5, 5  # 25 letters of 5 bits: 125 bits
AS_TYPED = str.maketrans("018", "OIB", " -")
"""What is not in base32 but looks like it, and what only groups."""


# The second step


def check_code(*, user: User, code: str, now: datetime) -> None:
    """Accept a code of the person's app or one of their recovery codes: each works once.

    Raises Unauthenticated, and RateLimited after five failures. The tries are counted outside SQL,
    so call it outside a transaction.
    """
    allowance = take_try(user)
    if not _use(user, code, now):
        raise failed(user, allowance, now)
    forgive(SECOND_STEP, user.pk)


def take_try(user: User) -> Allowance:
    """Count one try at a person's second step; raises RateLimited while it is paused."""
    return take(SECOND_STEP, user.pk)


def failed(user: User, allowance: Allowance, now: datetime) -> Unauthenticated:
    """Return the refusal of a try; the one that pauses the second step tells the person."""
    if allowance.remaining == 0:
        logger.warning("The second step of user %s is paused after %d failures", user.pk, SECOND_STEP.count)
        queue_notice(notice="locked_out", user=user, now=now)
    return Unauthenticated("That did not prove it is you. A code works once and only for a short time.")


@transaction.atomic
def _use(user: User, code: str, now: datetime) -> bool:
    person = locked_self(actor=user)
    return _use_app_code(person, code, now) or _use_recovery_code(person, code, now)


def _use_app_code(person: User, code: str, now: datetime) -> bool:
    authenticator = Authenticator.objects.confirmed().of(person.pk).locked().first()
    step = _step_of(code, authenticator, now) if authenticator else None
    if authenticator is None or step is None:
        return False
    authenticator.last_step = step
    authenticator.save(update_fields=["last_step"])
    return True


def _step_of(code: str, authenticator: Authenticator, now: datetime) -> int | None:
    """Return the time step that a code is of, unless that one or a later one was taken before."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        totp = TOTP(unseal(authenticator.secret))
    except Unreadable:
        logger.exception("The authenticator app of user %s cannot be checked", authenticator.user_id)
        return None
    totp.time = now.timestamp()
    return totp.t() if totp.verify(int(digits), TOLERANCE, min_t=authenticator.last_step + 1) else None


def _use_recovery_code(person: User, code: str, now: datetime) -> bool:
    deleted, _ = RecoveryCode.objects.of(person.pk).with_digest(_digest(code)).delete()
    if not deleted:
        return False
    left = RecoveryCode.objects.of(person.pk).count()
    commit_user(person, verb=events.RECOVERY_CODE_USED, data={"left": left}, now=now)
    queue_notice(notice="recovery_code_used", user=person, now=now, data={"about": f"{left} codes are left"})
    return True


# The authenticator app


@transaction.atomic
def begin_authenticator(*, actor: Actor, now: datetime) -> None:
    """Make a new secret for an app; it counts once a first code confirms it."""
    person = locked_self(actor=actor)
    if Authenticator.objects.confirmed().of(person.pk).exists():
        raise Conflict("An authenticator app is set up already. Remove it first to set up another one.")
    secret = seal(secrets.token_bytes(SECRET_BYTES))
    values = {"secret": secret, "last_step": -1, "created_at": now}
    Authenticator.objects.update_or_create(user=person, defaults=values)


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app takes in: its `otpauth:` address as a QR code, or the secret typed by hand."""

    address: str
    secret: str


def authenticator_in_setup(*, user: User) -> Setup | None:
    """Return what the app that waits for its first code must take in; None when there is none."""
    found = Authenticator.objects.unconfirmed().of(user.pk).first()
    if found is None:
        return None
    secret = b32encode(unseal(found.secret)).decode()
    query = urlencode({"secret": secret, "issuer": ISSUER}, quote_via=quote)
    address = f"otpauth://totp/{quote(ISSUER)}:{quote(user.email, safe='@')}?{query}"
    return Setup(address, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))


@transaction.atomic
def confirm_authenticator(*, actor: Actor, code: str, now: datetime, device_id: UUID | None = None) -> list[str]:
    """Let an app count from its first code on; returns new recovery codes if it is the first second factor.

    That one also ends every other device but `device_id` (S18). Raises Invalid for a wrong code.
    """
    person = locked_self(actor=actor)
    found = Authenticator.objects.unconfirmed().of(person.pk).locked().first()
    if found is None:
        raise Conflict("There is no authenticator app to confirm. Begin again.")
    step = _step_of(code, found, now)
    if step is None:
        raise Invalid.field("code", "That is not the code of the app just now. Try the next one.")
    is_first = not second_step(person)
    found.confirmed_at, found.last_step = now, step
    found.save(update_fields=["confirmed_at", "last_step"])
    codes = first_second_factor(person, now=now, device_id=device_id) if is_first else []
    commit_user(person, verb=events.AUTHENTICATOR_ADDED, data={}, now=now)
    queue_notice(notice="two_factor_on", user=person, now=now)
    return codes


def remove_authenticator(*, actor: User, code: str, now: datetime) -> None:
    """Forget the app, if `code` is one of it or a recovery code. Without another factor those go too."""
    check_code(user=actor, code=code, now=now)
    _remove_authenticator(actor, now)


@transaction.atomic
def _remove_authenticator(actor: User, now: datetime) -> None:
    person = locked_self(actor=actor)
    deleted, _ = Authenticator.objects.of(person.pk).delete()
    if deleted:
        last_second_factor_gone(person)
        commit_user(person, verb=events.AUTHENTICATOR_REMOVED, data={}, now=now)
        queue_notice(notice="two_factor_off", user=person, now=now)


# Recovery codes


@transaction.atomic
def renew_recovery_codes(*, actor: Actor, now: datetime) -> list[str]:
    """Replace every recovery code by ten new ones, which are shown now and never again."""
    person = locked_self(actor=actor)
    if not second_step(person):
        raise Conflict("Recovery codes are for when you have a second factor. Set one up first.")
    codes = _make_codes(person)
    commit_user(person, verb=events.RECOVERY_CODES_MADE, data={}, now=now)
    queue_notice(notice="recovery_codes_made", user=person, now=now)
    return codes


def _make_codes(person: User) -> list[str]:
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.of(person.pk).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=person, digest=_digest(code)) for code in codes)
    return codes


def _new_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _digest(code: str) -> str:
    """Return what is stored of a code. 125 random bits need no salt and no slow hash."""
    return sha256(code.upper().translate(AS_TYPED).encode()).hexdigest()


# What the first and the last second factor bring, for a locked person


def first_second_factor(person: User, *, now: datetime, device_id: UUID | None) -> list[str]:
    """End what came in without a second factor, and return the codes for the day it is lost."""
    end_devices(user=person, now=now, keep=device_id)
    return _make_codes(person)


def last_second_factor_gone(person: User) -> None:
    """Forget the recovery codes of a person who has nothing left to recover."""
    if not second_step(person):
        RecoveryCode.objects.of(person.pk).delete()


def remove_second_factors(*, user: User) -> tuple[str, ...]:
    """Forget everything but the password, in the transaction of whoever resets a person's sign-in.

    Returns the names of what there was.
    """
    found = second_step(user)
    for kind in (Authenticator, Passkey, RecoveryCode):
        kind.objects.of(user.pk).delete()
    forgive(SECOND_STEP, user.pk)
    return found
