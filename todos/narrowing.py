"""From a filter to a condition on rows of todos: what `todos.domain.filters.matches` says, asked of the database.

Names are compared here, in Python, among what the viewer sees: databases fold case and marks each
in their own way. That takes one query more for each kind of name in the filter, whatever its length.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from todos.domain.filters import Calendar, Node
from todos.domain.filters.evaluation import means_person
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
    Not,
    Or,
    Part,
    Pattern,
    Priority,
    Shared,
    Term,
    When,
    Who,
    Words,
)
from todos.models import Attachment, Comment, Label, Membership, Project, SearchDocument, Section, Todo

NOWHERE, ANYWHERE = Q(pk__in=[]), ~Q(pk__in=[])
MOMENTS = (When.CREATED, When.UPDATED, When.COMPLETED)
COLUMNS = {
    Part.DATE: "due_date",
    Part.TIME: "due_time",
    Part.START: "start_date",
    Part.DEADLINE: "deadline",
    Part.DURATION: "duration_minutes",
    Part.SECTION: "section_id",
    Part.PARENT: "parent_id",
    Part.ASSIGNEE: "assignee_id",
}
"""Columns that are null where a todo lacks the part."""


def condition(node: Node, *, calendar: Calendar, viewer_id: UUID) -> Q:
    """Return the condition on todos; the caller keeps to what the viewer may see."""
    return _Narrowing(calendar, viewer_id).q(node)


@dataclass
class _Narrowing:
    calendar: Calendar
    viewer_id: UUID

    def q(self, node: Node) -> Q:
        match node:
            case Not(part):
                return ~self.q(part)
            case And(parts):
                return reduce(and_, map(self.q, parts))
            case Or(parts):
                return reduce(or_, map(self.q, parts))
        return self.term(node)

    def term(self, term: Term) -> Q:
        match term:
            case Everything():
                return ANYWHERE
            case Between():
                return self.between(term)
            case Has(part):
                return _has(part)
            case Priority(number):
                return Q(priority=number)
            case Labelled(name):
                return self.labelled(name)
            case InProject(name, below):
                return Q(project_id__in=self.projects_of(name, below=below))
            case InSection(name):
                return _any_of("section_id", name.matches, self.sections)
            case By(role, who):
                return self.by(f"{role}_id", who)
            case Shared():
                others = Membership.objects.filter(project_id=OuterRef("project_id")).exclude(user_id=self.viewer_id)
                return Q(Exists(others))
            case Completed():
                return Q(completed_at__isnull=False)
            case Words(needles):
                documents = SearchDocument.objects.filter(todo_id=OuterRef("pk")).holding(needles)
                return Q(Exists(documents)) if needles else NOWHERE
        raise AssertionError(term)

    def between(self, term: Between) -> Q:
        first, last = (day and day.on(self.calendar) for day in (term.first, term.last))
        found = Q(**{f"{term.when}__isnull": False})
        if term.when not in MOMENTS:
            found &= Q(**{f"{term.when}__gte": first}) if first else Q()
            return found & (Q(**{f"{term.when}__lte": last}) if last else Q())
        found &= Q(**{f"{term.when}__gte": self.calendar.midnight(first)}) if first else Q()
        return found & (Q(**{f"{term.when}__lt": self.calendar.end(last)}) if last else Q())

    def labelled(self, name: Pattern) -> Q:
        if name.is_any:
            return _has(Part.LABELS)
        ids = [id for id, found in self.labels if name.matches(found)]
        borne = Todo.labels.through.objects.filter(todo_id=OuterRef("pk"), label_id__in=ids)
        return Q(Exists(borne)) if ids else NOWHERE

    def projects_of(self, name: Pattern, *, below: bool) -> list[UUID]:
        found = {id for id, _, title in self.projects if name.matches(title)}
        grown = found if below else set()
        while grown := {id for id, parent, _ in self.projects if parent in grown and id not in found}:
            found |= grown
        return sorted(found)

    def by(self, column: str, who: Who | Pattern) -> Q:
        match who:
            case Who.ME:
                return Q(**{column: self.viewer_id})
            case Who.OTHERS:
                return Q(**{f"{column}__isnull": False}) & ~Q(**{column: self.viewer_id})
        return _any_of(column, lambda name: means_person(who, name), self.people)

    @cached_property
    def projects(self) -> list[tuple[UUID, UUID | None, str]]:
        return list(Project.objects.visible_to(self.viewer_id).values_list("pk", "parent_id", "title"))

    @cached_property
    def sections(self) -> list[tuple[UUID, str]]:
        return list(Section.objects.visible_to(self.viewer_id).live().values_list("pk", "title"))

    @cached_property
    def labels(self) -> list[tuple[UUID, str]]:
        """The labels on the todos of the viewer's projects, whosever they are."""
        return list(Label.objects.borne_before(self.viewer_id).values_list("pk", "name"))

    @cached_property
    def people(self) -> list[tuple[UUID, str]]:
        return list(Membership.objects.people_beside(self.viewer_id))


def _any_of(column: str, means: Callable[[str], bool], rows: Iterable[tuple[UUID, str]]) -> Q:
    return Q(**{f"{column}__in": [id for id, name in rows if means(name)]})


def _has(part: Part) -> Q:
    if part in COLUMNS:
        return Q(**{f"{COLUMNS[part]}__isnull": False})
    match part:
        case Part.DESCRIPTION:
            return ~Q(description="")
        case Part.RECURRENCE:
            return ~Q(recurrence=[])
        case Part.LABELS:
            return _exists(Todo.labels.through.objects.filter(todo_id=OuterRef("pk")))
        case Part.SUBTASKS:
            return _exists(Todo.objects.live().filter(parent_id=OuterRef("pk")))
    model = Comment if part == Part.COMMENTS else Attachment
    return _exists(model.objects.live().filter(todo_id=OuterRef("pk")))


def _exists(rows: Any) -> Q:
    return Q(Exists(rows))
