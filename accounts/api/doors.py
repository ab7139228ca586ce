"""What the views of this app share."""

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView


class OpenView(APIView):
    """A door for people who have no token yet."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def validated(serializer: Any) -> dict[str, Any]:
    """Return the checked data of a bound serializer; raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
