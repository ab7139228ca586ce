"""The formats of todos that we read and write. Another is one more line here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import BinaryIO, Protocol

from config.errors import Invalid
from todos.domain.transfer import icalendar_tasks, native, table, todoist, todoist_backup, todotxt, vikunja
from todos.domain.transfer.archives import open_archive
from todos.domain.transfer.detection import detect
from todos.domain.transfer.records import Read
from todos.services.export import Scope
from todos.services.transfer.writing import write_json, write_records, write_zip

HEAD = 4096
"""Bytes of a file that tell its format."""


class Export(Protocol):
    """Yields what is in a scope, piece by piece."""

    def __call__(self, scope: Scope, *, now: datetime) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write todos down, which a `module` of the domain reads.

    `keeps_ids`: what its records call themselves are our ids.
    """

    name: str
    title: str
    media_type: str
    ending: str
    module: ModuleType
    export: Export
    keeps_ids: bool = False

    @property
    def read(self) -> Read:
        found: Read = self.module.read
        return found


def _other(name: str, title: str, media_type: str, ending: str, module: ModuleType) -> Format:
    """Return a format of others, written from records."""
    return Format(name, title, media_type, ending, module, partial(write_records, module.write))


FORMATS = {
    one.name: one
    for one in (
        Format("json", "Our JSON", "application/json", "json", native, write_json, keeps_ids=True),
        Format("zip", "Our JSON with files", "application/zip", "zip", native, write_zip, keeps_ids=True),
        _other("csv", "Table", "text/csv", "csv", table),
        _other("todoist", "Project of Todoist", "text/csv", "csv", todoist),
        _other("todoist_backup", "Backup of Todoist", "application/zip", "zip", todoist_backup),
        _other("vikunja", "Export of Vikunja", "application/zip", "zip", vikunja),
        _other("ical", "iCalendar", "text/calendar", "ics", icalendar_tasks),
        _other("todotxt", "todo.txt", "text/plain", "txt", todotxt),
    )
}


def export_in(name: str) -> Export:
    """Return the export in a format; raises Invalid for one that there is not."""
    return _named(name, field="as").export


def format_of(file: BinaryIO, *, name: str, said: str = "") -> Format:
    """Return the format that a file is said to have, or else looks to have; raises Invalid."""
    if said:
        return _named(said, field="format")
    file.seek(0)
    head = file.read(HEAD)
    members = tuple(open_archive(file).names) if head.startswith(native.ZIP) else ()
    if native.MEMBER in members:
        return FORMATS["zip"]
    if head.lstrip().startswith(b"{") and b'"simple-todos"' in head:
        return FORMATS["json"]
    module = detect(head, name, members)
    found = next((one for one in FORMATS.values() if one.module.__name__.endswith(f".{module}")), None)
    if found is None:
        raise Invalid.field("format", "We cannot tell what this file is. Say its format.")
    return found


def _named(name: str, *, field: str) -> Format:
    if name not in FORMATS:
        raise Invalid.field(field, f"One of {', '.join(FORMATS)}.")
    return FORMATS[name]
