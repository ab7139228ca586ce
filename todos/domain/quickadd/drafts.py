"""What goes into quick add besides the text, and what comes out."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, NamedTuple

Handle = Hashable
"""Whatever the caller knows a project, a section or a person by."""
AMBIGUOUS = object()


class Names:
    """Names that are known, found word by word in any case. One that two things share is ambiguous."""

    def __init__(self, names: Iterable[tuple[str, Handle]] = ()) -> None:
        self._root: dict[str, Any] = {}
        for name, handle in names:
            node = self._root
            for word in name.casefold().split():
                node = node.setdefault(word, {})
            if node is not self._root:
                node[""] = handle if node.get("", handle) == handle else AMBIGUOUS

    def find(self, words: Iterable[tuple[str, str]]) -> tuple[Handle, int] | None:
        """Return what the longest name that these words begin with stands for, and how many words it has.

        Each word comes with its punctuation and without it. None for no name and an ambiguous one.
        """
        node = self._root
        best: tuple[Handle, int] | None = None
        for count, (whole, bare) in enumerate(words, 1):
            for form in (bare, whole):
                if form and "" in node.get(form, ()):
                    best = (node[form][""], count)
            if whole not in node:
                break
            node = node[whole]
        return None if best is None or best[0] is AMBIGUOUS else best

    def get(self, name: str) -> Handle | None:
        """Return what a whole name stands for; None for no name and an ambiguous one."""
        words = [(word, word) for word in name.casefold().split()]
        found = self.find(words)
        return found[0] if found and found[1] == len(words) else None


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class Known:
    """What names may mean. Sections and people come by project.

    `project` is where a line goes that names none; with `fixed` no line goes elsewhere.
    """

    projects: Names = NO_NAMES
    sections: Mapping[Handle, Names] = field(default_factory=dict)
    people: Mapping[Handle, Names] = field(default_factory=dict)
    labels: Names = NO_NAMES
    project: Handle = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """How a person writes and lives. Weekdays count from 0, Monday."""

    week_start: int = 0
    weekend_day: int = 5
    date_order: str = "DMY"
    morning: time = time(9)
    noon: time = time(12)
    afternoon: time = time(12)
    evening: time = time(19)
    night: time = time(22)
    tonight: time = time(21)


class Span(NamedTuple):
    """A piece of the text that was recognised: code points from `start` up to `end`.

    One that is not `used` gave way to a later one of its field.
    """

    start: int
    end: int
    kind: str
    text: str
    used: bool = True


class Unknown(NamedTuple):
    """A project, section or person that nobody knows by this name: it stays in the title."""

    start: int
    end: int
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """RFC 5545 rules, `schedule` or `completion`, and the day of the month that short months lack."""

    rrules: tuple[str, ...]
    anchor: str = "schedule"
    clamped_month_day: int | None = None


@dataclass(slots=True)  # nobody changes one; frozen, it takes longer to make
class Draft:
    """A todo to be, from the line of code points `start` to `end`; `parent` is the index of the draft above."""

    title: str
    start: int
    end: int
    parent: int | None = None
    depth: int = 1
    project: Handle = None
    section: Handle = None
    assignee: Handle = None
    labels: tuple[str, ...] = ()
    priority: int | None = None
    due_date: date | None = None
    due_time: time | None = None
    deadline: date | None = None
    duration_minutes: int | None = None
    recurrence: Recurrence | None = None
    spans: tuple[Span, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def due_at(self, zone: tzinfo) -> datetime | None:
        """Return the moment it is due: the first of two at one wall time, and after a gap what the gap moved."""
        if self.due_date is None or self.due_time is None:
            return None
        wall = datetime.combine(self.due_date, self.due_time, zone)
        return wall.astimezone(UTC).astimezone(zone)
