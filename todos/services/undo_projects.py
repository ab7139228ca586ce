"""Taking back what was done to projects: their names, their marks, and where they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policies import Actor
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.models import Project
from todos.models.todo import Change
from todos.policies import Grant, IfMatch
from todos.services.commit import commit_project
from todos.services.projects import mark_all, require_place, set_favourite, update_project
from todos.services.trash import delete_project
from todos.services.undo_events import id_of, in_the_way, keys_before, moment_of, tag_of, values_before
from todos.services.undo_people import require_members_as_left, settle_back

TREES = {
    events.PROJECT_ARCHIVED: ("archived_at", events.PROJECT_UNARCHIVED),
    events.PROJECT_UNARCHIVED: ("archived_at", events.PROJECT_ARCHIVED),
    events.PROJECT_DELETED: ("deleted_at", events.PROJECT_RESTORED),
    events.PROJECT_RESTORED: ("deleted_at", events.PROJECT_DELETED),
}
"""What marks a project and those below it: with which field, and what is the opposite."""


def undo_marks(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Give each project of a tree the moment back that it had, or none."""
    lead = oldest_first[0]
    field, verb = TREES[lead.verb]
    grant, tree = policies.owned_tree(actor=actor, project_id=lead.subject_id, trashed=True)
    along = _as_left(oldest_first, tree)
    moment = moment_of(lead.data["changes"][field]["before"])
    above = grant.project.parent
    if moment is None and above and getattr(above, field):
        raise Conflict("The project that it is in is not there to hold it. Nothing was undone.")
    mark_all(along, field, moment, grant=grant, verb=verb, now=now)


def undo_placing(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Put a project back below the one that it was in, or to the top, in its place there.

    Who was in it by that place is in it again, as far as they are in that place still.
    """
    lead = oldest_first[0]
    moved = [event for event in oldest_first if event.verb == lead.verb]
    settled = oldest_first[len(moved) :]
    grant, tree, above = _locked_places(lead, actor)
    along = _as_left(moved, tree)
    require_members_as_left(settled, tree)
    project = grant.project
    try:
        require_place(tree, above)
    except Invalid:
        raise Conflict("It does not fit where it was any more. Nothing was undone.") from None
    was = values_before(lead) | {"parent": above[0].pk if above else None}
    change: Change = {
        name: {"before": project.parent_id if name == "parent" else getattr(project, name), "after": value}
        for name, value in was.items()
        if name != "deleted_at"
    }
    for name in change:
        setattr(project, name, (above[0] if above else None) if name == "parent" else was[name])
    if lead.verb in TREES:
        field, verb = TREES[lead.verb]
        mark_all(along, field, moment_of(was[field]), grant=grant, verb=verb, now=now, change=change)
    else:
        commit_project(project, change=change, grant=grant, verb=lead.verb, now=now)
    settle_back(settled, tree, author=grant.author, now=now)


def _locked_places(lead: Any, actor: Actor) -> tuple[Grant, list[Project], list[Project]]:
    """Lock a project with all below it, and the one that it was in with all above it."""
    project_id, parent_id = lead.subject_id, id_of(lead.data["changes"]["parent"]["before"])
    in_trash = lead.verb in TREES
    policies.listed_project(actor=actor, project_id=project_id)
    seen = Project.objects.seen_by(actor.pk) if in_trash else Project.objects.visible_to(actor.pk)
    if parent_id and not seen.filter(pk=parent_id).exists():
        raise Conflict("The project that it was in is gone. Nothing was undone.")
    return policies.movable_tree(actor=actor, project_id=project_id, parent_id=parent_id, trashed=in_trash)


def _as_left(recorded: Sequence[Any], tree: list[Project]) -> list[Project]:
    """Return the projects of a locked tree that events tell of; raises Conflict unless they are as these left them."""
    rows = {row.pk: row for row in tree}
    for event in recorded:
        row = rows.get(event.subject_id)
        if row is None or any(not _is(row, name, both["after"]) for name, both in event.data["changes"].items()):
            raise in_the_way(event.subject_title)
    return [rows[event.subject_id] for event in recorded]


def _is(row: Project, name: str, kept: Any) -> bool:
    if name == "parent":
        return row.parent_id == id_of(kept)
    if name in ("archived_at", "deleted_at"):
        return bool(getattr(row, name) == moment_of(kept))
    return bool(getattr(row, name) == kept)


def undo_order(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Give the projects that were put in another order the places back that they had."""
    grant, beside = policies.owned_siblings(actor=actor, project_id=oldest_first[0].subject_id)
    rows = {row.pk: row for row in beside}
    keys = {id: key for event in oldest_first for id, key in keys_before(event, rows).items()}
    for id, key in keys.items():
        change = {"order": {"before": rows[id].order, "after": key}}
        rows[id].order = key
        own = Grant(rows[id], grant.author, grant.role)
        commit_project(rows[id], change=change, grant=own, verb=events.PROJECT_REORDERED, now=now)


def undo_creation(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Put a new project into the trash while nothing was put into it."""
    lead = oldest_first[0]
    if Project.objects.children_of([lead.subject_id]).exists():
        raise in_the_way(lead.subject_title)
    delete_project(actor=actor, project_id=lead.subject_id, now=now, if_match=tag_of(oldest_first[-1]))


def undo_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Give a project its title and colour back."""
    # Its revision counts all that happens in it: what counts here is whether these fields are as they were left.
    project = policies.editable_project(actor=actor, project_id=event.subject_id).project
    _as_left([event], [project])
    update_project(actor=actor, project_id=event.subject_id, values=values_before(event), now=now)


def undo_favour(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    """Make a project a favourite again, or no more."""
    both = event.data["changes"]["is_favourite"]
    project_id: UUID = event.subject_id
    if policies.own_membership(actor=actor, project_id=project_id).is_favourite != both["after"]:
        raise in_the_way(event.subject_title)
    set_favourite(actor=actor, project_id=project_id, favourite=both["before"], now=now)
