"""What admins do to the accounts of others."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import events
from accounts.models import Role, User
from accounts.policies import (
    LAST_SUPERADMIN,
    Actor,
    Charge,
    IfMatch,
    can_change_access,
    locked_admin,
    person_in_charge,
    roles_to_give,
)
from accounts.querysets import normal_email
from accounts.registry import registration_steps
from accounts.services.commit import commit_user
from accounts.services.devices import end_devices
from accounts.services.links import void_links
from accounts.services.mail import queue_mail, queue_notice
from accounts.services.second_factors import remove_second_factors
from config.errors import Conflict, Forbidden

EDITABLE = ("name", "email", "role", "is_active")
ENDING = ("role", "is_active")
"""What changes here ends the person's devices: their tokens carry the role."""


@transaction.atomic
def create_person(*, actor: Actor, email: str, name: str, role: str, now: datetime) -> User:
    """Create an account without a password, and mail its person a link to choose one.

    Raises Forbidden for a role that the actor may not give, Conflict for an address that is taken.
    """
    author = locked_admin(actor=actor)
    _require_giving(author, role)
    email = normal_email(email)
    user = User(email=email, name=name.strip(), role=role, time_zone=author.time_zone, created_at=now, updated_at=now)
    user.set_unusable_password()
    _save_address(user, force_insert=True)
    for step in registration_steps:
        step(user, now)
    commit_user(user, verb=events.USER_CREATED, data={}, now=now, author=author)
    queue_mail(template="account_created", to=user.email, user=user, now=now)
    return user


@transaction.atomic
def edit_person(
    *, actor: Actor, person_id: UUID, changes: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> User:
    """Change a person's name, address, role or whether the account is open; changing nothing records nothing.

    A new role or a closed account ends their devices at once. A new address is unverified, and the
    old one is told. Raises Forbidden, NotFound, Stale, and Conflict for an address that is taken or
    when nobody would be left to run the place.
    """
    charge = person_in_charge(actor=actor, person_id=person_id, if_match=if_match)
    person = charge.person
    wanted = {name: changes[name] for name in EDITABLE if name in changes}
    if "email" in wanted:
        wanted["email"] = normal_email(wanted["email"])
    change = {
        name: {"before": getattr(person, name), "after": value}
        for name, value in wanted.items()
        if value != getattr(person, name)
    }
    if not change:
        return person
    _require_allowed(charge, change)
    if "email" in change:
        void_links(user=person)
    for name, values in change.items():
        setattr(person, name, values["after"])
    person.updated_at = now
    fields = [*change, "updated_at"]
    if "email" in change:
        _move_address(person, before=change["email"]["before"], now=now)
    commit_user(person, verb=_verb(change), data={"changes": change}, now=now, fields=fields, author=charge.author)
    if not change.keys().isdisjoint(ENDING):
        end_devices(user=person, now=now)
    if "role" in change:
        queue_notice(notice="role_changed", user=person, now=now)
    return person


def change_access(*, actor: Actor, user_id: UUID, role: Role, is_active: bool, now: datetime) -> User:
    """Set a person's role and whether the account is open, as `edit_person` does."""
    return edit_person(actor=actor, person_id=user_id, changes={"role": role, "is_active": is_active}, now=now)


@transaction.atomic
def reset_sign_in(*, actor: Actor, person_id: UUID, now: datetime, if_match: IfMatch = None) -> User:
    """Take every way in from a person, and mail them a link to choose a new password.

    Their password, second factors, passkeys, sign-in providers, API tokens and devices all end: an
    account that a stranger got into, or its owner lost the keys of, starts afresh. Nobody does so
    to themselves: a stolen session could drop the second factor.
    """
    charge = person_in_charge(actor=actor, person_id=person_id, if_match=if_match)
    person = charge.person
    if charge.is_self:
        raise Forbidden("You cannot reset your own sign-in. Change it in your settings.")
    if not person.is_active:
        raise Conflict("This account is switched off. Switch it on first.")
    person.set_unusable_password()
    person.password_changed_at = person.updated_at = now
    factors = remove_second_factors(user=person)
    person.identities.all().delete()
    person.api_tokens.all().delete()
    data = {"second_factors": list(factors)}
    fields = ["password", "password_changed_at", "updated_at"]
    commit_user(person, verb=events.USER_SIGN_IN_RESET, data=data, now=now, fields=fields, author=charge.author)
    end_devices(user=person, now=now)
    void_links(user=person)
    queue_notice(notice="sign_in_reset", user=person, now=now)
    queue_mail(template="reset_password", to=person.email, user=person, now=now)
    return person


def _require_allowed(charge: Charge, change: dict[str, dict[str, Any]]) -> None:
    if "email" in change and charge.is_self:
        raise Forbidden("Change your own address in your settings.")
    if change.keys().isdisjoint(ENDING):
        return
    if not can_change_access(charge.author, charge.person):
        raise Forbidden("You cannot change your own role, nor switch yourself off.")
    if "role" in change:
        _require_giving(charge.author, change["role"]["after"])
    if charge.is_last_superadmin:
        raise Conflict(LAST_SUPERADMIN)


def _require_giving(author: User, role: str) -> None:
    if role not in roles_to_give(author):
        raise Forbidden("Only a superadmin may name a superadmin.")


def _move_address(person: User, *, before: str, now: datetime) -> None:
    person.email_verified_at = None
    _save_address(person, update_fields=["email", "email_verified_at"])
    queue_mail(template="notice", to=before, user=person, data={"notice": "email_changed_by_admin"}, now=now)
    queue_mail(template=_link_to(person), to=person.email, user=person, now=now)


def _link_to(person: User) -> str:
    """Return the mail to a new address: who has no password yet comes in by it."""
    if person.has_usable_password():
        return "verify_email"
    return "reset_password" if person.password_changed_at else "account_created"


def _save_address(user: User, **how: Any) -> None:
    try:
        with transaction.atomic():
            user.save(**how)
    except IntegrityError:
        message = "An account with this e-mail address exists already."
        raise Conflict(message, fields={"email": [message]}) from None


def _verb(change: dict[str, Any]) -> str:
    if "is_active" in change:
        return events.USER_REACTIVATED if change["is_active"]["after"] else events.USER_DEACTIVATED
    return events.USER_ROLE_CHANGED if "role" in change else events.USER_EDITED
