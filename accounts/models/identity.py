"""Accounts elsewhere that sign a person in here."""

from uuid import UUID

from django.db import models

from accounts.models.user import User
from accounts.querysets import IdentityQuerySet
from config.ids import uuid7


class Identity(models.Model):
    """A person as an OpenID Connect provider knows them: `subject` is its `sub` claim."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=50)
    subject = models.CharField(max_length=255)
    email = models.EmailField(max_length=254, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    user_id: UUID
    objects = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ("provider",)
        verbose_name_plural = "identities"
        constraints = (
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_of_provider"),
            models.UniqueConstraint(fields=["user", "provider"], name="identity_once_a_provider"),
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.email or self.subject}"
