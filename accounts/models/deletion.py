"""Accounts that are about to go."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models.user import User
from accounts.querysets import DeletionQuerySet


class Deletion(models.Model):
    """A person's wish to leave; the worker carries it out after `purge_after` unless it is taken back.

    `choices` says what becomes of what others share, as the other apps asked it.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="deletion")
    requested_at = models.DateTimeField()
    purge_after = models.DateTimeField(db_index=True)
    choices: models.JSONField = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = DeletionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Deletion after {self.purge_after:%Y-%m-%d}"
