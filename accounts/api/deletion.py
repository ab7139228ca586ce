"""Leaving, and staying after all."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.doors import validated
from accounts.authentication import Principal
from accounts.idempotency import Repeatable
from accounts.policies import Actor
from accounts.services import deletion
from accounts.services.sign_in import require_own_password
from config.proxies import address_of


class HeirSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class SharedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    heirs = HeirSerializer(many=True)


class DeletionSerializer(serializers.Serializer[Any]):
    """Whether the account is to be deleted, and what needs a choice before."""

    requested_at = serializers.DateTimeField(allow_null=True, read_only=True)
    purge_after = serializers.DateTimeField(
        allow_null=True, read_only=True, help_text="When the account goes; empty while it stays."
    )
    shared = SharedSerializer(many=True, read_only=True)


class DeletionRequestSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(
        max_length=256,
        trim_whitespace=False,
        write_only=True,
        required=False,
        help_text="Needed by whoever has a password.",
    )
    choices = serializers.DictField(
        child=serializers.CharField(max_length=36),
        default=dict,
        help_text="By the id of each shared project: the id of the member who takes it over, or `delete`.",
    )


class DeletionView(Repeatable):
    """Deleting your account: it goes after a week, and until then you may take it back."""

    @extend_schema(operation_id="users_me_deletion", responses={200: DeletionSerializer})
    def get(self, request: Request) -> Response:
        return Response(_state(cast(Actor, request.user)))

    @extend_schema(
        operation_id="users_me_deletion_request",
        request=DeletionRequestSerializer,
        responses={201: DeletionSerializer},
    )
    def post(self, request: Request) -> Response:
        actor, now = cast(Actor, request.user), timezone.now()
        data = validated(DeletionRequestSerializer(data=request.data))
        require_own_password(actor=actor, password=data.get("password", ""), ip=address_of(request), now=now)
        device = request.user.device_id if isinstance(request.user, Principal) else None
        deletion.request_deletion(actor=actor, choices=data["choices"], now=now, keep=device)
        return Response(_state(actor), status=201)

    @extend_schema(operation_id="users_me_deletion_cancel", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        deletion.cancel_deletion(actor=cast(Actor, request.user), now=timezone.now())
        return Response(status=204)


def _state(actor: Actor) -> dict[str, Any]:
    found = deletion.deletion_of(actor.pk)
    return {
        "requested_at": found and found.requested_at,
        "purge_after": found and found.purge_after,
        "shared": DeletionSerializer({"shared": deletion.shared_by(actor.pk)}).data["shared"],
    }
