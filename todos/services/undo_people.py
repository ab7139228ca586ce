"""Taking back who is in a project, and which doors into it were opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.policies import Actor
from activity.models import Event
from activity.services.recording import collecting_events
from config.errors import Conflict
from todos import events, policies
from todos.models import Membership, Project, PublicLink, ShareInvitation
from todos.policies import IfMatch
from todos.services.memberships import Favourites, Grants, settle_members
from todos.services.public_links import revoke_link
from todos.services.share_invitations import withdraw
from todos.services.undo_events import in_the_way

# Members


def undo_members(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Give members the roles back that they had, and those who were put out what they had there.

    Raises Conflict where a role was changed since, and where one has no account any more.
    """
    lead = oldest_first[0]
    grant, tree = policies.owned_tree(actor=actor, project_id=lead.subject_id)
    require_members_as_left(oldest_first, tree)
    back = _put_out(oldest_first)
    if User.objects.active().filter(pk__in=back).count() != len(back):
        raise Conflict("Who was in this project has no account any more. Nothing was undone.")
    grants = {
        event.subject_id: {UUID(id): both["before"] or "" for id, both in event.data["granted"].items()}
        for event in oldest_first
    }
    settle_back(oldest_first, tree, author=grant.author, now=now, grants=grants)


def require_members_as_left(recorded: Sequence[Any], tree: list[Project]) -> None:
    """Raise Conflict unless those whom events tell of are in the projects of a locked tree what these made them."""
    found = Membership.objects.in_projects([project.pk for project in tree])
    rows = {(row.project_id, str(row.user_id)): row for row in found}
    for event in recorded:
        for name, field in (("members", "role"), ("granted", "granted")):
            for id, both in event.data[name].items():
                row = rows.get((event.subject_id, id))
                if ((getattr(row, field) or None) if row else None) != both["after"]:
                    raise in_the_way(event.subject_title)


def settle_back(
    recorded: Sequence[Any], tree: list[Project], *, author: User, now: datetime, grants: Grants | None = None
) -> None:
    """Settle who is in a locked tree as before these events, with the todos and the favourites they parted with.

    Raises Conflict where somebody would lose todos that they got since, or is not there to get theirs back.
    """
    returned = {
        event.subject_id: {UUID(id): [UUID(todo) for todo in todos] for id, todos in event.data["unassigned"].items()}
        for event in recorded
        if "unassigned" in event.data
    }
    with collecting_events() as told:
        settle_members(
            tree,
            author=author,
            now=now,
            grants=grants,
            returned=returned,
            favourites=_lost_favourites(recorded, author=author),
        )
    given = {
        (event.subject_id, id): set(todos) for event in recorded for id, todos in event.data.get("assigned", {}).items()
    }
    for event in told:
        for id, todos in event.data.get("unassigned", {}).items():
            if not {str(todo) for todo in todos} <= given.get((event.subject_id, id), set()):
                raise in_the_way(event.subject_title)


def _put_out(recorded: Sequence[Any]) -> set[UUID]:
    return {UUID(id) for event in recorded for id, both in event.data["members"].items() if both["after"] is None}


def _lost_favourites(recorded: Sequence[Any], *, author: User) -> Favourites:
    """Return the favourites of those who were put out, as their own history tells."""
    scopes = [f"user:{id}" for id in _put_out(recorded)]
    found: dict[UUID, list[UUID]] = {}
    if scopes:
        lost = Event.objects.journal().in_scopes(scopes).of_kinds([events.PROJECT_UNFAVOURED]).by(author.pk)
        for event in lost.at(recorded[0].created_at).about_any(event.subject_id for event in recorded):
            found.setdefault(UUID(event.scope.removeprefix("user:")), []).append(event.subject_id)
    return found


# Doors


def undo_invitation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Withdraw an invitation: what was mailed leads nowhere then."""
    project_id, id = event.subject_id, UUID(event.data["invitation"])
    policies.owned_project(actor=actor, project_id=project_id)
    if not ShareInvitation.objects.of_project(project_id).filter(pk=id).exists():
        raise Conflict("This invitation was answered since, or has ended. Nothing was undone.")
    withdraw(actor=actor, project_id=project_id, invitation_id=id, now=now)


def undo_link(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Revoke a public link."""
    project_id, id = event.subject_id, UUID(event.data["link"])
    policies.owned_project(actor=actor, project_id=project_id)
    if not PublicLink.objects.of_project(project_id).filter(pk=id).exists():
        raise Conflict("This link was revoked since. Nothing was undone.")
    revoke_link(actor=actor, project_id=project_id, link_id=id, now=now)
