"""Which tokens a door of the API opens to."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.authentication import TokenPrincipal
from accounts.scopes import scope_needed
from config.errors import Forbidden


class WithinScope(BasePermission):
    """Holds API tokens to their scopes. A view names its part of the API in `scope`; none enters one that does not."""

    def has_permission(self, request: Request, view: Any) -> bool:
        require_scope(request, getattr(view, "scope", None))
        return True


def require_scope(request: Request, part: str | None) -> None:
    """Raise Forbidden for an API token that does not reach a part of the API, or where none does."""
    if not isinstance(request.user, TokenPrincipal):
        return
    if part is None:
        raise Forbidden("API tokens may not do that. Sign in with a device.")
    needed = scope_needed(part, request.method or "")
    if needed not in request.user.scopes:
        raise Forbidden(f"That takes a token with the scope {needed}.")
