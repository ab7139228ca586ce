"""The sidebar's lists, read only when a page shows them."""

from typing import Any

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
        "projects": [row for row in projects if not row.is_inbox],
        "today": today,
        "today_count": listing.today(user_id, today).count(),
        "labels": list(Label.objects.of(user_id).in_order()),
    }
