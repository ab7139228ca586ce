from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import admin as registers_groups  # noqa: F401
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.models import ApiToken, Authenticator, Deletion, Device, Identity, Invitation, Mail, Passkey, Role, User
from accounts.services.people import change_access
from config.admin import ReadOnlyAdmin
from config.errors import DomainError

# Roles decide here, so there are no groups to show.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People. Role and state change through the service; the rest is theirs."""

    list_display = ("email", "name", "role", "is_active", "email_verified_at", "created_at")
    list_filter = ("role", "is_active", "created_at")
    search_fields = ("email", "name")
    ordering = ("-created_at",)
    readonly_fields = (
        "email",
        "name",
        "email_verified_at",
        "password_changed_at",
        "time_zone",
        "week_start",
        "language",
        "theme",
        "shortcuts",
        "revision",
        "created_at",
        "updated_at",
    )
    fields = ("email", "name", "role", "is_active", *readonly_fields[2:])
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        change_access(
            actor=cast(User, request.user),
            user_id=obj.pk,
            role=Role(obj.role),
            is_active=obj.is_active,
            now=timezone.now(),
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say what the service refuses: by then everything is rolled back, the admin's own log too."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, f"Nothing was changed. {error.message}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class OfPerson(ReadOnlyAdmin):
    """What belongs to a person, to look at. Each names its fields, so that no secret is among them."""

    list_select_related = ("user",)


@admin.register(Device)
class DeviceAdmin(OfPerson):
    list_display = ("label", "user", "kind", "ip", "last_used_at", "revoked_at")
    list_filter = ("kind", "last_used_at", "revoked_at")
    search_fields = ("label", "user__email")
    fields = ("user", "kind", "label", "ip", "created_at", "last_used_at", "revoked_at")


@admin.register(ApiToken)
class ApiTokenAdmin(OfPerson):
    list_display = ("name", "user", "prefix", "scopes", "expires_at", "last_used_at")
    search_fields = ("name", "prefix", "user__email")
    fields = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "last_used_ip")


@admin.register(Authenticator)
class AuthenticatorAdmin(OfPerson):
    list_display = ("user", "created_at", "confirmed_at")
    search_fields = ("user__email",)
    fields = ("user", "created_at", "confirmed_at")


@admin.register(Passkey)
class PasskeyAdmin(OfPerson):
    list_display = ("name", "user", "created_at", "last_used_at")
    search_fields = ("name", "user__email")
    fields = ("user", "name", "transports", "sign_count", "created_at", "last_used_at")


@admin.register(Identity)
class IdentityAdmin(OfPerson):
    list_display = ("user", "provider", "email", "last_used_at")
    list_filter = ("provider",)
    search_fields = ("email", "user__email")
    fields = ("user", "provider", "subject", "email", "created_at", "last_used_at")


@admin.register(Deletion)
class DeletionAdmin(OfPerson):
    list_display = ("user", "requested_at", "purge_after")
    search_fields = ("user__email",)
    fields = ("user", "requested_at", "purge_after")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "role", "invited_by", "created_at", "expires_at")
    list_filter = ("role",)
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    fields = ("email", "role", "invited_by", "created_at", "expires_at")


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """What waits to be sent, and what was given up: that has no next attempt."""

    list_display = ("template", "to", "attempts", "next_attempt_at", "error", "created_at")
    list_filter = ("template", ("next_attempt_at", admin.EmptyFieldListFilter))
    search_fields = ("to",)
    fields = ("template", "to", "attempts", "next_attempt_at", "error", "created_at")
