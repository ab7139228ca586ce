"""Who is in a project: their roles, leaving, handing over."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.policies import Actor
from config.errors import Conflict, Forbidden, Invalid
from todos import events, policies
from todos.models import Membership, MembershipRole, Project, PublicLink, ShareInvitation
from todos.models.todo import Change
from todos.policies import IfMatch
from todos.services.memberships import RANKS, settle_members
from todos.services.projects import last_of

OWNER, EDITOR = MembershipRole.OWNER, MembershipRole.EDITOR
HAND_OVER_INSTEAD = "A project has one owner. Hand it over instead."


@transaction.atomic
def change_role(
    *, actor: Actor, project_id: UUID, user_id: UUID, role: str, now: datetime, if_match: IfMatch = None
) -> Membership:
    """Give a member another role in a project that one owns, and so in all below it.

    Raises Conflict for less than what they are in the project above: that changes there.
    """
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id)
    row = policies.member(project_id=project_id, user_id=user_id, if_match=if_match)
    if OWNER in (role, row.role):
        raise Invalid.field("role", HAND_OVER_INSTEAD)
    if RANKS[row.inherited or ""] > RANKS[role]:
        raise Conflict(f"They are {row.inherited} in “{_above(grant.project)}”. Change it there.")
    settle_members(tree, author=grant.author, now=now, grants={project_id: {user_id: role}})
    return policies.member(project_id=project_id, user_id=user_id)


@transaction.atomic
def remove_member(*, actor: Actor, project_id: UUID, user_id: UUID, now: datetime, if_match: IfMatch = None) -> None:
    """Put a member out of a project that one owns, and of all below it; or leave it oneself.

    Raises Conflict for the owner, and for whoever is in the project above: that ends there.
    """
    leaving = user_id == actor.pk
    lock = policies.member_tree if leaving else policies.owned_tree
    grant, tree = lock(actor=actor, project_id=project_id)
    row = policies.member(project_id=project_id, user_id=user_id, if_match=if_match)
    if row.role == OWNER:
        raise Conflict("The owner cannot leave. Hand the project over first.")
    if row.inherited:
        who, what = ("You are", "Leave") if leaving else ("They are", "Remove them from")
        raise Conflict(f"{who} in this project through “{_above(grant.project)}”. {what} that one.")
    verb = events.PROJECT_LEFT if leaving else events.PROJECT_MEMBERS_CHANGED
    taken = {project.pk: {user_id: ""} for project in tree}
    settle_members(tree, author=grant.author, now=now, verb=verb, grants=taken)


@transaction.atomic
def hand_over(*, actor: Actor, project_id: UUID, user_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Make a member the owner of a whole tree of projects; who owned it stays as an editor.

    What else opened the tree ends: its public links and the invitations into it were the old owner's word.
    """
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id, if_match=if_match)
    if grant.project.is_inbox:
        raise Forbidden("The inbox is yours alone.")
    if grant.project.parent_id:
        raise Conflict("A project goes with the one it is in. Hand over the topmost one.")
    row = Membership.objects.of(user_id).in_projects([project_id]).first()
    if row is None:
        raise Invalid.field("owner", "That is not a member with an open account.")
    if row.role != OWNER:
        pass_on(tree, to=row.user, author=grant.author, now=now, keeps=EDITOR)
    return grant.project


def pass_on(tree: list[Project], *, to: User, author: User, now: datetime, keeps: str = "") -> None:
    """Give a locked tree, its top first, to a member; who owned it `keeps` that role, "" for none.

    A tree that was in another project stands alone from then on, as the last of its new owner.
    """
    top, before = tree[0], tree[0].owner_id
    changes: dict[UUID, Change] = {project.pk: {"owner": {"before": before, "after": to.pk}} for project in tree}
    User.objects.locked().get(pk=to.pk)  # as for whatever takes a place among a person's projects
    last = last_of(to.pk)
    changes[top.pk]["order"] = {"before": top.order, "after": last}
    if top.parent_id:
        changes[top.pk]["parent"] = {"before": top.parent_id, "after": None}
    top.parent, top.order = None, last
    for project in tree:
        project.owner, project.updated_at = to, now
        project.save(update_fields=["owner", "parent", "order", "updated_at"])
    close_doors(tree)
    grants = {project.pk: {to.pk: OWNER, before: ""} for project in tree}
    grants[top.pk] |= {before: keeps}
    verb = events.PROJECT_HANDED_OVER
    settle_members(tree, author=author, now=now, verb=verb, grants=grants, changes=changes)


def close_doors(tree: Iterable[Project]) -> None:
    """End the invitations into locked projects, and their public links."""
    ids = [project.pk for project in tree]
    ShareInvitation.objects.filter(project_id__in=ids).delete()
    PublicLink.objects.filter(project_id__in=ids).delete()


def _above(project: Project) -> str:
    return project.parent.title if project.parent else ""
