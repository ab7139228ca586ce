"""A person's labels, and putting them on todos."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policies import Actor, locked_self
from accounts.services.commit import Happening, commit_user, commit_user_all
from activity.services.recording import Subject
from config.errors import Conflict, Invalid
from config.together import once, write
from todos import events, policies
from todos.models import Label, Todo
from todos.policies import IfMatch
from todos.services.bearers import locked_bearers, put_on_bearers, rename_on_bearers, require_all, take_off_bearers
from todos.services.commit import bury_own, exact

FORBIDDEN = set(",@#")
TAKEN = "A label with this id or name exists already."


@transaction.atomic
def create_label(*, actor: Actor, name: str, now: datetime, colour: str = "green", id: UUID | None = None) -> Label:
    """Create a label of one's own. Raises Conflict when the name is taken, in any case."""
    owner = locked_self(actor=actor)
    return _create(owner, name=name, colour=colour, now=now, id=id)


@transaction.atomic
def update_label(
    *, actor: Actor, label_id: UUID, values: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> Label:
    """Rename or recolour a label, on every todo that bears it.

    Off those of projects that its owner may no longer edit, a new name takes it.
    """
    policies.own_label(actor=actor, label_id=label_id)  # nobody locks what they do not own
    bearers = locked_bearers(label_id) if "name" in values else {}
    owner = locked_self(actor=actor)
    label = policies.own_label(actor=actor, label_id=label_id, if_match=if_match)
    if "name" in values:
        values = values | {"name": clean_name(values["name"])}
    change = {
        name: {"before": getattr(label, name), "after": values[name]}
        for name in ("name", "colour")
        if name in values and values[name] != getattr(label, name)
    }
    if not change:
        return label
    for name, both in change.items():
        setattr(label, name, both["after"])
    label.revision, label.updated_at = owner.revision + 1, now
    _require_free_name(label)
    _save(label, update_fields=[*change, "revision", "updated_at"])
    _record(owner, label, verb=events.LABEL_UPDATED, data={"changes": change}, now=now)
    if "name" in change:
        require_all(bearers, label_id)
        rename_on_bearers(label, bearers, author=owner, before=change["name"]["before"], now=now)
    return label


@transaction.atomic
def delete_label(*, actor: Actor, label_id: UUID, now: datetime, if_match: IfMatch = None) -> None:
    """Delete a label and take it off every todo."""
    policies.own_label(actor=actor, label_id=label_id)
    bearers = locked_bearers(label_id)
    owner = locked_self(actor=actor)
    label = policies.own_label(actor=actor, label_id=label_id, if_match=if_match)
    data = {"name": label.name, "colour": label.colour, "created_at": exact(label.created_at)}
    _record(owner, label, verb=events.LABEL_DELETED, data=data, now=now)
    bury_own(owner, "label", label.pk, now=now)
    require_all(bearers, label_id)
    take_off_bearers(label, bearers, author=owner, name=label.name, now=now)
    label.delete()


def bring_back_label(
    *, actor: Actor, label_id: UUID, was: dict[str, Any], bore: Callable[[], Iterable[Collection[UUID]]], now: datetime
) -> None:
    """Make a deleted label again, as the event of its deletion tells it was, on the todos that bore it.

    `bore` yields these, some at a time. They get it back where their projects are the person's to change now.
    """
    ids = {id for todos in bore() for id in policies.editable_ids(actor=actor, todo_ids=todos)}
    grants = policies.editable_projects(actor=actor, project_ids=list(ids)) if ids else {}
    owner = locked_self(actor=actor)
    moment = datetime.fromisoformat(was["created_at"])
    label = _create(owner, name=was["name"], colour=was["colour"], now=now, id=label_id, created_at=moment)
    bearers = {id: grant.project for id, grant in grants.items()}
    for todos in bore():
        put_on_bearers(label, todos, bearers, author=owner, now=now)


def set_labels(todo: Todo, names: Sequence[str], *, author: User, now: datetime) -> dict[str, Any]:
    """Make these the labels of a locked todo and return what changed.

    A name that the todo bears already stays whosever label it is; for the others the author's
    own label is taken, and made when there is none. The caller saves and records the todo.
    """
    wanted = {name.casefold(): name for name in (clean_name(name, field="labels") for name in names)}
    borne = list(todo.labels.all())
    present = {label.name.casefold() for label in borne}
    if wanted.keys() == present:
        return {}
    missing = {key: name for key, name in wanted.items() if key not in present}
    chosen = [label for label in borne if label.name.casefold() in wanted]
    chosen += _own(missing, author=author, now=now)
    added = [label for label in chosen if label not in borne]
    removed = [label for label in borne if label not in chosen]
    write(_take_off, *((todo.pk, label.pk) for label in removed))
    write(_put_on, *((todo.pk, label.pk) for label in added))
    before = sorted(label.name for label in borne)
    todo.label_names = sorted(label.name for label in chosen)
    ids = {"added": [label.pk for label in added], "removed": [label.pk for label in removed]}
    return {"labels": {"before": before, "after": todo.label_names, "ids": ids}}


def _take_off(borne: list[tuple[UUID, UUID]]) -> None:
    for label_id in {label_id for _, label_id in borne}:
        todo_ids = [id for id, other in borne if other == label_id]
        Todo.labels.through.objects.filter(label_id=label_id, todo_id__in=todo_ids).delete()


def _put_on(borne: list[tuple[UUID, UUID]]) -> None:
    rows = [Todo.labels.through(todo_id=todo_id, label_id=label_id) for todo_id, label_id in borne]
    Todo.labels.through.objects.bulk_create(rows, ignore_conflicts=True)


def _own(names: dict[str, str], *, author: User, now: datetime) -> list[Label]:
    found = labels_named(names, author=author, now=now)
    return [found[key] for key in names]


def labels_named(names: Mapping[str, str], *, author: User, now: datetime) -> dict[str, Label]:
    """Return a person's labels by their names without case, given clean by such; those that there are not are made."""
    if not names:
        return {}
    return dict(once(_Own, author).named(names, now=now))


class _Own:
    """The labels of a person who is locked: none of them gets another name meanwhile."""

    def __init__(self, author: User) -> None:
        self.owner = locked_self(actor=author)
        self.labels = own_labels(author.pk)

    def named(self, names: Mapping[str, str], *, now: datetime) -> dict[str, Label]:
        """Return the labels of these names, which are made where there are none."""
        made = [
            Label(owner=self.owner, name=name, created_at=now, updated_at=now)
            for key, name in names.items()
            if key not in self.labels
        ]
        insert_labels(made, owner=self.owner, now=now)
        self.labels |= _by_name(made)
        return {key: self.labels[key] for key in names}


def own_labels(owner_id: UUID) -> dict[str, Label]:
    """Return a person's labels by their names without case."""
    # Compared here and not there: SQLite folds the case of ASCII letters only.
    return _by_name(Label.objects.of(owner_id))


def _by_name(labels: Iterable[Label]) -> dict[str, Label]:
    return {label.name.casefold(): label for label in labels}


def insert_labels(labels: Sequence[Label], *, owner: User, now: datetime) -> None:
    """Insert labels of a locked person under names that are free, each with its event; raises Conflict."""
    if not labels:
        return
    for revision, label in enumerate(labels, start=owner.revision + 1):
        label.revision = revision
    try:
        with transaction.atomic():
            Label.objects.bulk_create(labels)
    except IntegrityError:
        raise Conflict(TAKEN) from None
    commit_user_all(owner, [_made(label) for label in labels], now=now)


def _made(label: Label) -> Happening:
    data = {"name": label.name, "colour": label.colour}
    return Happening(events.LABEL_CREATED, Subject("label", label.pk, label.name), data)


def clean_name(name: str, *, field: str = "name") -> str:
    """Return a label's name as it is stored; raises Invalid for the `field` that it came in."""
    name = " ".join(name.strip().removeprefix("@").split())
    if not name or len(name) > 60 or FORBIDDEN & set(name) or not name.isprintable():
        raise Invalid.field(field, "A label has 1 to 60 characters, and no comma, @ or #.")
    return name


def _create(
    owner: User,
    *,
    name: str,
    now: datetime,
    colour: str = "green",
    id: UUID | None = None,
    created_at: datetime | None = None,
) -> Label:
    label = Label(owner=owner, name=clean_name(name), colour=colour, created_at=created_at or now, updated_at=now)
    label.id = id or label.id
    _require_free_name(label)
    insert_labels([label], owner=owner, now=now)
    return label


def _require_free_name(label: Label) -> None:
    same = own_labels(label.owner_id).get(label.name.casefold())
    if same is not None and same.pk != label.pk:
        raise Conflict("You have a label with this name already.", fields={"name": ["Taken."]})


def _save(label: Label, **options: Any) -> None:
    try:
        with transaction.atomic():
            label.save(**options)
    except IntegrityError:
        raise Conflict(TAKEN) from None


def _record(owner: User, label: Label, *, verb: str, data: dict[str, Any], now: datetime) -> None:
    commit_user(owner, verb=verb, data=data, now=now, subject=Subject("label", label.pk, label.name))
