"""Files of todos that people bring along, and what became of each line of them."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from config.ids import uuid7
from todos.models.project import Project
from todos.querysets import ImportLineQuerySet, ImportQuerySet


class ImportStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


def import_key(job: "Import", name: str) -> str:
    """Return where a file is kept: nothing of what its sender called it."""
    return f"imports/{job.pk}"


class Import(models.Model):
    """A file that a person wants taken in, and how far that is.

    Of `total` things in it `done` were dealt with: `taken`, maybe in part, `existing` already, or
    `refused`. What comes in no project of its own goes into `project`, or else the inbox.
    `held_by` names the worker that is at it until `held_until`; `tries` counts those that began
    since anything was done last.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    format = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to=import_key, max_length=200)
    is_dry_run = models.BooleanField(default=False)
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.WAITING)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    held_by = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    user_id: UUID
    project_id: UUID | None
    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(status__in=ImportStatus.values), name="import_status_known")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(status__in=[ImportStatus.WAITING, ImportStatus.RUNNING]),
                name="import_to_do",
            ),
            models.Index(fields=["finished_at"], condition=models.Q(finished_at__isnull=False), name="import_finished"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.status not in (ImportStatus.WAITING, ImportStatus.RUNNING)


class LineOutcome(models.TextChoices):
    TAKEN = "taken", "Taken"
    CHANGED = "changed", "Taken with changes"
    EXISTS = "exists", "Was there"
    REFUSED = "refused", "Refused"


class ImportLine(models.Model):
    """What became of one thing in a file: the `number`-th, found at `place`; `subject_id` is what it is here."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Import, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    place = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=200)
    outcome = models.CharField(max_length=10, choices=LineOutcome)
    messages: models.JSONField = models.JSONField(default=list)
    subject_id = models.UUIDField(null=True)

    objects = ImportLineQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "number"], name="import_line_once")]
        indexes: ClassVar = [models.Index(fields=["job", "outcome", "number"], name="import_line_by_outcome")]

    def __str__(self) -> str:
        return f"{self.place}: {self.outcome}"
