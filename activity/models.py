"""The journal of events, which is the outbox of their archive too."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from activity.querysets import EventQuerySet
from config.ids import uuid7


class Event(models.Model):
    """One change that was committed: who did what to what, with the fields before and after.

    `scope` (`project:<id>` or `user:<id>`) is its only authorisation, and `revision` its place
    in that scope. Ids and names are a snapshot: an event outlives what it tells of.
    """

    # MongoDB's key column: under another name the archive could not use its index.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    created_at = models.DateTimeField()
    scope = models.CharField(max_length=50)
    revision = models.PositiveBigIntegerField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=100)
    verb = models.CharField(max_length=50)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    subject_title = models.CharField(max_length=500)
    local_day = models.DateField()
    data: models.JSONField = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "revision"], name="event_scope_revision")]
        indexes: ClassVar = [
            models.Index(fields=["scope", "-created_at", "-id"], name="event_timeline"),
            models.Index(fields=["subject_id", "-created_at", "-id"], name="event_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_title}"
