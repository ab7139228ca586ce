"""What pages and charts cost with a million events, against ten thousand: side by side, in a database each."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Q, Sum
from django.test.utils import CaptureQueriesContext

from activity.models import Event
from activity.registry import finishing
from activity.services.reading import History, doings, timeline
from activity.tests.measure.clock import side_by_side
from activity.tests.measure.events import FIRST, YEARS, Group, fill, strangers
from activity.tests.scratch import copied

OWN = 5_000
"""Events of the person's own projects, as many in the small database as in the large one."""
SIZES = {"10k": (10_000, OWN), "1m": (1_000_000, OWN), "1m_100k_own": (1_000_000, 100_000)}
MIDDLE, END = FIRST + timedelta(days=365 * YEARS / 2), FIRST + timedelta(days=365 * YEARS)
Ask = Callable[[], object]


@dataclass(frozen=True)
class Person:
    id: UUID
    projects: list[str]


def measure(rounds: int) -> None:
    """Print how long each question takes by size, in medians, and how it is answered."""
    person = _person()
    with ExitStack() as stack:
        databases = {size: stack.enter_context(copied(size)) for size in SIZES}
        for size, (total, own) in SIZES.items():
            connections["default"] = databases[size]
            scopes, people = strangers()
            fill([Group(person.projects, [person.id, *people[:3]], own), Group(scopes, people, total - own)])
        for question, ask in _questions(person).items():
            _compare(question, ask, databases, rounds)


def _compare(question: str, ask: Ask, databases: dict[str, Any], rounds: int) -> None:
    calls = {size: partial(_ask, connection, ask) for size, connection in databases.items()}
    side_by_side(calls, 10)
    found = side_by_side(calls, rounds)
    times = (f"{size} {ms:.2f} ms, {ms / next(iter(found.values())):.2f}x" for size, ms in found.items())
    print(f"\n{question}: {'; '.join(times)}")
    for size, connection in databases.items():
        connections["default"] = connection
        for plan in _plans(ask):
            print(f"    {size}: {plan}")


def _ask(connection: Any, ask: Ask) -> None:
    connections["default"] = connection
    ask()


def _person() -> Person:
    from accounts.services.users import register_user
    from todos.services.projects import create_project

    user = register_user(email="one@example.org", password=None, name="One", now=FIRST)
    projects = [create_project(actor=user, title=f"Project {n}", now=FIRST) for n in range(20)]
    return Person(user.pk, [project.scope for project in projects])


def _questions(person: Person) -> dict[str, Ask]:
    mine, everybody = timeline(actor_id=person.id), History(scopes=tuple(strangers()[0]))
    project = mine.within(person.projects[:1])
    last_year = partial(_on_days, first=END - timedelta(days=365), last=END)
    one_day = partial(_on_days, first=MIDDLE, last=MIDDLE)
    older, newer = _beyond("lt"), _beyond("gt")
    done = doings(actor_id=person.id).narrowed(lambda rows: rows.of_kinds(finishing()))
    return {
        "Timeline of 20 projects": lambda: mine[:51],
        "— a page in the middle": lambda: mine.filter(older)[:51],
        "— back from the middle": lambda: mine.order_by("created_at", "id").filter(newer)[:51],
        "— one verb": lambda: mine.filter(verb="todo.completed")[:51],
        "— one rare verb": lambda: mine.filter(verb="project.updated")[:51],
        "— one day": lambda: mine.narrowed(one_day)[:51],
        "— a verb on one day": lambda: mine.filter(verb="todo.completed").narrowed(one_day)[:51],
        "— what I did": lambda: mine.filter(actor_id=person.id)[:51],
        "— what I did, one verb": lambda: mine.filter(actor_id=person.id, verb="project.updated")[:51],
        "— one project": lambda: project[:51],
        "— one todo": lambda: mine.about(_todo(connections["default"], person.projects[0]))[:51],
        "Timeline of 200 projects": lambda: everybody[:51],
        "Heatmap of a year": lambda: done.narrowed(last_year).totals("local_day"),
        "Heatmap of all years": lambda: done.totals("local_day"),
        "By weekday and hour": lambda: done.narrowed(last_year).totals("local_day", "local_hour"),
        "By project": lambda: done.narrowed(last_year).totals("scope"),
        "Burn-down of a project": lambda: project.totals("local_day", of=Sum("open_delta")),
    }


@cache
def _todo(connection: Any, scope: str) -> UUID:
    """Return a todo of the project in this database, found once."""
    return Event.objects.journal().in_scopes([scope]).of_kinds(["todo.created"])[:1].get().subject_id


def _on_days(rows: Any, *, first: Any, last: Any) -> Any:
    return rows.on_days(first.date(), last.date())


def _beyond(step: str) -> Q:
    edge = Q(**{f"created_at__{step}": MIDDLE}) | Q(created_at=MIDDLE, **{f"id__{step}": UUID(int=0)})
    return Q(**{f"created_at__{step}e": MIDDLE}) & edge


def _plans(ask: Ask) -> Iterator[str]:
    """Return how each statement on events is answered: the indexes, the pages touched, the time."""
    connection = connections["default"]
    with CaptureQueriesContext(connection) as seen:
        ask()
    for query in [query["sql"] for query in seen.captured_queries if "activity_event" in query["sql"]]:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.replace('%', '%%')}")
                [[[found]]] = [[json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]]
                top = found["Plan"]
                nodes = ", ".join(_nodes(top))
                pages = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
                yield f"{found['Execution Time']:.2f} ms, {pages} pages: {nodes}"
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {query}")
                yield "; ".join(row[3] for row in cursor.fetchall())


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    yield " ".join(
        str(part)
        for part in (plan["Node Type"], plan.get("Index Name"), f"{plan['Actual Rows']}x{plan['Actual Loops']}")
        if part
    )
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
