"""The table of recurrence cases, and how its dates are read and written."""

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from todos.domain.recurrence import Due

CASES = json.loads((Path(__file__).parent / "cases" / "recurrence.json").read_text())["cases"]


def of_kinds(*kinds):
    return [case for case in CASES if case["kind"] in kinds]


def named(case):
    return case["id"]


def due_from(text: str, zone: ZoneInfo) -> Due:
    """Read a day, or an instant as the zone's wall shows it."""
    if "T" not in text:
        return Due(date.fromisoformat(text))
    local = datetime.fromisoformat(text).astimezone(zone)
    return Due(local.date(), local.time())


def written(due: Due | None, zone: ZoneInfo) -> str | None:
    """Write a day, or the instant with the zone's offset."""
    if due is None:
        return None
    return due.at(zone).astimezone(zone).isoformat() if due.time else due.day.isoformat()
