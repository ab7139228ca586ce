"""What a filter means, as a tree; `at` is the character of the filter where a term begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from config.errors import Invalid
from todos.domain.filters.calendar import Day
from todos.domain.search import Needles, fold


class InvalidFilter(Invalid):
    """A filter that says nothing. `position` is the character, from 0, where that shows."""

    def __init__(self, problem: str, position: int, *, name: str = "filter") -> None:
        message = f"At character {position + 1}: {problem}"
        super().__init__(message, fields={name: [message]})
        self.problem, self.position = problem, position


@dataclass(frozen=True, slots=True)
class Pattern:
    """A name as people type it: without case and marks, the `pieces` between stars in their order."""

    pieces: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        return not any(self.pieces)

    def matches(self, name: str) -> bool:
        """Say whether a name is meant; linear in its length for each piece."""
        name = " ".join(fold(name).split())
        first, *others = self.pieces
        if not others:
            return name == first
        *middle, last = others
        if not name.startswith(first):
            return False
        at = len(first)
        for piece in middle:
            found = name.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        return len(name) - len(last) >= at and name.endswith(last)


class When(StrEnum):
    """The dates of a todo that a filter can ask for."""

    DUE = "due_date"
    START = "start_date"
    DEADLINE = "deadline"
    CREATED = "created_at"
    UPDATED = "updated_at"
    COMPLETED = "completed_at"


class Part(StrEnum):
    """What a todo can have or lack."""

    DATE = "date"
    TIME = "time"
    START = "start date"
    DEADLINE = "deadline"
    DURATION = "duration"
    DESCRIPTION = "description"
    RECURRENCE = "recurrence"
    SECTION = "section"
    PARENT = "parent"
    ASSIGNEE = "assignee"
    LABELS = "labels"
    SUBTASKS = "subtasks"
    COMMENTS = "comments"
    ATTACHMENTS = "attachments"


class Role(StrEnum):
    """What somebody is to a todo."""

    ASSIGNEE = "assignee"
    CREATOR = "created_by"


class Who(StrEnum):
    ME = "me"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Term:
    at: int = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Everything(Term):
    pass


@dataclass(frozen=True, slots=True)
class Between(Term):
    """A date from the first day to the last, both included; None is the open end."""

    when: When
    first: Day | None
    last: Day | None


@dataclass(frozen=True, slots=True)
class Has(Term):
    part: Part


@dataclass(frozen=True, slots=True)
class Priority(Term):
    number: int


@dataclass(frozen=True, slots=True)
class Labelled(Term):
    name: Pattern


@dataclass(frozen=True, slots=True)
class InProject(Term):
    """In a project of this name, or `below` one too."""

    name: Pattern
    below: bool


@dataclass(frozen=True, slots=True)
class InSection(Term):
    name: Pattern


@dataclass(frozen=True, slots=True)
class By(Term):
    """Assigned to, or created by, the viewer, anybody else, or members of a name."""

    role: Role
    who: Who | Pattern


@dataclass(frozen=True, slots=True)
class Shared(Term):
    """In a project that has other members."""


@dataclass(frozen=True, slots=True)
class Completed(Term):
    pass


@dataclass(frozen=True, slots=True)
class Words(Term):
    needles: Needles


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


Node = Term | Not | And | Or


def terms(node: Node) -> Iterator[Term]:
    """Return the terms of a filter from left to right."""
    match node:
        case Not(part):
            yield from terms(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from terms(part)
        case Term():
            yield node


def mentions(node: Node, kind: type[Term]) -> bool:
    """Say whether a filter has a term of this kind; one of when a todo was completed is one of `Completed` too."""
    return any(
        isinstance(term, kind) or (kind is Completed and isinstance(term, Between) and term.when == When.COMPLETED)
        for term in terms(node)
    )
