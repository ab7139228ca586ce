"""What the first page of each list costs with a million todos, against ten thousand: side by side, in a database each.

The person asking has a hundred todos in both. Each list is asked for once through its view; what is timed
are its statements, sent again by turns.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.authentication import Principal
from activity.tests.scratch import copied
from todos.models import Project, SavedFilter
from todos.tests.measure.people import NOW, TODOS, populate

SIZES = {"10k": 10_000, "1m": 1_000_000}
ALLOWED = 1.3
LISTS = {
    "All todos": "todos/",
    "— by due date": "todos/?ordering=due_date",
    "— by priority": "todos/?ordering=priority",
    "— by title": "todos/?ordering=title",
    "— by order": "todos/?ordering=order",
    "— last changed": "todos/?ordering=-updated_at",
    "— open ones": "todos/?completed=false",
    "— with a label": "todos/?label=label 3",
    "— by project": "todos/?group_by=project",
    "— by label": "todos/?group_by=label",
    "— by section": "todos/?group_by=section",
    "— by assignee": "todos/?group_by=assignee",
    "— in the trash": "todos/?trashed=true",
    "One project": "todos/?project={project}",
    "— its due dates": "todos/?project={project}&ordering=due_date",
    "Filter: today | overdue": "todos/?filter=today | overdue",
    "Filter: names": "todos/?filter=%23project* %26 !@none* | /x | assigned: anna",
    "Filter: long": "todos/?filter=(p1 | p2) %26 no date %26 shared | @label 1 %26 created: last 30 days",
    "Filter: words or p1": 'todos/?filter="milk" | p1',
    "Search: a common word": "todos/?search=milk",
    "Search: a rare word": "todos/?search=w1092",
    "Search: inside words": "todos/?search=109",
    "Search: a beginning": "todos/?search=w1",
    "Search: a letter": "todos/?search=t",
    "Search: a phrase": 'todos/?search="todo w1"',
    "Search: nothing": "todos/?search=nowhere",
    "Today": "views/today/",
    "Overdue": "views/overdue/",
    "Upcoming": "views/upcoming/",
    "Assigned to me": "views/assigned/",
    "No date": "views/no-date/",
    "Completed": "views/completed/",
    "Saved filters": "filters/",
    "— todos of one": "filters/{filter}/todos/",
    "Projects": "projects/",
    "Labels": "labels/",
}
Ask = Callable[[], Any]


def measure(rounds: int, *, plans: bool) -> None:
    """Print how long the database takes for each list by size, in medians, and how it answers."""
    with ExitStack() as stack:
        databases = {size: stack.enter_context(copied(size)) for size in SIZES}
        for size, total in SIZES.items():
            connections["default"] = databases[size]
            began = time.perf_counter()
            person_id = populate(total // TODOS)
            print(f"{size}: filled in {time.perf_counter() - began:.0f} s")
            filter_id = save_filter(person_id)
        project_id = first_project(person_id)
        worst = 0.0
        for title, address in LISTS.items():
            url = f"/api/v1/{address.format(project=project_id, filter=filter_id)}"
            worst = max(worst, _compare(title, asking(url, person_id), databases, rounds, plans=plans))
        print(f"\nThe worst is {worst:.2f}x; {ALLOWED}x is allowed.")


def save_filter(person_id: UUID) -> UUID:
    found = SavedFilter(
        id=UUID(int=1), owner_id=person_id, name="Mine", query='(today | overdue) & !@none | p1 & "milk"',
        order="a0", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    found.save(force_insert=True)
    return found.pk


def first_project(person_id: UUID) -> UUID:
    found: UUID = Project.objects.owned_by(person_id).order_by("order").values_list("pk", flat=True)[0]
    return found


def asking(url: str, person_id: UUID) -> Ask:
    """Return a request for a list by somebody who has signed in: what is behind the tokens."""
    factory, view = APIRequestFactory(), resolve(url.partition("?")[0])
    person: Any = Principal(pk=person_id, role="user", device_id=person_id)

    def ask() -> None:
        request = factory.get(url)
        force_authenticate(request, user=person)
        response = view.func(request, *view.args, **view.kwargs)
        assert response.status_code == 200, response.data

    return ask


def _compare(title: str, ask: Ask, databases: dict[str, Any], rounds: int, *, plans: bool) -> float:
    calls = {size: partial(replay, connection, statements(connection, ask)) for size, connection in databases.items()}
    side_by_side(calls, 4)  # the first ones find nothing in memory, and no plan made
    small, large = side_by_side(calls, rounds).values()
    ratio = large / small
    told = "; ".join(f"{size} {ms:.2f} ms" for size, ms in zip(databases, (small, large), strict=True))
    print(f"{title:<26}{told}  {ratio:.2f}x{' TOO MUCH' if ratio > ALLOWED else ''}", flush=True)
    for size, connection in databases.items() if plans else ():
        connections["default"] = connection
        for plan in plans_of(ask):
            print(f"    {size}: {plan}")
    return ratio


def side_by_side(calls: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return the median over rounds, in milliseconds, of the best of five in each, taken by turns.

    Whoever else is busy on the machine disturbs some of five, and not always those of one size.
    """
    best: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        spent: dict[str, list[float]] = {name: [] for name in calls}
        for name, call in list(calls.items()) * 5:
            began = time.perf_counter()
            call()
            spent[name].append(time.perf_counter() - began)
        for name, seconds in spent.items():
            best[name].append(min(seconds))
    return {name: median(found) * 1000 for name, found in best.items()}


def statements(connection: Any, ask: Ask) -> list[tuple[str, Any]]:
    """Return the statements that a list is asked for with."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    connections["default"] = connection
    with connection.execute_wrapper(note):
        ask()
    return found


def replay(connection: Any, statements: list[tuple[str, Any]]) -> None:
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()


def plans_of(ask: Ask) -> Iterator[str]:
    """Return how each statement is answered: the time, the pages touched, the nodes with their indexes and rows."""
    connection = connections["default"]
    with CaptureQueriesContext(connection) as seen:
        ask()
    for query in [query["sql"] for query in seen.captured_queries]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.replace('%', '%%')}")
            [row] = cursor.fetchall()
        [found] = json.loads(row[0]) if isinstance(row[0], str) else row[0]
        top = found["Plan"]
        pages = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
        planned = found["Planning Time"]
        yield f"{found['Execution Time']:.2f} ms (+{planned:.2f} to plan), {pages} pages: {', '.join(_nodes(top))}"


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    name = plan.get("Index Name") or plan.get("Relation Name")
    yield " ".join(filter(None, (plan["Node Type"], name, f"{plan['Actual Rows']}x{plan['Actual Loops']}")))
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
