"""A new password: with the old one, or by mail when that is lost."""

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.doors import OpenView, this_device, validated
from accounts.api.serializers import EmailSerializer, PasswordField, TokenField
from accounts.idempotency import Repeatable
from accounts.models import User
from accounts.policies import Actor
from accounts.services import passwords
from accounts.services.links import counting_dead_links, digest_of
from config.proxies import address_of


class PasswordChangeSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    password = PasswordField(help_text="At least eight characters, and none that is easy to guess.")


class ResetSerializer(serializers.Serializer[Any]):
    token = TokenField()
    password = PasswordField(help_text="At least eight characters, and none that is easy to guess.")


class PasswordView(Repeatable):
    """Your password."""

    @extend_schema(operation_id="auth_password_change", request=PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change it: every device but the one that asks is signed out."""
        data = validated(PasswordChangeSerializer(data=request.data))
        user = passwords.change_password(
            actor=cast(Actor, request.user),
            **data,
            ip=address_of(request),
            now=timezone.now(),
            keep=this_device(request),
        )
        if isinstance(request.user, User):  # a session of the pages is tied to the password
            update_session_auth_hash(request._request, user)
        return Response(status=204)


class PasswordResetView(OpenView):
    """A link to choose a new password."""

    @extend_schema(operation_id="auth_password_reset", request=EmailSerializer, responses={202: None}, auth=[])
    def post(self, request: Request) -> Response:
        """Ask for one by mail. The answer is the same whether the address is known or not."""
        data = validated(EmailSerializer(data=request.data))
        passwords.request_reset(**data, ip=address_of(request), now=timezone.now())
        return Response(status=202)


class PasswordResetConfirmationView(OpenView):
    """The use of that link."""

    @extend_schema(operation_id="auth_password_reset_confirm", request=ResetSerializer, responses={204: None}, auth=[])
    def post(self, request: Request) -> Response:
        """Choose a new password. Every device is signed out, and this one is not signed in."""
        data = validated(ResetSerializer(data=request.data))
        digest, ip = digest_of(data["token"]), address_of(request)
        with counting_dead_links(ip):
            passwords.reset_password(digest=digest, password=data["password"], ip=ip, now=timezone.now())
        return Response(status=204)
