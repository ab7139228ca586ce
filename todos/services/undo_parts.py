"""Taking back what is no change of a todo or label alone: by the service that does the opposite."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.policies import Actor
from config.errors import Stale
from todos import events, policies
from todos.models import Section, Todo
from todos.policies import IfMatch
from todos.services import undo_own, undo_people, undo_projects
from todos.services.attachments import delete_attachment, restore_attachment
from todos.services.comments import delete_comment, edit_comment, restore_comment
from todos.services.relations import relate, unrelate
from todos.services.sections import arrange_sections, delete_section, restore_section, update_section
from todos.services.undo_events import in_the_way, keys_before, tag_of, values_before

Undo = Callable[[Any, Actor, datetime, IfMatch], object]
UndoAll = Callable[[Sequence[Any], Actor, datetime], object]


def undo_parts(oldest_first: Sequence[Any], *, actor: Actor, now: datetime) -> bool:
    """Take one change back, in the caller's transaction, and say whether it was of a kind that is taken back here.

    Raises Conflict where something newer is in the way.
    """
    undo = _undoing(oldest_first)
    if undo is None:
        return False
    try:
        undo(oldest_first, actor, now)
    except Stale:
        raise in_the_way(oldest_first[0].subject_title) from None
    return True


def can_undo_parts(oldest_first: Sequence[Any]) -> bool:
    """Say whether these events, of one change, are of a kind that is taken back here."""
    return _undoing(oldest_first) is not None


def _undoing(oldest_first: Sequence[Any]) -> UndoAll | None:
    if not oldest_first:
        return None
    lead, verbs = oldest_first[0], {event.verb for event in oldest_first}
    if lead.verb in PLACED and "parent" in lead.data["changes"]:
        return undo_projects.undo_placing if verbs <= {lead.verb, events.PROJECT_MEMBERS_CHANGED} else None
    if lead.verb in WHOLE:
        along, undo = WHOLE[lead.verb]
        return undo if verbs <= {lead.verb, *along} else None
    if len(oldest_first) > 1 or lead.verb not in PARTS or lead.data.get("replaced"):
        return None
    return partial(_undo_one, PARTS[lead.verb])


def _undo_one(undo: Undo, oldest_first: Sequence[Any], actor: Actor, now: datetime) -> None:
    [event] = oldest_first
    undo(event, actor, now, tag_of(event))


# Sections


def _undo_section_creation(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    if Todo.objects.in_section(event.subject_id).exists():
        raise in_the_way(event.subject_title)
    delete_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


def _undo_section_update(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    update_section(actor=actor, section_id=event.subject_id, values=values_before(event), now=now, if_match=if_match)


def _undo_section_deletion(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    restore_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


def _undo_section_restoration(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    held = {str(id) for id in Todo.objects.in_section(event.subject_id).values_list("pk", flat=True)}
    if held != set(event.data["todos"]):
        raise in_the_way(event.subject_title)
    delete_section(actor=actor, section_id=event.subject_id, now=now, if_match=if_match)


def _undo_section_order(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    section, grant = policies.editable_section(actor=actor, section_id=event.subject_id)
    rows = {row.pk: row for row in Section.objects.in_project(section.project_id)} | {section.pk: section}
    arrange_sections(section, grant, rows, keys_before(event, rows), now=now)


# What is on a todo


def _comment(service: Callable[..., Any]) -> Undo:
    def undo(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
        id = UUID(event.data["comment"]["id"])
        service(actor=actor, todo_id=event.subject_id, comment_id=id, now=now, if_match=if_match)

    return undo


def _undo_comment_edit(event: Any, actor: Actor, now: datetime, if_match: IfMatch) -> None:
    id = UUID(event.data["comment"]["id"])
    text = values_before(event)["text"]
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


PLACED = (events.PROJECT_UPDATED, events.PROJECT_DELETED, events.PROJECT_RESTORED)
"""What may put a project somewhere else."""
WHOLE: dict[str, tuple[tuple[str, ...], UndoAll]] = {
    **dict.fromkeys(undo_projects.TREES, ((), undo_projects.undo_marks)),
    events.PROJECT_CREATED: ((events.PROJECT_MEMBERS_CHANGED,), undo_projects.undo_creation),
    events.PROJECT_REORDERED: ((), undo_projects.undo_order),
    events.PROJECT_MEMBERS_CHANGED: ((), undo_people.undo_members),
}
"""Changes of several events, by the verb of the first, with those of what follows from it."""
PARTS: dict[str, Undo] = {
    events.PROJECT_UPDATED: undo_projects.undo_update,
    events.PROJECT_FAVOURED: undo_projects.undo_favour,
    events.PROJECT_UNFAVOURED: undo_projects.undo_favour,
    events.PROJECT_INVITED: undo_people.undo_invitation,
    events.PROJECT_LINK_MADE: undo_people.undo_link,
    events.SECTION_CREATED: _undo_section_creation,
    events.SECTION_UPDATED: _undo_section_update,
    events.SECTION_REORDERED: _undo_section_order,
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
    events.FILTER_CREATED: undo_own.undo_filter_creation,
    events.FILTER_UPDATED: undo_own.undo_filter_update,
    events.FILTER_REORDERED: undo_own.undo_filter_order,
    events.FILTER_DELETED: undo_own.undo_filter_deletion,
    events.REMINDER_CREATED: undo_own.undo_reminder_creation,
    events.REMINDER_UPDATED: undo_own.undo_reminder_update,
    events.REMINDER_DELETED: undo_own.undo_reminder_deletion,
    events.FEED_CREATED: undo_own.undo_feed,
}
"""How each is taken back; the tag of the state that the event left is the one that still must hold."""
