"""Which format of others a file is in, by what is in it."""

import re
from collections.abc import Sequence

from todos.domain.transfer import table
from todos.domain.transfer.text import decode

VIKUNJA = ("data.json", "VERSION")
SYNC = re.compile(r'"(?:sync_token|full_sync|temp_id_mapping|items|inbox_project|day_orders)"')
OURS = '"simple-todos"'
LINE = re.compile(r"(?:x \d{4}-\d{2}-\d{2} |\([A-Z]\) |\d{4}-\d{2}-\d{2} )", re.ASCII)
BLANKS = "\ufeff \t\r\n"


def detect(head: bytes, name: str, members: Sequence[str] = ()) -> str:
    """Return the module that reads a file of these first bytes, "" where none seems to.

    `name` is the file's own, for text that says nothing of itself; `members` are the files in it, if it is an archive.
    """
    if members or head.startswith(b"PK\x03\x04"):
        return _zipped(members)
    text = decode(head).lstrip(BLANKS)
    if text[:1] in ("{", "["):
        return "todoist_backup" if SYNC.search(text) and OURS not in text else ""
    if re.match(r"BEGIN:V(?:CALENDAR|TODO)", text, re.IGNORECASE):
        return "icalendar_tasks"
    return _text(text, name.lower()) if text and "\x00" not in text else ""


def _zipped(members: Sequence[str]) -> str:
    if all(name in members for name in VIKUNJA):
        return "vikunja"
    return "todoist_backup" if any(name.lower().endswith(".csv") for name in members) else ""


def _text(text: str, name: str) -> str:
    first = text.partition("\n")[0].strip()
    columns = {cell.strip(' "') for cell in first.split(",")}
    if {"TYPE", "CONTENT"} <= columns:
        return "todoist"
    if name.endswith(".ics"):
        return "icalendar_tasks"
    if name.endswith((".csv", ".tsv")) or table.names_columns(first):
        return "table"
    return "todotxt" if name.endswith(".txt") or LINE.match(text) else ""
