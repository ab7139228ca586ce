"""What a filter says of one todo: what `todos.narrowing` asks the database, in plain Python."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from todos.domain.filters.calendar import Calendar
from todos.domain.filters.nodes import (
    And,
    Between,
    By,
    Completed,
    Everything,
    Has,
    InProject,
    InSection,
    Labelled,
    Node,
    Not,
    Or,
    Part,
    Pattern,
    Priority,
    Role,
    Shared,
    Term,
    Who,
    Words,
)


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a filter can ask about a todo. `projects` has its project's title and then those above it."""

    projects: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    due_date: date | None = None
    start_date: date | None = None
    deadline: date | None = None
    priority: int = 4
    section: str | None = None
    labels: tuple[str, ...] = ()
    assignee: Person | None = None
    created_by: Person | None = None
    is_shared: bool = False
    parts: frozenset[Part] = field(default_factory=frozenset)
    documents: tuple[str, str] = ("", "")


def matches(node: Node, todo: Facts, calendar: Calendar, viewer_id: UUID) -> bool:
    """Say whether a filter of this viewer's takes the todo in."""
    match node:
        case Not(part):
            return not matches(part, todo, calendar, viewer_id)
        case And(parts):
            return all(matches(part, todo, calendar, viewer_id) for part in parts)
        case Or(parts):
            return any(matches(part, todo, calendar, viewer_id) for part in parts)
        case Between():
            return _between(node, todo, calendar)
        case By(role, who):
            return _is_by(todo.assignee if role == Role.ASSIGNEE else todo.created_by, who, viewer_id)
    return _holds(node, todo)


def _holds(term: Term, todo: Facts) -> bool:
    match term:
        case Everything():
            return True
        case Has(part):
            return part in todo.parts
        case Priority(number):
            return todo.priority == number
        case Labelled(name):
            return any(name.matches(label) for label in todo.labels)
        case InProject(name, below):
            return any(name.matches(title) for title in (todo.projects if below else todo.projects[:1]))
        case InSection(name):
            return todo.section is not None and name.matches(todo.section)
        case Shared():
            return todo.is_shared
        case Completed():
            return todo.completed_at is not None
        case Words(needles):
            return bool(needles) and all(needle.is_in(*todo.documents) for needle in needles)
    raise AssertionError(term)


def _between(term: Between, todo: Facts, calendar: Calendar) -> bool:
    found: date | None = getattr(todo, term.when)
    if isinstance(found, datetime):
        found = found.astimezone(calendar.zone).date()
    if found is None:
        return False
    if term.first and found < term.first.on(calendar):
        return False
    return term.last is None or found <= term.last.on(calendar)


def _is_by(person: Person | None, who: Who | Pattern, viewer_id: UUID) -> bool:
    if person is None:
        return False
    match who:
        case Who.ME:
            return person.id == viewer_id
        case Who.OTHERS:
            return person.id != viewer_id
    return means_person(who, person.name)


def means_person(who: Pattern, name: str) -> bool:
    """Say whether a pattern means somebody: by the whole name, or by its first word."""
    return who.matches(name) or who.matches(name.partition(" ")[0])
