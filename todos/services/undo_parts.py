"""Taking back what was done to projects, sections, filters, and on todos: by the service that does the opposite."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.policies import Actor
from config.errors import Conflict, Stale
from todos import events, policies
from todos.models import Project, Todo
from todos.policies import IfMatch
from todos.services.attachments import delete_attachment, restore_attachment
from todos.services.comments import delete_comment, edit_comment, restore_comment
from todos.services.projects import mark_all, set_favourite, update_project
from todos.services.relations import relate, unrelate
from todos.services.saved_filters import delete_filter, update_filter
from todos.services.sections import delete_section, restore_section, update_section
from todos.services.trash import delete_project

Undo = Callable[[Any, Actor, datetime, IfMatch], object]
TREES = {
    events.PROJECT_ARCHIVED: ("archived_at", events.PROJECT_UNARCHIVED),
    events.PROJECT_UNARCHIVED: ("archived_at", events.PROJECT_ARCHIVED),
    events.PROJECT_DELETED: ("deleted_at", events.PROJECT_RESTORED),
    events.PROJECT_RESTORED: ("deleted_at", events.PROJECT_DELETED),
}
"""What marks a project and those below it: with which field, and what is the opposite."""


def can_undo_parts(recorded: Sequence[Any]) -> bool:
    """Say whether these events, of one change, are of a kind that is taken back here."""
    verbs = {event.verb for event in recorded}
    if len(verbs) == 1 and verbs <= TREES.keys():
        field = TREES[recorded[0].verb][0]
        return all(event.data["changes"].keys() == {field} for event in recorded)
    if len(recorded) != 1 or recorded[0].verb not in PARTS:
        return False
    return not recorded[0].data.get("changes", {}).keys() & {"parent", "order"}


def undo_parts(oldest_first: Sequence[Any], *, actor: Actor, now: datetime) -> None:
    """Take one change back, in the caller's transaction; raises Conflict where something newer is in the way."""
    event = oldest_first[0]
    try:
        if event.verb in TREES:
            _unmark(oldest_first, actor, now)
        else:
            PARTS[event.verb](event, actor, now, frozenset([str(event.revision)]))
    except Stale:
        raise _in_the_way(event) from None


def _in_the_way(event: Any) -> Conflict:
    return Conflict(f"“{event.subject_title}” was changed since. Nothing was undone.")


def _before(event: Any) -> dict[str, Any]:
    return {name: both["before"] for name, both in event.data["changes"].items()}


# Projects


def _unmark(oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    """Give each project of a tree the moment back that it had, or none."""
    field, verb = TREES[oldest_first[0].verb]
    top = oldest_first[0].subject_id
    grant, tree = policies.owned_tree(actor=actor, project_id=top, trashed=True)
    rows = {row.pk: row for row in tree}
    for event in oldest_first:
        row, after = rows.get(event.subject_id), _moment(event.data["changes"][field]["after"])
        if row is None or _rounded(getattr(row, field)) != _rounded(after):
            raise _in_the_way(event)
    moment = _moment(oldest_first[0].data["changes"][field]["before"])
    above = grant.project.parent
    if moment is None and above and getattr(above, field):
        raise Conflict("The project that it is in is not there to hold it. Nothing was undone.")
    along = [rows[event.subject_id] for event in oldest_first]
    mark_all(along, field, moment, grant=grant, verb=verb, now=now)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _rounded(moment: datetime | None) -> datetime | None:
    """Return a moment as the event of a project keeps it: to the millisecond."""
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _undo_project_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    # Its revision counts all that happens in it: what counts here is whether these fields are as they were left.
    project = policies.editable_project(actor=actor, project_id=event.subject_id).project
    if any(getattr(project, name) != both["after"] for name, both in event.data["changes"].items()):
        raise _in_the_way(event)
    update_project(actor=actor, project_id=event.subject_id, values=_before(event), now=now)


def _undo_project_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    if Project.objects.children_of([event.subject_id]).exists():
        raise _in_the_way(event)
    delete_project(actor=actor, project_id=event.subject_id, now=now, if_match=if_match)


def _undo_favour(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    both = event.data["changes"]["is_favourite"]
    if policies.own_membership(actor=actor, project_id=event.subject_id).is_favourite != both["after"]:
        raise _in_the_way(event)
    set_favourite(actor=actor, project_id=event.subject_id, favourite=both["before"], now=now)


# Sections


def _undo_section_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    if Todo.objects.in_section(event.subject_id).exists():
        raise _in_the_way(event)
    delete_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


def _undo_section_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    update_section(actor=actor, section_id=event.subject_id, values=_before(event), now=now, if_match=if_match)


def _undo_section_deletion(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    restore_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


def _undo_section_restoration(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    held = {str(id) for id in Todo.objects.in_section(event.subject_id).values_list("pk", flat=True)}
    if held != set(event.data["todos"]):
        raise _in_the_way(event)
    delete_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


# What is on a todo


def _comment(service: Callable[..., Any]) -> Undo:
    def undo(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
        id = UUID(event.data["comment"]["id"])
        service(actor=actor, todo_id=event.subject_id, comment_id=id, now=now, if_match=if_match)

    return undo


def _undo_comment_edit(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    id = UUID(event.data["comment"]["id"])
    text = _before(event)["text"]
    edit_comment(actor=actor, todo_id=event.subject_id, comment_id=id, text=text, now=now, if_match=if_match)


def _attachment(service: Callable[..., Any]) -> Undo:
    def undo(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
        id = UUID(event.data["attachment"]["id"])
        service(actor=actor, todo_id=event.subject_id, attachment_id=id, now=now, if_match=if_match)

    return undo


def _undo_relation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    id = UUID(event.data["relation"]["id"])
    unrelate(actor=actor, todo_id=event.subject_id, relation_id=id, now=now, if_match=if_match)


def _undo_unrelating(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    was = event.data["relation"]
    id, other = UUID(was["id"]), UUID(was["other"])
    relation = relate(actor=actor, todo_id=event.subject_id, other_id=other, kind=was["kind"], now=now, id=id)
    made = event.data["made"]
    relation.created_by = User.objects.filter(pk=made["by"]).first()
    relation.created_at = datetime.fromisoformat(made["at"])
    relation.save(update_fields=["created_by", "created_at"])


# Filters


def _undo_filter_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    delete_filter(actor=actor, filter_id=event.subject_id, now=now, if_match=if_match)


def _undo_filter_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    values = _before(event)
    if values.get("project"):
        values["project"] = UUID(values["project"])
    update_filter(actor=actor, filter_id=event.subject_id, values=values, now=now, if_match=if_match)


PARTS: dict[str, Undo] = {
    events.PROJECT_CREATED: _undo_project_creation,
    events.PROJECT_UPDATED: _undo_project_update,
    events.PROJECT_FAVOURED: _undo_favour,
    events.PROJECT_UNFAVOURED: _undo_favour,
    events.SECTION_CREATED: _undo_section_creation,
    events.SECTION_UPDATED: _undo_section_update,
    events.SECTION_DELETED: _undo_section_deletion,
    events.SECTION_RESTORED: _undo_section_restoration,
    events.COMMENT_ADDED: _comment(delete_comment),
    events.COMMENT_EDITED: _undo_comment_edit,
    events.COMMENT_DELETED: _comment(restore_comment),
    events.COMMENT_RESTORED: _comment(delete_comment),
    events.ATTACHMENT_ADDED: _attachment(delete_attachment),
    events.ATTACHMENT_DELETED: _attachment(restore_attachment),
    events.ATTACHMENT_RESTORED: _attachment(delete_attachment),
    events.RELATION_ADDED: _undo_relation,
    events.RELATION_REMOVED: _undo_unrelating,
    events.FILTER_CREATED: _undo_filter_creation,
    events.FILTER_UPDATED: _undo_filter_update,
}
"""How each is taken back; the tag of the state that the event left is the one that still must hold."""
