"""What calls a person: reminders, and the notifications that reach them in the app."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from config.ids import uuid7
from todos.models.project import Project
from todos.models.todo import Todo
from todos.querysets import NotificationQuerySet, ReminderQuerySet


class ReminderBase(models.TextChoices):
    START = "start", "The start date"
    DUE = "due", "The due date"
    DEADLINE = "deadline", "The deadline"


class Reminder(models.Model):
    """A moment at which a person wants to hear of a todo: fixed, or `offset_minutes` from a date of the todo.

    `remind_at` is that moment, None while the todo lacks the date. `sent_at` is when the worker
    dealt with it, or it was over. `revision` is the person's at its last change by them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    todo = models.ForeignKey(Todo, models.CASCADE, related_name="reminders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reminders")
    relative_to = models.CharField(max_length=10, choices=ReminderBase, blank=True)
    offset_minutes = models.IntegerField(default=0)
    remind_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()

    todo_id: UUID
    user_id: UUID
    objects = ReminderQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(sent_at=None, remind_at__isnull=False), name="reminder_due"),
            models.Index(fields=["user", "revision", "id"], name="reminder_by_revision"),
        ]

    @property
    def etag(self) -> str:
        """Return what names this state: the moment moves with the todo."""
        return f"{self.revision}.{self.remind_at and self.remind_at.timestamp()}.{self.sent_at is not None:d}"


class Notification(models.Model):
    """A line in a person's in-app list. `key` names what it tells of, so that it is told once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=150)
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    todo = models.ForeignKey(Todo, models.CASCADE, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    data: models.JSONField = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    user_id: UUID
    project_id: UUID | None
    todo_id: UUID | None
    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes: ClassVar = [models.Index(fields=["user", "-created_at", "-id"], name="notification_newest")]
