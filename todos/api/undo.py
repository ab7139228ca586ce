"""Taking a change back by the receipt that it came with."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import require_scope
from todos.api.rows import Rows
from todos.api.serializers import writable
from todos.services.receipts import read_receipt
from todos.services.undo import undo_change


class UndoSerializer(serializers.Serializer[Any]):
    """The receipt of a change of yours, not older than ten minutes."""

    receipt = serializers.CharField(max_length=10_000, help_text="From the header `Undo-Receipt` of that change.")


class UndoneTodoSerializer(serializers.Serializer[Any]):
    """A todo as it is again."""

    id = serializers.UUIDField()
    etag = serializers.CharField()
    revision = serializers.IntegerField()


class UndoneSerializer(serializers.Serializer[Any]):
    """What was put back as it was."""

    todos = UndoneTodoSerializer(many=True)


class UndoViewSet(Rows):
    """Taking changes back."""

    scope = "todos"
    serializer_class = UndoSerializer

    @extend_schema(
        operation_id="undo",
        responses={200: UndoneSerializer},
        examples=[OpenApiExample("Undo", {"receipt": "WyIwMTk2YTFkNC…"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Undo a change, unless something newer stands in its way (409). What is undone can be undone too.

        You need the right to do now what undoing does. What gives no receipt cannot be taken back: what
        is gone for good, what opens a door (a revoked feed or link, a withdrawn invitation), and what is
        another's to give back (a project handed over, or left). An undone completion counts in no chart.
        """
        given = writable(self.get_serializer(data=request.data))["receipt"]
        receipt = read_receipt(given, actor=self.actor, now=timezone.now())
        require_scope(request, receipt.part or None)
        found = undo_change(actor=self.actor, receipt=receipt, now=timezone.now())
        return Response(UndoneSerializer({"todos": found}).data)
