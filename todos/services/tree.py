"""Todos under todos: what hangs below one, and where one may hang."""

from uuid import UUID

from config.errors import Invalid
from todos.models import Todo

DEEPEST = 10
"""Levels of todos in one another, the top one counted."""


def descendants(todo: Todo, *, trashed: bool = False) -> list[Todo]:
    """Return everything below a todo of a locked project, one query a level.

    What was in the trash when the todo moved stayed behind: it is another project's, and not locked.
    """
    found: list[Todo] = []
    seen = {todo.pk}  # a circle, which no change of ours makes, must not hold anybody up
    level = [todo.pk] if getattr(todo, "has_subtasks", True) else []  # known where many were locked at once
    while level:
        rows = Todo.objects.children_of(level).in_project(todo.project_id)
        below = [row for row in (rows if trashed else rows.live()) if row.pk not in seen]
        found += below
        level = [row.pk for row in below]
        seen.update(level)
    return found


def require_place(todo: Todo, parent_id: UUID | None) -> Todo | None:
    """Return the parent under which the todo may hang; raises Invalid.

    A parent is a live todo of the same project, not below the todo itself, and not so deep
    that what the todo brings along would end deeper than `DEEPEST`.
    """
    if parent_id is None:
        return None
    rows = Todo.objects.live().in_project(todo.project_id)
    parent: Todo | None = rows.filter(pk=parent_id).first()
    if parent is None:
        raise Invalid.field("parent", "The parent is not a todo of this project.")
    above, depth = parent, 1
    while above.parent_id and depth <= DEEPEST:
        if todo.pk in (above.pk, above.parent_id):
            raise Invalid.field("parent", "A todo cannot hang below itself.")
        above, depth = rows.model.objects.get(pk=above.parent_id), depth + 1
    if above.pk == todo.pk:
        raise Invalid.field("parent", "A todo cannot hang below itself.")
    if depth + _height(todo) > DEEPEST:
        raise Invalid.field("parent", f"Todos hang at most {DEEPEST} levels deep.")
    return parent


def _height(todo: Todo) -> int:
    """Return the levels of a todo and what is below it."""
    height, level = 0, [todo.pk]
    while level and height <= DEEPEST:
        height += 1
        level = list(Todo.objects.children_of(level).values_list("pk", flat=True))
    return height
