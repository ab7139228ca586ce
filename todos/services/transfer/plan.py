"""What is in a file, put aside piece by piece, and in which order it is to be taken in."""

import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile

from config.errors import Invalid
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    Record,
    Refused,
    RelationRecord,
    ReminderRecord,
    SavedFilterRecord,
    SectionRecord,
    TodoRecord,
)
from todos.services import projects, tree

MOST = 200_000
"""Things in a file: its index is held in memory."""
KINDS: dict[type[Record], str] = {
    Refused: "line",
    LabelRecord: "label",
    ProjectRecord: "project",
    SectionRecord: "section",
    TodoRecord: "todo",
    CommentRecord: "comment",
    RelationRecord: "relation",
    ReminderRecord: "reminder",
    SavedFilterRecord: "filter",
    AttachmentRecord: "attachment",
}
"""What each is called in a report, in the order that they are taken in: each after what it may name."""
DEEPEST = {"project": projects.DEEPEST, "todo": tree.DEEPEST}
TWICE = "It is in the file twice; the first was taken."
Told = Callable[[int], None]
Tell = Callable[[int, str], None]


@dataclass(slots=True)
class Index:
    """Where the things of one kind are, by their numbers in the file."""

    refs: dict[str, int] = field(default_factory=dict)
    parents: dict[int, str] = field(default_factory=dict)
    orders: dict[int, str] = field(default_factory=dict)
    numbers: "array[int]" = field(default_factory=lambda: array("q"))


class Plan:
    """The records of a file, on disk, and the order in which they are taken in: parents come before children.

    The same file makes the same plan, so that whoever goes on after a crash goes on with it. What
    stands against a record is told with it. The first thing of the file has the number 1.
    """

    def __init__(self, records: Iterable[Record], *, told: Told = lambda count: None) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  it lives as long as the plan
        self._offsets = array("q")
        self._notes: dict[int, list[str]] = {}
        self._twice: set[int] = set()
        self.parents: dict[int, int] = {}
        self.indexes = {kind: Index() for kind in KINDS.values()}
        try:
            for record in records:
                self._put(record)
                told(len(self._offsets))
            if not self._offsets:
                raise Invalid("There is nothing in this file.")
        except BaseException:
            self.close()
            raise
        self.order = array("q", self._ordered())

    def __len__(self) -> int:
        return len(self._offsets)

    def close(self) -> None:
        self._file.close()

    def _put(self, record: Record) -> None:
        if len(self._offsets) == MOST:
            raise Invalid(f"There are more than {MOST} things in this file. Split it.")
        self._offsets.append(self._file.tell())
        pickle.dump(record, self._file, pickle.HIGHEST_PROTOCOL)
        number, index = len(self._offsets), self.indexes[KINDS[type(record)]]
        index.numbers.append(number)
        if order := getattr(record, "order", None):
            index.orders[number] = order
        if index.refs.setdefault(record.ref, number) != number:
            self._twice.add(number)
        elif parent := getattr(record, "parent", None):
            index.parents[number] = parent

    def read(self, numbers: Iterable[int]) -> Iterator[tuple[int, Record, list[str]]]:
        """Yield some records with their numbers, and what there is to tell of them."""
        for number in numbers:
            self._file.seek(self._offsets[number - 1])
            record: Record = pickle.load(self._file)  # noqa: S301  ours, in a file that has no name
            if number in self._twice:
                record = Refused(place=record.place, ref=record.ref, reason=TWICE)
            yield number, record, [*record.notes, *self._notes.get(number, ())]

    def number_of(self, kind: str, ref: str | None) -> int | None:
        """Return the number of what a record calls by this; None for what is not in the file."""
        return None if ref is None else self.indexes[kind].refs.get(ref)

    def _ordered(self) -> Iterator[int]:
        for kind, index in self.indexes.items():
            numbers = index.numbers
            if len(index.orders) == len(numbers):
                numbers = array("q", sorted(numbers, key=lambda number: (index.orders[number], number)))
            if kind in DEEPEST:
                self._find_parents(kind, index)
                _straighten(numbers, self.parents, self._note, most=DEEPEST[kind])
                numbers = array("q", _parents_first(numbers, self.parents))
            yield from numbers

    def _find_parents(self, kind: str, index: Index) -> None:
        for number, ref in index.parents.items():
            parent = index.refs.get(ref)
            if parent is None:
                self._note(number, f"The {kind} that it is below is not in the file. It went to the top.")
            else:
                self.parents[number] = parent

    def _note(self, number: int, message: str) -> None:
        self._notes.setdefault(number, []).append(message)


def _parents_first(numbers: Iterable[int], parents: dict[int, int]) -> Iterator[int]:
    """Yield numbers, each right after its parent and what came below that before, else as they come."""
    below: dict[int | None, list[int]] = {}
    for number in numbers:
        below.setdefault(parents.get(number), []).append(number)
    waiting = below.pop(None, [])[::-1]
    while waiting:
        number = waiting.pop()
        yield number
        waiting += below.pop(number, [])[::-1]


def _straighten(numbers: Iterable[int], parents: dict[int, int], tell: Tell, *, most: int) -> None:
    """Open circles of parents, and move up what is too deep."""
    levels: dict[int, int] = {}
    for number in numbers:
        for step in reversed(_way_up(number, parents, levels, tell)):
            parent = parents.get(step)
            level = levels[parent] + 1 if parent else 1
            if level > most and parent:
                parents[step], level = parents[parent], most
                tell(step, f"It was more than {most} levels deep. It went below what its parent is below.")
            levels[step] = level


def _way_up(number: int, parents: dict[int, int], done: dict[int, int], tell: Tell) -> list[int]:
    """Return a number and all above it that are not done, lowest first; one above itself goes to the top."""
    path: dict[int, None] = {}
    step: int | None = number
    while step is not None and step not in done:
        path[step] = None
        above = parents.get(step)
        if above in path:
            del parents[step]
            tell(step, "It was below itself. It went to the top.")
            above = None
        step = above
    return list(path)
