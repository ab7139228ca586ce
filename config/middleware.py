"""What every request passes: its log line, the browser's rules, the person's time zone."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django.utils import timezone, translation

from config.logging import request_id

logger = logging.getLogger("simple_todos.request")
GetResponse = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """Gives each request an id, echoes it as `X-Request-ID`, and logs one line when it is done."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        token = request_id.set(name)
        start = time.perf_counter()
        try:
            response = self.get_response(request)
            self._log(request, response, start)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = name
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, start: float) -> None:
        fields = {
            "method": request.method,
            "path": quote(request.path),
            "status": response.status_code,
            "duration_ms": round((time.perf_counter() - start) * 1000, 1),
            "user_id": _who(request),
        }
        message = "{method} {path} {status} {duration_ms} ms".format(**fields)
        logger.log(logging.ERROR if response.status_code >= 500 else logging.INFO, message, extra=fields)


def _who(request: HttpRequest) -> str | None:
    """Return the id of who asked, if anything in the request had to find out."""
    principal = getattr(request, "principal", None)
    if principal is None and hasattr(request, "_cached_user"):
        principal = request.user
    key = getattr(principal, "pk", None)
    return str(key) if key else None


class ContentSecurityPolicyMiddleware:
    """Sends `SECURE_CSP` unless the view set a policy of its own (shaped like Django 6's)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages and calendars, which repeat themselves; the API's short answers are not worth the time.

    The CSRF token is masked anew in each page and Django pads what it compresses: together they
    answer BREACH.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_long = response.headers.get("Content-Type", "").startswith(("text/html", "text/calendar"))
        return super().process_response(request, response) if is_long else response


class LoginMiddleware(LoginRequiredMiddleware):
    """Asks strangers to sign in; htmx is told to load the whole page instead of a piece of it."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        response = super().handle_no_permission(request, view_func)
        if not getattr(request, "htmx", False):
            return response
        return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})


class PersonMiddleware:
    """Shows pages in the time zone and the language of the person who asks; the API speaks UTC and ISO 8601."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") or not request.user.is_authenticated:
            return self.get_response(request)
        person = request.user
        with timezone.override(ZoneInfo(person.time_zone)), translation.override(person.language):
            return self.get_response(request)
