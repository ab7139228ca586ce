"""What the first page of each list costs somebody who sees a hundred thousand todos, in milliseconds."""

from functools import partial

from django.db import connections

from todos.tests.measure.lists import (
    LISTS,
    asking,
    first_project,
    plans_of,
    replay,
    save_filter,
    side_by_side,
    statements,
)
from todos.tests.measure.people import populate

PEOPLE, TODOS = 2, 85_000
"""Each sees their own todos, and a fifth of the other's."""
ALLOWED = 300


def measure(rounds: int, *, plans: bool) -> None:
    """Print the median of each list, and how the database answers those that take too long."""
    person_id = populate(PEOPLE, TODOS)
    filter_id, project_id = save_filter(person_id), first_project(person_id)
    worst, database = 0.0, connections["default"]
    for title, address in LISTS.items():
        ask = asking(f"/api/v1/{address.format(project=project_id, filter=filter_id)}", person_id)
        [spent] = side_by_side({title: partial(replay, database, statements(database, ask))}, rounds).values()
        worst = max(worst, spent)
        print(f"{title:<26}{spent:8.1f} ms{' TOO MUCH' if spent > ALLOWED else ''}", flush=True)
        for plan in plans_of(ask) if plans or spent > ALLOWED else ():
            print(f"    {plan}")
    print(f"\nThe worst takes {worst:.0f} ms; {ALLOWED} ms are allowed.")
