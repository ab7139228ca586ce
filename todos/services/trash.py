"""Projects that go to the trash with everything in them, and come back."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.policies import Actor, locked_self
from config.errors import Conflict, Forbidden
from todos import events, policies
from todos.models import Project
from todos.policies import IfMatch
from todos.services.memberships import settle_members
from todos.services.projects import hang, mark_all, own_moment


@transaction.atomic
def delete_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Move a project to the trash with all below it; nothing in them is touched, nor seen till they come back."""
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id, if_match=if_match, trashed=True)
    if grant.project.is_inbox:
        raise Forbidden("The inbox cannot be deleted.")
    if grant.project.deleted_at:
        return grant.project
    moment = own_moment(now, (row.deleted_at for row in tree))
    along = [row for row in tree if row.deleted_at is None]
    return mark_all(along, "deleted_at", moment, grant=grant, verb=events.PROJECT_DELETED, now=now)


@transaction.atomic
def restore_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Bring a project back from the trash, with those below it that went there along.

    When the project that it was in is in the trash still, it comes back to the top. Raises
    Conflict once its time in the trash is over.
    """
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id, if_match=if_match, trashed=True)
    project = grant.project
    if project.deleted_at is None:
        return project
    if project.deleted_at <= now - settings.TRASH_KEEP:
        raise Conflict("Its time in the trash is over: it is being deleted for good.")
    along = [row for row in tree if row.deleted_at == project.deleted_at]
    change = {}
    if project.parent and project.parent.deleted_at:
        locked_self(actor=actor)
        change = hang(project, tree, [])
    mark_all(along, "deleted_at", None, grant=grant, verb=events.PROJECT_RESTORED, now=now, change=change)
    if change:
        settle_members(tree, author=grant.author, now=now)
    return project
