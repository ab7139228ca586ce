"""Filters that a person keeps."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import COLOURS
from config.ids import uuid7
from todos.models.fields import OrderKeyField
from todos.models.project import Project
from todos.querysets import SavedFilterQuerySet


class SavedFilter(models.Model):
    """A query of the filter language under a name; the members of `project` see it too, each their own todos by it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=1000)
    colour = models.CharField(max_length=10, default="green", choices=[(name, name) for name in COLOURS])
    order = OrderKeyField()
    is_favourite = models.BooleanField(default=False)
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="shared_filters")
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    owner_id: UUID
    project_id: UUID | None
    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(query=""), name="saved_filter_has_words")
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "order", "id"], name="saved_filter_in_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def etag(self) -> str:
        """Return what names this state."""
        return f"{self.revision}.{self.owner_id.hex[-6:]}"
