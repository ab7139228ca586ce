"""What every resource of this app shares."""

from typing import Any, cast

from rest_framework import viewsets
from rest_framework.response import Response

from accounts.idempotency import Repeatable
from accounts.policies import Actor
from config.preconditions import tagged


class Rows(Repeatable, viewsets.GenericViewSet[Any]):
    """What our viewsets share: ids are UUIDs by route."""

    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    @property
    def actor(self) -> Actor:
        """Who is asking: nobody comes here without signing in."""
        return cast(Actor, self.request.user)

    def represent(self, thing: Any) -> Any:
        """Return a resource as it is; also to whoever thought it otherwise."""
        return self.get_serializer(thing).data

    def show(self, thing: Any, *, status: int = 200) -> Response:
        """Answer with one resource and its entity tag."""
        return tagged(thing, self.represent(thing), status=status)
