"""Accounts elsewhere that sign people in here: who is meant, who is new, and linking one's own."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts import events
from accounts.models import Identity, User
from accounts.oidc import Vouched
from accounts.policies import Actor, locked_self
from accounts.services.commit import commit_user
from accounts.services.invitations import accept_for_proven_address
from accounts.services.mail import queue_notice
from accounts.services.sign_in import second_step
from accounts.services.users import CLOSED, register_user
from activity.services.recording import Subject
from config.errors import Conflict, Forbidden, NotFound, Unauthenticated


@transaction.atomic
def sign_in_with(*, vouched: Vouched, now: datetime) -> User:
    """Return the active person whom a provider vouches for; the first time, link or create their account.

    An account is found by its address only where both sides have proven it: the provider says so,
    and the person confirmed it here. Anything less would let somebody sign up with another's
    address and wait. Raises Unauthenticated, and Forbidden with the way out.
    """
    known = Identity.objects.known_as(vouched.provider.name, vouched.subject).select_related("user").first()
    if known is not None:
        return _known(known, vouched, now)
    if not vouched.email_verified or not _is_address(vouched.email):
        raise Forbidden(
            f"{vouched.provider.label} does not say that your e-mail address is yours. Confirm it there first, "
            f"or sign in another way and link {vouched.provider.label} in your settings."
        )
    user = User.objects.with_email(vouched.email).locked().first()
    if user is None:
        return _new(vouched, now)
    if not user.is_active:
        raise Unauthenticated("This account is closed.")
    if user.email_verified_at is None:
        raise Forbidden(
            "There is an account with this e-mail address, and nobody has confirmed the address yet. Sign in with its "
            f"password, or ask for a new one; then link {vouched.provider.label} in your settings."
        )
    _link(user, vouched, now)
    return user


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _known(identity: Identity, vouched: Vouched, now: datetime) -> User:
    if not identity.user.is_active:
        raise Unauthenticated("This account is closed.")
    identity.email, identity.last_used_at = vouched.email, now
    identity.save(update_fields=["email", "last_used_at"])
    return identity.user


def _new(vouched: Vouched, now: datetime) -> User:
    """Sign a person up whose address the provider has proven: as they were invited, or where anybody may."""
    name = " ".join(vouched.name.split()) or vouched.email.partition("@")[0]
    user = accept_for_proven_address(email=vouched.email, name=name, now=now)
    if user is None:
        if settings.REGISTRATION != "open":
            raise Forbidden(CLOSED[settings.REGISTRATION])
        user = register_user(email=vouched.email, password=None, name=name, verified=True, now=now)
    _link(user, vouched, now, tell=False)
    return user


@transaction.atomic
def link_identity(*, actor: Actor, vouched: Vouched, now: datetime) -> None:
    """Let an account elsewhere sign the acting person in; linking it again changes nothing.

    Raises Conflict when it is somebody else's, or when another of the same provider is linked.
    """
    user = locked_self(actor=actor)
    known = Identity.objects.known_as(vouched.provider.name, vouched.subject).first()
    if known is not None and known.user_id != user.pk:
        raise _somebody_elses(vouched)
    if known is None:
        _link(user, vouched, now)


def _link(user: User, vouched: Vouched, now: datetime, *, tell: bool = True) -> None:
    """Link an account elsewhere to a locked person, unless that was done just before."""
    provider = vouched.provider
    linked = Identity.objects.of(user.pk).filter(provider=provider.name).first()
    if linked is not None and linked.subject == vouched.subject:
        return
    if linked is not None:
        raise Conflict(f"Another {provider.label} account is linked already. Unlink it in your settings first.")
    identity = Identity(user=user, provider=provider.name, subject=vouched.subject, email=vouched.email)
    identity.created_at = identity.last_used_at = now
    try:
        with transaction.atomic():
            identity.save(force_insert=True)
    except IntegrityError:  # somebody else here linked it between the look and the insert
        raise _somebody_elses(vouched) from None
    subject = Subject("identity", identity.pk, provider.label)
    commit_user(user, verb=events.IDENTITY_LINKED, data={"provider": provider.name}, now=now, subject=subject)
    if tell:
        queue_notice(notice="identity_linked", user=user, now=now, data={"about": provider.label})


def _somebody_elses(vouched: Vouched) -> Conflict:
    return Conflict(f"That {vouched.provider.label} account signs in somebody else here. Unlink it there first.")


@transaction.atomic
def unlink_identity(*, actor: Actor, provider: str, label: str, now: datetime) -> None:
    """Take a linked account away. Raises Conflict for the last way in."""
    user = locked_self(actor=actor)
    identity = Identity.objects.of(user.pk).filter(provider=provider).first()
    if identity is None:
        raise NotFound("That is not linked.")
    others = Identity.objects.of(user.pk).exclude(pk=identity.pk)
    if not (user.has_usable_password() or user.passkeys.exists() or others.exists()):
        raise Conflict("This is your only way in. Choose a password first, or add a passkey.")
    subject = Subject("identity", identity.pk, label)
    identity.delete()
    commit_user(user, verb=events.IDENTITY_UNLINKED, data={"provider": provider}, now=now, subject=subject)
    queue_notice(notice="identity_unlinked", user=user, now=now, data={"about": label})


@transaction.atomic
def confirm_identity(*, actor: Actor, vouched: Vouched) -> None:
    """Make sure that a provider vouches for the acting person, where that is all that signing in takes."""
    if second_step(locked_self(actor=actor)):
        raise Forbidden("Signing in takes a second step here, so a provider alone does not say who you are.")
    known = Identity.objects.known_as(vouched.provider.name, vouched.subject).of(actor.pk)
    if not known.exists():
        raise Forbidden(f"That {vouched.provider.label} account is not linked to yours.")
