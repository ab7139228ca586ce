"""Order keys: of a project's todos, one list whatever sections and parents they are in; of projects and sections."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Max

from config.errors import Invalid
from config.together import once
from todos.domain.ranking import key_between, spread
from todos.models import Project, SavedFilter, Section, Todo
from todos.models.fields import OrderKeyField
from todos.querysets import TodoQuerySet

Ranked = Project | Section | SavedFilter
Place = Mapping[str, UUID | None]
"""`after` or `before` another todo; None is the start for the one and the end for the other. Neither is the end."""


class _End:
    """The end of a locked project's list, trashed todos counted, which goes on as keys are taken."""

    def __init__(self, project_id: UUID) -> None:
        self.key: str | None = Todo.objects.in_project(project_id).aggregate(last=Max("order"))["last"]

    def next(self) -> str:
        self.key = key_between(self.key, None)
        return self.key


def last_key(project: Project) -> str:
    """Return a key after every todo of a locked project, trashed ones counted."""
    return last_keys(project, 1)[0]


def last_keys(project: Project, count: int) -> list[str]:
    """Return so many keys in order, all after every todo of a locked project."""
    end: _End = once(_End, project.pk)
    return [end.next() for _ in range(count)]


def key_at(todo: Todo, project: Project, place: Place) -> str:
    """Return the key that puts a todo at a place of a locked project: its own where it stands there; raises Invalid."""
    others = Todo.objects.in_project(project.pk).exclude(pk=todo.pk).in_order()
    low, high = _neighbours(others, place)
    if todo.project_id == project.pk and (low or "") < todo.order and (high is None or todo.order < high):
        return todo.order
    key = None if low and high and low >= high else key_between(low, high)
    if key is None or len(key) > OrderKeyField.LONGEST:
        _spread_out(project)
        return key_between(*_neighbours(others, place))
    return key


def _neighbours(others: TodoQuerySet, place: Place) -> tuple[str | None, str | None]:
    """Return the keys between which a place is; two that are equal need spreading out."""
    side = "after" if "after" in place else "before"
    anchor_id = place.get(side)
    if anchor_id is None:
        edge: str | None = (others if side == "after" else others.reverse()).values_list("order", flat=True).first()
        return (None, edge) if side == "after" else (edge, None)
    anchor: str | None = others.filter(pk=anchor_id).values_list("order", flat=True).first()
    if anchor is None:
        raise Invalid.field(side, "That is not another todo of this project.")
    rest = others.exclude(pk=anchor_id)
    if side == "after":
        return anchor, rest.filter(order__gte=anchor).values_list("order", flat=True).first()
    return rest.filter(order__lte=anchor).reverse().values_list("order", flat=True).first(), anchor


def _spread_out(project: Project) -> None:
    """Give a locked project's todos short keys in the order they have.

    Needed only after a thousand moves into the very same gap.
    """
    rows = list(Todo.objects.in_project(project.pk).in_order())
    for row, key in zip(rows, spread(len(rows)), strict=True):
        row.order, row.revision = key, project.revision + 1  # that of the move they make room for
    Todo.objects.bulk_update(rows, ["order", "revision"], batch_size=500)


def key_among(rows: Sequence[Ranked], moved: Ranked, place: Place) -> dict[UUID, str]:
    """Return by id the keys that locked rows in order need for one of them to go to a place: its own alone, mostly.

    None where it stands there already; raises Invalid.
    """
    others = [row for row in rows if row.pk != moved.pk]
    index = _index(others, place)
    low = others[index - 1].order if index else None
    high = others[index].order if index < len(others) else None
    if (low or "") < moved.order and (high is None or moved.order < high):
        return {}
    key = None if low and high and low >= high else key_between(low, high)
    if key is not None and len(key) <= OrderKeyField.LONGEST:
        return {moved.pk: key}
    wanted = [*others[:index], moved, *others[index:]]
    return {row.pk: key for row, key in zip(wanted, spread(len(wanted)), strict=True)}


def _index(others: Sequence[Ranked], place: Place) -> int:
    if place.keys() not in ({"after"}, {"before"}):
        raise Invalid.field("after", "Say what it goes after, or before.")
    [(side, id)] = place.items()
    if id is None:
        return 0 if side == "after" else len(others)
    for index, row in enumerate(others):
        if row.pk == id:
            return index + (side == "after")
    raise Invalid.field(side, "That is not another one beside it.")
