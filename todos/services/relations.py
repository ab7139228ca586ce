"""Ties between todos: one blocks another, or relates to it, maybe across projects.

A tie belongs to the todo that it goes out from: who may change that one's project makes and removes
it. The todo at the other end need only be seen, and its project learns nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.policies import Actor
from activity.services.recording import Subject
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.models import Project, Relation, RelationKind, Todo
from todos.policies import Grant, IfMatch
from todos.services.commit import bury, commit_part, count_on, exact, record_project

BLOCKED_BY = "blocked_by"
KINDS = (*RelationKind.values, BLOCKED_BY)
"""How a todo can be tied to another, as seen from it."""
MOST = 100
"""Ties of one todo."""
FARTHEST = 1000
"""Todos that a look for a circle goes through."""


@transaction.atomic
def relate(
    *, actor: Actor, todo_id: UUID, other_id: UUID, kind: str, now: datetime, id: UUID | None = None
) -> Relation:
    """Tie a todo to another that the person sees. To be blocked by one takes the right to change that one too.

    Raises Invalid for a todo and itself, an unseen one, and where todos would block one another in
    a circle; Conflict for a tie that there is already.
    """
    todo, grant, other = _both(actor, todo_id, other_id)
    source, target = todo, other
    if kind == BLOCKED_BY:
        source, grants = policies.editable_todo(actor=actor, todo_id=other.pk)
        target, grant = todo, grants[source.project_id]
    _require_room(source, target, kind)
    if kind != RelationKind.RELATES:
        _require_no_circle(actor, source, target)
    relation = Relation(todo=source, other=target, project=grant.project, created_by=grant.author, created_at=now)
    relation.id, relation.kind = id or relation.id, RelationKind.BLOCKS if kind == BLOCKED_BY else RelationKind(kind)
    try:
        with transaction.atomic():
            verb, data = events.RELATION_ADDED, document_of_tie(relation)
            commit_part(relation, todo=source, grant=grant, verb=verb, data=data, now=now)
    except IntegrityError:
        raise Conflict("A tie with this id exists already.", fields={"id": ["Taken."]}) from None
    return relation


def _both(actor: Actor, todo_id: UUID, other_id: UUID) -> tuple[Todo, Grant, Todo]:
    """Lock the projects of two todos, the second of which need only be seen: ties between them are made one by one."""
    ends = Todo.objects.visible_to(actor.pk).filter(pk__in=[todo_id, other_id])
    ids = sorted(set(ends.values_list("project_id", flat=True)))
    list(Project.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id)
    other = Todo.objects.visible_to(actor.pk).live().filter(pk=other_id).first()
    if other is None or other.pk == todo.pk:
        raise Invalid.field("other", "That is not another todo that you see.")
    return todo, grants[todo.project_id], other


def _require_room(source: Todo, target: Todo, kind: str) -> None:
    kept = RelationKind.RELATES if kind == RelationKind.RELATES else RelationKind.BLOCKS
    same = Relation.objects.between(source.pk, target.pk).of_kind(kept)
    if kept == RelationKind.BLOCKS:
        same = same.of_todo(source.pk)
    if same.exists():
        raise Conflict("These todos are tied like this already.")
    if max(Relation.objects.at(todo.pk).count() for todo in (source, target)) >= MOST:
        raise Conflict(f"A todo has at most {MOST} ties.")


def _require_no_circle(actor: Actor, source: Todo, target: Todo) -> None:
    """Raise Invalid where the target blocks the source already, be it through others.

    Only what the person sees is looked through: a refusal must not tell of other todos.
    """
    seen, level = {target.pk}, {target.pk}
    while level:
        if source.pk in level:
            raise Invalid.field("other", "These todos would block one another in a circle.")
        if len(seen) > FARTHEST:
            raise Invalid.field("other", "Too many todos block one another here.")
        blocked = Relation.objects.of_kind(RelationKind.BLOCKS).of_todos(level)
        visible = Todo.objects.visible_to(actor.pk).order_by().values("pk")
        level = set(blocked.filter(other_id__in=visible).values_list("other_id", flat=True)) - seen
        seen |= level


@transaction.atomic
def unrelate(*, actor: Actor, todo_id: UUID, relation_id: UUID, now: datetime, if_match: IfMatch = None) -> None:
    """Remove a tie from either end: for good, and with the right to change the todo that it goes out from."""
    relation = policies.visible_relation(actor=actor, todo_id=todo_id, relation_id=relation_id)
    relation, source, grant = policies.editable_part(
        Relation.objects.all(), actor=actor, todo_id=relation.todo_id, id=relation_id, if_match=if_match
    )
    count_on(grant.project)
    bury(grant.project, "relation", [relation_id], now=now)
    subject = Subject("todo", source.pk, source.title, source.created_at)
    data = document_of_tie(relation) | {"made": {"by": relation.created_by_id, "at": exact(relation.created_at)}}
    record_project(grant, verb=events.RELATION_REMOVED, data=data, now=now, subject=subject)
    relation.delete()


def document_of_tie(relation: Relation) -> dict[str, Any]:
    """Return what an event keeps of a tie: of the other end only the id, for who reads here may not see it."""
    return {"relation": {"id": relation.pk, "kind": relation.kind, "other": relation.other_id}}
