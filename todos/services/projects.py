"""Creating projects, renaming, nesting and ordering them, putting them aside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from accounts.policies import Actor, locked_self
from accounts.services.commit import Happening, commit_user, commit_user_all
from activity.services.recording import Subject, event_of, record_all
from config.errors import Conflict, Forbidden, Invalid
from todos import events, policies
from todos.domain.ranking import key_between
from todos.domain.titles import one_line
from todos.models import Membership, MembershipRole, Project
from todos.models.todo import Change
from todos.policies import Grant, IfMatch
from todos.services.commit import commit_project, exact
from todos.services.memberships import settle_members
from todos.services.ranks import key_among

BATCH = 500
NONE: Mapping[str, Any] = {}
EDITABLE = ("title", "colour")
DEEPEST = 10
"""Levels of projects in one another, the top one counted."""


def create_inbox(user: User, now: datetime) -> None:
    """Give a new person their inbox, in the transaction of the sign-up."""
    inbox = Project(owner=user, title="Inbox", is_inbox=True, order=last_of(user.pk), created_at=now, updated_at=now)
    _insert([inbox])


@transaction.atomic
def create_project(
    *,
    actor: Actor,
    title: str,
    now: datetime,
    colour: str = "green",
    id: UUID | None = None,
    parent: UUID | None = None,
) -> Project:
    """Create a project at the end of one's list, or below another.

    There it is the owner's of that one, and of all who are in that one. Raises Conflict when the id is taken.
    """
    author, above = _place_of_new(actor, parent)
    owner_id = above.owner_id if above else author.pk
    project = Project(owner_id=owner_id, parent=above, colour=colour, created_at=now, updated_at=now)
    project.id, project.title = id or project.id, clean_title(title)
    project.order = last_of(owner_id, parent)
    insert_projects([project], author=author, now=now)
    settle_members([project], author=author, now=now)
    return project


def _place_of_new(actor: Actor, parent_id: UUID | None) -> tuple[User, Project | None]:
    """Return the author, and the locked project that something new may go into; at the top the author is locked."""
    if parent_id is None:
        return locked_self(actor=actor), None
    grant = policies.editable_project(actor=actor, project_id=parent_id)
    require_room(grant.project, level=len(policies.ids_above(parent_id)))
    return grant.author, grant.project


def require_room(parent: Project, *, level: int, levels: int = 1) -> None:
    """Raise Invalid unless so many levels of projects may go into a locked one, which is on a level, from 1."""
    if parent.is_inbox:
        raise Invalid.field("parent", "The inbox holds no projects.")
    if level + levels > DEEPEST:
        raise Invalid.field("parent", f"Projects nest at most {DEEPEST} levels deep.")


def last_of(owner_id: UUID, parent_id: UUID | None = None) -> str:
    """Return a key after every project that a person has at the top, or below one."""
    last = Project.objects.siblings(owner_id, parent_id).aggregate(last=Max("order"))["last"]
    return key_between(last, None)


def insert_projects(
    projects: Sequence[Project], *, author: User, now: datetime, told: Mapping[str, Any] = NONE
) -> None:
    """Insert projects, parents first, each with its owner in it and its event; raises Conflict when an id is taken.

    `told` is what each event keeps besides.
    """
    for project in projects:
        project.revision = 1
    try:
        with transaction.atomic():
            _insert(projects)
    except IntegrityError:
        raise Conflict("A project with this id exists already.") from None
    record_all(
        [
            event_of(
                author=author,
                scope=project.scope,
                revision=project.revision,
                verb=events.PROJECT_CREATED,
                subject=Subject("project", project.pk, project.title, project.created_at),
                data={**_document(project), **told},
                now=now,
            )
            for project in projects
        ]
    )


def _insert(projects: Sequence[Project]) -> None:
    owner = MembershipRole.OWNER
    Project.objects.bulk_create(projects, batch_size=BATCH)
    rows = [Membership(project=project, user_id=project.owner_id, role=owner, granted=owner) for project in projects]
    Membership.objects.bulk_create(rows, batch_size=BATCH)


def _document(project: Project) -> dict[str, Any]:
    above = {"parent": project.parent_id} if project.parent_id else {}
    return {"title": project.title, "colour": project.colour} | above


def favour_projects(projects: Collection[Project], *, user: User, now: datetime) -> None:
    """Make projects favourites of a locked person, each with its event."""
    rows = list(Membership.objects.in_projects(project.pk for project in projects).filter(user=user))
    for revision, row in enumerate(rows, start=user.revision + 1):
        row.is_favourite, row.own_revision = True, revision
    Membership.objects.bulk_update(rows, ["is_favourite", "own_revision"], batch_size=BATCH)
    titles = {project.pk: project.title for project in projects}
    change = {"changes": {"is_favourite": {"before": False, "after": True}}}
    told = [
        Happening(events.PROJECT_FAVOURED, Subject("project", row.project_id, titles[row.project_id]), change)
        for row in rows
    ]
    commit_user_all(user, told, now=now)


@transaction.atomic
def update_project(
    *,
    actor: Actor,
    project_id: UUID,
    values: dict[str, Any],
    now: datetime,
    if_match: IfMatch = None,
) -> Project:
    """Change a project's title, colour or parent (an id; None is the top); changing nothing records nothing.

    Only its owner moves a project, with all below it, and only among their own.
    """
    project = policies.visible_project(actor=actor, project_id=project_id)
    moves = "parent" in values and values["parent"] != project.parent_id
    if moves:
        grant, tree, above = policies.movable_tree(
            actor=actor, project_id=project_id, parent_id=values["parent"], if_match=if_match
        )
    else:
        grant = policies.editable_project(actor=actor, project_id=project_id, if_match=if_match)
        tree, above = [grant.project], []
    project = grant.project
    if project.is_inbox:
        raise Forbidden("The inbox keeps its name, its colour and its place.")
    if "title" in values:
        values = values | {"title": clean_title(values["title"])}
    change = {
        name: {"before": getattr(project, name), "after": values[name]}
        for name in EDITABLE
        if name in values and values[name] != getattr(project, name)
    }
    for name, both in change.items():
        setattr(project, name, both["after"])
    if moves:
        change |= hang(project, tree, above)
    if not change:
        return project
    commit_project(project, change=change, grant=grant, verb=events.PROJECT_UPDATED, now=now)
    if moves:
        settle_members(tree, author=grant.author, now=now)
    return project


def hang(project: Project, tree: list[Project], above: list[Project]) -> Change:
    """Put a locked project below another, or at the top, as the last one there; raises Invalid."""
    require_place(tree, above)
    parent = above[0] if above else None
    before = {"parent": project.parent_id, "order": project.order}
    project.order = last_of(project.owner_id, parent.pk if parent else None)
    project.parent = parent
    after = {"parent": project.parent_id, "order": project.order}
    return {name: {"before": before[name], "after": after[name]} for name in after}


def require_place(tree: list[Project], above: list[Project]) -> None:
    """Raise Invalid unless a locked tree may go below the first of these, or to the top."""
    if not above:
        return
    if above[0] in tree:
        raise Invalid.field("parent", "A project cannot hang below itself.")
    require_room(above[0], level=len(policies.ids_above(above[0].pk)), levels=_height(tree))


def _height(tree: list[Project]) -> int:
    """Return the levels of a tree whose parents come before their children."""
    depths: dict[UUID | None, int] = {}
    for project in tree:
        depths[project.pk] = depths.get(project.parent_id, 0) + 1
    return max(depths.values())


def clean_title(title: str) -> str:
    """Return a project's title as it is stored; raises Invalid."""
    title = one_line(title)
    if not title:
        raise Invalid.field("title", "A project needs a title.")
    return title


@transaction.atomic
def reorder_project(
    *, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None, **place: UUID | None
) -> Project:
    """Put a project right `after` or `before` another of those beside it; None is the start, or the end."""
    grant, beside = policies.owned_siblings(actor=actor, project_id=project_id, if_match=if_match)
    project = grant.project
    if project.is_inbox:
        raise Forbidden("The inbox keeps its name, its colour and its place.")
    keys = key_among(beside, project, place)
    for row in beside:
        if keys.get(row.pk, row.order) != row.order:
            change = {"order": {"before": row.order, "after": keys[row.pk]}}
            row.order = keys[row.pk]
            row_grant = Grant(row, grant.author, grant.role)
            commit_project(row, change=change, grant=row_grant, verb=events.PROJECT_REORDERED, now=now)
    return project


@transaction.atomic
def set_favourite(
    *, actor: Actor, project_id: UUID, favourite: bool, now: datetime, if_match: IfMatch = None
) -> Project:
    """Make a project one of the person's favourites, or no more; nobody else is told."""
    row = policies.own_membership(actor=actor, project_id=project_id, if_match=if_match)
    project: Project = row.project
    if row.is_favourite == favourite:
        return project
    change = {"is_favourite": {"before": row.is_favourite, "after": favourite}}
    row.is_favourite, row.own_revision = favourite, row.user.revision + 1
    row.save(update_fields=["is_favourite", "own_revision"])
    verb = events.PROJECT_FAVOURED if favourite else events.PROJECT_UNFAVOURED
    subject = Subject("project", project.pk, project.title)
    commit_user(row.user, verb=verb, data={"changes": change}, now=now, subject=subject)
    return project


@transaction.atomic
def archive_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Put a project aside with all below it: it can be read and not changed; its todos leave every list but its own."""
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id, if_match=if_match)
    if grant.project.is_inbox:
        raise Forbidden("The inbox cannot be archived.")
    if grant.project.archived_at:
        return grant.project
    moment = own_moment(now, (row.archived_at for row in tree))
    along = [row for row in tree if row.archived_at is None]
    return mark_all(along, "archived_at", moment, grant=grant, verb=events.PROJECT_ARCHIVED, now=now)


@transaction.atomic
def unarchive_project(*, actor: Actor, project_id: UUID, now: datetime, if_match: IfMatch = None) -> Project:
    """Bring an archived project back with what went along; raises Conflict below one that is archived."""
    grant, tree = policies.owned_tree(actor=actor, project_id=project_id, if_match=if_match)
    project = grant.project
    if project.archived_at is None:
        return project
    if project.parent and project.parent.archived_at:
        raise Conflict("The project that it is in is archived. Bring that one back first.")
    along = [row for row in tree if row.archived_at == project.archived_at]
    return mark_all(along, "archived_at", None, grant=grant, verb=events.PROJECT_UNARCHIVED, now=now)


def own_moment(now: datetime, taken: Iterable[datetime | None]) -> datetime:
    """Return a moment that marks what goes along now, and nothing that went before."""
    others = set(taken)
    while now in others:
        now += timedelta(microseconds=1)
    return now


def mark_all(
    along: list[Project],
    field: str,
    moment: datetime | None,
    *,
    grant: Grant,
    verb: str,
    now: datetime,
    change: Change | None = None,
) -> Project:
    """Set one moment on locked projects, each with its event; returns the first, which goes through a `change` too."""
    for row in along:
        marked = {field: {"before": exact(getattr(row, field)), "after": exact(moment)}}
        setattr(row, field, moment)
        extra = change or {} if row is along[0] else {}
        commit_project(row, change=marked | extra, grant=Grant(row, grant.author, grant.role), verb=verb, now=now)
    return along[0]
