"""Your e-mail address: proving it, and taking another."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.doors import OpenView, validated
from accounts.api.serializers import EmailSerializer, PasswordField, TokenField, UserSerializer
from accounts.authentication import Principal
from accounts.idempotency import Repeatable
from accounts.models import User
from accounts.policies import Actor
from accounts.services import email_addresses
from accounts.services.links import counting_dead_links, digest_of
from accounts.services.sign_in import require_own_password
from config.proxies import address_of


class EmailChangeSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = PasswordField(default="", help_text="Needed by whoever has a password.")


class ConfirmationSerializer(serializers.Serializer[Any]):
    token = TokenField()


class EmailView(Repeatable):
    """Your e-mail address."""

    @extend_schema(operation_id="auth_email_change", request=EmailChangeSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for another: a link goes there, and the old one stays until the link is used."""
        data = validated(EmailChangeSerializer(data=request.data))
        who: dict[str, Any] = {"actor": cast(Actor, request.user), "ip": address_of(request), "now": timezone.now()}
        require_own_password(**who, password=data["password"])
        email_addresses.request_email_change(**who, email=data["email"])
        return Response(status=202)


class EmailVerificationView(OpenView):
    """A link to confirm an address."""

    @extend_schema(operation_id="auth_email_verification", request=EmailSerializer, responses={202: None}, auth=[])
    def post(self, request: Request) -> Response:
        """Ask for it once more. The answer is the same whether the address is known or not."""
        data = validated(EmailSerializer(data=request.data))
        email_addresses.request_verification(**data, ip=address_of(request), now=timezone.now())
        return Response(status=202)


class EmailConfirmationView(APIView):
    """The use of a mailed link. A new address takes its person to be signed in."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="auth_email_confirm", request=ConfirmationSerializer, responses={200: UserSerializer})
    def post(self, request: Request) -> Response:
        """Confirm an address, or take the new one."""
        data = validated(ConfirmationSerializer(data=request.data))
        actor = request.user if isinstance(request.user, Principal | User) else None
        with counting_dead_links(address_of(request)):
            user = email_addresses.confirm_email(actor=actor, digest=digest_of(data["token"]), now=timezone.now())
        return Response(UserSerializer(user).data)
