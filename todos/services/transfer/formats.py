"""The formats of todos that we read and write. Another is one more line here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO, Protocol

from config.errors import Invalid
from todos.domain.transfer import native
from todos.domain.transfer.archives import open_archive
from todos.domain.transfer.records import Read, Write
from todos.services.export import Scope
from todos.services.transfer.writing import write_json, write_records, write_zip

HEAD = 4096
"""Bytes of a file that tell its format."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file, what its sender calls it, and what is in it where it is an archive."""

    head: bytes
    name: str
    members: tuple[str, ...] = ()


class Export(Protocol):
    """Yields what is in a scope, piece by piece."""

    def __call__(self, scope: Scope, *, now: datetime) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write todos down.

    `fits` says of a file's beginning whether it is this. `keeps_ids`: what its records call themselves are our ids.
    """

    name: str
    title: str
    media_type: str
    ending: str
    read: Read
    export: Export | None
    fits: Callable[[Sample], bool] = lambda sample: False
    keeps_ids: bool = False


def writing(write: Write) -> Export:
    """Return the export that a format's writer makes."""
    return partial(write_records, write)


FORMATS = {
    one.name: one
    for one in (
        Format(
            "json", "Our JSON", "application/json", "json", native.read, write_json,
            lambda sample: sample.head.lstrip().startswith(b"{") and b'"simple-todos"' in sample.head, keeps_ids=True,
        ),
        Format(
            "zip", "Our JSON with files", "application/zip", "zip", native.read, write_zip,
            lambda sample: native.MEMBER in sample.members, keeps_ids=True,
        ),
    )
}  # fmt: skip
WRITTEN = tuple(name for name, one in FORMATS.items() if one.export)


def export_in(name: str) -> Export:
    """Return the export in a format; raises Invalid for one that we do not write."""
    found = FORMATS.get(name)
    if found is None or found.export is None:
        raise Invalid.field("as", f"One of {', '.join(WRITTEN)}.")
    return found.export


def format_of(file: BinaryIO, *, name: str, said: str = "") -> Format:
    """Return the format that a file is said to have, or else looks to have; raises Invalid."""
    if said:
        if said not in FORMATS:
            raise Invalid.field("format", f"One of {', '.join(FORMATS)}.")
        return FORMATS[said]
    file.seek(0)
    head = file.read(HEAD)
    members = tuple(open_archive(file).names) if head.startswith(native.ZIP) else ()
    file.seek(0)
    sample = Sample(head, name, members)
    found = next((one for one in FORMATS.values() if one.fits(sample)), None)
    if found is None:
        raise Invalid.field("format", "We cannot tell what this file is. Say its format.")
    return found
