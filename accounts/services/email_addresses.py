"""Addresses: proving that one is mine, and taking another."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import events
from accounts.models import Link, LinkPurpose, User
from accounts.policies import Actor, locked_self
from accounts.querysets import normal_email
from accounts.services.commit import commit_user
from accounts.services.links import find_link, use_link, void_links
from accounts.services.mail import count_mail, queue_mail
from config.errors import Conflict, Invalid, Unauthenticated

PURPOSES = (LinkPurpose.VERIFY_EMAIL, LinkPurpose.CHANGE_EMAIL)


def request_verification(*, email: str, ip: str | None, now: datetime) -> None:
    """Mail a link that proves this address to the person who has it, unless that is done already.

    Known and unknown addresses are one INSERT alike: the worker looks whose they are.
    """
    count_mail(to=email, ip=ip)
    queue_mail(template="verify_email", to=normal_email(email), now=now)


def request_email_change(*, actor: Actor, email: str, ip: str | None, now: datetime) -> None:
    """Mail a link to a new address; the old one stays until the link is used.

    A taken address is answered like any other, and gets no mail. Raises Invalid for one's own.
    """
    count_mail(to=email, ip=ip)
    with transaction.atomic():
        user = locked_self(actor=actor)
        if user.email == normal_email(email):
            raise Invalid.field("email", "This is your address already.")
        void_links(user=user, purposes=(LinkPurpose.CHANGE_EMAIL,))
        queue_mail(template="change_email", to=normal_email(email), user=user, now=now)


def link_to_confirm(*, digest: str, now: datetime) -> Link:
    """Return the live link that would prove or change an address; raises Invalid."""
    return find_link(digest=digest, purposes=PURPOSES, now=now)


@transaction.atomic
def confirm_email(*, actor: Actor | None, digest: str, now: datetime) -> User:
    """Prove one's address by a mailed link, or take the new one that it was sent to.

    A new address takes its person to be signed in: a mistyped one must not open the account to
    whoever reads mail there. Raises Invalid, Unauthenticated, and Conflict for a taken address.
    """
    link = use_link(digest=digest, purposes=PURPOSES, now=now)
    user = link.person
    if link.purpose == LinkPurpose.CHANGE_EMAIL:
        if actor is None or actor.pk != user.pk:
            raise Unauthenticated("Sign in to the account that this address is for, then open the link again.")
        return _change(user, link.email, now)
    void_links(user=user, purposes=(LinkPurpose.VERIFY_EMAIL,))
    if user.email_verified_at is None:
        user.email_verified_at = user.updated_at = now
        fields = ["email_verified_at", "updated_at"]
        commit_user(user, verb=events.USER_EMAIL_VERIFIED, data={}, now=now, fields=fields)
    return user


def _change(user: User, email: str, now: datetime) -> User:
    old = user.email
    void_links(user=user)
    user.email, user.email_verified_at, user.updated_at = email, now, now
    change = {"email": {"before": old, "after": email}}
    fields = ["email", "email_verified_at", "updated_at"]
    try:
        with transaction.atomic():
            commit_user(user, verb=events.USER_EMAIL_CHANGED, data={"changes": change}, now=now, fields=fields)
    except IntegrityError:
        message = "An account with this e-mail address exists already."
        raise Conflict(message, fields={"email": [message]}) from None
    queue_mail(template="notice", to=old, user=user, data={"notice": "email_changed"}, now=now)
    return user
