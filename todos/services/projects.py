"""Creating, renaming, archiving projects."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from accounts.policies import Actor, locked_self
from config.errors import Conflict, Forbidden, Invalid
from todos import events, policies
from todos.domain.ranking import key_between
from todos.models import Membership, MembershipRole, Project
from todos.policies import Grant, IfMatch
from todos.services.commit import commit_project, record_project

EDITABLE = ("title", "colour")


def create_inbox(user: User, now: datetime) -> None:
    """Give a new person their inbox, in the transaction of the sign-up."""
    _insert(Project(owner=user, title="Inbox", is_inbox=True, created_at=now, updated_at=now))


@transaction.atomic
def create_project(
    *, actor: Actor, title: str, now: datetime, colour: str = "green", id: UUID | None = None
) -> Project:
    """Create a project of one's own, at the end of the list."""
    author = locked_self(actor=actor)
    project = Project(owner=author, title=clean_title(title), colour=colour, created_at=now, updated_at=now)
    project.id, project.revision = id or project.id, 1
    try:
        with transaction.atomic():
            _insert(project)
    except IntegrityError:
        raise Conflict("A project with this id exists already.") from None
    grant = Grant(project, author, MembershipRole.OWNER)
    data = {"title": project.title, "colour": project.colour}
    record_project(grant, verb=events.PROJECT_CREATED, data=data, now=now)
    return project


def last_of(owner_id: UUID) -> str:
    """Return a key after every project of a person."""
    last = Project.objects.owned_by(owner_id).aggregate(last=Max("order"))["last"]
    return key_between(last, None)


def _insert(project: Project) -> None:
    project.order = last_of(project.owner_id)
    project.save(force_insert=True)
    owner = MembershipRole.OWNER
    Membership.objects.create(project=project, user_id=project.owner_id, role=owner, granted=owner)


@transaction.atomic
def update_project(
    *,
    actor: Actor,
    project_id: UUID,
    values: dict[str, Any],
    now: datetime,
    if_match: IfMatch = None,
) -> Project:
    """Change a project's title or colour; changing nothing records nothing."""
    grant = policies.editable_project(actor=actor, project_id=project_id, if_match=if_match)
    project = grant.project
    if project.is_inbox:
        raise Forbidden("The inbox keeps its name and colour.")
    if "title" in values:
        values = values | {"title": clean_title(values["title"])}
    change = {
        name: {"before": getattr(project, name), "after": values[name]}
        for name in EDITABLE
        if name in values and values[name] != getattr(project, name)
    }
    for name, both in change.items():
        setattr(project, name, both["after"])
    if not change:
        return project
    return commit_project(project, change=change, grant=grant, verb=events.PROJECT_UPDATED, now=now)


def clean_title(title: str) -> str:
    """Return a project's title as it is stored; raises Invalid."""
    title = title.strip()
    if not title:
        raise Invalid.field("title", "A project needs a title.")
    return title


@transaction.atomic
def archive_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Put a project aside: it can be read and not changed; its todos leave every list but its own."""
    return _set_archived(
        policies.owned_project(actor=actor, project_id=project_id, if_match=if_match),
        moment=now,
        verb=events.PROJECT_ARCHIVED,
        now=now,
    )


@transaction.atomic
def unarchive_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Bring an archived project back."""
    return _set_archived(
        policies.owned_project(actor=actor, project_id=project_id, if_match=if_match),
        moment=None,
        verb=events.PROJECT_UNARCHIVED,
        now=now,
    )


def _set_archived(grant: Grant, *, moment: datetime | None, verb: str, now: datetime) -> Project:
    project = grant.project
    if project.is_inbox:
        raise Forbidden("The inbox cannot be archived.")
    if bool(project.archived_at) == bool(moment):
        return project
    change = {"archived_at": {"before": project.archived_at, "after": moment}}
    project.archived_at = moment
    return commit_project(project, change=change, grant=grant, verb=verb, now=now)
