"""What of the trash is still to be done."""

from typing import ClassVar

from django.db import models

from config.ids import uuid7
from todos.querysets import DiscardedFileQuerySet


class DiscardedFile(models.Model):
    """A file in the storage that no attachment has any more: it goes once the change that lost it is committed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects = DiscardedFileQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="discarded_file_oldest")]

    def __str__(self) -> str:
        return self.name
