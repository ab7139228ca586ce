"""Where todos stand: what a writer needs at hand, and what a reader makes of the names of places."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from todos.domain.transfer.paths import join_path
from todos.domain.transfer.records import ProjectRecord, Record, SectionRecord, TodoRecord

Kind = TypeVar("Kind", bound=Record)


@dataclass(slots=True)
class Named:
    """Projects and sections of a file that tells of them by name alone: each is made where it is first named."""

    made: set[str] = field(default_factory=set)

    def put(self, todo: TodoRecord, titles: Sequence[str], section: str = "") -> Iterator[Record]:
        """Put a todo into the project of these names, from the top down, and a section; yield those that are new."""
        for depth, title in enumerate(titles, start=1):
            ref = join_path(titles[:depth])
            yield from self._make(ProjectRecord(place=todo.place, ref=ref, title=title, parent=todo.project))
            todo.project = ref
        if section:
            todo.section = f"{todo.project or ''}//{join_path([section])}"
            yield from self._make(
                SectionRecord(place=todo.place, ref=todo.section, project=todo.project, title=section)
            )

    def _make(self, record: Record) -> Iterator[Record]:
        if record.ref not in self.made:
            self.made.add(record.ref)
            yield record


@dataclass(slots=True)
class Places:
    """The projects and sections that have passed, and what they are called."""

    projects: dict[str, ProjectRecord] = field(default_factory=dict)
    sections: dict[str, SectionRecord] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        if isinstance(record, ProjectRecord):
            self.projects[record.ref] = record
        elif isinstance(record, SectionRecord):
            self.sections[record.ref] = record

    def titles(self, ref: str | None) -> list[str]:
        """Return the names of the projects from the top down to one; of the inbox, and of none, there are none."""
        found: list[str] = []
        seen: set[str] = set()
        while ref is not None and ref in self.projects and ref not in seen:
            seen.add(ref)
            project = self.projects[ref]
            if not project.is_inbox:
                found.append(project.title)
            ref = project.parent
        return found[::-1]

    def path(self, ref: str | None) -> str:
        return join_path(self.titles(ref))

    def section(self, ref: str | None) -> str:
        return self.sections[ref].title if ref in self.sections else ""


@dataclass(slots=True)
class Tree:
    """All records of an export, its todos below one another. What is in the trash is left out."""

    places: Places = field(default_factory=Places)
    others: dict[type[Record], list[Record]] = field(default_factory=dict)
    below: dict[str | None, list[TodoRecord]] = field(default_factory=dict)
    todos: dict[str, TodoRecord] = field(default_factory=dict)

    def all(self, kind: type[Kind]) -> list[Kind]:
        return self.others.get(kind, [])  # type: ignore[return-value]  # each list is of its kind

    def of_todo(self, kind: type[Kind]) -> dict[str, list[Kind]]:
        """Return the records of a kind by the todo that they belong to."""
        found: dict[str, list[Kind]] = {}
        for record in self.all(kind):
            found.setdefault(record.todo, []).append(record)  # type: ignore[attr-defined]  # they have one
        return found

    def walk(self, roots: Iterable[TodoRecord]) -> Iterator[tuple[TodoRecord, int]]:
        """Yield todos and, behind each, those below it, with how deep they are from 1."""
        waiting = [(root, 1) for root in roots][::-1]
        while waiting:
            todo, depth = waiting.pop()
            yield todo, depth
            waiting += [(child, depth + 1) for child in self.below.get(todo.ref, ())][::-1]


def gather(records: Iterable[Record], *, with_done: bool = True) -> Tree:
    """Take in all records; a todo whose parent is not among them hangs below that one's, or at the top."""
    tree = Tree()
    above: dict[str, str | None] = {}
    for record in records:
        if getattr(record, "deleted_at", None):
            continue
        if isinstance(record, TodoRecord):
            parent = above.get(record.parent) if record.parent is not None else None
            is_left_out = record.completed_at is not None and not with_done
            above[record.ref] = parent if is_left_out else record.ref
            if not is_left_out:
                tree.todos[record.ref] = record
                tree.below.setdefault(parent, []).append(record)
        else:
            tree.places.take(record)
            tree.others.setdefault(type(record), []).append(record)
    return tree
