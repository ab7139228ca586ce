"""The first step of every way in: who is it? And is that enough?"""

import hmac
import logging
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.contrib.auth import authenticate

from accounts import policies
from accounts.limits import PASSWORD, PASSWORD_OF_ACCOUNT, PASSWORD_OF_ADDRESS
from accounts.models import Authenticator, Passkey, RecoveryCode, User
from accounts.policies import Actor
from accounts.querysets import normal_email
from accounts.services.mail import queue_notice
from config.errors import Invalid, Unauthenticated
from config.throttling import forgive, give_back, take

logger = logging.getLogger(__name__)
TOTP, PASSKEY, RECOVERY_CODE = "totp", "passkey", "recovery_code"
"""The methods of a second step."""


def check_password(*, email: str, password: str, ip: str | None, now: datetime) -> User:
    """Return the active person with this address and password.

    Unknown addresses, closed accounts and people without a password take as long as others, and
    raise Unauthenticated alike. Too many tries raise RateLimited before anything is hashed. Call
    it outside a transaction.
    """
    name = normal_email(email)
    take(PASSWORD, name, ip)
    take(PASSWORD_OF_ADDRESS, ip)
    allowance = take(PASSWORD_OF_ACCOUNT, name)
    user = authenticate(email=name, password=password)
    if not isinstance(user, User):
        if not allowance.remaining:
            _tell_of_pause(name, now)
        raise Unauthenticated("The e-mail address or the password is not right.")
    forgive_tries(email=name, ip=ip)
    give_back(PASSWORD_OF_ADDRESS, ip)
    return user


def _tell_of_pause(email: str, now: datetime) -> None:
    user = User.objects.active().with_email(email).first()
    if user is not None:
        logger.warning("Passwords of user %s are paused after %d failures", user.pk, PASSWORD_OF_ACCOUNT.count)
        queue_notice(notice="password_paused", user=user, now=now)


def forgive_tries(*, email: str, ip: str | None) -> None:
    """Forget the wrong passwords of an account whose owner has just proven themselves.

    Those of the address stay counted: who guesses at many accounts may own one of them.
    """
    forgive(PASSWORD, email, ip)
    forgive(PASSWORD_OF_ACCOUNT, email)


def require_own_password(*, actor: Actor, password: str, ip: str | None, now: datetime) -> None:
    """Make sure that somebody signed in who has a password knows it, as `check_password` does.

    Raises Invalid for the field `password`.
    """
    user = User.objects.active().filter(pk=actor.pk).first()
    if user is None or not user.has_usable_password():
        return
    try:
        check_password(email=user.email, password=password, ip=ip, now=now)
    except Unauthenticated:
        raise Invalid.field("password", "That is not your password.") from None


def second_step(user: User) -> tuple[str, ...]:
    """Return the methods of a person's second step; none means that the first is enough."""
    found = []
    if Authenticator.objects.confirmed().of(user.pk).exists():
        found.append(TOTP)
    if Passkey.objects.of(user.pk).exists():
        found.append(PASSKEY)
    if found and RecoveryCode.objects.of(user.pk).exists():
        found.append(RECOVERY_CODE)
    return tuple(found)


def lacks_second_factor(user: User) -> bool:
    """Say whether a person must have a second factor (settings.SECOND_FACTOR) and has none."""
    return policies.must_have_second_factor(user) and not second_step(user)


def first_step_proof(user: User) -> str:
    """Return a mark of the first step that a change of the password makes worthless."""
    return sha256(f"first step:{user.get_session_auth_hash()}".encode()).hexdigest()


def between_steps(*, user_id: UUID, proof: str) -> User | None:
    """Return the person who did the first step, unless their account or password changed since."""
    user: User | None = User.objects.active().filter(pk=user_id).first()
    return user if user and hmac.compare_digest(first_step_proof(user), proof) else None
