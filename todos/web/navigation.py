"""The sidebar's lists, read only when a page shows them."""

from typing import Any

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from config.http import PageRequest
from todos.models import Label, Project, Todo


def navigation(request: PageRequest) -> dict[str, Any]:
    """Give templates `navigation`: the inbox, today's count, projects and labels."""
    return {"navigation": SimpleLazyObject(lambda: _read(request))}


def _read(request: PageRequest) -> dict[str, Any]:
    user_id, today = request.user.pk, timezone.localdate()
    projects = list(Project.objects.visible_to(user_id).live().with_open_count().in_order())
    due = Todo.objects.visible_to(user_id).live().outside_archives().open().due_by(today)
    return {
        "inbox": next((row for row in projects if row.is_inbox and row.owner_id == user_id), None),
        "projects": [row for row in projects if not row.is_inbox],
        "today": today,
        "today_count": due.count(),
        "labels": list(Label.objects.of(user_id).in_order()),
    }
