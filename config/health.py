"""Two questions an orchestrator asks, answered before anything else, to any Host.

`/healthz`: does the process answer? `/readyz`: can it serve? What `READINESS` names may be away
without harm, such as the archive of events: that is `degraded`, and still ready.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

from config.http import ANY_STORE_ERROR

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers `/healthz` and `/readyz`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponse:
    """Return each part's state; 503 when the record or the token state is away."""
    optional = {name: import_string(path) for name, path in settings.READINESS.items()}
    checks: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache, **optional}
    parts = {name: _state(name, check) for name, check in checks.items()}
    away = {name for name, state in parts.items() if state == "away"}
    status = "ok" if not away else "degraded" if away <= set(optional) else "unavailable"
    return JsonResponse({"status": status, **parts}, status=503 if status == "unavailable" else 200)


def _state(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except ANY_STORE_ERROR as error:
        logger.warning("%s is away: %s", name, type(error).__name__)
        return "away"
    return "ok"


def _database() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    caches["tokens"].get("readiness")
