"""Some things of one kind out of a file, that are taken in together: what they become, and what there is to tell."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.models import COLOURS, User
from config.errors import Conflict, DomainError, NotFound
from config.ids import uuid7_of
from todos import policies
from todos.domain.transfer.records import Record
from todos.models import Import, LineOutcome, Project, Section, Todo
from todos.policies import Grant, Grants
from todos.services.transfer.plan import KINDS, Plan
from todos.services.tree import levels_of

DEFAULT_COLOUR = "green"


@dataclass(slots=True)
class Line:
    """One thing of the file, and what became of it: `outcome` is open until that is known."""

    number: int
    record: Any
    messages: list[str]
    id: UUID | None = None
    outcome: LineOutcome | None = None

    @property
    def kind(self) -> str:
        return KINDS[type(self.record)]

    def note(self, message: str) -> None:
        """Tell of something that was not taken as it stands."""
        self.messages.append(message)

    def take(self) -> None:
        self.outcome = LineOutcome.CHANGED if self.messages else LineOutcome.TAKEN

    def leave(self, id: UUID) -> None:
        """Leave alone what is there already."""
        self.id, self.outcome = id, LineOutcome.EXISTS

    def refuse(self, why: DomainError | str) -> None:
        self.note(why if isinstance(why, str) else why.message)
        self.id, self.outcome = None, LineOutcome.REFUSED


@dataclass(slots=True)
class Ledger:
    """What the things of a file have become so far, by their numbers: of `made` ones nothing was there before.

    `homes` are the projects of todos, `blocks` what those that were tied block. In a dry run nothing
    of it is anywhere else, so that what was looked at is kept in `shadows`, and how much its files
    are in `bytes`.
    """

    ids: dict[int, UUID] = field(default_factory=dict)
    made: set[UUID] = field(default_factory=set)
    homes: dict[UUID, UUID] = field(default_factory=dict)
    shadows: dict[UUID, Any] = field(default_factory=dict)
    blocks: dict[UUID, set[UUID]] = field(default_factory=dict)
    bytes: int = 0


class Batch:
    """The lines that one transaction deals with."""

    def __init__(self, job: Import, plan: Plan, ledger: Ledger, *, author: User, now: datetime) -> None:
        self.job, self.plan, self.ledger, self.author, self.now = job, plan, ledger, author, now
        self.lines: list[Line] = []
        self.grants: Grants = {}
        self.refusals: dict[UUID, DomainError] = {}
        self.keeps_ids = False

    @property
    def origin(self) -> dict[str, Any]:
        """Return what an event keeps of where something came from."""
        return {"import": {"id": self.job.pk, "format": self.job.format}}

    def open(self) -> Iterator[Line]:
        """Yield the lines of which nothing is decided."""
        return (line for line in self.lines if line.outcome is None)

    @cached_property
    def rest(self) -> UUID:
        """Return the project of what has none in the file: the one that was chosen, or the inbox."""
        return self.job.project_id or policies.inbox(actor=self.author).pk

    # Names

    def name_all(self, model: Any, seen: QuerySet[Any]) -> None:
        """Give each line an id, the same whenever it is tried; what is among those `seen` under its own is left alone.

        An own id that somebody else's row has is not taken.
        """
        wanted = {line.number: id for line in self.open() if self.keeps_ids and (id := _uuid(line.record.ref))}
        taken = set(model.objects.filter(pk__in=set(wanted.values())).values_list("pk", flat=True)) if wanted else set()
        known = set(seen.filter(pk__in=taken).values_list("pk", flat=True)) if taken else set()
        for line in self.open():
            id = wanted.get(line.number)
            if id in known and id is not None:
                line.leave(id)
            elif id is not None and id not in taken:
                line.id = id
            else:
                line.id = uuid7_of(self.job.created_at, f"{self.job.pk} {line.kind} {line.record.ref}")

    def id_of(self, kind: str, ref: str | None) -> UUID | None:
        """Return what a record that another names has become; None for what is not here."""
        number = self.plan.number_of(kind, ref)
        return None if number is None else self.at(number)

    def at(self, number: int) -> UUID | None:
        return self.ledger.ids.get(number)

    # Projects

    def lock(self, project_ids: Collection[UUID]) -> None:
        """Lock projects to fill them; a dry run looks, too, at those that it only thinks of."""
        shadows = {id: self.ledger.shadows[id] for id in project_ids if id in self.ledger.shadows}
        self.grants, self.refusals = policies.fillable_projects(
            actor=self.author, project_ids=set(project_ids) - shadows.keys(), made=self.ledger.made
        )
        self.grants |= {id: Grant(project, self.author, "owner") for id, project in shadows.items()}

    def grant(self, project_id: UUID) -> Grant:
        """Return the grant of a project that was asked for; raises what stands against it."""
        if project_id in self.grants:
            return self.grants[project_id]
        raise self.refusals.get(project_id) or NotFound(policies.NO_PROJECT)

    # Rows

    def projects(self, ids: Iterable[UUID]) -> dict[UUID, Project]:
        return self._rows(Project, ids)

    def sections(self, ids: Iterable[UUID]) -> dict[UUID, Section]:
        return self._rows(Section, ids)

    def todos(self, ids: Iterable[UUID]) -> dict[UUID, Todo]:
        """Return todos without their descriptions, each with its section."""
        return self._rows(Todo, ids, lambda rows: rows.select_related("section").defer("description"))

    def levels(self, rows: Collection[Any]) -> dict[UUID, int]:
        """Return on which level each of some projects or todos is, from 1 at the top."""
        steps: dict[UUID, int] = {}
        roots: dict[UUID, Any] = {}
        for row in rows:
            root, count = row, 0
            while (above := self.ledger.shadows.get(root.parent_id)) is not None:
                root, count = above, count + 1
            roots[row.pk], steps[row.pk] = root, count
        found = levels_of({root.pk: root for root in roots.values()}.values())
        return {id: steps[id] + found[root.pk] for id, root in roots.items()}

    def _rows(
        self, model: Any, ids: Iterable[UUID], narrow: Callable[[Any], Any] = lambda rows: rows
    ) -> dict[UUID, Any]:
        ids = set(ids)
        found = {id: self.ledger.shadows[id] for id in ids if id in self.ledger.shadows}
        rows = narrow(model.objects.filter(pk__in=ids - found.keys())) if ids - found.keys() else ()
        return found | {row.pk: row for row in rows}

    # Values

    def moment(self, value: datetime | None, line: Line, what: str) -> datetime | None:
        """Return a moment of the file; one that is yet to come is now."""
        if value is None:
            return None
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        if moment > self.now:
            line.note(f"It was {what} in the future. It was {what} now.")
            return self.now
        return moment

    def text(self, value: str, line: Line, what: str, most: int) -> str:
        """Return a text that fits."""
        value = value.replace("\0", "").encode("utf-8", "replace").decode()
        if len(value) > most:
            line.note(f"The {what} has more than {most} characters. The rest was left out.")
        return value[:most]

    def colour(self, value: str | None, line: Line) -> str:
        if value in COLOURS:
            return str(value)
        if value:
            line.note(f"There is no colour “{value[:20]}” here.")
        return DEFAULT_COLOUR

    def keep(self, rows: Sequence[Model], insert: Callable[[], object]) -> None:
        """Write rows that were made, or in a dry run remember them for those that name them."""
        if not rows:
            return
        if not self.job.is_dry_run:
            insert()
            return
        for row in rows:
            self.ledger.shadows[row.pk] = row

    # What is on todos

    def find_todos(self) -> dict[int, Todo]:
        """Return the todo of each line, its project locked; a line is refused where nothing may be put on it."""
        ids = {line.number: self.id_of("todo", line.record.todo) for line in self.open()}
        wanted = {id for id in ids.values() if id}
        self.lock({todo.project_id for todo in self.todos(wanted).values()})
        rows = self.todos(wanted)  # again: before their projects were locked, they could move
        found: dict[int, Todo] = {}
        for line in self.open():
            todo = rows.get(ids[line.number]) if ids[line.number] else None  # type: ignore[arg-type]
            try:
                found[line.number] = self._fillable(todo)
            except DomainError as error:
                line.refuse(error)
        return found

    def _fillable(self, todo: Todo | None) -> Todo:
        if todo is None:
            raise NotFound("The todo that it is on was not taken.")
        todo.project = self.grant(todo.project_id).project
        if todo.deleted_at and todo.pk not in self.ledger.made:
            raise Conflict("The todo that it is on is in the trash.")
        return todo


def _uuid(ref: str) -> UUID | None:
    try:
        id = UUID(ref)
    except ValueError:
        return None
    return id if str(id) == ref.lower() else None


def record_title(record: Record) -> str:
    """Return what a report calls a record."""
    for name in ("title", "name", "text", "kind", "relative_to", "reason"):
        if found := getattr(record, name, ""):
            return str(found)
    return ""
