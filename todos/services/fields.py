"""What a todo's fields may be, whoever sets them: one, or thousands at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from accounts.models import User
from config.errors import Invalid
from config.together import once
from todos.domain.titles import one_line
from todos.models import Section, Todo
from todos.models.todo import Change
from todos.services.assigning import member_to_assign, members_among, require_member
from todos.services.recurring import settled
from todos.services.tree import require_parent, require_place

PLAIN = (
    "title", "description", "priority", "due_date", "due_time", "time_zone", "start_date", "deadline",
    "duration_minutes",
)  # fmt: skip
LONGEST_DURATION = 60 * 24 * 365


class Around(Protocol):
    """What stands around a todo of a locked project, by id; each raises Invalid for what it cannot be put to."""

    def parent(self, todo: Todo, id: UUID) -> Todo: ...
    def section(self, todo: Todo, id: UUID) -> Section: ...
    def assignee(self, todo: Todo, id: UUID) -> User: ...


class Asked:
    """Asks the database about one todo at a time."""

    def parent(self, todo: Todo, id: UUID) -> Todo:
        return require_parent(require_place(todo, id))

    def section(self, todo: Todo, id: UUID) -> Section:
        return require_section(once(_live_section, todo.project_id, id))

    def assignee(self, todo: Todo, id: UUID) -> User:
        return require_member(member_to_assign(todo, id))


def _live_section(project_id: UUID, id: UUID) -> Section | None:
    found: Section | None = Section.objects.live().in_project(project_id).filter(pk=id).first()
    return found


ASKED = Asked()


def require_section(section: Section | None) -> Section:
    """Return the section that was found in a project; raises Invalid when there was none."""
    if section is None:
        raise Invalid.field("section", "The section is not one of this project.")
    return section


def plain_fields(todo: Todo, values: Mapping[str, Any], *, author: User, now: datetime) -> dict[str, Any]:
    """Return the plain fields to set, with what follows from them; raises Invalid."""
    plain = {name: values[name] for name in PLAIN if name in values}
    if "title" in plain:
        plain["title"] = one_line(plain["title"])
    if "due_date" in plain and plain["due_date"] is None and plain.get("due_time") is None:
        plain["due_time"] = None
    plain = settled(todo, plain, values, author=author, now=now)
    due_date = plain.get("due_date", todo.due_date)
    due_time = plain.get("due_time", todo.due_time)
    if due_time is not None and due_date is None:
        raise Invalid.field("due_time", "A time needs a date.")
    _require_sane(todo, plain)
    return plain


def require_title(todo: Todo) -> None:
    """Raise Invalid for a todo without a title."""
    if not todo.title:
        raise Invalid.field("title", "A todo needs a title.")


def _require_sane(todo: Todo, plain: dict[str, Any]) -> None:
    """Raise Invalid for a start after the deadline, where one of them changes, and for a duration of nothing."""
    start, deadline = plain.get("start_date", todo.start_date), plain.get("deadline", todo.deadline)
    if {"start_date", "deadline"} & plain.keys() and start and deadline and start > deadline:
        name = "start_date" if "start_date" in plain else "deadline"
        raise Invalid.field(name, "The deadline is before the start.")
    duration = plain.get("duration_minutes")
    if duration is not None and not 1 <= duration <= LONGEST_DURATION:
        raise Invalid.field("duration_minutes", "A duration is from a minute to a year.")


def place_todo(todo: Todo, parent_id: UUID | None, *, around: Around) -> Change:
    """Hang the todo under a parent, or at the top, and return what changed; raises Invalid."""
    before, todo.parent = todo.parent_id, around.parent(todo, parent_id) if parent_id else None
    return {"parent": {"before": before, "after": parent_id}} if before != parent_id else {}


def settle_todo(todo: Todo, values: Mapping[str, Any], *, around: Around, moves: bool = False) -> Change:
    """Set the section and the assignee, as far as the todo's project has them; raises Invalid.

    A todo that `moves` leaves its section behind, and an assignee who is not where it goes.
    """
    found: dict[str, Any] = {"section": None} if moves else {}
    if values.get("parent"):
        found["section"] = todo.parent and todo.parent.section
    if "section" in values:
        found["section"] = around.section(todo, values["section"]) if values["section"] else None
    if "assignee" in values:
        found["assignee"] = around.assignee(todo, values["assignee"]) if values["assignee"] else None
    elif moves and todo.assignee_id and not members_among(todo.project_id, [todo.assignee_id]):
        found["assignee"] = None
    return {name: {side: row and row.pk for side, row in both.items()} for name, both in todo.change(found).items()}
