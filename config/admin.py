from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import resolve, reverse
from django.utils.decorators import method_decorator


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

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Lead to our own sign-in: Django's counts no tries and knows no second step."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sign out as on the pages: the device ends too."""
        return resolve(reverse("logout")).func(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Refuse: Django's own form would leave no event, and tokens alive."""
        raise Http404
