"""What was answered to requests that a client may send again."""

from typing import ClassVar
from uuid import UUID

from django.db import models

from accounts.models.user import User
from accounts.querysets import IdempotencyKeyQuerySet
from config.ids import uuid7


class IdempotencyKey(models.Model):
    """The answer to one POST of a person, under the key that their client chose for it.

    `fingerprint` is the SHA-256 of what was asked; the body is sealed, for it may hold a secret
    that was shown once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers: models.JSONField = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    user_id: UUID
    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]
