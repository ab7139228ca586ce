"""Believable events by the million: three years of 200 projects and 500 people, in the order of their moments."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from activity.models import Event

FIRST, YEARS = datetime(2023, 11, 1, tzinfo=UTC), 3
PROJECTS, PEOPLE, EVENTS_OF_A_TODO = 200, 500, 8
VERBS = {
    "todo.created": 30,
    "todo.updated": 30,
    "todo.completed": 24,
    "todo.labelled": 5,
    "todo.moved": 4,
    "todo.deleted": 3,
    "todo.reopened": 2,
    "project.updated": 2,
}
COLUMNS = (
    "_id", "created_at", "scope", "revision", "actor_id", "actor_name", "verb", "subject_type", "subject_id",
    "subject_title", "local_day", "local_hour", "subjects", "open_delta", "subject_age", "data",
)  # fmt: skip
DATA = json.dumps({"changes": {"title": {"before": "Order filter", "after": "Order the filter for the machine"}}})


@dataclass(frozen=True, slots=True)
class Group:
    """So many events in these scopes by these people."""

    scopes: Sequence[str]
    people: Sequence[UUID]
    count: int


def strangers() -> tuple[list[str], list[UUID]]:
    """Return the scopes and the people of everybody else, the same in each database."""
    random = Random(4)
    return [f"project:{_id(random)}" for _ in range(PROJECTS)], [_id(random) for _ in range(PEOPLE)]


def fill(groups: Sequence[Group]) -> None:
    """Insert the events of all groups, mixed, and let the database take stock of them."""
    last = Event.objects.journal().aggregate(last=Max("revision"))["last"] or 0
    rows = _rows(groups, count(last + 1))
    with transaction.atomic(), connection.cursor() as cursor:
        names = ", ".join(COLUMNS)
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY activity_event ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            plain: Any = ([value.hex if isinstance(value, UUID) else value for value in row] for row in rows)
            cursor.executemany(f"INSERT INTO activity_event ({names}) VALUES ({marks})", plain)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE activity_event" if connection.vendor == "postgresql" else "ANALYZE")


def _rows(groups: Sequence[Group], revisions: Iterator[int]) -> Iterator[tuple[Any, ...]]:
    random = Random(7)
    total = sum(group.count for group in groups)
    todos = [_todos(group, random) for group in groups]
    for number, which in enumerate(random.choices(range(len(groups)), [group.count for group in groups], k=total)):
        moment = FIRST + timedelta(days=365 * YEARS) * (number / total)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        subject, scope = random.choice(todos[which])
        [verb] = random.choices(list(VERBS), list(VERBS.values()))
        delta = {"todo.created": 1, "todo.completed": -1, "todo.reopened": 1, "todo.deleted": -1}.get(verb, 0)
        person = random.choice(groups[which].people)
        yield (
            UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | random.getrandbits(60)),
            moment, scope, next(revisions), person, f"Person {person.hex[:4]}", verb, verb.partition(".")[0], subject,
            f"Todo {subject.hex[:8]} of some length", moment.date(), moment.hour, 1, delta, 86400, DATA,
        )  # fmt: skip


def _todos(group: Group, random: Random) -> list[tuple[UUID, str]]:
    return [(_id(random), random.choice(group.scopes)) for _ in range(group.count // EVENTS_OF_A_TODO + 1)]


def _id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
