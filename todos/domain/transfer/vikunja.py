"""Vikunja's export: a zip with `data.json` (projects with their tasks), `filters.json`, `VERSION` and `files/`.

Every time of Vikunja's is a moment: midnight in the person's zone is a day alone. Its priorities 5 and 4 are our
1, 3 is 2, 2 is 3. Buckets are sections, a task's end is our deadline, descriptions are HTML there and Markdown here.

It cannot tell: a zone other than the person's own, how long a todo takes, who a todo is assigned to or was made by
(an export names people whom the next server does not know), saved filters (they are in another language), files
(what is written has no bytes of them), moved occurrences, and recurrences but for every so many hours, days or
weeks and every month; the others are told in the description. When a project was archived is when it was changed.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from config.errors import Invalid
from todos.domain.recurrence import COMPLETION, SCHEDULE, parse_recurrence
from todos.domain.transfer.archives import Archive, open_archive
from todos.domain.transfer.colours import hexadecimal, nearest
from todos.domain.transfer.json_items import (
    key_of,
    line_of,
    list_of,
    moment_of,
    number_of,
    part_of,
    read_items,
    text_of,
)
from todos.domain.transfer.markup import is_html, to_html, to_markdown
from todos.domain.transfer.packing import pack
from todos.domain.transfer.records import (
    AttachmentRecord,
    CommentRecord,
    LabelRecord,
    ProjectRecord,
    Record,
    Refused,
    RelationRecord,
    ReminderRecord,
    SectionRecord,
    TodoRecord,
)
from todos.domain.transfer.repeats import with_rules
from todos.domain.transfer.text import clean_line, clean_text, in_zone, shown, zone_key, zone_of
from todos.domain.transfer.trees import Tree, gather

DATA, FILTERS, VERSION = "data.json", "filters.json", "VERSION"
WRITTEN_VERSION = b"0.24.0"
NEVER = "0001-01-01T00:00:00Z"
PRIORITIES = {0: 4, 1: 4, 2: 3, 3: 2, 4: 1, 5: 1}
TO_PRIORITIES = {1: 4, 2: 3, 3: 2, 4: 0}
STEPS = (("WEEKLY", 7 * 24 * 3600), ("DAILY", 24 * 3600), ("HOURLY", 3600))
LARGEST_INTERVAL = 1000
MONTHLY, FROM_NOW = 1, 2
"""Modes of repeating: each month, and from the moment that it is done."""
BASES = {"due_date": "due", "start_date": "start", "end_date": "deadline"}
TO_BASES = {ours: theirs for theirs, ours in BASES.items()}
RELATED = {
    "related": "", "duplicateof": "is a duplicate of", "duplicates": "is duplicated by", "precedes": "comes before",
    "follows": "comes after", "copiedfrom": "was copied from", "copiedto": "was copied to",
}  # fmt: skip
"""Relations that become “relates to”, and what they said."""


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield what is in an export; `now` is aware, in the person's own zone. Raises Invalid when it is none."""
    archive = open_archive(file)
    if DATA not in archive.names:
        raise Invalid(f"This is no export of Vikunja: there is no {DATA} in it.")
    reader = _Reader(now, set(archive.names))
    with archive.open(DATA) as data:
        for number, (_, found) in enumerate(read_items(data), start=1):
            yield from reader.projects(found, f"{DATA}: project {number}")
    if FILTERS in archive.names:
        yield from _filters(archive)


def _filters(archive: Archive) -> Iterator[Record]:
    with archive.open(FILTERS) as data:
        for number, (_, found) in enumerate(read_items(data), start=1):
            if not isinstance(found, dict):
                continue
            place = f"{FILTERS}: {number}"
            query = line_of(part_of(found, "filters"), "filter")
            reason = f"The filter “{shown(line_of(found, 'title'))}” is written in Vikunja's own language: {query}"
            yield Refused(place=place, ref=place, reason=reason)


@dataclass(slots=True)
class _Reader:
    now: datetime
    files: set[str]
    labels: dict[str, str] = field(default_factory=dict)
    pairs: set[frozenset[str]] = field(default_factory=set)
    refs: set[tuple[str, str]] = field(default_factory=set)

    def projects(self, found: Any, place: str) -> Iterator[Record]:
        """Yield a project and those within it, each with its tasks."""
        waiting: list[tuple[Any, str | None]] = [(found, None)]
        while waiting:
            project, parent = waiting.pop()
            if not isinstance(project, dict):
                yield Refused(place=place, ref=place, reason="This is no project.")
                continue
            if number_of(project, "id") < 0:  # favourites and filters, which stand among the projects
                continue
            ref = self._ref("project", key_of(project, "id"), place)
            yield self._project(project, ref, parent, place)
            yield from self._content(project, ref, place)
            waiting += [(child, ref) for child in list_of(project, "child_projects")][::-1]

    def _ref(self, kind: str, ref: str | None, place: str) -> str:
        """Return a ref that no other of its kind has."""
        ref = ref or place
        if (kind, ref) in self.refs:
            ref = f"{ref} {len(self.refs)}"
        self.refs.add((kind, ref))
        return ref

    def _project(self, found: dict[str, Any], ref: str, parent: str | None, place: str) -> ProjectRecord:
        zone = zone_of(self.now)
        updated = moment_of(found, "updated", zone)
        about = clean_line(_markdown(found, "description"))
        return ProjectRecord(
            place=place,
            ref=ref,
            notes=[f"It said about itself: {about}"] if about else [],
            title=line_of(found, "title"),
            parent=key_of(found, "parent_project_id") or parent,
            colour=nearest(text_of(found, "hex_color")),
            is_favourite=found.get("is_favorite") is True,
            archived_at=(updated or self.now) if found.get("is_archived") is True else None,
            created_at=moment_of(found, "created", zone),
            updated_at=updated,
        )

    def _content(self, project: dict[str, Any], ref: str, place: str) -> Iterator[Record]:
        sections: dict[str, str] = {}
        for bucket in list_of(project, "buckets"):
            key, title = key_of(bucket, "id"), line_of(bucket, "title")
            if key and title:
                sections[key] = self._ref("section", key, place)
                yield SectionRecord(
                    place=place,
                    ref=sections[key],
                    project=ref,
                    title=title,
                    created_at=moment_of(bucket, "created", zone_of(self.now)),
                    updated_at=moment_of(bucket, "updated", zone_of(self.now)),
                )
        in_buckets = {key_of(pair, "task_id"): key_of(pair, "bucket_id") for pair in list_of(project, "task_buckets")}
        for number, task in enumerate(list_of(project, "tasks"), start=1):
            key = key_of(task, "id")
            bucket_id = in_buckets.get(key) or key_of(task, "bucket_id")
            yield from self._task(task, ref, sections.get(bucket_id or ""), f"{place}, task {number}")

    def _task(self, task: dict[str, Any], project: str, section: str | None, place: str) -> Iterator[Record]:
        title = line_of(task, "title")
        if not title:
            yield Refused(place=place, ref=place, reason="The task has no title.")
            return
        zone = zone_of(self.now)
        for label in list_of(task, "labels"):
            yield from self._label(label, place)
        names = [line_of(label, "title") for label in list_of(task, "labels")]
        todo = TodoRecord(
            place=place,
            ref=self._ref("todo", key_of(task, "id"), place),
            title=title,
            project=project,
            section=section,
            description=_markdown(task, "description"),
            priority=PRIORITIES.get(number_of(task, "priority"), 4),
            labels=list(dict.fromkeys(filter(None, names))),
            created_by=_person(part_of(task, "created_by")),
            created_at=moment_of(task, "created", zone),
            updated_at=moment_of(task, "updated", zone),
        )
        if task.get("done") is True:
            todo.completed_at = moment_of(task, "done_at", zone) or todo.updated_at or self.now
        self._dates(todo, task)
        _repeat(todo, task)
        related = part_of(task, "related_tasks")
        parents = [key for key in (key_of(other, "id") for other in list_of(related, "parenttask")) if key]
        todo.parent = parents[0] if parents else None
        self._notes(todo, task, parents[1:])
        yield todo
        yield from self._belongings(todo, task, place)
        yield from self._relations(todo, related, place)

    def _label(self, label: dict[str, Any], place: str) -> Iterator[Record]:
        name = line_of(label, "title")
        if name and name.casefold() not in self.labels:
            ref = self._ref("label", key_of(label, "id"), place)
            self.labels[name.casefold()] = ref
            yield LabelRecord(place=place, ref=ref, name=name, colour=nearest(text_of(label, "hex_color")))

    def _dates(self, todo: TodoRecord, task: dict[str, Any]) -> None:
        zone = zone_of(self.now)
        due, start, end = (moment_of(task, name, zone) for name in ("due_date", "start_date", "end_date"))
        if due:
            local = in_zone(due, zone)
            todo.due_date, clock = local.date(), local.time()
            if clock != time():
                todo.due_time = clock
                todo.time_zone = zone_key(self.now)
        for name, moment in (("start_date", start), ("deadline", end)):
            if moment:
                local = in_zone(moment, zone)
                setattr(todo, name, local.date())
                if local.time() != time():
                    todo.notes.append(f"Its {name.replace('_', ' ')} had a time, {local:%H:%M}.")

    def _notes(self, todo: TodoRecord, task: dict[str, Any], parents: list[str]) -> None:
        people = [name for name in map(_person, list_of(task, "assignees")) if name]
        todo.assignee = people[0] if people else None
        if people[1:]:
            todo.notes.append(f"It was assigned to {', '.join(people[1:])} as well.")
        if parents:
            todo.notes.append("It hung below more than one task; the first is kept.")
        done = task.get("percent_done")
        if isinstance(done, int | float) and 0 < done < 1 and not todo.completed_at:
            todo.notes.append(f"It was {done:.0%} done.")
        if number_of(task, "priority") in (1, 5):
            todo.notes.append("Its priority was one of six; the nearest of four is taken.")

    def _belongings(self, todo: TodoRecord, task: dict[str, Any], place: str) -> Iterator[Record]:
        zone = zone_of(self.now)
        for number, comment in enumerate(list_of(task, "comments"), start=1):
            text = _markdown(comment, "comment").strip()
            where = f"{place}, comment {number}"
            if text:
                yield CommentRecord(
                    place=where,
                    ref=self._ref("comment", key_of(comment, "id"), where),
                    todo=todo.ref,
                    text=text,
                    author=_person(part_of(comment, "author")),
                    created_at=moment_of(comment, "created", zone),
                    updated_at=moment_of(comment, "updated", zone),
                )
        for number, reminder in enumerate(list_of(task, "reminders"), start=1):
            yield self._reminder(reminder, todo, f"{place}, reminder {number}")
        for number, attachment in enumerate(list_of(task, "attachments"), start=1):
            yield self._attachment(attachment, todo, f"{place}, file {number}")

    def _reminder(self, found: dict[str, Any], todo: TodoRecord, place: str) -> Record:
        base = BASES.get(text_of(found, "relative_to"))
        if base:
            minutes = number_of(found, "relative_period") // 60
            return ReminderRecord(place=place, ref=place, todo=todo.ref, relative_to=base, offset_minutes=minutes)
        moment = moment_of(found, "reminder", zone_of(self.now))
        if moment is None:
            return Refused(place=place, ref=place, reason="The reminder has no time.")
        return ReminderRecord(place=place, ref=place, todo=todo.ref, remind_at=moment)

    def _attachment(self, found: dict[str, Any], todo: TodoRecord, place: str) -> AttachmentRecord:
        about = part_of(found, "file")
        member: str | None = f"files/{key_of(about, 'id')}"
        is_here = member in self.files
        return AttachmentRecord(
            place=place,
            ref=self._ref("attachment", key_of(found, "id"), place),
            notes=[] if is_here else ["The file is not in the archive."],
            todo=todo.ref,
            name=line_of(about, "name") or "file",
            member=member if is_here else None,
            size=number_of(about, "size"),
            created_at=moment_of(found, "created", zone_of(self.now)),
        )

    def _relations(self, todo: TodoRecord, related: dict[str, Any], place: str) -> Iterator[Record]:
        """Yield what ties a task to others. The other end of each tie is in the file too, and left there."""
        for number, other in enumerate(list_of(related, "blocking"), start=1):
            if key := key_of(other, "id"):
                ref = f"{place}, blocks {number}"
                yield RelationRecord(place=place, ref=ref, todo=todo.ref, other=key, kind="blocks")
        for kind, said in RELATED.items():
            for other in list_of(related, kind):
                key = key_of(other, "id")
                if key is None or key == todo.ref or frozenset((key, todo.ref)) in self.pairs:
                    continue
                self.pairs.add(frozenset((key, todo.ref)))
                yield RelationRecord(
                    place=place,
                    ref=f"{place}, {kind} {key}",
                    notes=[f"In Vikunja it {said} the other."] if said else [],
                    todo=todo.ref,
                    other=key,
                    kind="relates",
                )


def _markdown(found: dict[str, Any], name: str) -> str:
    text = text_of(found, name)
    return clean_text(to_markdown(text)) if is_html(text) else text


def _person(found: dict[str, Any]) -> str | None:
    return line_of(found, "email") or line_of(found, "username") or line_of(found, "name") or None


def _repeat(todo: TodoRecord, task: dict[str, Any]) -> None:
    mode, seconds = number_of(task, "repeat_mode"), number_of(task, "repeat_after")
    if mode == MONTHLY:
        todo.recurrence = ["RRULE:FREQ=MONTHLY"]
        return
    if seconds <= 0:
        return
    if mode == FROM_NOW:
        todo.recurrence_anchor = COMPLETION
    for freq, step in STEPS:
        times, rest = divmod(seconds, step)
        if not rest and times <= LARGEST_INTERVAL:
            todo.recurrence = [f"RRULE:FREQ={freq}" + (f";INTERVAL={times}" if times > 1 else "")]
            return
    todo.recurrence_anchor = SCHEDULE
    todo.notes.append(f"It repeated every {seconds} seconds, which is left out: the least is an hour.")


# Writing


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield an export of what is not in the trash; `now` is aware, in the zone that days are meant in."""
    writer = _Writer(gather(records), now)
    yield from pack([(DATA, writer.data()), (FILTERS, [b"[]"]), (VERSION, [WRITTEN_VERSION])], now=now)


class _Writer:
    """Writes projects with all that is in them. Vikunja's ids are numbers: ours are counted."""

    def __init__(self, tree: Tree, now: datetime) -> None:
        self._tree, self._now, self._zone = tree, now, zone_of(now)
        self._ids: dict[tuple[str, str | None], int] = {}
        self._labels = {label.name.casefold(): label for label in tree.all(LabelRecord)}
        self._comments, self._reminders = tree.of_todo(CommentRecord), tree.of_todo(ReminderRecord)
        self._relations: dict[str, dict[str, list[str]]] = {}
        for todo in tree.todos.values():
            if todo.parent in tree.todos:
                self._relate(todo.ref, "parenttask", todo.parent, "subtask")
        for relation in tree.all(RelationRecord):
            if relation.todo in tree.todos and relation.other in tree.todos:
                blocks = relation.kind == "blocks"
                self._relate(
                    relation.todo, "blocking" if blocks else "related", relation.other,
                    "blocked" if blocks else "related",
                )  # fmt: skip

    def _relate(self, one: str, kind: str, other: str, inverse: str) -> None:
        self._relations.setdefault(one, {}).setdefault(kind, []).append(other)
        self._relations.setdefault(other, {}).setdefault(inverse, []).append(one)

    def _id(self, kind: str, ref: str | None) -> int:
        return self._ids.setdefault((kind, ref), len(self._ids) + 1)

    def data(self) -> Iterator[bytes]:
        """Yield the list of projects, one after the other; what is in none, in one of its own."""
        by_project: dict[str | None, list[TodoRecord]] = {}
        known = {project.ref for project in self._tree.all(ProjectRecord)}
        for todo in self._tree.todos.values():
            by_project.setdefault(todo.project if todo.project in known else None, []).append(todo)
        projects = self._tree.all(ProjectRecord)
        if None in by_project:
            projects = [*projects, ProjectRecord(place="", ref="", title="Inbox")]
        sign = b"["
        for project in projects:
            yield from self._project(project, by_project.get(project.ref or None, []), sign)
            sign = b",\n"
        yield b"]" if projects else b"[]"

    def _project(self, project: ProjectRecord, todos: list[TodoRecord], sign: bytes) -> Iterator[bytes]:
        """Yield a project, task by task."""
        own = self._id("project", project.ref)
        yield sign + _json(self._head(project, own)).removesuffix(b"}") + b',"tasks":['
        for number, todo in enumerate(todos, start=1):
            yield (b",\n" if number > 1 else b"") + _json(self._task(todo, own, number))
        yield b"]," + _json(self._places(project, todos)).removeprefix(b"{")

    def _head(self, project: ProjectRecord, own: int) -> dict[str, Any]:
        view = {"id": self._id("view", project.ref), "title": "Kanban", "project_id": own, "view_kind": "kanban"}
        return {
            "id": own,
            "title": clean_line(project.title),
            "description": "",
            "hex_color": hexadecimal(project.colour),
            "parent_project_id": self._id("project", project.parent) if project.parent else 0,
            "is_archived": project.archived_at is not None,
            "is_favorite": project.is_favourite,
            "created": self._moment(project.created_at),
            "updated": self._moment(project.archived_at or project.updated_at),
            "child_projects": None,
            "views": [view | {"bucket_configuration_mode": "manual"}],
        }

    def _places(self, project: ProjectRecord, todos: list[TodoRecord]) -> dict[str, Any]:
        """Return the buckets of a project, and where its tasks stand."""
        view = self._id("view", project.ref)
        sections = [section for section in self._tree.all(SectionRecord) if (section.project or "") == project.ref]
        known = {section.ref for section in sections}
        return {
            "buckets": [
                {
                    "id": self._id("section", section.ref),
                    "title": clean_line(section.title),
                    "project_view_id": view,
                    "position": number,
                    "created": self._moment(section.created_at),
                    "updated": self._moment(section.updated_at),
                }
                for number, section in enumerate(sections, start=1)
            ],
            "task_buckets": [
                {
                    "task_id": self._id("todo", todo.ref),
                    "bucket_id": self._id("section", todo.section),
                    "project_view_id": view,
                }
                for todo in todos
                if todo.section in known
            ],
            "positions": [
                {"task_id": self._id("todo", todo.ref), "project_view_id": view, "position": number}
                for number, todo in enumerate(todos, start=1)
            ],
        }

    def _task(self, todo: TodoRecord, project: int, number: int) -> dict[str, Any]:
        after, mode, untold = _repeating(todo)
        related = self._relations.get(todo.ref, {})
        return {
            "id": self._id("todo", todo.ref),
            "index": number,
            "title": clean_line(todo.title),
            "description": to_html(with_rules(clean_text(todo.description), untold)),
            "done": todo.completed_at is not None,
            "done_at": self._moment(todo.completed_at),
            "due_date": self._day(todo.due_date, todo.due_time, todo.time_zone),
            "start_date": self._day(todo.start_date),
            "end_date": self._day(todo.deadline),
            "project_id": project,
            "repeat_after": after,
            "repeat_mode": mode,
            "priority": TO_PRIORITIES.get(todo.priority, 0),
            "percent_done": 1 if todo.completed_at else 0,
            "labels": [self._label(name) for name in todo.labels],
            "reminders": [self._reminder(reminder, todo) for reminder in self._reminders.get(todo.ref, ())],
            "related_tasks": {
                kind: [
                    {"id": self._id("todo", other), "title": clean_line(self._tree.todos[other].title)}
                    for other in others
                ]
                for kind, others in related.items()
            },
            "comments": [
                {
                    "id": self._id("comment", comment.ref),
                    "comment": to_html(clean_text(comment.text)),
                    "created": self._moment(comment.created_at),
                    "updated": self._moment(comment.updated_at),
                }
                for comment in self._comments.get(todo.ref, ())
            ],
            "attachments": [],
            "assignees": [],
            "created": self._moment(todo.created_at),
            "updated": self._moment(todo.updated_at),
        }

    def _label(self, name: str) -> dict[str, Any]:
        label = self._labels.get(name.casefold())
        colour = hexadecimal(label.colour if label else None)
        return {"id": self._id("label", name.casefold()), "title": clean_line(name), "hex_color": colour}

    def _reminder(self, reminder: ReminderRecord, todo: TodoRecord) -> dict[str, Any]:
        if reminder.remind_at and not reminder.relative_to:
            return {"reminder": self._moment(reminder.remind_at), "relative_period": 0, "relative_to": ""}
        return {
            "reminder": self._moment(reminder.remind_at),
            "relative_period": (reminder.offset_minutes or 0) * 60,
            "relative_to": TO_BASES.get(reminder.relative_to, ""),
        }

    def _moment(self, moment: datetime | None) -> str:
        return in_zone(moment, UTC).isoformat().replace("+00:00", "Z") if moment else NEVER

    def _day(self, day: date | None, clock: time | None = None, zone: str = "") -> str:
        if day is None:
            return NEVER
        place = ZoneInfo(zone) if zone and clock else self._zone
        return datetime.combine(day, clock or time(), place).isoformat()


def _repeating(todo: TodoRecord) -> tuple[int, int, list[str]]:
    """Return the seconds and the mode of a recurrence, and its lines where Vikunja has none for it."""
    if not todo.recurrence:
        return 0, 0, []
    try:
        recurrence = parse_recurrence(todo.recurrence)
    except Invalid:
        return 0, 0, todo.recurrence
    rule = recurrence.rules[0]
    ends = rule.count or rule.until or recurrence.left_out or len(recurrence.rules) > 1
    mode = FROM_NOW if todo.recurrence_anchor == COMPLETION else 0
    if ends or not rule.is_plain:
        return 0, 0, todo.recurrence
    if rule.freq == "MONTHLY" and rule.interval == 1 and not mode:
        return 0, MONTHLY, []
    step = dict(STEPS).get(rule.freq)
    return (step * rule.interval, mode, []) if step else (0, 0, todo.recurrence)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
