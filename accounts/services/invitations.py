"""Asking people to join, and joining when asked."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import events
from accounts.emails import KINDS
from accounts.limits import MAIL_TO
from accounts.models import Invitation, Link, LinkPurpose, Mail, Role, User
from accounts.policies import Actor, locked_admin, roles_to_give
from accounts.querysets import MailQuerySet, normal_email
from accounts.services.commit import commit_user
from accounts.services.links import DEAD_LINK, find_link, use_link
from accounts.services.mail import queue_mail
from accounts.services.users import CLOSED, register_user
from activity.services.recording import Subject
from config.errors import Conflict, Forbidden, Invalid, NotFound
from config.throttling import take

JOIN = (LinkPurpose.INVITATION,)


@transaction.atomic
def invite_person(*, actor: Actor, email: str, role: str, now: datetime) -> Invitation:
    """Mail somebody a link to join in this role; asking the same address again replaces what was asked.

    Raises Forbidden for a role that the actor may not give, Conflict for an address with an account.
    """
    author = _author(actor)
    email = normal_email(email)
    if User.objects.with_email(email).exists():
        message = "An account with this e-mail address exists already."
        raise Conflict(message, fields={"email": [message]})
    invitation = Invitation.objects.locked().with_email(email).first() or Invitation(email=email, role=role)
    _require_giving(author, invitation.role)
    _require_giving(author, role)
    invitation.role, invitation.invited_by = Role(role), author
    return _mail(invitation, author, now)


@transaction.atomic
def resend_invitation(*, actor: Actor, invitation_id: UUID, now: datetime) -> Invitation:
    """Mail an invitation again, with a new link that lives its full time; the old one ends."""
    author = _author(actor)
    return _mail(_invitation(author, invitation_id), author, now)


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation_id: UUID, now: datetime) -> None:
    """Take an invitation back: its link ends."""
    author = locked_admin(actor=actor)
    invitation = _invitation(author, invitation_id)
    subject = _subject(invitation)
    _unsent(invitation).delete()
    invitation.delete()
    commit_user(author, verb=events.INVITATION_WITHDRAWN, data={}, now=now, subject=subject)


def invitation_to_accept(*, digest: str, now: datetime) -> Invitation:
    """Return the invitation behind a live link; raises Invalid, Forbidden where nobody may join."""
    if settings.REGISTRATION == "closed":
        raise Forbidden(CLOSED["closed"])
    link = find_link(digest=digest, purposes=JOIN, now=now)
    if link.invitation is None:
        raise Invalid.field("token", DEAD_LINK)
    return link.invitation


@transaction.atomic
def accept_invitation(
    *, digest: str, email: str, password: str, name: str, now: datetime, time_zone: str = "UTC"
) -> User:
    """Create the account that somebody was asked to: its address is proven, its role the invitation's.

    Raises Invalid for a dead link, another address or a weak password; a link is dead as well once
    the person who sent it could not give that role any more.
    """
    invitation = invitation_to_accept(digest=digest, now=now)
    inviter = _standing_inviter(invitation)
    if inviter is None:
        raise Invalid.field("token", DEAD_LINK)
    if normal_email(email) != invitation.email:
        raise Invalid.field("email", "The invitation is for another address.")
    use_link(digest=digest, purposes=JOIN, now=now)
    return _join(invitation, inviter, password=password, name=name, time_zone=time_zone, now=now)


@transaction.atomic
def accept_for_proven_address(*, email: str, name: str, now: datetime) -> User | None:
    """Create the account that the holder of a proven address was asked to, without a password; None if nobody did."""
    invitation = Invitation.objects.live(now).with_email(email).first()
    inviter = _standing_inviter(invitation) if invitation else None
    if invitation is None or inviter is None or settings.REGISTRATION == "closed":
        return None
    return _join(invitation, inviter, password=None, name=name, time_zone="UTC", now=now)


def _standing_inviter(invitation: Invitation) -> User | None:
    """Return who sent an invitation, locked, if they could still give the role that it promises."""
    inviter = User.objects.active().locked().filter(pk=invitation.invited_by_id).first()
    return inviter if inviter is not None and invitation.role in roles_to_give(inviter) else None


def _join(
    invitation: Invitation, inviter: User, *, password: str | None, name: str, time_zone: str, now: datetime
) -> User:
    user = register_user(
        email=invitation.email,
        password=password,
        name=name,
        time_zone=time_zone,
        role=Role(invitation.role),
        verified=True,
        now=now,
    )
    _unsent(invitation).delete()
    invitation.delete()
    subject = Subject("user", user.pk, user.name)
    commit_user(inviter, verb=events.INVITATION_ACCEPTED, data={}, now=now, subject=subject, author=user)
    return user


def _author(actor: Actor) -> User:
    author = locked_admin(actor=actor)
    if settings.REGISTRATION == "closed":
        raise Forbidden(CLOSED["closed"])
    return author


def _invitation(author: User, invitation_id: UUID) -> Invitation:
    invitation: Invitation | None = Invitation.objects.locked().filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound("There is no such invitation.")
    _require_giving(author, invitation.role)
    return invitation


def _require_giving(author: User, role: str) -> None:
    if role not in roles_to_give(author):
        raise Forbidden("Only a superadmin may name a superadmin.")


def _mail(invitation: Invitation, author: User, now: datetime) -> Invitation:
    take(MAIL_TO, invitation.email)
    _unsent(invitation).delete()
    Link.objects.filter(invitation=invitation).delete()
    invitation.created_at, invitation.expires_at = now, now + KINDS["invitation"].life
    invitation.save()
    data = {"invitation": str(invitation.pk), "inviter": author.name}
    queue_mail(template="invitation", to=invitation.email, data=data, now=now)
    commit_user(author, verb=events.INVITATION_SENT, data={}, now=now, subject=_subject(invitation))
    return invitation


def _unsent(invitation: Invitation) -> MailQuerySet:
    return Mail.objects.of_templates(["invitation"]).filter(to=invitation.email)


def _subject(invitation: Invitation) -> Subject:
    return Subject("invitation", invitation.pk, invitation.email)
