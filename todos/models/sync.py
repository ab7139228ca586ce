"""What delta sync needs besides the rows: where a client is, and what is gone."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.ids import uuid7
from todos.models.project import Project
from todos.querysets import SyncPointQuerySet, TombstoneQuerySet


class Tombstone(models.Model):
    """Something that a project, or what is a person's own, no longer has since `revision` of it.

    Written where a row goes without a trace: by moving to another project, or for good.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    revision = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_index=True)

    project_id: UUID | None
    user_id: UUID | None
    objects = TombstoneQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(project=None, user__isnull=False) | Q(project__isnull=False, user=None),
                name="tombstone_in_one_place",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "revision", "id"], name="tombstone_of_project"),
            models.Index(fields=["user", "revision", "id"], name="tombstone_of_user"),
        ]


class SyncPoint(models.Model):
    """The sync token of a person in so many projects that it is too long for an address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    user_id: UUID
    objects = SyncPointQuerySet.as_manager()
