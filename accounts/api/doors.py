"""What the views of this app share."""

from typing import Any
from uuid import UUID

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import Principal
from accounts.sessions import DEVICE


class OpenView(APIView):
    """A door for people who have no token yet."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def validated(serializer: Any) -> dict[str, Any]:
    """Return the checked data of a bound serializer; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def this_device(request: Request) -> UUID | None:
    """Return the device that asks: a token's, a page session's, or none for an API token."""
    if isinstance(request.user, Principal):
        return request.user.device_id
    found = request.session.get(DEVICE) if request.auth is None else None
    return UUID(found) if found else None
