"""Mail that waits to be sent, and the secrets of the links in it."""

from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models.user import Role, User
from accounts.querysets import InvitationQuerySet, LinkQuerySet, MailQuerySet
from config.ids import uuid7


class Mail(models.Model):
    """One message of the worker's queue, deleted once it is sent.

    It holds what its template is filled with and never a secret: the link in it is made when it
    is sent. `next_attempt_at` is empty when it was given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    template = models.CharField(max_length=30)
    to = models.EmailField(max_length=254)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    data: models.JSONField = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        verbose_name_plural = "mail"
        indexes = (models.Index(fields=["next_attempt_at"], name="mail_due"),)

    def __str__(self) -> str:
        return f"{self.template} to {self.to}"


class LinkPurpose(models.TextChoices):
    VERIFY_EMAIL = "verify_email", "Verify the address"
    CHANGE_EMAIL = "change_email", "Change the address"
    RESET_PASSWORD = "reset_password", "Choose a new password"
    INVITATION = "invitation", "Join"


class Link(models.Model):
    """A single-use link that was sent to somebody; only the SHA-256 of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=20, choices=LinkPurpose)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    invitation = models.ForeignKey("Invitation", models.CASCADE, null=True, related_name="+")
    email = models.EmailField(max_length=254)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    user_id: UUID | None
    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.purpose} for {self.email}"

    @property
    def person(self) -> User:
        """Return whose link it is; an invitation is nobody's yet."""
        if self.user is None:
            raise TypeError("An invitation belongs to nobody yet.")
        return self.user


class Invitation(models.Model):
    """A person who was asked to join, until they do or it runs out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.USER)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    invited_by_id: UUID | None

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.email
