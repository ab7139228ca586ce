"""Signing up, in and out of the API."""

from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.api.doors import OpenView, validated
from accounts.authentication import Principal
from accounts.models import User
from accounts.services import challenges, devices, invitations, users
from accounts.services.links import counting_dead_links, digest_of
from accounts.services.sign_in import check_password, lacks_second_factor, second_step
from accounts.user_agents import device_name
from config.errors import Conflict, Forbidden
from config.proxies import address_of


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
        token, ip, now = data.pop("invitation", None), address_of(request), timezone.now()
        if token:
            with counting_dead_links(ip):
                user = invitations.accept_invitation(digest=digest_of(token), **data, now=now)
        else:
            user = users.sign_up(**data, ip=ip, now=now)
        return Response(serializers.UserSerializer(user).data, status=201)


class LoginView(OpenView):
    """Sign a device in: an access token for ten minutes, a refresh token for thirty days.

    People with a second factor get a challenge instead (202), which `second-step/` takes with a code.
    """

    @extend_schema(
        operation_id="auth_login",
        request=serializers.LoginSerializer,
        responses={200: serializers.PairSerializer, 202: serializers.ChallengeSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        data = validated(serializers.LoginSerializer(data=request.data))
        name, now = data.pop("device_name"), timezone.now()
        user = check_password(**data, ip=address_of(request), now=now)
        if second_step(user):
            challenge = challenges.open_challenge(user=user, now=now)
            return Response(serializers.ChallengeSerializer(challenge).data, status=202)
        if lacks_second_factor(user):
            raise Forbidden("This server asks you for a second factor. Set one up on the pages first.")
        return _signed_in(request, user, name, now)


class SecondStepView(OpenView):
    """Answer the challenge of a sign-in with a code of the authenticator app or a recovery code."""

    @extend_schema(
        operation_id="auth_second_step",
        request=serializers.SecondStepSerializer,
        responses={200: serializers.PairSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        data = validated(serializers.SecondStepSerializer(data=request.data))
        name, now = data.pop("device_name"), timezone.now()
        return _signed_in(request, challenges.answer_challenge(**data, now=now), name, now)


def _signed_in(request: Request, user: User, name: str, now: datetime) -> Response:
    label = name or device_name(request.headers.get("User-Agent", ""))
    signed_in = devices.sign_in_device(user=user, label=label, ip=address_of(request), now=now)
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
        pair = devices.refresh_device(token=data["refresh"], now=timezone.now(), ip=address_of(request))
        return Response(serializers.PairSerializer(pair).data)


class LogoutView(APIView):
    """Sign this device out: none of its tokens counts from the next request on, so a second one gets 401."""

    @extend_schema(operation_id="auth_logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if not isinstance(request.user, Principal):
            raise Conflict("This is a page session, not a device. Sign out on the pages.")
        devices.sign_out_device(actor=request.user, device_id=request.user.device_id, now=timezone.now())
        return Response(status=204)
