"""Taking a change back, while nothing newer stands on what it did."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.policies import Actor
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.models import Attachment, Comment, Label, Membership, Section, Todo
from todos.models.todo import Change
from todos.policies import Grants
from todos.services.commit import CARRIED, commit_todo
from todos.services.labels import bring_back_label, delete_label, update_label
from todos.services.receipts import INVERSES, Receipt, bearers_in, events_of
from todos.services.recurring import occurrence_of
from todos.services.todos import delete_step, move_over, record_departure
from todos.services.tree import descendants, require_place
from todos.services.undo_events import in_the_way
from todos.services.undo_parts import undo_parts

Rows = dict[UUID, Todo]
Bore = Callable[[], Iterable[list[UUID]]]
"""Todos that bore a label, some at a time."""


@transaction.atomic
def undo_change(*, actor: Actor, receipt: Receipt, now: datetime) -> list[Todo]:
    """Make everything as it was before one change, and return the todos that it had changed.

    It is a change itself: checked against what the person may do now, and recorded as the opposite
    of what it takes back. Raises Conflict, and leaves all as it is, where something newer is in the way.
    """
    newest_first = events_of(receipt)
    if undo_parts(newest_first[::-1], actor=actor, now=now):
        return []
    ids = [UUID(event.scope.partition(":")[2]) for event in newest_first if event.scope.startswith("project:")]
    grants = policies.editable_projects(actor=actor, project_ids=list(set(ids))) if ids else {}
    rows = _locked(newest_first, grants)
    _require_nothing_newer(newest_first, rows)
    departures = {event.subject_id: event for event in newest_first if event.verb == events.TODO_MOVED_OUT}
    for event in newest_first:
        if event.subject_type == "label":
            bore = partial(bearers_in, receipt, event.subject_id)
            _undo_label(event, bore, actor=actor, is_all=not rows, now=now)
        elif event.verb == events.TODO_MOVED:
            _move_back(rows[event.subject_id], event, departures[event.subject_id].data["was"], grants, now)
        elif event.verb == events.TODO_CREATED:
            _take_away(rows[event.subject_id], grants, now)
        elif event.verb != events.TODO_MOVED_OUT:
            _restore(event, rows, grants, now)
    return [rows[id] for id in dict.fromkeys(event.subject_id for event in newest_first) if id in rows]


def _locked(recorded: Sequence[Any], grants: Grants) -> Rows:
    ids = {id for event in recorded if event.subject_type == "todo" for id in _touched(event)}
    rows = {row.pk: row for row in Todo.objects.in_projects(grants).locked(ids).with_label_names()}
    for row in rows.values():
        row.project = grants[row.project_id].project
    return rows


def _touched(event: Any) -> list[UUID]:
    return [event.subject_id, *(UUID(document["id"]) for document in event.data.get("subtasks", ()))]


def _require_nothing_newer(newest_first: Sequence[Any], rows: Rows) -> None:
    """Raise Conflict unless each todo is as the last of these events left it, and nothing hangs on a new one."""
    seen: set[UUID] = set()
    for event in newest_first:
        if event.subject_type != "todo" or event.verb == events.TODO_MOVED_OUT:
            continue
        for id in _touched(event):
            row = rows.get(id)
            if id not in seen and (row is None or (row.revision, row.project.scope) != (event.revision, event.scope)):
                raise in_the_way(row.title if row else event.subject_title)
            seen.add(id)
    made = {event.subject_id: event for event in newest_first if event.verb == events.TODO_CREATED}
    for model in (Comment, Attachment) if made else ():
        talk = model.objects.live().of_todos(made).first()
        if talk is not None:
            raise in_the_way(made[talk.todo_id].subject_title)


def _take_away(todo: Todo, grants: Grants, now: datetime) -> None:
    if descendants(todo):
        raise in_the_way(todo.title)
    delete_step(todo, grants=grants, now=now)


def _restore(event: Any, rows: Rows, grants: Grants, now: datetime) -> None:
    """Set what an event changed of a todo, and of what went along, to what it was before."""
    todo, data = rows[event.subject_id], event.data
    along = [rows[id] for id in _touched(event)[1:]]
    was = {name: both["before"] for name, both in data["changes"].items()}
    open_before, place = _open([todo, *along]), occurrence_of(todo)
    change = _set(todo, was, data.get("label_ids", {}))
    carried = {name: was[name] for name in CARRIED if name in was}
    before = {
        row.pk: _own_values(document, carried) for row, document in zip(along, data.get("subtasks", ()), strict=True)
    }
    open_after = _open([todo]) + sum(_is_open(row, before[row.pk]) for row in along)
    verb, delta = INVERSES[event.verb], open_after - open_before
    own = {row.pk: {name: _parsed(name, value) for name, value in before[row.pk].items()} for row in along}
    commit_todo(
        todo,
        change=change,
        grant=grants[todo.project_id],
        verb=verb,
        now=now,
        along=along,
        open_delta=delta,
        own=own if along and event.subjects == 1 else None,
        told=_told(todo, verb, change, place) if todo.recurrence else None,
        takes_back=event,
    )
    _set_exactly(along, before)


def _told(todo: Todo, verb: str, change: Change, place: dict[str, Any]) -> dict[str, Any]:
    """Return what history keeps of where a todo that repeats was, and is again."""
    went = {"next": occurrence_of(todo)} if "occurrence" in change else {}
    if verb in (events.TODO_COMPLETED, events.TODO_REOPENING_UNDONE):
        return {"done": place} | went
    is_back = verb in (events.TODO_REOPENED, events.TODO_COMPLETION_UNDONE)
    return {"reopened": occurrence_of(todo)} if is_back and went else {}


def _own_values(document: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return what a subtask's fields were; of very many the event keeps the ids, and they were as the todo above."""
    if "changes" not in document:
        return shared
    return {name: both["before"] for name, both in document["changes"].items()}


def _open(todos: Collection[Todo]) -> int:
    return sum(_is_open(todo, {}) for todo in todos)


def _is_open(todo: Todo, values: dict[str, Any]) -> bool:
    return not (values.get("completed_at", todo.completed_at) or values.get("deleted_at", todo.deleted_at))


def _set_exactly(rows: Sequence[Todo], values: dict[UUID, dict[str, Any]]) -> None:
    """Give subtasks the values that each had, where they are not those of the todo above."""
    names = {name for row in rows for name in values[row.pk]}
    for row in rows:
        for name, value in values[row.pk].items():
            _assign(row, name, value)
    if names:
        Todo.objects.bulk_update(rows, sorted(names), batch_size=500)


def _set(todo: Todo, was: dict[str, Any], label_ids: dict[str, Any]) -> Change:
    """Set fields as an event kept them, and return what changed; raises Conflict for what is no longer there."""
    change: Change = {}
    for name, value in was.items():
        if name != "labels":
            before = _present(todo, name)
            _assign(todo, name, value)
            change[name] = {"before": before, "after": _present(todo, name)}
    _require_places(todo, change)
    if "labels" in was:
        change["labels"] = _swap_labels(todo, label_ids)
    return change


def _present(todo: Todo, name: str) -> Any:
    return getattr(todo, Todo._meta.get_field(name).attname)  # type: ignore[union-attr]


def _assign(todo: Todo, name: str, value: Any) -> None:
    setattr(todo, Todo._meta.get_field(name).attname, _parsed(name, value))  # type: ignore[union-attr]


def _parsed(name: str, value: Any) -> Any:
    field: Any = Todo._meta.get_field(name)
    return None if value is None else field.to_python(value)


def _require_places(todo: Todo, change: Change) -> None:
    """Raise Conflict unless the section, the parent and the assignee that the todo gets back are still there."""
    sections = Section.objects.live().in_project(todo.project_id)
    if "section" in change and todo.section_id and not sections.filter(pk=todo.section_id).exists():
        raise Conflict("The section it was in is gone. Nothing was undone.")
    if change.keys() & {"parent", "deleted_at"} and todo.deleted_at is None:
        try:
            todo.parent = require_place(todo, todo.parent_id)
        except Invalid:
            raise Conflict("The todo it was under is not there any more. Nothing was undone.") from None
    members = Membership.objects.filter(project_id=todo.project_id)
    if "assignee" in change and todo.assignee_id and not members.of(todo.assignee_id).exists():
        raise Conflict("Who it was assigned to is not in this project any more. Nothing was undone.")


def _swap_labels(todo: Todo, ids: dict[str, Any]) -> dict[str, Any]:
    """Put the labels back that went, take those off that came, and return the change."""
    gone = list(Label.objects.filter(pk__in=ids["removed"]))
    if len(gone) != len(ids["removed"]):
        raise Conflict("A label it bore is gone. Nothing was undone.")
    before = sorted(todo.label_names)
    todo.labels.remove(*ids["added"])
    todo.labels.add(*gone)
    todo.label_names = sorted(todo.labels.values_list("name", flat=True))
    swapped = {"added": ids["removed"], "removed": ids["added"]}
    return {"before": before, "after": todo.label_names, "ids": swapped}


def _move_back(todo: Todo, event: Any, was: dict[str, Any], grants: Grants, now: datetime) -> None:
    """Take a todo with all that came along to the project it was in, each to its place there."""
    here, there = grants[todo.project_id], grants[UUID(event.data["changes"]["project"]["before"])]
    if {row.pk for row in descendants(todo)} != set(_touched(event)[1:]):
        raise in_the_way(todo.title)
    change: Change = {}
    order, fields = todo.order, {"order": todo.order} | was["fields"]
    along, were = move_over(todo, home=here, target=there, change=change, now=now)
    change = {name: both for name, both in change.items() if name == "project"}
    change |= _set(todo, fields, was["label_ids"])
    change["order"]["before"] = order
    record_departure(todo, home=here, along=were, change=change, now=now)
    delta = _open([todo, *along])
    commit_todo(todo, change=change, grant=there, verb=INVERSES[event.verb], now=now, along=along, open_delta=delta)
    _set_exactly(along, {row.pk: was["subtasks"][str(row.pk)] for row in along})
    trashed = Todo.objects.in_project(there.project.pk).trashed().filter(pk__in=was["trashed"], parent=None)
    for row in trashed:
        row.parent_id, row.revision = UUID(was["trashed"][str(row.pk)]), todo.revision
        row.save(update_fields=["parent", "revision"])


def _undo_label(event: Any, bore: Bore, *, actor: Actor, is_all: bool, now: datetime) -> None:
    """Take back what was done to a label. One made along with a todo stays if another bears it by now."""
    label = Label.objects.of(actor.pk).filter(pk=event.subject_id, revision=event.revision).first()
    if event.verb == events.LABEL_DELETED:
        bring_back_label(actor=actor, label_id=event.subject_id, was=event.data, bore=bore, now=now)
    elif event.verb == events.LABEL_CREATED and label and not _is_borne_by_others(label, bore):
        delete_label(actor=actor, label_id=event.subject_id, now=now)
    elif event.verb == events.LABEL_UPDATED and label:
        values = {name: both["before"] for name, both in event.data["changes"].items()}
        update_label(actor=actor, label_id=event.subject_id, values=values, now=now)
    elif is_all:
        raise in_the_way(event.subject_title)


def _is_borne_by_others(label: Label, bore: Bore) -> bool:
    return bool(label.todos.count() > sum(label.todos.filter(pk__in=ids).count() for ids in bore()))
