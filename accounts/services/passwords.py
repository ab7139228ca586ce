"""Passwords: choosing, changing and proving them, and a new one by mail."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import events
from accounts.models import LinkPurpose, User
from accounts.policies import Actor, locked_self
from accounts.querysets import normal_email
from accounts.services.commit import commit_user
from accounts.services.devices import end_devices
from accounts.services.links import find_link, use_link, void_links
from accounts.services.mail import count_mail, queue_mail, queue_notice
from accounts.services.sign_in import check_password, forgive_tries
from config.errors import Conflict, Invalid, Unauthenticated

RESET = (LinkPurpose.RESET_PASSWORD,)
NO_PASSWORD = "You have no password yet. Ask for a link by mail to choose one."


def check_new_password(password: str, user: User) -> None:
    """Raise Invalid for a password that is too short, too common, or made of names around it."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"password": error.messages}) from None


def change_password(
    *, actor: Actor, current_password: str, password: str, ip: str | None, now: datetime, keep: UUID | None
) -> User:
    """Choose a new password, sign every device out but `keep`, and tell the person.

    Raises Invalid for a wrong or a weak password.
    """
    before = _prove(actor, current_password, ip, now)
    check_new_password(password, before)
    hashed = make_password(password)  # slow by design: before the transaction, not in it
    with transaction.atomic():
        user = locked_self(actor=actor)
        if user.password != before.password:
            raise Conflict("Your password was changed a moment ago. Sign in with the new one.")
        _store(user, hashed, events.USER_PASSWORD_CHANGED, now)
        end_devices(user=user, now=now, keep=keep)
        queue_notice(notice="password_changed", user=user, now=now, data={"ip": ip})
    return user


def _prove(actor: Actor, password: str, ip: str | None, now: datetime) -> User:
    user = User.objects.active().filter(pk=actor.pk).first()
    if user is None:
        raise Unauthenticated("This account is closed.")
    if not user.has_usable_password():
        raise Invalid.field("current_password", NO_PASSWORD)
    try:
        return check_password(email=user.email, password=password, ip=ip, now=now)
    except Unauthenticated:
        raise Invalid.field("current_password", "That is not your password.") from None


def request_reset(*, email: str, ip: str | None, now: datetime) -> None:
    """Mail a link to choose a new password to whoever has this address.

    Known and unknown addresses are one INSERT alike: the worker looks whose they are.
    """
    count_mail(to=email, ip=ip)
    queue_mail(template="reset_password", to=normal_email(email), now=now)


def reset_password(*, digest: str, password: str, ip: str | None, now: datetime) -> User:
    """Choose a new password by a mailed link, sign every device out, and tell the person.

    The link has proven the address. It signs nobody in: a second step still stands before that.
    Raises Invalid for a dead link or a weak password.
    """
    owner = find_link(digest=digest, purposes=RESET, now=now).user
    check_new_password(password, owner or User())
    hashed = make_password(password)
    with transaction.atomic():
        link = use_link(digest=digest, purposes=RESET, now=now)
        user = link.person
        if user.email_verified_at is None:
            _disown(user, now)
        _store(user, hashed, events.USER_PASSWORD_RESET, now)
        end_devices(user=user, now=now)
        queue_notice(notice="password_reset", user=user, now=now, data={"ip": ip})
    forgive_tries(email=user.email, ip=ip)
    return user


def _disown(user: User, now: datetime) -> None:
    """Nobody had proven this address: whoever made the account, and keys to it, may be somebody else."""
    user.api_tokens.all().delete()
    user.identities.all().delete()
    user.email_verified_at = now


def _store(user: User, hashed: str, verb: str, now: datetime) -> None:
    void_links(user=user)
    user.password, user.password_changed_at, user.updated_at = hashed, now, now
    fields = ["password", "password_changed_at", "email_verified_at", "updated_at"]
    commit_user(user, verb=verb, data={}, now=now, fields=fields)
