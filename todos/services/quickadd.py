"""Quick add: a person's text read with their projects, sections, labels and people, and made into todos."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Language, User
from accounts.policies import Actor
from config.errors import Invalid, Unauthenticated
from todos import policies
from todos.domain.quickadd import Draft, Known, Names, Settings, parse
from todos.models import Label, Membership, Project, Section, Todo
from todos.services.todos import create_todo
from todos.services.tree import DEEPEST

LONGEST_TEXT = 10_000
MOST_TODOS = 200
LONGEST_TITLE = 500
WEEKDAYS = {"MO": 0, "SA": 5, "SU": 6}


@dataclass(frozen=True, slots=True)
class QuickText:
    """What a person typed, and where: `project` is the inbox unless given, else that of `section` or `parent`.

    `rejected` are ranges of code points that stay in the title; the text is read in `time_zone`,
    or else in the person's.
    """

    text: str
    project: UUID | None = None
    section: UUID | None = None
    parent: UUID | None = None
    rejected: Sequence[tuple[int, int]] = ()
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The drafts of a text, the zone that their times are meant in, and the project where lines go that name none."""

    drafts: list[Draft]
    time_zone: str
    project_id: UUID


@transaction.atomic
def quick_add(*, actor: Actor, quick: QuickText, now: datetime) -> tuple[Reading, list[Todo]]:
    """Create a todo for each line, a subtask for an indented one; all or none.

    Raises as `read_quick` and `create_todo` do.
    """
    reading = read_quick(actor=actor, quick=quick, now=now)
    # All at once, lower id first: the lines may name them in any order.
    policies.editable_projects(actor=actor, project_ids=_projects_of(reading.drafts))
    made: list[Todo] = []
    for draft in reading.drafts:
        parent = quick.parent if draft.parent is None else made[draft.parent].pk
        values = _values(draft, reading, quick) | ({"parent": parent} if parent else {})
        made.append(create_todo(actor=actor, values=values, now=now))
    return reading, made


def read_quick(*, actor: Actor, quick: QuickText, now: datetime) -> Reading:
    """Return what a text would become, and change nothing.

    Raises Invalid for an empty or too large text, and NotFound for a place that the person does not see.
    """
    if len(quick.text) > LONGEST_TEXT:
        raise Invalid.field("text", f"At most {LONGEST_TEXT} characters at once.")
    user: User | None = User.objects.active().filter(pk=actor.pk).first()
    if user is None:
        raise Unauthenticated("This account is closed.")
    project_id, depth = _place(actor, quick)
    zone = ZoneInfo(quick.time_zone or user.time_zone)
    here, settings = now.astimezone(zone), _settings(user)
    known = Known(_projects(actor, quick.text), project=project_id, fixed=quick.parent is not None)
    drafts = parse(quick.text, now=here, settings=settings, known=known, rejected=quick.rejected)
    if any(sign in quick.text for sign in "/+@"):
        known = _with_names(known, drafts, actor=actor, text=quick.text)
        drafts = parse(quick.text, now=here, settings=settings, known=known, rejected=quick.rejected)
    _require_fit(drafts, depth)
    return Reading(drafts, zone.key, project_id)


def _place(actor: Actor, quick: QuickText) -> tuple[UUID, int]:
    """Return the project where the lines go, and how many levels of todos they hang below; raises as `read_quick`."""
    project_id, depth = quick.project, 0
    if quick.project:
        policies.visible_project(actor=actor, project_id=quick.project)
    if quick.parent:
        parent: Todo | None = policies.visible_todo(actor=actor, todo_id=quick.parent)
        found = parent.project_id if parent else None
        while parent:
            parent, depth = parent.parent, depth + 1
        if project_id not in (None, found):
            raise Invalid.field("parent", "The parent is not a todo of this project.")
        project_id = found
    if quick.section:
        section = policies.visible_section(actor=actor, section_id=quick.section)
        if project_id not in (None, section.project_id):
            raise Invalid.field("section", "The section is not one of this project.")
        project_id = section.project_id
    return project_id or policies.inbox(actor=actor).pk, depth


def _settings(user: User) -> Settings:
    order = "MDY" if user.language == Language.AMERICAN else "DMY"
    return Settings(week_start=WEEKDAYS[user.week_start], date_order=order)


def _projects(actor: Actor, text: str) -> Names:
    if "#" not in text:
        return Names()
    rows = Project.objects.editable_by(actor.pk, policies.EDITORS).live()
    return Names(rows.values_list("title", "pk"))


def _with_names(known: Known, drafts: Iterable[Draft], *, actor: Actor, text: str) -> Known:
    """Add the sections, people and labels that the signs in a text may mean, in the projects that it goes to."""
    ids = _projects_of(drafts)
    sections: dict[UUID, list[tuple[str, UUID]]] = {id: [] for id in ids}
    people: dict[UUID, list[User]] = {id: [] for id in ids}
    if "/" in text:
        for section in Section.objects.live().in_projects(ids):
            sections[section.project_id].append((section.title, section.pk))
    if "+" in text:
        for row in Membership.objects.in_projects(ids).select_related("user"):
            people[row.project_id].append(row.user)
    labels = Label.objects.of(actor.pk).values_list("name", "name") if "@" in text else ()
    return Known(
        known.projects,
        {id: Names(names) for id, names in sections.items()},
        {id: _people(members) for id, members in people.items()},
        Names(labels),
        known.project,
        known.fixed,
    )


def _people(members: Iterable[User]) -> Names:
    """Name people in full; and by first name, or their address before the @, where nobody's full name is that."""
    members = [member for member in members if member.is_active]
    full = {" ".join(member.name.casefold().split()) for member in members}
    names = [(member.name, member.pk) for member in members]
    for member in members:
        short = {*member.name.casefold().split()[:1], member.email.partition("@")[0].casefold()}
        names += [(name, member.pk) for name in short - full]
    return Names(names)


def _projects_of(drafts: Iterable[Draft]) -> list[Any]:
    return list({draft.project for draft in drafts})


def _require_fit(drafts: list[Draft], depth: int) -> None:
    if not drafts:
        raise Invalid.field("text", "Say what there is to do.")
    if len(drafts) > MOST_TODOS:
        raise Invalid.field("text", f"At most {MOST_TODOS} todos at once.")
    for number, draft in enumerate(drafts, start=1):
        if len(draft.title) > LONGEST_TITLE:
            raise Invalid.field("text", f"Todo {number}: a title has at most {LONGEST_TITLE} characters.")
        if depth + draft.depth > DEEPEST:
            raise Invalid.field("text", f"Todo {number}: todos hang at most {DEEPEST} levels deep.")


def _values(draft: Draft, reading: Reading, quick: QuickText) -> dict[str, Any]:
    """Return what `create_todo` takes. A time is fixed to the zone that it was read in."""
    values: dict[str, Any] = {"title": draft.title, "project": draft.project}
    section = draft.section
    if section is None and draft.parent is None and draft.project == reading.project_id:
        section = quick.section
    plain = {
        "section": section,
        "assignee": draft.assignee,
        "labels": list(draft.labels),
        "priority": draft.priority,
        "due_date": draft.due_date,
        "due_time": draft.due_time,
        "time_zone": reading.time_zone if draft.due_time else "",
        "deadline": draft.deadline,
        "duration_minutes": draft.duration_minutes,
    }
    values |= {name: value for name, value in plain.items() if value}  # midnight is true
    if draft.recurrence:
        values |= {"recurrence": lines_of(draft), "recurrence_anchor": draft.recurrence.anchor}
    return values


def lines_of(draft: Draft) -> list[str]:
    """Return the recurrence of a draft as the lines of a todo (RFC 5545 §3.8.5.3)."""
    return [f"RRULE:{rule}" for rule in draft.recurrence.rrules] if draft.recurrence else []
