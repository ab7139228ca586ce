"""The secrets in mailed links: made when the mail is sent, kept as SHA-256, used once, void when they run out."""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256

from accounts.emails import KINDS
from accounts.limits import LINK_OF_ADDRESS
from accounts.models import Invitation, Link, LinkPurpose, Mail, User
from config.errors import Invalid
from config.throttling import take

LINKING = tuple(name for name, kind in KINDS.items() if kind.purpose)
"""The templates of mails with a link."""
DEAD_LINK = "This link was used, has run out, or is not complete. Ask for a new one."


def digest_of(token: str) -> str:
    """Return what is kept of a secret: 256 random bits need no slow hash."""
    return sha256(token.encode()).hexdigest()


@contextmanager
def counting_dead_links(ip: str | None) -> Iterator[None]:
    """Count the dead links that an address brings; after too many, RateLimited is raised instead of Invalid.

    Live ones are not counted: there is nothing to guess in 256 bits.
    """
    try:
        yield
    except Invalid as error:
        if "token" in error.fields:
            take(LINK_OF_ADDRESS, ip)
        raise


def make_link(
    *,
    purpose: LinkPurpose,
    email: str,
    life: timedelta,
    now: datetime,
    user: User | None = None,
    invitation: Invitation | None = None,
) -> str:
    """Return the secret of a new link, which nobody can read again."""
    token = secrets.token_urlsafe(32)
    Link.objects.create(
        purpose=purpose,
        email=email,
        user=user,
        invitation=invitation,
        digest=digest_of(token),
        created_at=now,
        expires_at=now + life,
    )
    return token


def find_link(*, digest: str, purposes: Collection[LinkPurpose], now: datetime) -> Link:
    """Return a live link and leave it be: programs that scan mail open links too. Raises Invalid."""
    found = Link.objects.live(now).for_purposes(purposes).select_related("user", "invitation")
    link: Link | None = found.filter(digest=digest).first()
    if link is None or (link.user and not _holds_for(link, link.user)):
        raise Invalid.field("token", DEAD_LINK)
    return link


def use_link(*, digest: str, purposes: Collection[LinkPurpose], now: datetime) -> Link:
    """Spend a link inside the caller's transaction; its person is active, and locked. Raises Invalid.

    The person is locked before the link goes, as everywhere: a change that voids links and one
    that uses them cannot wait for each other.
    """
    link = find_link(digest=digest, purposes=purposes, now=now)
    if link.user_id:
        link.user = User.objects.locked().filter(pk=link.user_id).first()
        if link.user is None or not _holds_for(link, link.user):
            raise Invalid.field("token", DEAD_LINK)
    if not Link.objects.filter(pk=link.pk).delete()[0]:
        raise Invalid.field("token", DEAD_LINK)
    return link


def _holds_for(link: Link, user: User) -> bool:
    """Say whether the account is open and still has the address that the link was sent to, or is to get it."""
    return user.is_active and (link.purpose == LinkPurpose.CHANGE_EMAIL or link.email == user.email)


def void_links(*, user: User, purposes: Collection[LinkPurpose] = tuple(LinkPurpose)) -> None:
    """End a locked person's links of these purposes, those that wait in unsent mail as well.

    Call it before the address changes. Mail goes first: the worker makes a link with the mail's row locked.
    """
    templates = [name for name in LINKING if KINDS[name].purpose in purposes]
    Mail.objects.meant_for(user.pk, user.email).of_templates(templates).delete()
    Link.objects.of(user.pk).for_purposes(purposes).delete()


def sweep_expired_links(now: datetime) -> int:
    """Delete links and invitations that have run out; returns how many."""
    links, _ = Link.objects.expired(now).delete()
    invitations, _ = Invitation.objects.expired(now).delete()
    return links + invitations
