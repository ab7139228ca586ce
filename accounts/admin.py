from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import admin as registers_groups  # noqa: F401
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.models import Device, Role, User
from accounts.services.people import change_access
from config.admin import ReadOnlyAdmin
from config.errors import DomainError

# Roles decide here, so there are no groups to show.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People. Role and state change through the service; the rest is theirs."""

    list_display = ("email", "name", "role", "is_active", "time_zone", "created_at")
    list_filter = ("role", "is_active", "created_at")
    search_fields = ("email", "name")
    ordering = ("-created_at",)
    fields = (
        "email",
        "name",
        "role",
        "is_active",
        "time_zone",
        "revision",
        "created_at",
        "updated_at",
    )
    readonly_fields = ("email", "name", "time_zone", "revision", "created_at", "updated_at")
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


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Signed-in clients, to look at."""

    list_display = ("label", "user", "ip", "last_used_at", "revoked_at")
    list_filter = ("last_used_at", "revoked_at")
    search_fields = ("label", "user__email")
    list_select_related = ("user",)
