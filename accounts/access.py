"""Which roles and which tokens a door opens to. The rules themselves stand in `policies` and `scopes`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import policies
from accounts.models import Role
from config.errors import Unauthenticated


def role_required(role: str) -> Callable[[Any], Any]:
    """Open a door to people of this role or a higher one alone: a page, an API view or viewset, or one of its methods.

    Who is not signed in is led to the sign-in page, or told so by the API (401); others get Forbidden.
    """
    least = Role(role)

    def guard(door: Any) -> Any:
        if isinstance(door, type) and issubclass(door, APIView):
            door.permission_classes = (*door.permission_classes, _permission(least))
            return door
        if hasattr(door, "cls"):
            raise TypeError("Guard the class of an API view, not what as_view() makes of it.")
        return _guarded(door, least)

    return guard


def _permission(least: Role) -> type[BasePermission]:
    class HasRole(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            _check(request, least)
            return True

    return HasRole


def _guarded(door: Callable[..., Any], least: Role) -> Callable[..., Any]:
    @wraps(door)
    def guarded(target: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(target, APIView):
            _check(target.request, least)
        elif target.user.is_authenticated:
            _check(target, least)
        else:
            return redirect_to_login(target.get_full_path())
        return door(target, *args, **kwargs)

    return guarded


def _check(request: Any, least: Role) -> None:
    if not request.user.is_authenticated:
        raise Unauthenticated("Sign in first.")
    policies.require_role(request.user, least)
