"""Who a todo is given to: a member of its project, who is told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import User
from config.errors import Invalid
from todos.models import Membership, Todo
from todos.models.todo import Change
from todos.services.notifications import notify

KIND = "assigned"


def member_to_assign(todo: Todo, user_id: UUID | None) -> User | None:
    """Return the person whom a todo is given to; raises Invalid for one who is not in its project."""
    if user_id is None:
        return None
    row = Membership.objects.of(user_id).filter(project_id=todo.project_id).first()
    if row is None:
        raise Invalid.field("assignee", "The assignee is not a member of this project.")
    user: User = row.user
    return user


def members_among(project_id: UUID, user_ids: Iterable[UUID | None]) -> set[UUID]:
    """Return those of some people who are in a project."""
    asked = {id for id in user_ids if id}
    rows = Membership.objects.in_projects([project_id]).filter(user_id__in=asked, user__is_active=True)
    return set(rows.values_list("user_id", flat=True)) if asked else set()


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
