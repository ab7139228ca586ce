"""Signing up, and one's own profile."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import events
from accounts.emails import send_welcome
from accounts.models import Role, User
from accounts.policies import Actor, locked_self
from accounts.querysets import normal_email
from accounts.registry import registration_steps
from accounts.services.commit import commit_user
from config.errors import Conflict, Invalid

logger = logging.getLogger(__name__)
PROFILE = ("name", "time_zone", "week_start", "language", "theme", "shortcuts")


@transaction.atomic
def register_user(
    *,
    email: str,
    password: str,
    name: str,
    now: datetime,
    time_zone: str = "UTC",
    role: Role | None = None,
) -> User:
    """Create an account with its inbox, and welcome it by e-mail once that is certain.

    Raises Invalid for a password that is too weak, Conflict for an address that is taken.
    """
    if User.objects.with_email(email).exists():
        raise _taken()
    user = User(
        email=normal_email(email),
        name=name.strip(),
        time_zone=time_zone,
        created_at=now,
        updated_at=now,
    )
    user.role = role or _first_role()
    _check_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # somebody took the address between the look and the insert
        raise _taken() from None
    for step in registration_steps:
        step(user, now)
    commit_user(user, verb=events.USER_REGISTERED, data={}, now=now)
    # Not a partial: Django logs a robust hook that failed by its __qualname__, which those lack.
    transaction.on_commit(lambda: send_welcome(user), robust=True)
    return user


def _taken() -> Conflict:
    message = "An account with this e-mail address exists already. Sign in instead."
    return Conflict(message, fields={"email": [message]})


def _first_role() -> Role:
    """The first person on a fresh development database runs it; elsewhere nobody is promoted."""
    first = settings.FIRST_USER_IS_SUPERADMIN and not User.objects.exists()
    return Role.SUPERADMIN if first else Role.USER


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"password": error.messages}) from None


@transaction.atomic
def update_profile(*, actor: Actor, changes: dict[str, Any], now: datetime) -> User:
    """Change one's own name, time zone or theme; changing nothing records nothing."""
    user = locked_self(actor=actor)
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
    return user
