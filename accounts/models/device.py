"""The clients that people are signed in with."""

from typing import ClassVar
from uuid import UUID

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from accounts.models.user import User
from accounts.querysets import DeviceQuerySet, SessionManager
from accounts.user_agents import device_icon
from config.ids import uuid7


class DeviceKind(models.TextChoices):
    BROWSER = "browser", "Browser"
    API = "api", "API client"


class Device(models.Model):
    """One signed-in client: a browser's session, or a family of refresh tokens by their `sid` claim."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=7, choices=DeviceKind, default=DeviceKind.API)
    label = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    user_id: UUID
    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ("-last_used_at",)
        indexes = (models.Index(fields=["user", "-last_used_at"], name="device_of_user"),)

    def __str__(self) -> str:
        return self.label or str(self.id)

    @property
    def icon(self) -> str:
        return device_icon(self.label, is_browser=self.kind == DeviceKind.BROWSER)


class Session(AbstractBaseSession):
    """A browser's session. That of a signed-in person belongs to a device, and goes with it."""

    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="sessions")

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        pass
