"""Signing up, and one's own profile."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import events
from accounts.limits import MAIL_FROM
from accounts.models import Role, User
from accounts.policies import Actor, IfMatch, locked_self
from accounts.querysets import normal_email
from accounts.registry import profile_steps, registration_steps
from accounts.services.commit import commit_user
from accounts.services.mail import queue_mail
from accounts.services.passwords import check_new_password
from config.errors import Conflict, Forbidden
from config.throttling import take

PROFILE = ("name", "time_zone", "week_start", "language", "theme", "shortcuts")
CLOSED = {
    "invite": "New people come by invitation here. Ask the person who runs this server for one.",
    "closed": "This server takes no new people.",
}
"""What is said to whom may not sign up, by `settings.REGISTRATION`."""


def sign_up(*, email: str, password: str, name: str, ip: str | None, now: datetime, time_zone: str = "UTC") -> User:
    """Create one's own account, where anybody may.

    Raises Forbidden elsewhere, RateLimited after too many mails, and else what `register_user` does.
    """
    if settings.REGISTRATION != "open":
        raise Forbidden(CLOSED[settings.REGISTRATION])
    take(MAIL_FROM, ip)  # one welcome goes to each address, so those need no limit
    return register_user(email=email, password=password, name=name, time_zone=time_zone, now=now)


def register_user(
    *,
    email: str,
    password: str | None,
    name: str,
    now: datetime,
    time_zone: str = "UTC",
    role: Role | None = None,
    verified: bool = False,
) -> User:
    """Create an account with its inbox and welcome it by e-mail, whatever `REGISTRATION` says.

    Without a password its person comes in another way. `verified` says that the address is proven.
    Raises Invalid for a password that is too weak, Conflict for an address that is taken.
    """
    if User.objects.with_email(email).exists():
        raise _taken()
    user = User(
        email=normal_email(email),
        name=one_line(name),
        time_zone=time_zone,
        created_at=now,
        updated_at=now,
        email_verified_at=now if verified else None,
    )
    if password is not None:
        check_new_password(password, user)
    user.set_password(password)  # slow by design: before the transaction, not in it
    _insert(user, role, now)
    return user


@transaction.atomic
def _insert(user: User, role: Role | None, now: datetime) -> None:
    user.role = role or _first_role()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # somebody took the address between the look and the insert
        raise _taken() from None
    for step in registration_steps:
        step(user, now)
    commit_user(user, verb=events.USER_REGISTERED, data={}, now=now)
    queue_mail(template="welcome", to=user.email, user=user, now=now)


def one_line(name: str) -> str:
    """Return a name as it is kept: no line break of it reaches a mail's header or a log."""
    return " ".join(name.split())


def _taken() -> Conflict:
    message = "An account with this e-mail address exists already. Sign in instead."
    return Conflict(message, fields={"email": [message]})


def _first_role() -> Role:
    """The first person on a fresh development database runs it; elsewhere nobody is promoted."""
    first = settings.FIRST_USER_IS_SUPERADMIN and not User.objects.exists()
    return Role.SUPERADMIN if first else Role.USER


@transaction.atomic
def update_profile(*, actor: Actor, changes: dict[str, Any], now: datetime, if_match: IfMatch = None) -> User:
    """Change one's own profile, as far as `changes` says; changing nothing records nothing.

    Raises Stale unless `if_match` names its state.
    """
    user = locked_self(actor=actor, if_match=if_match)
    if "name" in changes:
        changes = changes | {"name": one_line(changes["name"])}
    change = {
        name: {"before": getattr(user, name), "after": changes[name]}
        for name in PROFILE
        if name in changes and changes[name] != getattr(user, name)
    }
    if not change:
        return user
    for name, values in change.items():
        setattr(user, name, values["after"])
    user.updated_at = now
    fields = [*change, "updated_at"]
    commit_user(user, verb=events.USER_UPDATED, data={"changes": change}, now=now, fields=fields)
    for step in profile_steps:
        step(user, change.keys(), now)
    return user
