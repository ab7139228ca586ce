"""The repository of accounts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import BaseUserManager
from django.contrib.sessions.base_session import BaseSessionManager
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery


def normal_email(email: str) -> str:
    """Return the one spelling of an address that is stored and compared."""
    return email.strip().lower()


class UserQuerySet(QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def with_email(self, email: str) -> Self:
        return self.filter(email=normal_email(email))

    def matching(self, text: str) -> Self:
        """With this text somewhere in the name or the address."""
        return self.filter(Q(name__icontains=text) | Q(email__icontains=text))

    def count_by_state(self) -> dict[str, int]:
        """Return how many are switched on, and how many off."""
        return self.aggregate(active=Count("pk", filter=Q(is_active=True)), off=Count("pk", filter=Q(is_active=False)))

    def with_last_seen(self) -> Self:
        """Adds `last_seen_at`: when one of the person's devices was last used, signed out ones too."""
        devices = self.model._meta.get_field("devices").related_model.objects
        return self.annotate(last_seen_at=Subquery(devices.last_uses()))

    def these_or_superadmins(self, ids: Collection[UUID]) -> Self:
        """These people, and the active superadmins."""
        return self.filter(Q(pk__in=ids) | Q(role="superadmin", is_active=True))

    def locked(self) -> Self:
        """Lock them against change; what points at them may be written meanwhile, and waits for nobody."""
        return self.select_for_update(of=("self",), no_key=True)

    def locked_to_go(self) -> Self:
        """Lock them against rows that would point at them, too: they are to be deleted."""
        return self.select_for_update(of=("self",))


class UserManager(BaseUserManager[Any].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds people by e-mail address whatever its case (Django's sign-in asks here)."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email=normal_email(username or ""))


class DeviceQuerySet(QuerySet[Any]):
    def last_uses(self) -> QuerySet[Any, Any]:
        """The last use of any device of the person whom the query around this one is at."""
        return self.filter(user=OuterRef("pk")).order_by("-last_used_at").values("last_used_at")[:1]

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def current(self, now: datetime) -> Self:
        """Live devices that have not run out: neither unused for long nor signed in long ago."""
        used, opened = now - settings.DEVICE_IDLE, now - settings.DEVICE_LIFETIME
        return self.live().filter(last_used_at__gt=used, created_at__gt=opened)

    def last_used_first(self) -> Self:
        return self.order_by("-last_used_at", "-pk")

    def ended_before(self, moment: datetime) -> Self:
        """Devices that ended, or would have run out, before a moment."""
        used, opened = moment - settings.DEVICE_IDLE, moment - settings.DEVICE_LIFETIME
        return self.filter(Q(revoked_at__lt=moment) | Q(last_used_at__lt=used) | Q(created_at__lt=opened))

    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class SessionQuerySet(QuerySet[Any]):
    def usable(self, now: datetime) -> Self:
        """Sessions that count: those of nobody yet, and those of a device that is live."""
        opened = now - settings.DEVICE_LIFETIME
        live = Q(device__revoked_at=None, device__created_at__gt=opened)
        return self.filter(Q(device=None) | live, expire_date__gt=now)


class SessionManager(BaseSessionManager[Any].from_queryset(SessionQuerySet)):  # type: ignore[misc]
    """Django's, which reads and writes sessions, with our questions."""


class MailQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> Self:
        return self.filter(next_attempt_at__lte=now).order_by("next_attempt_at")

    def parked_before(self, moment: datetime) -> Self:
        """Given up, and as old as that."""
        return self.filter(next_attempt_at=None, created_at__lt=moment)

    def meant_for(self, user_id: UUID, email: str) -> Self:
        """Meant for a person, or for whoever has their address."""
        return self.filter(Q(user_id=user_id) | Q(user_id=None, to=email))

    def of_templates(self, names: Collection[str]) -> Self:
        return self.filter(template__in=names)

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))

    def claimable(self) -> Self:
        """Rows that no other worker is at."""
        return self.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


class LinkQuerySet(QuerySet[Any]):
    def live(self, now: datetime) -> Self:
        return self.filter(expires_at__gt=now)

    def expired(self, now: datetime) -> Self:
        return self.filter(expires_at__lte=now)

    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def for_purposes(self, purposes: Collection[str]) -> Self:
        return self.filter(purpose__in=purposes)


class InvitationQuerySet(QuerySet[Any]):
    def matching(self, text: str) -> Self:
        """With this text somewhere in the address."""
        return self.filter(email__icontains=text)

    def to_role(self, role: str) -> Self:
        return self.filter(role=role)

    def by(self, user_id: UUID) -> Self:
        return self.filter(invited_by=user_id)

    def live(self, now: datetime) -> Self:
        return self.filter(expires_at__gt=now)

    def expired(self, now: datetime) -> Self:
        return self.filter(expires_at__lte=now)

    def with_email(self, email: str) -> Self:
        return self.filter(email=normal_email(email))

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class AuthenticatorQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def confirmed(self) -> Self:
        return self.exclude(confirmed_at=None)

    def unconfirmed(self) -> Self:
        return self.filter(confirmed_at=None)

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class RecoveryCodeQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def with_digest(self, digest: str) -> Self:
        return self.filter(digest=digest)


class PasskeyQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def of_active(self) -> Self:
        return self.filter(user__is_active=True)

    def with_credential(self, credential_id: bytes) -> Self:
        return self.filter(credential_id=credential_id)

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class ApiTokenQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def live(self, now: datetime) -> Self:
        """Tokens that count; those of somebody who is about to leave rest until they stay."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), user__is_active=True, user__deletion=None)

    def with_digest(self, digest: str) -> Self:
        return self.filter(digest=digest)

    def for_bearer(self) -> Self:
        """With what a request needs to know of its bearer."""
        return self.select_related("user").only("scopes", "last_used_at", "user__role")


class IdentityQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def known_as(self, provider: str, subject: str) -> Self:
        return self.filter(provider=provider, subject=subject)


class DeletionQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def due(self, now: datetime) -> Self:
        return self.filter(purge_after__lte=now).order_by("purge_after", "pk")

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))

    def claimable(self) -> Self:
        """Rows that no other worker is at."""
        return self.select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)


class IdempotencyKeyQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def before(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)
