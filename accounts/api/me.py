"""One's own account."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import serializers
from accounts.api.doors import validated
from accounts.models import User
from accounts.policies import Actor
from accounts.services import users
from config.errors import NotFound


class MeView(APIView):
    """Your own account."""

    scope = "account"

    @extend_schema(operation_id="users_me_retrieve", responses={200: serializers.UserSerializer})
    def get(self, request: Request) -> Response:
        user = User.objects.active().filter(pk=request.user.pk).first()
        if user is None:
            raise NotFound("This account is closed.")
        return Response(serializers.UserSerializer(user).data)

    @extend_schema(
        operation_id="users_me_update",
        request=serializers.UserSerializer(partial=True),
        responses={200: serializers.UserSerializer},
    )
    def patch(self, request: Request) -> Response:
        data = validated(serializers.UserSerializer(data=request.data, partial=True))
        user = users.update_profile(actor=cast(Actor, request.user), changes=data, now=timezone.now())
        return Response(serializers.UserSerializer(user).data)
