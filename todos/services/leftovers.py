"""Comments and files that were in the trash for long: gone for good."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from todos.models import Attachment, Comment, Project
from todos.services.commit import bury

KEPT = timedelta(days=30)
BATCH = 500


def sweep_trashed_talk(now: datetime) -> int:
    """Delete what has been in the trash for 30 days, a project at a time; returns how many rows went.

    The files themselves go with `attachments.sweep_orphans`.
    """
    return _sweep(Comment, "comment", now) + _sweep(Attachment, "attachment", now)


def _sweep(model: Any, kind: str, now: datetime) -> int:
    deleted = 0
    old = model.objects.trashed_before(now - KEPT)
    for project_id in old.order_by("project_id").values_list("project_id", flat=True).distinct():
        with transaction.atomic():
            project = Project.objects.select_for_update().filter(pk=project_id).first()
            ids = list(old.filter(project_id=project_id).values_list("pk", flat=True)[:BATCH]) if project else []
            if project and ids:
                bury(project, kind, ids, now=now)
                model.objects.filter(pk__in=ids).delete()
            deleted += len(ids)
    return deleted
