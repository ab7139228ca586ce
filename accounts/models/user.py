"""People."""

from functools import cache
from typing import ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from accounts.querysets import UserManager
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


class WeekStart(models.TextChoices):
    """The first day of the week, as RFC 5545 §3.3.10 writes days."""

    MONDAY = "MO", "Monday"
    SATURDAY = "SA", "Saturday"
    SUNDAY = "SU", "Sunday"


class Language(models.TextChoices):
    """The language and the way of writing dates and times (BCP 47)."""

    ENGLISH = "en-gb", "English, 24-hour clock"
    AMERICAN = "en-us", "English (US), 12-hour clock"


class User(AbstractBaseUser):
    """A person. `revision` counts the changes of what is theirs alone: profile and labels."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=10, choices=Role, default=Role.USER)
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    week_start = models.CharField(max_length=2, choices=WeekStart, default=WeekStart.MONDAY)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH)
    shortcuts = models.BooleanField(default=True)
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
    def etag(self) -> str:
        """Return what names this state of the person."""
        return str(self.revision)

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
