"""Writes of many rows in few statements, by the very code that writes one.

What a step does to a row it writes with `write`: at once, or, while a block of `together` lasts,
along with what other steps write in the same way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Model, Value, When
from django.db.models.functions import Cast

BATCH = 500
"""Rows of one statement."""
Save = Callable[[list[Any]], object]


@dataclass(slots=True)
class _Block:
    waiting: dict[Save, list[Any]] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict)


_block: ContextVar[_Block | None] = ContextVar("together", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Write at the end of the block what is written in it, kind by kind, each kind in the order it came.

    A block that fails writes nothing more. It belongs into one transaction.
    """
    token = _block.set(_Block())
    try:
        yield
        flush()
    finally:
        _block.reset(token)


def write(save: Save, *rows: Any) -> None:
    """Hand rows to what saves many of their kind."""
    block = _block.get()
    if block is None:
        save(list(rows))
    else:
        block.waiting.setdefault(save, []).extend(rows)


def flush() -> None:
    """Write what waits now, for who is about to read it."""
    block = _block.get()
    if block is not None:
        waiting, block.waiting = block.waiting, {}
        for save, rows in waiting.items():
            if rows:
                save(rows)


@contextmanager
def forgetting_failure() -> Iterator[None]:
    """Let go of what waits from this block when it fails."""
    block = _block.get()
    before = {save: len(rows) for save, rows in block.waiting.items()} if block else {}
    try:
        yield
    except Exception:
        for save, rows in block.waiting.items() if block else ():
            del rows[before.get(save, 0) :]
        raise


def once(read: Callable[..., Any], *args: Any) -> Any:
    """Return what a function reads, the first answer as long as a block of `together` lasts.

    For what no step in the block changes, or keeps right itself.
    """
    block = _block.get()
    if block is None:
        return read(*args)
    key = (read, *args)
    if key not in block.known:
        block.known[key] = read(*args)
    return block.known[key]


def save_columns(rows: list[tuple[Model, tuple[str, ...]]]) -> None:
    """Write these columns of rows that are stored: one statement for all rows of a kind with the same columns."""
    kinds: dict[tuple[type[Model], tuple[str, ...]], dict[Any, Model]] = {}
    for row, columns in rows:
        kinds.setdefault((type(row), columns), {})[row.pk] = row
    for (model, columns), found in kinds.items():
        _save(model, columns, list(found.values()))


def _save(model: type[Model], columns: tuple[str, ...], rows: list[Any]) -> None:
    if len(rows) == 1:
        rows[0].save(update_fields=columns)
        return
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        values = {field.attname: _value(field, batch) for field in fields}
        model._base_manager.filter(pk__in=[row.pk for row in batch]).update(**values)


def _value(field: Any, rows: list[Any]) -> Any:
    """Return the value that all rows have, else what tells them apart."""
    found = [getattr(row, field.attname) for row in rows]
    if all(value == found[0] for value in found):
        return found[0]
    cases = (When(pk=row.pk, then=Value(value, field)) for row, value in zip(rows, found, strict=True))
    # PostgreSQL does not see of what type a CASE of parameters is.
    return Cast(Case(*cases, output_field=field), field)
