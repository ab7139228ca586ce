"""Todos under todos: what hangs below one, and where one may hang."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from config.errors import Invalid
from config.together import once
from todos.models import Todo

DEEPEST = 10
"""Levels of todos in one another, the top one counted."""


def know_subtasks(rows: Mapping[UUID, Todo]) -> None:
    """Read what is below many todos of locked projects, one query a level, for what is asked of each later.

    Each row is there once, as the parent of those right below it too: what changes one is seen from all.
    """
    known, below = dict(rows), dict[UUID, list[Todo]]()
    level = [row.pk for row in rows.values() if row.has_subtasks]
    asked: set[UUID] = set()
    while level:
        found = [known.setdefault(row.pk, row) for row in Todo.objects.children_of(level)]
        asked.update(level)
        for row in found:
            parent = known[row.parent_id]  # type: ignore[index]
            row.parent = parent
            below.setdefault(parent.pk, []).append(row)
        level = [row.pk for row in found if row.pk not in asked]
    for row in rows.values():
        row.below = below


def descendants(todo: Todo, *, trashed: bool = False) -> list[Todo]:
    """Return everything below a todo of a locked project, one query a level.

    What was in the trash when the todo moved stayed behind: it is another project's, and not locked.
    """
    found: list[Todo] = []
    seen = {todo.pk}  # a circle, which no change of ours makes, must not hold anybody up
    level = [todo.pk]
    while level:
        rows = right_below(todo, level, project_id=todo.project_id)
        below = [row for row in rows if (trashed or row.deleted_at is None) and row.pk not in seen]
        found += below
        level = [row.pk for row in below]
        seen.update(level)
    return found


def right_below(todo: Todo, ids: Collection[UUID], *, project_id: UUID) -> list[Todo]:
    """Return what of a project is right below these todos: the one named, and some of those below it."""
    if todo.below is None:
        return list(Todo.objects.children_of(ids).in_project(project_id))
    rows = [row for id in ids for row in todo.below.get(id, ()) if row.parent_id == id]
    return [row for row in rows if row.project_id == project_id]


def require_place(todo: Todo, parent_id: UUID | None) -> Todo | None:
    """Return the parent under which the todo may hang; raises Invalid.

    A parent is a live todo of the same project, not below the todo itself, and not so deep
    that what the todo brings along would end deeper than `DEEPEST`.
    """
    if parent_id is None:
        return None
    parent: Todo | None = once(_live, todo.project_id, parent_id)
    above, depth = require_parent(parent), 1
    while above.parent_id and depth <= DEEPEST:
        if todo.pk in (above.pk, above.parent_id):
            raise Invalid.field("parent", "A todo cannot hang below itself.")
        above, depth = once(_above, above.parent_id), depth + 1
    if above.pk == todo.pk:
        raise Invalid.field("parent", "A todo cannot hang below itself.")
    require_room(level=depth, height=_height(todo))
    return parent


def _live(project_id: UUID, id: UUID) -> Todo | None:
    found: Todo | None = Todo.objects.live().in_project(project_id).filter(pk=id).first()
    return found


def _above(id: UUID) -> Todo:
    found: Todo = Todo.objects.get(pk=id)
    return found


def require_parent(parent: Todo | None) -> Todo:
    """Return the todo that was found as a parent; raises Invalid when there was none."""
    if parent is None:
        raise Invalid.field("parent", "The parent is not a todo of this project.")
    return parent


def require_room(*, level: int, height: int = 1) -> None:
    """Raise Invalid where so many levels have no room below a todo that is on a level, from 1."""
    if level + height > DEEPEST:
        raise Invalid.field("parent", f"Todos hang at most {DEEPEST} levels deep.")


def levels_of(rows: Collection[Any]) -> dict[UUID, int]:
    """Return on which level each of some todos, or projects, is, from 1 at the top: one query a level, however many."""
    levels = {row.pk: 1 for row in rows}
    above = {row.pk: row.parent_id for row in rows if row.parent_id}
    while above and max(levels.values()) <= DEEPEST:
        model = type(next(iter(rows)))
        parents = dict(model.objects.filter(pk__in=set(above.values())).values_list("pk", "parent_id"))
        for id in above:
            levels[id] += 1
        above = {id: parents[parent] for id, parent in above.items() if parents.get(parent)}
    return levels


def _height(todo: Todo) -> int:
    """Return the levels of a todo and what is below it."""
    height, level = 0, [todo.pk]
    while level and height <= DEEPEST:
        height += 1
        level = [row.pk for id in level for row in todo.below.get(id, ())] if todo.below is not None else _ids(level)
    return height


def _ids(above: Collection[UUID]) -> list[UUID]:
    return list(Todo.objects.children_of(above).values_list("pk", flat=True))
