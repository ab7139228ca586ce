"""What a person has beside a password: an authenticator app, recovery codes, passkeys."""

from uuid import UUID

from django.db import models

from accounts.models.user import User
from accounts.querysets import AuthenticatorQuerySet, PasskeyQuerySet, RecoveryCodeQuerySet
from config.ids import uuid7


class Authenticator(models.Model):
    """An app that shows time-based codes (RFC 6238); it counts once `confirmed_at` is set.

    `secret` is sealed. `last_step` is the last time step whose code was taken, so that no code
    works twice.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="authenticator")
    secret = models.CharField(max_length=255)
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    objects = AuthenticatorQuerySet.as_manager()

    def __str__(self) -> str:
        return "Authenticator app"


class RecoveryCode(models.Model):
    """The SHA-256 of a code for the day the second factor is lost; deleted when it is used."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    objects = RecoveryCodeQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_of_user"),)

    def __str__(self) -> str:
        return "Recovery code"


class Passkey(models.Model):
    """A WebAuthn credential (W3C Web Authentication Level 3 §4)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=100)
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField(default=0)
    transports: models.JSONField = models.JSONField(default=list)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    user_id: UUID
    objects = PasskeyQuerySet.as_manager()

    class Meta:
        ordering = ("created_at",)

    def __str__(self) -> str:
        return self.name
