"""Taking in what is a person's own: reminders, and saved filters."""

from django.db.models import Count, Max

from accounts.policies import locked_self
from config.errors import Conflict, DomainError, Invalid
from todos import policies
from todos.domain.filters import parse
from todos.domain.ranking import key_between
from todos.domain.reminding import FARTHEST
from todos.models import Project, Reminder, ReminderBase, SavedFilter, Todo
from todos.services.reminders import EITHER, MOST, insert_reminders, set_moment
from todos.services.saved_filters import clean_name, insert_filters
from todos.services.transfer.batch import Batch, Line

LONGEST_NAME, LONGEST_QUERY = 100, 1000


def take_reminders(batch: Batch) -> None:
    """Make the person's reminders; what has passed reminds nobody any more."""
    batch.name_all(Reminder, Reminder.objects.of(batch.author.pk))
    todos = batch.find_todos()
    author = locked_self(actor=batch.author)
    rows = Reminder.objects.of(author.pk).of_todos({todo.pk for todo in todos.values()}).order_by()
    counts = dict(rows.values_list("todo").annotate(Count("pk")))
    made: list[Reminder] = []
    for line in batch.open():
        todo = todos[line.number]
        try:
            if counts.get(todo.pk, 0) >= MOST:
                raise Conflict(f"A person has at most {MOST} reminders of a todo.")
            made.append(_reminder(line, batch, todo, zone=author.time_zone))
        except DomainError as error:
            line.refuse(error)
            continue
        made[-1].user = author
        counts[todo.pk] = counts.get(todo.pk, 0) + 1
        line.take()
    batch.keep(made, lambda: insert_reminders(made, user=author, now=batch.now, told=batch.origin))


def _reminder(line: Line, batch: Batch, todo: Todo, *, zone: str) -> Reminder:
    record, now = line.record, batch.now
    reminder = Reminder(pk=line.id, todo=todo, user=batch.author)
    reminder.created_at = batch.moment(record.created_at, line, "made") or now
    if record.relative_to:
        offset = record.offset_minutes or 0
        if record.relative_to not in ReminderBase.values or abs(offset) > FARTHEST:
            raise Invalid(EITHER)
        set_moment(reminder, todo, {"relative_to": record.relative_to, "offset_minutes": offset}, zone=zone, now=now)
    elif record.remind_at is None:
        raise Invalid(EITHER)
    elif record.remind_at > now:
        set_moment(reminder, todo, {"remind_at": record.remind_at}, zone=zone, now=now)
    else:
        reminder.remind_at, reminder.sent_at = record.remind_at, record.sent_at or now
        if record.sent_at is None:
            line.note("Its moment has passed, so it reminds of nothing any more.")
    if reminder.remind_at and reminder.remind_at <= now:
        reminder.sent_at = batch.moment(record.sent_at, line, "sent") or reminder.sent_at
    return reminder


def take_filters(batch: Batch) -> None:
    """Save filters at the end of the person's list."""
    batch.name_all(SavedFilter, SavedFilter.objects.of(batch.author.pk))
    author = locked_self(actor=batch.author)
    editable = Project.objects.editable_by(author.pk, policies.EDITORS)
    ids = {id for line in batch.open() if (id := batch.id_of("project", line.record.project))}
    shown = set(editable.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    shown |= ids & batch.ledger.shadows.keys()
    last = SavedFilter.objects.of(author.pk).aggregate(last=Max("order"))["last"]
    made: list[SavedFilter] = []
    for line in batch.open():
        record = line.record
        try:
            name = clean_name(batch.text(record.name, line, "name", LONGEST_NAME))
            parse(record.query, name="query")
            if len(record.query) > LONGEST_QUERY:
                raise Invalid(f"A filter has at most {LONGEST_QUERY} characters.")
        except DomainError as error:
            line.refuse(error)
            continue
        saved = SavedFilter(pk=line.id, owner=author, name=name, query=record.query, updated_at=batch.now)
        saved.colour, saved.is_favourite = batch.colour(record.colour, line), record.is_favourite
        saved.created_at = batch.moment(record.created_at, line, "made") or batch.now
        saved.order = last = key_between(last, None)
        project_id = batch.id_of("project", record.project)
        if record.project is not None and project_id not in shown:
            line.note("The project that it was shown to was not taken. It is yours alone.")
        saved.project_id = project_id if project_id in shown else None
        made.append(saved)
        line.take()
    batch.keep(made, lambda: insert_filters(made, owner=author, now=batch.now, told=batch.origin))
