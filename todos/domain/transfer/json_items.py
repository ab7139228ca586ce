"""JSON of strangers, piece by piece: never more of it at once than one thing of a list, and none too deep."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]  # it comes without types
from ijson.common import ObjectBuilder  # type: ignore[import-untyped]

from config.errors import Invalid
from todos.domain.transfer.text import clean_line, clean_text, read_moment

DEEPEST = 50
BOM = "\ufeff".encode()
STARTS, ENDS = ("start_map", "start_array"), ("end_map", "end_array")
BROKEN = (ijson.JSONError, ValueError, OverflowError)


class _WithoutMark:
    """A file without the mark of UTF-8 at its head."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(len(BOM))
        self._head = b"" if head == BOM else head

    def read(self, number: int = -1) -> bytes:
        if self._head and number:
            head, self._head = self._head, b""
            return head
        return self._file.read(number)


def read_items(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yield what is in a document: the things of its list with "", or those of its object with their name.

    A list in the object comes thing by thing, all under its name. Raises Invalid where it is no JSON, or too deep.
    """
    events = _events(file)
    try:
        kind, _ = next(events)
        if kind == "start_array":
            yield from _elements(events, "")
        elif kind == "start_map":
            yield from _members(events)
        else:
            raise Invalid("The JSON is neither a list nor an object.")
        for _ in events:  # only to see that nothing follows
            pass
    except StopIteration:
        raise Invalid("The file is empty.") from None


def _events(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    depth = 0
    try:
        for kind, value in ijson.basic_parse(_WithoutMark(file), use_float=True):
            depth += (kind in STARTS) - (kind in ENDS)
            if depth > DEEPEST:
                raise Invalid(f"The JSON is nested more than {DEEPEST} levels deep.")
            yield kind, value
    except BROKEN:
        raise Invalid("The file is no JSON, or it is cut off.") from None


def _members(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for kind, value in events:
        if kind == "end_map":
            return
        first = next(events)
        if first[0] == "start_array":
            yield from _elements(events, value)
        else:
            yield value, _built(first, events)


def _elements(events: Iterator[tuple[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    for event in events:
        if event[0] == "end_array":
            return
        yield name, _built(event, events)


def _built(first: tuple[str, Any], events: Iterator[tuple[str, Any]]) -> Any:
    builder, depth = ObjectBuilder(), 0
    event = first
    while True:
        builder.event(*event)
        depth += (event[0] in STARTS) - (event[0] in ENDS)
        if depth == 0:
            return builder.value
        event = next(events)


def text_of(found: dict[str, Any], name: str) -> str:
    """Return a text, "" for none."""
    value = found.get(name)
    return clean_text(value) if isinstance(value, str) else ""


def line_of(found: dict[str, Any], name: str) -> str:
    return clean_line(text_of(found, name))


def key_of(found: dict[str, Any], name: str) -> str | None:
    """Return an id, a number or a text, as a text; None for none, and for 0."""
    value = found.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value and abs(value) < 1 << 64:
        return str(value)
    return clean_line(value)[:100] or None if isinstance(value, str) else None


def number_of(found: dict[str, Any], name: str) -> int:
    """Return a whole number of a size that numbers have; 0 for anything else."""
    value = found.get(name)
    if isinstance(value, float) and abs(value) < 1 << 53:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53 else 0


def moment_of(found: dict[str, Any], name: str, zone: tzinfo) -> datetime | None:
    return read_moment(text_of(found, name), zone)


def list_of(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    value = found.get(name)
    return [thing for thing in value if isinstance(thing, dict)] if isinstance(value, list) else []


def part_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}
