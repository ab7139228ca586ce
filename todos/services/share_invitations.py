"""Asking people into a project by mail, whether they have an account or not."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.timesince import timesince

from accounts.emails import plain
from accounts.limits import MAIL_BY, MAIL_TO
from accounts.models import Mail, User
from accounts.policies import Actor
from accounts.querysets import normal_email
from accounts.registry import Letter
from accounts.services.links import digest_of
from accounts.services.mail import queue_mail
from config.errors import Conflict, Forbidden, NotFound
from config.throttling import take
from todos import events, policies
from todos.models import Membership, Notification, Project, ShareInvitation
from todos.policies import Grant
from todos.services.commit import count_on, record_project
from todos.services.memberships import RANKS, settle_members
from todos.services.notifications import notify

LIFE = timedelta(days=14)
MOST = 100
TEMPLATE, KIND = "share_invitation", "invitation"
NO_INVITATION = "There is no such invitation, or it has ended."


@transaction.atomic
def invite(*, actor: Actor, project_id: UUID, email: str, role: str, now: datetime) -> ShareInvitation:
    """Mail somebody a link into a project that one owns; asking an address again replaces what was asked.

    The answer is the same whether the address has an account or not. Raises Forbidden for the
    inbox, Conflict for an address of a member and beyond 100 invitations, RateLimited.
    """
    grant = policies.owned_project(actor=actor, project_id=project_id)
    _require_shareable(grant.project)
    email = normal_email(email)
    if Membership.objects.in_projects([project_id]).with_email(email).exists():
        message = "They are in this project already."
        raise Conflict(message, fields={"email": [message]})
    waiting = ShareInvitation.objects.of_project(project_id)
    if waiting.count() >= MOST:
        raise Conflict(f"{MOST} invitations wait for an answer already. Withdraw one first.")
    take(MAIL_BY, grant.author.pk)
    take(MAIL_TO, email)
    replaced = list(waiting.to_address(email))
    for before in replaced:
        _end(before)
    invitation = ShareInvitation.objects.create(
        project=grant.project, email=email, role=role, invited_by=grant.author, created_at=now, expires_at=now + LIFE
    )
    queue_mail(template=TEMPLATE, to=email, data={"invitation": str(invitation.pk)}, now=now)
    _notify(invitation, now)
    told = {"replaced": [before.pk for before in replaced]} if replaced else {}
    _record(grant, invitation, verb=events.PROJECT_INVITED, now=now, told=told)
    return invitation


def _require_shareable(project: Project) -> None:
    if project.is_inbox:
        raise Forbidden("The inbox is yours alone.")
    if project.archived_at:
        raise Conflict("This project is archived. Bring it back to share it.")


@transaction.atomic
def withdraw(*, actor: Actor, project_id: UUID, invitation_id: UUID, now: datetime) -> None:
    """Take an invitation back: its link ends."""
    grant = policies.owned_project(actor=actor, project_id=project_id)
    invitation = ShareInvitation.objects.of_project(project_id).filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound(NO_INVITATION)
    _end(invitation)
    _record(grant, invitation, verb=events.PROJECT_INVITATION_WITHDRAWN, now=now)


def waiting_for(*, actor: Actor | None, invitation_id: UUID, now: datetime, digest: str = "") -> ShareInvitation:
    """Return an invitation to the person's proven address, or that whose mailed link has this digest."""
    rows = ShareInvitation.objects.live(now).for_reader().filter(pk=invitation_id)
    found = rows.to_person(actor.pk).first() if actor else None
    if found is None and digest:
        found = rows.filter(digest=digest).first()
    if found is None:
        raise NotFound(NO_INVITATION)
    return found


@transaction.atomic
def accept(*, actor: Actor, invitation_id: UUID, now: datetime, digest: str = "") -> Project:
    """Join the project, and all below it, in the role that was offered; nobody loses a higher one by it."""
    grant, invitation, tree = _answered(actor, invitation_id, now, digest)
    before = Membership.objects.in_projects([grant.project.pk]).filter(user_id=actor.pk).first()
    if before is None or RANKS[before.granted] < RANKS[invitation.role]:
        given = {grant.project.pk: {grant.author.pk: invitation.role}}
        settle_members(tree, author=grant.author, now=now, verb=events.PROJECT_JOINED, grants=given)
    _end(invitation)
    notify(
        user_id=grant.project.owner_id,
        kind="invitation_accepted",
        key=f"invitation_accepted:{invitation.pk}",
        now=now,
        actor_id=actor.pk,
        project=grant.project,
    )
    return grant.project


@transaction.atomic
def decline(*, actor: Actor, invitation_id: UUID, now: datetime, digest: str = "") -> None:
    """Turn an invitation down: it ends."""
    grant, invitation, _ = _answered(actor, invitation_id, now, digest)
    _end(invitation)
    _record(grant, invitation, verb=events.PROJECT_INVITATION_DECLINED, now=now)


def _answered(
    actor: Actor, invitation_id: UUID, now: datetime, digest: str
) -> tuple[Grant, ShareInvitation, list[Project]]:
    """Lock the tree that an invitation leads to, and see that it still does."""
    found = waiting_for(actor=actor, invitation_id=invitation_id, now=now, digest=digest)
    tree = policies.locked_tree(project_id=found.project_id)
    invitation = waiting_for(actor=actor, invitation_id=invitation_id, now=now, digest=digest)
    author = User.objects.active().filter(pk=actor.pk).first()
    if author is None:
        raise NotFound(NO_INVITATION)
    return Grant(tree[0], author, invitation.role), invitation, tree


def _end(invitation: ShareInvitation) -> None:
    """Delete an invitation of a locked project, and what tells the invited person of it."""
    person = User.objects.with_email(invitation.email).first()
    if person is not None:
        Notification.objects.of(person.pk).filter(key=_key(invitation)).delete()
    ShareInvitation.objects.filter(pk=invitation.pk).delete()


def _notify(invitation: ShareInvitation, now: datetime) -> None:
    """Tell the invited person in the app too, if that address is proven to be theirs."""
    person = User.objects.active().with_email(invitation.email).exclude(email_verified_at=None).first()
    if person is not None:
        project = invitation.project
        data = {"invitation": str(invitation.pk), "project_title": project.title, "role": invitation.role}
        actor_id = invitation.invited_by_id
        notify(user_id=person.pk, kind=KIND, key=_key(invitation), now=now, actor_id=actor_id, data=data)


def _key(invitation: ShareInvitation) -> str:
    return f"{KIND}:{invitation.pk}"


def _record(
    grant: Grant, invitation: ShareInvitation, *, verb: str, now: datetime, told: dict[str, Any] | None = None
) -> None:
    count_on(grant.project)
    # No address: every member reads this, and only the owner knows those of others.
    data = {"invitation": invitation.pk, "role": invitation.role, **(told or {})}
    record_project(grant, verb=verb, data=data, now=now)


def write_invitation(mail: Mail, user: User | None, now: datetime) -> Letter | None:
    """Say what the mail of an invitation says, with a fresh link; None once it has ended or was replaced."""
    rows = ShareInvitation.objects.live(now).for_reader().locked()
    invitation = rows.filter(pk=mail.data["invitation"]).first()
    if invitation is None or invitation.invited_by is None:
        return None
    token = secrets.token_urlsafe(32)
    invitation.digest = digest_of(token)
    invitation.save(update_fields=["digest"])
    page = reverse("share-invitation", args=[invitation.pk])
    inviter, title = plain(invitation.invited_by.name), plain(invitation.project.title)
    return Letter(
        f"{inviter} invites you to a project" if inviter else "You are invited to a project",
        {
            "inviter": inviter,
            "title": title,
            "may": "see and change" if invitation.role != "viewer" else "see",
            "link": f"{settings.BASE_URL}{page}?{urlencode({'token': token})}",
            "life": timesince(now, invitation.expires_at),
        },
    )


def sweep_expired_invitations(now: datetime) -> int:
    """Delete the invitations that have run out; returns how many."""
    deleted, _ = ShareInvitation.objects.expired(now).delete()
    return deleted
