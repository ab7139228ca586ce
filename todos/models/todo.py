"""The todo: its state, and what changes it. Only services save one."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import validate_time_zone
from config.ids import uuid7
from todos.models.fields import OrderKeyField
from todos.models.label import Label
from todos.models.project import Project, Section
from todos.querysets import TodoQuerySet

Change = dict[str, dict[str, Any]]
"""Changed fields, each with its value `before` and `after`."""


class RecurrenceAnchor(models.TextChoices):
    SCHEDULE = "schedule", "The day it was due"
    COMPLETION = "completion", "The day it was done"


class Todo(models.Model):
    """Something to do. `revision` is its project's at its last change, and its ETag.

    `recurrence` is a list of RFC 5545 lines (RRULE, EXDATE); their DTSTART is the due date, or,
    where this occurrence was moved, what the rule has for it: `occurrence_date` and
    `occurrence_time`. `occurrence` numbers it within the series, from 1.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="todos")
    section = models.ForeignKey(Section, models.SET_NULL, null=True, related_name="todos")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="subtasks")
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    priority = models.PositiveSmallIntegerField(default=4)
    due_date = models.DateField(null=True)
    due_time = models.TimeField(null=True)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    start_date = models.DateField(null=True)
    deadline = models.DateField(null=True)
    duration_minutes = models.PositiveIntegerField(null=True)
    recurrence: models.JSONField = models.JSONField(default=list)
    recurrence_anchor = models.CharField(max_length=10, choices=RecurrenceAnchor, default=RecurrenceAnchor.SCHEDULE)
    occurrence = models.PositiveIntegerField(default=1)
    occurrence_date = models.DateField(null=True)
    occurrence_time = models.TimeField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="assigned_todos", db_index=False
    )
    completed_at = models.DateTimeField(null=True)
    labels = models.ManyToManyField(Label, related_name="todos")
    order = OrderKeyField()
    revision = models.PositiveBigIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    project_id: UUID
    section_id: UUID | None
    parent_id: UUID | None
    assignee_id: UUID | None
    created_by_id: UUID | None
    label_names: list[str]
    has_subtasks: bool
    below: "dict[UUID, list[Todo]] | None" = None  # what is right below which todo, where that is known of many
    objects = TodoQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(title=""), name="todo_has_title"),
            models.CheckConstraint(condition=Q(priority__range=(1, 4)), name="todo_priority_1_to_4"),
            models.CheckConstraint(condition=Q(due_time=None) | Q(due_date__isnull=False), name="todo_time_needs_date"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="todo_not_its_own_parent"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "order", "id"], name="todo_in_order"),
            models.Index(
                fields=["project", "order", "id"],
                condition=Q(completed_at=None, deleted_at=None),
                name="todo_open_in_order",
            ),
            models.Index(
                fields=["project", "due_date", "id"],
                condition=Q(completed_at=None, deleted_at=None),
                name="todo_open_by_due",
            ),
            models.Index(fields=["project", "revision", "id"], name="todo_by_revision"),
            models.Index(
                fields=["assignee", "due_date", "id"],
                condition=Q(assignee__isnull=False, completed_at=None, deleted_at=None),
                name="todo_open_assigned",
            ),
            models.Index(fields=["project", "-created_at", "-id"], name="todo_by_created"),
            models.Index(
                fields=["project", "-completed_at", "-id"],
                condition=Q(completed_at__isnull=False),
                name="todo_by_completed",
            ),
            models.Index(
                fields=["project", "-deleted_at", "-id"],
                condition=Q(deleted_at__isnull=False),
                name="todo_by_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def completed(self) -> bool:
        return self.completed_at is not None

    @property
    def etag(self) -> str:
        """Return what names this state. Revisions of two projects may meet, so the tag names both."""
        return f"{self.revision}.{self.project_id.hex[-6:]}"

    def change(self, values: dict[str, Any]) -> Change:
        """Set fields and return those that really changed."""
        changed: Change = {}
        for name, after in values.items():
            before = getattr(self, name)
            if before != after:
                setattr(self, name, after)
                changed[name] = {"before": before, "after": after}
        return changed

    def complete(self, *, at: datetime) -> Change:
        """Mark it done; one that is done already stays as it was."""
        return self.change({"completed_at": at}) if self.completed_at is None else {}

    def reopen(self) -> Change:
        return self.change({"completed_at": None})
