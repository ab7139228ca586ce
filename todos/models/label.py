"""Labels: words that a person puts on todos."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from accounts.models import COLOURS
from config.ids import uuid7
from todos.querysets import LabelQuerySet


class Label(models.Model):
    """A word of one person. On a shared todo every member sees it. `revision` is its owner's at its last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=60)
    colour = models.CharField(max_length=10, default="green", choices=[(name, name) for name in COLOURS])
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    owner_id: UUID
    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("owner", Lower("name"), name="label_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="label_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def etag(self) -> str:
        """Return what names this state."""
        return f"{self.revision}.{self.owner_id.hex[-6:]}"
