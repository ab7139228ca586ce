"""Passkeys (W3C Web Authentication Level 3): a second factor, and on their own both factors at once."""

import logging
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import webauthn
from django.db import transaction
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import events
from accounts.limits import PASSWORD_OF_ADDRESS, SECOND_STEP
from accounts.models import Passkey, User
from accounts.policies import Actor, locked_self
from accounts.services.commit import commit_user
from accounts.services.mail import queue_notice
from accounts.services.second_factors import failed, first_second_factor, last_second_factor_gone, take_try
from accounts.services.sign_in import second_step
from activity.services.recording import Subject
from config.errors import Conflict, Invalid, NotFound, Unauthenticated
from config.throttling import forgive, give_back, take

logger = logging.getLogger(__name__)
MALFORMED = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for an answer that is wrong, and for one that is none."""
LONGEST_ID = 1023  # bytes (WebAuthn §4, credential ID)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a passkey is made and used: the host name it belongs to, and the origin the browser must state."""

    host: str
    origin: str

    @property
    def has_name(self) -> bool:
        """Say whether it is reached by a name: passkeys belong to none that is an IP address."""
        try:
            ip_address(self.host.strip("[]"))
        except ValueError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What the browser was asked, to be held against what it answers."""

    site: Site
    challenge: bytes


# Adding and keeping


def creation_options(*, user: User, site: Site) -> dict[str, Any]:
    """Return what the browser needs to make a passkey, with a fresh `challenge` in it."""
    options = webauthn.generate_registration_options(
        rp_id=_host(site),
        rp_name="Simple Todos",
        user_id=user.pk.bytes,
        user_name=user.email,
        user_display_name=user.name,
        exclude_credentials=_known(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return options_to_json_dict(options)


@transaction.atomic
def add_passkey(
    *, actor: Actor, name: str, credential: str, ceremony: Ceremony, now: datetime, device_id: UUID | None = None
) -> list[str]:
    """Keep a passkey that the browser made; returns new recovery codes if it is the first second factor.

    That one also ends every other device but `device_id` (S18). Raises Invalid for an answer that
    does not hold, Conflict for a passkey that is known already.
    """
    person = locked_self(actor=actor)
    try:
        answer = parse_registration_credential_json(credential)
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=ceremony.challenge,
            expected_rp_id=_host(ceremony.site),
            expected_origin=ceremony.site.origin,
        )
    except MALFORMED as error:
        logger.warning("A new passkey of user %s was refused: %s", person.pk, error)
        raise Invalid("The browser's answer does not hold. Try again.") from None
    if len(made.credential_id) > LONGEST_ID or Passkey.objects.with_credential(made.credential_id).exists():
        raise Conflict("This passkey is known already.")
    is_first = not second_step(person)
    passkey = Passkey.objects.create(
        user=person,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=[transport.value for transport in answer.response.transports or ()],
        created_at=now,
    )
    codes = first_second_factor(person, now=now, device_id=device_id) if is_first else []
    _commit(passkey, person, verb=events.PASSKEY_ADDED, now=now)
    queue_notice(notice="passkey_added", user=person, now=now, data={"about": name})
    return codes


@transaction.atomic
def rename_passkey(*, actor: Actor, passkey_id: UUID, name: str, now: datetime) -> None:
    """Give one of one's own passkeys another name."""
    person = locked_self(actor=actor)
    passkey = _own(person, passkey_id)
    if passkey.name == name:
        return
    change = {"name": {"before": passkey.name, "after": name}}
    passkey.name = name
    passkey.save(update_fields=["name"])
    _commit(passkey, person, verb=events.PASSKEY_RENAMED, now=now, data={"changes": change})


@transaction.atomic
def remove_passkey(*, actor: Actor, passkey_id: UUID, now: datetime) -> None:
    """Forget one of one's own passkeys. Without another second factor the recovery codes go too."""
    person = locked_self(actor=actor)
    passkey = _own(person, passkey_id)
    Passkey.objects.filter(pk=passkey.pk).delete()
    last_second_factor_gone(person)
    _commit(passkey, person, verb=events.PASSKEY_REMOVED, now=now)
    queue_notice(notice="passkey_removed", user=person, now=now, data={"about": passkey.name})


def _own(person: User, passkey_id: UUID) -> Passkey:
    passkey = Passkey.objects.of(person.pk).filter(pk=passkey_id).first()
    if passkey is None:
        raise NotFound("There is no such passkey.")
    return passkey


def _commit(passkey: Passkey, person: User, *, verb: str, now: datetime, data: dict[str, Any] | None = None) -> None:
    commit_user(person, verb=verb, data=data or {}, now=now, subject=Subject("passkey", passkey.pk, passkey.name))


# Signing in


def request_options(*, site: Site, user: User | None = None) -> dict[str, Any]:
    """Return what the browser needs to use a passkey, with a fresh `challenge` in it.

    Without a user it may be anybody's, which the device then must have checked by finger, face or PIN.
    """
    options = webauthn.generate_authentication_options(
        rp_id=_host(site),
        allow_credentials=_known(user) if user else [],
        user_verification=UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def sign_in_with_passkey(*, credential: str, ceremony: Ceremony, ip: str | None, now: datetime) -> User:
    """Return the active person whose passkey answered and whom their device checked: that is both factors.

    Raises Unauthenticated, and RateLimited after too many tries from one address.
    """
    take(PASSWORD_OF_ADDRESS, ip)
    passkey = _use(credential, ceremony, owner=None, verified=True, now=now)
    if passkey is None:
        raise Unauthenticated("That passkey does not sign anyone in here.")
    give_back(PASSWORD_OF_ADDRESS, ip)
    return passkey.user


def check_passkey(*, user: User, credential: str, ceremony: Ceremony, now: datetime, verified: bool = False) -> None:
    """Accept one of the person's passkeys as second step; `verified` asks that their device checked them.

    Raises Unauthenticated, and RateLimited after five failures. Call it outside a transaction.
    """
    allowance = take_try(user)
    if _use(credential, ceremony, owner=user.pk, verified=verified, now=now) is None:
        raise failed(user, allowance, now)
    forgive(SECOND_STEP, user.pk)


@transaction.atomic
def _use(credential: str, ceremony: Ceremony, *, owner: UUID | None, verified: bool, now: datetime) -> Passkey | None:
    """Return the passkey that answered rightly, and remember its count (WebAuthn §7.2)."""
    try:
        answer = parse_authentication_credential_json(credential)
        passkey = Passkey.objects.with_credential(answer.raw_id).of_active().select_related("user").locked().first()
        if passkey is None or owner not in (None, passkey.user_id):
            return None
        handle = answer.response.user_handle
        if handle != passkey.user_id.bytes and (handle or owner is None):
            return None
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=ceremony.challenge,
            expected_rp_id=_host(ceremony.site),
            expected_origin=ceremony.site.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=verified,
        )
    except MALFORMED as error:
        logger.warning("A passkey was refused: %s", error)
        return None
    passkey.sign_count, passkey.last_used_at = found.new_sign_count, now
    passkey.save(update_fields=["sign_count", "last_used_at"])
    return passkey


def _known(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(passkey.credential_id), transports=[AuthenticatorTransport(way) for way in passkey.transports]
        )
        for passkey in Passkey.objects.of(user.pk)
    ]


def _host(site: Site) -> str:
    if not site.has_name:
        raise Conflict("Passkeys belong to a name, and this address is a number. Open this site by its name.")
    return site.host
