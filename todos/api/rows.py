"""What every resource of this app shares."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.utils import timezone
from rest_framework import viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import Repeatable
from accounts.policies import Actor
from activity.services.recording import collecting_events
from config.preconditions import tagged
from todos.services.receipts import receipt_for

RECEIPT = "Undo-Receipt"


class Rows(Repeatable, viewsets.GenericViewSet[Any]):
    """What our viewsets share: ids are UUIDs by route, and a change comes with a receipt to undo it by."""

    lookup_value_converter = "uuid"
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    gives_receipts = True
    scope: str | None = None

    @property
    def actor(self) -> Actor:
        """Who is asking: nobody comes here without signing in."""
        return cast(Actor, self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let what changes something run with a receipt, inside what lets it run once."""
        name = (request.method or "").lower()
        handler = getattr(self, name, None) if request.method not in SAFE_METHODS else None
        if handler is not None:
            setattr(self, name, partial(self._with_receipt, handler))
        super().initial(request, *args, **kwargs)

    def _with_receipt(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        with collecting_events() as recorded:
            response = handler(*args, **kwargs)
        if RECEIPT in response:
            return response
        receipt = receipt_for(recorded, actor=self.actor, part=self.scope or "", now=timezone.now())
        if receipt and response.status_code < 400:
            response[RECEIPT] = receipt
        return response

    def represent(self, thing: Any) -> Any:
        """Return a resource as it is; also to whoever thought it otherwise."""
        return self.get_serializer(thing).data

    def show(self, thing: Any, *, status: int = 200) -> Response:
        """Answer with one resource and its entity tag."""
        return tagged(thing, self.represent(thing), status=status)
