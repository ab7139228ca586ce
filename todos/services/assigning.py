"""Who a todo is given to: a member of its project, who is told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import User
from config.errors import Invalid
from config.together import once
from todos.models import Membership, Todo
from todos.models.todo import Change
from todos.services.notifications import notify

KIND = "assigned"


def member_to_assign(todo: Todo, user_id: UUID | None) -> User | None:
    """Return the person whom a todo is given to; raises Invalid for one who is not in its project."""
    if user_id is None:
        return None
    user: User | None = once(_member, todo.project_id, user_id)
    return require_member(user)


def require_member(user: User | None) -> User:
    """Return whom was found among the members of a project; raises Invalid when nobody was."""
    if user is None:
        raise Invalid.field("assignee", "The assignee is not a member of this project.")
    return user


def _member(project_id: UUID, user_id: UUID) -> User | None:
    row = Membership.objects.of(user_id).filter(project_id=project_id).first()
    return row.user if row else None


def members_among(project_id: UUID, user_ids: Iterable[UUID | None]) -> set[UUID]:
    """Return those of some people who are in a project."""
    asked = frozenset(id for id in user_ids if id)
    return once(_members, project_id, asked) if asked else set()


def _members(project_id: UUID, user_ids: frozenset[UUID]) -> set[UUID]:
    rows = Membership.objects.in_projects([project_id]).filter(user_id__in=user_ids, user__is_active=True)
    return set(rows.values_list("user_id", flat=True))


def tell_assignee(todo: Todo, change: Change, *, author: User, now: datetime) -> None:
    """Tell a person that a todo is theirs now, unless they took it themselves."""
    given = change.get("assignee", {}).get("after")
    if given is None or given == author.pk or todo.completed:
        return
    notify(
        user_id=given,
        kind=KIND,
        key=f"{KIND}:{todo.pk}:{todo.project_id}:{todo.revision}",
        now=now,
        actor_id=author.pk,
        project=todo.project,
        todo=todo,
    )
