"""Where a second factor is a must, nothing opens to a person without one but the way to get one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.services.sign_in import lacks_second_factor
from config.errors import Forbidden
from config.http import error_page

DUE = "second_factor_due"
"""The key under which a session remembers that its person came in without the factor they need."""
OPEN = frozenset(
    {
        "two-factor",
        "two-factor-setup",
        "recovery-codes",
        "passkeys",
        "passkeys-options",
        "passkey",
        "confirm",
        "confirm-options",
        "provider",
        "provider-return",
        "theme",
        "logout",
    }
)


class SecondFactorDueMiddleware:
    """Leads a person who must have a second factor to setting one up, and leaves all else shut until then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        is_api = request.path.startswith("/api/")
        if is_api and "Authorization" in request.headers:
            return None  # no session counts there
        if DUE not in request.session or (request.resolver_match and request.resolver_match.url_name in OPEN):
            return None
        if not request.user.is_authenticated or not lacks_second_factor(request.user):
            del request.session[DUE]
            return None
        if is_api:
            return error_page(request, Forbidden("Set up a second factor first."))
        messages.info(request, "This server asks you for a second factor. Set one up, and everything opens.")
        url = reverse("two-factor")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
