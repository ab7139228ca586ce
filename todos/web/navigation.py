"""The sidebar's lists, read only when a page shows them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from config.http import PageRequest
from todos import listing
from todos.models import Label, Project


def navigation(request: PageRequest) -> dict[str, Any]:
    """Give templates `navigation`: the inbox, today's count, projects and labels."""
    return {"navigation": SimpleLazyObject(lambda: _read(request))}


def _read(request: PageRequest) -> dict[str, Any]:
    user_id, today = request.user.pk, timezone.localdate()
    projects = list(Project.objects.visible_to(user_id).live().with_open_count().in_order())
    return {
        "inbox": next((row for row in projects if row.is_inbox and row.owner_id == user_id), None),
        "projects": nested(row for row in projects if not row.is_inbox),
        "today": today,
        "today_count": listing.today(user_id, today).count(),
        "labels": list(Label.objects.of(user_id).in_order()),
    }


def nested(projects: Iterable[Project]) -> list[Project]:
    """Return projects, given in their order, each after the one it is in, with its `depth` below the top.

    Whoever does not see that one finds it at the top.
    """
    rows = list(projects)
    shown = {row.pk for row in rows}
    below: dict[UUID | None, list[Project]] = defaultdict(list)
    for row in rows:
        below[row.parent_id if row.parent_id in shown else None].append(row)

    def walk(parent_id: UUID | None, depth: int) -> Iterator[Project]:
        for row in below[parent_id]:
            row.depth = depth
            yield row
            yield from walk(row.pk, depth + 1)

    return list(walk(None, 0))
