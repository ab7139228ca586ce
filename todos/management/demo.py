"""A believable past for the demo: every step runs through the service that a person would use."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import Role, User
from accounts.services.users import register_user
from config.ids import uuid7
from todos import policies
from todos.management.demo_data import INBOXES, PASSWORD, PEOPLE, PROJECTS, Plan
from todos.models import Membership, MembershipRole
from todos.services.projects import create_project
from todos.services.sections import create_section
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, update_todo

COMPLETED, TRASHED, POSTPONED, REOPENED = 67, 8, 14, 4


@dataclass
class Task:
    """A todo to be, and where it stands among the others."""

    title: str
    description: str
    priority: int
    labels: list[str]
    project: UUID
    editors: list[User]
    created: datetime
    section: UUID | None = None
    parent: "Task | None" = None
    due: int | None = None
    id: UUID = field(default_factory=uuid7)
    subtasks: list["Task"] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes, but for the date."""
        parent = {"parent": self.parent.id} if self.parent else {"section": self.section}
        plain = {"title": self.title, "description": self.description, "priority": self.priority}
        return plain | parent | {"id": self.id, "labels": self.labels, "project": self.project}


class Demo:
    """Plans five weeks of three people, then lets them happen in order."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.random = Random(20260301)  # noqa: S311  the same demo each time
        self.steps: list[tuple[datetime, Callable[[], object]]] = []
        self.tasks: list[Task] = []
        self.projects: dict[str, UUID] = {}

    def fill(self) -> None:
        people = {name: self._register(name) for name in PEOPLE}
        for name, text in INBOXES.items():
            self._plan_tasks(text, policies.inbox(actor=people[name]).pk, [people[name]])
        for plan in PROJECTS:
            self._plan_project(plan, people)
        self._plan_fates()
        for _, step in sorted(self.steps, key=lambda step: step[0]):
            step()

    def _register(self, name: str) -> User:
        email, full_name, zone = PEOPLE[name]
        role = Role.SUPERADMIN if name == "mara" else Role.USER
        past = self._moment(-37, 8)
        return register_user(email=email, password=PASSWORD, name=full_name, time_zone=zone, role=role, now=past)

    def _moment(self, day: int, hour: int) -> datetime:
        """Return some moment of that hour, so many days from today."""
        then = self.now.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=day)
        return then + timedelta(seconds=self.random.randrange(3600))

    def _plan_project(self, plan: Plan, people: dict[str, User]) -> None:
        members = [(people[name.rstrip("?")], name.endswith("?")) for name in plan.people]
        owner, *others = members
        project = create_project(
            actor=owner[0],
            title=plan.title,
            colour=plan.colour,
            parent=self.projects[plan.parent] if plan.parent else None,
            now=self._moment(-36, 8 + PROJECTS.index(plan)),
        )
        self.projects[plan.title] = project.pk
        for user, only_looks in others:
            role = MembershipRole.VIEWER if only_looks else MembershipRole.EDITOR
            Membership.objects.create(project=project, user=user, role=role, granted=role)
        self._plan_tasks(plan.lines, project.pk, [user for user, only_looks in members if not only_looks])

    def _plan_tasks(self, text: str, project: UUID, editors: list[User]) -> None:
        lines = [line for line in text.strip().splitlines() if not line.startswith("# ")]
        headings = self._create_sections(text, project, editors[0])
        days = sorted(self.random.choices(range(-35, -1), k=len(lines)))
        top: Task | None = None
        moment = self._moment(-35, 7)
        for line, day in zip(lines, days, strict=True):
            moment = max(moment + timedelta(minutes=2), self._moment(day, 9))
            task = Task(*_read(line), project=project, editors=editors, created=moment, section=headings.get(line))
            if line.startswith(" ") and top:
                task.parent = top
                top.subtasks.append(task)
            else:
                top = task
            self.tasks.append(task)

    def _create_sections(self, text: str, project: UUID, editor: User) -> dict[str, UUID]:
        """Create the sections that headings name; returns which one each line is in."""
        found: dict[str, UUID] = {}
        section: UUID | None = None
        now = self._moment(-35, 5)
        for line in text.strip().splitlines():
            if line.startswith("# "):
                title, now = line.removeprefix("# "), now + timedelta(minutes=2)
                section = create_section(actor=editor, project_id=project, title=title, now=now).pk
            elif section:
                found[line] = section
        return found

    def _plan_fates(self) -> None:
        """Decide what was completed, what went to the trash, and what is due when."""
        order = self.random.sample(self.tasks, len(self.tasks))
        done = set(self._completed(order))
        waiting = [task for task in order if task.id not in done]
        loose = [task for task in waiting if not task.subtasks]
        for task in self.tasks:
            task.due = self._due_day(completed=task.id in done)
            self._plan_creation(task)
        for task in loose[:TRASHED]:
            moment = self._moment(-self.random.randint(1, 6), 21)
            self._at(max(moment, task.created + timedelta(minutes=30)), delete_todo, task)
        for task in loose[TRASHED : TRASHED + REOPENED]:
            moment = max(self._moment(-3, 18), task.created)
            self._at(moment + timedelta(minutes=5), complete_todo, task)
            self._at(moment + timedelta(minutes=9), reopen_todo, task)

    def _completed(self, order: list[Task]) -> Iterator[UUID]:
        """Complete tasks one by one, a parent with all that is open under it."""
        done: set[UUID] = set()
        for task in order:
            family = {task.id, *(subtask.id for subtask in task.subtasks)} - done
            if task.id in done or len(done) + len(family) > COMPLETED:
                continue
            done |= family
            day = self.random.randint(max(-21, (task.created - self.now).days), -1)
            last = max([task.created, *(subtask.created for subtask in task.subtasks)])
            self._at(max(self._moment(day, 16), last + timedelta(minutes=30)), complete_todo, task)
        yield from done

    def _due_day(self, *, completed: bool) -> int | None:
        """Return days from today, or None for no date."""
        if completed:
            return self.random.choice([None, -self.random.randint(1, 20)])
        kinds = {"none": 50, "later": 34, "today": 8, "overdue": 8}
        match self.random.choices(list(kinds), list(kinds.values()))[0]:
            case "later":
                return self.random.randint(1, 16)
            case "today":
                return 0
            case "overdue":
                return -self.random.randint(1, 4)
        return None

    def _plan_creation(self, task: Task) -> None:
        author = self.random.choice(task.editors)
        due = self._due(task)
        postponed = due and task.due and task.due > 0 and self.random.random() < POSTPONED / 60
        first = due | {"due_date": due["due_date"] - timedelta(days=3)} if postponed else due
        values = task.values | first

        def create() -> None:
            create_todo(actor=author, values=values, now=task.created)

        def postpone() -> None:
            update_todo(actor=author, todo_id=task.id, values=due, now=task.created + timedelta(minutes=7))

        self.steps.append((task.created, create))
        if postponed:
            self.steps.append((task.created + timedelta(minutes=7), postpone))

    def _due(self, task: Task) -> dict[str, Any]:
        if task.due is None:
            return {}
        day = self.now.date() + timedelta(days=task.due)
        timed = self.random.random() < 0.25
        return {"due_date": day, "due_time": time(self.random.randint(8, 18), 30) if timed else None}

    def _at(self, moment: datetime, service: Callable[..., object], task: Task) -> None:
        moment = min(moment, self.now)
        actor = self.random.choice(task.editors)
        self.steps.append((moment, lambda: service(actor=actor, todo_id=task.id, now=moment)))


def _read(line: str) -> tuple[str, str, int, list[str]]:
    """Return title, description, priority and labels of a line."""
    line, _, description = line.strip().partition(" :: ")
    labels = re.findall(r" @(\w+)", line)
    priority = re.search(r" p([1-3])\b", line)
    title = re.sub(r" (@\w+|p[1-3]\b)", "", line)
    return title, description.replace("\\n", "\n"), int(priority[1]) if priority else 4, labels
