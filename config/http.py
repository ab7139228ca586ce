"""The one table from what went wrong to an HTTP answer, for every door.

API errors are problem details (RFC 9457) with a stable `code` and messages per field; pages get
the same sentence in words.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from rest_framework import exceptions
from rest_framework.response import Response

from config import errors
from config.logging import request_id

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User

logger = logging.getLogger(__name__)
STATUS = {
    "invalid": 422,
    "unauthenticated": 401,
    "not_found": 404,
    "forbidden": 403,
    "conflict": 409,
    "gone": 410,
    "stale": 412,
    "rate_limited": 429,
    "unavailable": 503,
}
CODES = {
    400: "malformed",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
} | {status: code for code, status in STATUS.items()}
RETRY_AFTER = 2


def _store_errors() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [OperationalError, InterfaceError]
    try:
        from django_redis.exceptions import ConnectionInterrupted
        from redis.exceptions import RedisError

        found += [ConnectionInterrupted, RedisError]
    except ImportError:  # the embedded default serves without Redis' client
        pass
    try:
        from pymongo.errors import PyMongoError

        found.append(PyMongoError)
    except ImportError:  # and without MongoDB's
        pass
    return tuple(found)


STORE_ERRORS = _store_errors()
"""A store is away or busy: nothing was changed, and trying again may help."""
ANY_STORE_ERROR: tuple[type[Exception], ...] = (DatabaseError, *STORE_ERRORS)
"""Those, and what else a store may answer with, such as that a table is missing."""


class PageRequest(HttpRequest):
    """The request of a page that only signed-in people reach, as type checkers should see it."""

    user: "User"
    htmx: "HtmxDetails"


def as_domain_error(error: Exception) -> errors.DomainError | None:
    """Return what an exception means to a person; None when it is a fault of ours."""
    match error:
        case errors.DomainError():
            return error
        case Http404():
            return errors.NotFound("There is nothing here.")
        case PermissionDenied():
            return errors.Forbidden("You may not do that.")
    if isinstance(error, STORE_ERRORS):
        logger.warning("A store is away or busy: %s: %s", type(error).__name__, error)
        return errors.Unavailable(
            "A store is busy or away just now. Nothing was changed; try again in a moment.",
            retry_after=RETRY_AFTER,
        )
    return None


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    fields: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return problem details (RFC 9457 §3) of the type `about:blank`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code or CODES.get(status, "error"),
    }
    if fields:
        body["fields"] = fields
    if request_id.get():
        body["request_id"] = request_id.get()
    return body


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an API exception as problem details; unknown ones stay 500."""
    known = as_domain_error(error)
    if known is not None:
        status = STATUS[known.code]
        body = problem(status, known.message, code=known.code, fields=known.fields)
        headers = _headers(known, context)
        if isinstance(known, errors.Stale) and known.current is not None:
            # What the caller has not seen yet, so that it need not ask for it.
            body["current"] = context["view"].represent(known.current)
            headers["ETag"] = f'"{known.current.etag}"'
        if isinstance(position := getattr(known, "position", None), int):
            body["position"] = position  # the character of a text that shows what is wrong with it
        return problem_response(body, headers)
    if isinstance(error, exceptions.ValidationError):
        fields = _messages(error.detail)
        detail = "Some fields need another look." if fields else "The request is not valid."
        return problem_response(problem(422, detail, fields=fields), {})
    if isinstance(error, exceptions.APIException):
        headers = {}
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
        return problem_response(problem(error.status_code, str(error.detail)), headers)
    return None


def problem_of(error: errors.DomainError, view: Any) -> dict[str, Any]:
    """Return the problem details of what a service refused; a stale write is told the present state."""
    body = problem(STATUS[error.code], error.message, code=error.code, fields=error.fields)
    if isinstance(error, errors.Stale) and error.current is not None:
        body["current"] = view.represent(error.current)
    return body


def _headers(error: errors.DomainError, context: dict[str, Any]) -> dict[str, str]:
    headers = {}
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    if error.code == "unauthenticated":
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return headers


def problem_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Answer with problem details, under their media type."""
    response = Response(body, status=body["status"], headers=headers)
    response.is_problem = True  # type: ignore[attr-defined]  # for the renderer
    return response


def _messages(detail: Any) -> dict[str, list[str]]:
    """Flatten DRF's error tree to a list of sentences per field (nested ones as `a.0.b`)."""
    found: dict[str, list[str]] = {}

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{path}.{key}" if path else str(key))
        elif isinstance(node, list) and any(isinstance(item, dict | list) for item in node):
            for index, value in enumerate(node):
                walk(value, f"{path}.{index}" if path else str(index))
        else:
            sentences = node if isinstance(node, list) else [node]
            found.setdefault(path or "non_field_errors", []).extend(str(item) for item in sentences)

    walk(detail, "")
    return found


class ErrorPageMiddleware:
    """Turns what a service refuses into a page; the API answers for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404 | PermissionDenied):
            return None  # Django calls the handlers below
        known = as_domain_error(error)
        return error_page(request, known) if known else None


def error_page(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    """Return the page that says what was refused and why; htmx shows its sentence as a toast."""
    status = STATUS[error.code]
    if request.path.startswith("/api/"):
        response = _json(problem(status, error.message, code=error.code, fields=error.fields))
    elif error.code == "not_found":
        response = not_found(request)
    else:
        title = HTTPStatus(status).phrase
        response = HttpResponse(
            render_to_string("problem.html", {"status": status, "title": title, "detail": error.message}),
            status=status,
        )
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _json(body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=body["status"], content_type="application/problem+json")


def _plain(request: HttpRequest, template: str, status: int, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return _json(problem(status, detail))
    page = render_to_string(template, {"request_id": request_id.get()})
    return HttpResponse(page, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _plain(request, "400.html", 413, "The request is larger than this server takes.")
    return _plain(request, "400.html", 400, "The request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "403.html", 403, "You may not do that.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "404.html", 404, "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _plain(request, "500.html", 500, "That did not work, and it is on us. Nothing you saved is lost.")


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is missing or old."""
    return _plain(request, "403_csrf.html", 403, "The form was too old or came from elsewhere.")
