"""Before what could lock a person out or let another in: prove once more who you are."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.sessions import AUTHENTICATED_AT

RECENT = timedelta(minutes=15)
PageView = Callable[..., HttpResponse]


def is_recent(request: HttpRequest) -> bool:
    """Say whether the person behind the session proved who they are a moment ago."""
    at = request.session.get(AUTHENTICATED_AT)
    return at is not None and timezone.now().timestamp() - at <= RECENT.total_seconds()


def recent_sign_in(view: PageView) -> PageView:
    """Let a view's page be used only after a recent sign-in; others are led over the `confirm` page and back.

    A form that is sent too late leads to its own page again, which then asks first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_recent(request):
            return view(request, *args, **kwargs)
        target = request.path if request.method in ("GET", "HEAD") else reverse("settings")
        url = f"{reverse('confirm')}?{urlencode({'next': target})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    return guarded
