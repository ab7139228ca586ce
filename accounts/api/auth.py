"""Signing up, in and out of the API."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.api.doors import OpenView, validated
from accounts.authentication import Principal
from accounts.services import devices, users
from accounts.services.sign_in import check_password
from config.errors import Conflict


class RegisterView(OpenView):
    """Create an account."""

    @extend_schema(
        operation_id="auth_register",
        request=serializers.RegisterSerializer,
        responses={201: serializers.UserSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        data = validated(serializers.RegisterSerializer(data=request.data))
        user = users.register_user(**data, now=timezone.now())
        return Response(serializers.UserSerializer(user).data, status=201)


class LoginView(OpenView):
    """Sign a device in: an access token for ten minutes, a refresh token for thirty days."""

    @extend_schema(
        operation_id="auth_login",
        request=serializers.LoginSerializer,
        responses={200: serializers.PairSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        data = validated(serializers.LoginSerializer(data=request.data))
        user = check_password(**data, ip=request.META.get("REMOTE_ADDR") or None, now=timezone.now())
        signed_in = devices.sign_in_device(
            user=user,
            label=request.headers.get("User-Agent", ""),
            ip=request.META.get("REMOTE_ADDR") or None,
            now=timezone.now(),
        )
        return Response(serializers.PairSerializer(signed_in.pair).data)


class RefreshView(OpenView):
    """Swap a refresh token for a new pair; the old one is spent."""

    @extend_schema(
        operation_id="auth_refresh",
        request=serializers.RefreshSerializer,
        responses={200: serializers.PairSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        data = validated(serializers.RefreshSerializer(data=request.data))
        pair = devices.refresh_device(token=data["refresh"], now=timezone.now())
        return Response(serializers.PairSerializer(pair).data)


class LogoutView(APIView):
    """Sign this device out: none of its tokens counts from the next request on."""

    @extend_schema(operation_id="auth_logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if not isinstance(request.user, Principal):
            raise Conflict("This is a page session, not a device. Sign out on the pages.")
        devices.sign_out_device(actor=request.user, device_id=request.user.device_id, now=timezone.now())
        return Response(status=204)
