"""The journal of events, which is the outbox of their archive too, and what keeps the two in step."""

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from activity.querysets import BatchQuerySet, ErasureQuerySet, EventQuerySet
from config.ids import uuid7


class Event(models.Model):
    """One change that was committed: who did what to what, with the fields before and after.

    `scope` (`project:<id>` or `user:<id>`) is its only authorisation, and `revision` its place
    in that scope. Ids and names are a snapshot: an event outlives what it tells of.
    """

    # MongoDB's key column: under another name the archive could not use its index.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    created_at = models.DateTimeField(
        help_text="To the millisecond: MongoDB keeps no more, and both stores must agree."
    )
    scope = models.CharField(max_length=50)
    revision = models.PositiveBigIntegerField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=100)
    verb = models.CharField(max_length=50)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    subject_title = models.CharField(max_length=500)
    local_day = models.DateField(help_text="The day it was where the actor was.")
    local_hour = models.PositiveSmallIntegerField(null=True, help_text="The hour of that day; null before it was kept.")
    subjects = models.PositiveIntegerField(default=1, help_text="How many went through the change, this one counted.")
    open_delta = models.IntegerField(default=0, help_text="How many more are open in the scope since.")
    subject_age = models.PositiveBigIntegerField(null=True, help_text="Seconds since the subject was created.")
    data: models.JSONField = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    # The journal's own: how far an event is on its way to the archive.
    batch = models.PositiveBigIntegerField(null=True, editable=False, help_text="The batch that takes it; null: waits.")
    archived_at = models.DateTimeField(null=True, editable=False, help_text="When the archive had acknowledged it.")

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "revision"], name="event_scope_revision")]
        indexes: ClassVar = [
            # The verb last, so that one of a rare kind is found without a look at all the others' rows.
            models.Index(fields=["scope", "-created_at", "-id", "verb"], name="event_timeline"),
            models.Index(fields=["subject_id", "-created_at", "-id"], name="event_of_subject"),
            models.Index(fields=["actor_id", "-created_at", "-id"], name="event_of_actor"),
            models.Index(
                fields=["actor_id", "verb", "local_day", "local_hour", "subjects"], name="event_days_of_actor"
            ),
            models.Index(fields=["scope", "local_day", "verb", "subjects", "open_delta"], name="event_days_of_scope"),
            # These are the journal's alone; the migration leaves them out of the archive.
            models.Index(fields=["created_at", "id"], condition=Q(batch=None), name="event_waiting"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False, archived_at=None), name="event_in_flight"),
            models.Index(fields=["archived_at"], condition=Q(archived_at__isnull=False), name="event_archived"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_title}"


class Relay(models.Model):
    """The one row that numbers batches: locked to take a number, so numbers commit in order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_batch = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="relay_is_one")]

    def __str__(self) -> str:
        return f"Batch {self.last_batch}"


class Batch(models.Model):
    """Events on their way to the archive, taken by one worker until the lease ends.

    A batch that was delivered is gone. What the archive refuses again and again stays in it,
    parked for a person to look at.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    leased_until = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    parked_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"Batch {self.number}"


class Erasure(models.Model):
    """What the archive is to forget, because the journal has: a scope, or a person's name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=50, blank=True)
    actor_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()

    objects = ErasureQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(scope="") ^ Q(actor_id__isnull=False), name="erasure_of_one_thing")
        ]

    def __str__(self) -> str:
        return self.scope or f"person {self.actor_id}"
