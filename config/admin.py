from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest


class ReadOnly:
    """Rows to look at: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):
    """A list with no count of the whole table."""

    show_full_result_count = False
    list_per_page = 50


class Site(admin.AdminSite):
    """The Django admin, for superadmins; what it changes goes through the services."""

    site_header = site_title = "Simple Todos"

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Refuse: Django's own form would leave no event, and tokens alive."""
        raise Http404
