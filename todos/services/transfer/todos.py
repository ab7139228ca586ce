"""Taking in todos, by the rules of those that people make."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max

from accounts.models import User, validate_time_zone
from config.errors import DomainError, Invalid
from todos.domain.ranking import key_between
from todos.domain.transfer.records import TodoRecord
from todos.models import Project, RecurrenceAnchor, Section, Todo
from todos.services.assigning import require_member
from todos.services.bulk import MOST_LABELS
from todos.services.commit import LONGEST_TEXT
from todos.services.creating import New, insert_todos, new_todo
from todos.services.fields import require_section
from todos.services.labels import clean_name
from todos.services.quickadd import LONGEST_TITLE
from todos.services.recurring import put_at
from todos.services.transfer.batch import Batch, Line
from todos.services.tree import require_parent, require_room

PLAIN = (
    "priority", "due_date", "due_time", "start_date", "deadline", "duration_minutes", "recurrence",
)  # fmt: skip
CALLED = {
    "due_date": "due date",
    "due_time": "time",
    "start_date": "start",
    "duration_minutes": "duration",
    "recurrence_anchor": "recurrence",
}
LARGEST = 2**31 - 1


def take_todos(batch: Batch) -> None:
    """Make todos at the end of their projects, each under its parent."""
    seen = Project.objects.seen_by(batch.author.pk).values("pk")
    batch.name_all(Todo, Todo.objects.filter(project__in=seen))
    homes = _homes(batch)
    batch.lock(set(homes.values()))
    known = Known(batch)
    last = _last_keys(batch)
    news = []
    for line in batch.open():
        try:
            new = _make(line, batch, known, homes)
        except DomainError as error:
            line.refuse(error)
            continue
        id = new.todo.project_id
        new.todo.order = last[id] = key_between(last.get(id), None)
        known.add(new.todo)
        batch.ledger.ids[line.number], batch.ledger.homes[new.todo.pk] = new.todo.pk, id
        batch.ledger.made.add(new.todo.pk)
        news.append(new)
        line.take()
    batch.keep(
        [new.todo for new in news],
        lambda: insert_todos(news, author=batch.author, now=batch.now, told=batch.origin),
    )


def _last_keys(batch: Batch) -> dict[UUID, str]:
    shadows = {row.project_id: row.order for row in batch.ledger.shadows.values() if isinstance(row, Todo)}
    rows = Todo.objects.in_projects(batch.grants).order_by().values_list("project_id").annotate(last=Max("order"))
    return shadows | dict(rows)


def _homes(batch: Batch) -> dict[int, UUID]:
    """Return the project of each line: its parent's, its section's, its own, or where the rest goes."""
    kept = Todo.objects.filter(pk__in=[line.id for line in batch.lines if line.outcome])
    batch.ledger.homes |= dict(kept.values_list("pk", "project_id"))
    ids = {batch.id_of("section", line.record.section) for line in batch.open()} - {None}
    sections = {id: section.project_id for id, section in batch.sections(ids).items()}  # type: ignore[arg-type]
    homes: dict[int, UUID] = {}
    for line in batch.open():
        above = batch.plan.parents.get(line.number)
        id = batch.at(above) if above else None
        home = homes.get(above) if above else None
        home = home or (batch.ledger.homes.get(id) if id else None)
        homes[line.number] = home or _own_home(batch, line, sections)
    return homes


def _own_home(batch: Batch, line: Line, sections: Mapping[Any, UUID]) -> UUID:
    record = line.record
    found = batch.id_of("project", record.project)
    if record.project is not None and found is None:
        line.note("Its project was not taken. It went where the rest goes.")
    return found or sections.get(batch.id_of("section", record.section)) or batch.rest


class Known:
    """What stands around the todos of a batch; whoever brings them is all that they can be assigned to."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        numbers = (batch.plan.parents.get(line.number) for line in batch.open())
        ids = {id for number in numbers if number and (id := batch.at(number))}
        self.parents = batch.todos(ids)
        self.levels = batch.levels(self.parents.values())
        sections = {batch.id_of("section", line.record.section) for line in batch.open()} - {None}
        self.sections = batch.sections(sections)  # type: ignore[arg-type]
        self.in_trash = False

    def add(self, todo: Todo) -> None:
        """Let what comes after it hang below it."""
        self.parents[todo.pk] = todo
        self.levels[todo.pk] = self.levels[todo.parent.pk] + 1 if todo.parent else 1

    def parent(self, todo: Todo, id: UUID) -> Todo:
        found = self.parents.get(id)
        is_there = found and found.project_id == todo.project_id and (found.deleted_at is None or self.in_trash)
        parent = require_parent(found if is_there else None)
        require_room(level=self.levels[parent.pk])
        return parent

    def section(self, todo: Todo, id: UUID) -> Section:
        found = self.sections.get(id)
        is_there = found and found.project_id == todo.project_id and found.deleted_at is None
        return require_section(found if is_there else None)

    def assignee(self, todo: Todo, id: UUID) -> User:
        return require_member(self.batch.author if id == self.batch.author.pk else None)


def _make(line: Line, batch: Batch, known: Known, homes: Mapping[int, UUID]) -> New:
    """Return the todo of a line, with as much of it as may be; what is left out is told."""
    record: TodoRecord = line.record
    grant = batch.grant(homes[line.number])
    values = _values(line, batch)
    known.in_trash = record.deleted_at is not None
    while True:
        try:
            new = new_todo(values, grant=grant, around=known, now=batch.now)
            break
        except Invalid as error:
            wrong = [name for name in error.fields if name in values and name != "title"]
            if not wrong:
                raise
            if "recurrence" in wrong:
                values |= {"due_date": record.due_date, "due_time": record.due_time}
            for name in wrong:
                line.note(f"{' '.join(error.fields[name])} The {CALLED.get(name, name)} was left out.")
                del values[name]
    _date(new.todo, line, batch)
    if new.todo.recurrence and new.todo.due_date and _is_on_its_way(record, batch):
        new.change |= put_at(new.todo, _place(record))
    return new


def _is_on_its_way(record: TodoRecord, batch: Batch) -> bool:
    moved = batch.keeps_ids or record.occurrence > 1 or record.occurrence_date is not None
    return moved and record.due_date is not None


def _place(record: TodoRecord) -> dict[str, Any]:
    """Return where a todo that repeats is in its series."""
    return {
        "due_date": record.due_date,
        "due_time": record.due_time,
        "occurrence": min(max(record.occurrence, 1), LARGEST),
        "occurrence_date": record.occurrence_date,
        "occurrence_time": record.occurrence_time if record.occurrence_date else None,
    }


def _date(todo: Todo, line: Line, batch: Batch) -> None:
    """Set when it all was, as the file has it; what was done elsewhere has no event here."""
    record: TodoRecord = line.record
    todo.created_at = batch.moment(record.created_at, line, "made") or batch.now
    todo.completed_at = batch.moment(record.completed_at, line, "done")
    todo.deleted_at = batch.moment(record.deleted_at, line, "deleted")


def _values(line: Line, batch: Batch) -> dict[str, Any]:
    """Return the values of a record, as `new_todo` takes them, of a shape that fits."""
    record: TodoRecord = line.record
    values = {name: value for name in PLAIN if (value := getattr(record, name)) not in (None, [])}
    if record.recurrence and record.occurrence_date:  # where the rule has it: the first of it is looked for there
        values |= {"due_date": record.occurrence_date, "due_time": record.occurrence_time}
    values["title"] = batch.text(record.title.strip(), line, "title", LONGEST_TITLE)
    values["description"] = batch.text(record.description, line, "description", LONGEST_TEXT)
    values |= {"id": line.id, "labels": _labels(line), "time_zone": _zone(line)}
    if values["priority"] not in range(1, 5):
        line.note("A priority is from 1 to 4. It has none.")
        del values["priority"]
    if record.recurrence and record.recurrence_anchor in RecurrenceAnchor.values:
        values["recurrence_anchor"] = record.recurrence_anchor
    return values | _near(line, batch)


def _near(line: Line, batch: Batch) -> dict[str, Any]:
    """Return the parent, the section and the assignee that were found."""
    record: TodoRecord = line.record
    found: dict[str, Any] = {}
    if number := batch.plan.parents.get(line.number):
        found["parent"] = batch.at(number)
        if found["parent"] is None:
            line.note("What it is below was not taken. It went to the top.")
    if record.section is not None:
        found["section"] = batch.id_of("section", record.section)
        if found["section"] is None:
            line.note("Its section was not taken. It is in none.")
    if record.assignee is not None:
        if record.assignee.casefold() in (str(batch.author.pk), batch.author.email.casefold()):
            found["assignee"] = batch.author.pk
        else:
            line.note("It was assigned to somebody else. Here it is assigned to nobody.")
    return {name: value for name, value in found.items() if value is not None}


def _zone(line: Line) -> str:
    name: str = line.record.time_zone
    try:
        if name:
            validate_time_zone(name)
    except ValidationError:
        line.note(f"“{name[:40]}” is no time zone. Its time is that of whoever looks.")
        return ""
    return name


def _labels(line: Line) -> list[str]:
    found: dict[str, str] = {}
    for name in line.record.labels:
        try:
            clean = clean_name(name)
        except Invalid as error:
            line.note(f"“{name[:60]}”: {error.message} It was left out.")
            continue
        found.setdefault(clean.casefold(), clean)
    if len(found) > MOST_LABELS:
        line.note(f"A todo bears at most {MOST_LABELS} labels. The others were left out.")
    return list(found.values())[:MOST_LABELS]
