"""People and the clients they are signed in with."""

from functools import cache
from typing import ClassVar
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from accounts.querysets import DeviceQuerySet, UserManager
from config.ids import uuid7

COLOURS = ("red", "orange", "amber", "lime", "green", "teal", "sky", "blue", "violet", "pink")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads a folder tree: once a process is enough


def validate_time_zone(name: str) -> None:
    """Accept the IANA names that this machine knows."""
    if name not in _time_zones():
        raise ValidationError(f"“{name}” is not an IANA time zone such as Europe/Berlin.")


class Role(models.TextChoices):
    """Platform roles govern accounts. They open nobody's todos."""

    SUPERADMIN = "superadmin", "Superadmin"
    ADMIN = "admin", "Admin"
    USER = "user", "User"


class Theme(models.TextChoices):
    SYSTEM = "", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class User(AbstractBaseUser):
    """A person. `revision` counts the changes of what is theirs alone: profile and labels."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=10, choices=Role, default=Role.USER)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """Return one or two letters for the avatar."""
        words = self.name.split()
        return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()

    @property
    def colour(self) -> str:
        """Return the avatar's colour: always the same one for the same person."""
        return COLOURS[self.id.int % len(COLOURS)]

    @property
    def is_staff(self) -> bool:
        """Only superadmins enter the Django admin."""
        return self.is_active and self.role == Role.SUPERADMIN

    is_superuser = is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_staff

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Device(models.Model):
    """One signed-in API client: a family of refresh tokens, whose id is their `sid` claim."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
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
