"""One's own API tokens."""

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.doors import validated
from accounts.idempotency import Repeatable
from accounts.models import ApiToken
from accounts.policies import Actor
from accounts.scopes import BOTH_HALVES, SCOPES
from accounts.services import api_tokens
from accounts.services.sign_in import require_own_password
from config.proxies import address_of


class ApiTokenSerializer(serializers.Serializer[ApiToken]):
    """A token for scripts; its secret is shown once, when it is made."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    prefix = serializers.CharField(read_only=True, help_text="How the secret begins.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField([*SCOPES, *BOTH_HALVES]),
        allow_empty=False,
        max_length=20,
        help_text="`todos:*` and `projects:*` stand for both halves.",
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    last_used_ip = serializers.IPAddressField(read_only=True, allow_null=True)


class ApiTokenRequestSerializer(ApiTokenSerializer):
    """What a new token is to be called and may do."""

    password = serializers.CharField(
        max_length=256,
        trim_whitespace=False,
        write_only=True,
        required=False,
        help_text="Your own; needed by whoever has a password.",
    )


class NewApiTokenSerializer(ApiTokenSerializer):
    """A token that was just made, with its secret."""

    secret = serializers.CharField(read_only=True)


class ApiTokensView(Repeatable):
    """Your API tokens. A token cannot see or make any."""

    @extend_schema(operation_id="auth_tokens_list", responses={200: ApiTokenSerializer(many=True)})
    def get(self, request: Request) -> Response:
        tokens: Any = ApiToken.objects.of(cast(UUID, request.user.pk))
        return Response(ApiTokenSerializer(tokens, many=True).data)

    @extend_schema(
        operation_id="auth_tokens_create",
        request=ApiTokenRequestSerializer,
        responses={201: NewApiTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        actor, now = cast(Actor, request.user), timezone.now()
        values = validated(ApiTokenRequestSerializer(data=request.data))
        ip = address_of(request)
        require_own_password(actor=actor, password=values.pop("password", ""), ip=ip, now=now)
        made = api_tokens.create_token(actor=actor, now=now, **values)
        data: dict[str, Any] = {**ApiTokenSerializer(made.token).data, "secret": made.secret}
        return Response(data, status=201, headers={"Cache-Control": "no-store"})


class ApiTokenView(APIView):
    """One of your API tokens."""

    @extend_schema(operation_id="auth_tokens_destroy", responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        api_tokens.revoke_token(actor=cast(Actor, request.user), token_id=token_id, now=timezone.now())
        return Response(status=204)
