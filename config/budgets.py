"""How much of the API a person, or an address without one, may use in a minute.

The answers say what is left in the fields of draft-ietf-httpapi-ratelimit-headers. A request of a
person counts for that person, whatever the credential; any other counts for its address: one that
brings none, one whose credential is refused, and one at a door that asks for none.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse

from config.errors import RateLimited
from config.http import as_domain_error, error_page
from config.proxies import address_of
from config.throttling import Allowance, Limit, allowance, key_of, take

WINDOW = 60
GetResponse = Callable[[HttpRequest], HttpResponse]


def user_budget() -> Limit | None:
    """Return how many requests a minute a person has, if they are counted."""
    return Limit("user", settings.API_RATE_USER, WINDOW) if settings.API_RATE_USER else None


def address_budget() -> Limit | None:
    """Return how many requests a minute an address has, if they are counted."""
    return Limit("address", settings.API_RATE_ADDRESS, WINDOW) if settings.API_RATE_ADDRESS else None


def spend(request: HttpRequest, budget: Limit | None, who: object) -> None:
    """Count one request; raises RateLimited when the minute's are spent."""
    if budget is not None:
        _settle(request, budget, lambda: take(budget, who))


def queue(pipe: Any, user_id: object) -> None:
    """Put the count of a person's request into a Redis pipeline that asks for more in the same round trip."""
    budget, cache = user_budget(), _shared()
    if budget is not None:
        cache.queue_count(pipe, key_of(budget, user_id), budget.window)


def settle(request: HttpRequest, replies: list[Any]) -> None:
    """Take what Redis answered to `queue`; raises RateLimited when the minute's requests are spent."""
    budget, cache = user_budget(), _shared()
    if budget is not None:
        _settle(request, budget, lambda: allowance(budget, *cache.counted(replies)))


def _shared() -> Any:
    return caches["limits"]


def _settle(request: Any, budget: Limit, count: Callable[[], Allowance]) -> None:
    try:
        request.allowance = count()
    except RateLimited as error:
        request.allowance = Allowance(budget, 0, error.retry_after or WINDOW)
        raise RateLimited(
            "Too many requests. Wait a little, then go on.", retry_after=request.allowance.reset
        ) from None


class BudgetMiddleware:
    """Counts the API's requests that authentication does not count, and tells each what is left."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        response = None
        if "HTTP_AUTHORIZATION" not in request.META and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            response = self._count(request)
        if response is None:
            response = self.get_response(request)
        # The credential was refused, or there is no such address. A store that is away is not asked twice.
        if not hasattr(request, "allowance") and response.status_code != 503:
            response = self._count(request) or response
        return _with_headers(request, response)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Count before the view where it will not ask who it is."""
        asks = getattr(getattr(view, "cls", None), "authentication_classes", True)
        if asks or hasattr(request, "allowance") or not request.path.startswith("/api/"):
            return None
        return self._count(request)

    def _count(self, request: HttpRequest) -> HttpResponse | None:
        """Count for the address; returns the refusal when nothing is left, or when it cannot be counted."""
        try:
            spend(request, address_budget(), address_of(request))
        except Exception as error:
            known = as_domain_error(error)
            if known is None:
                raise
            return error_page(request, known)
        return None


def _with_headers(request: Any, response: HttpResponse) -> HttpResponse:
    found: Allowance | None = getattr(request, "allowance", None)
    if found is not None:
        name, limit = found.limit.name, found.limit
        response["RateLimit-Policy"] = f'"{name}";q={limit.count};w={limit.window}'
        response["RateLimit"] = f'"{name}";r={found.remaining};t={found.reset}'
    return response
