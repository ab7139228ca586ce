"""One's own account."""

from typing import Any, cast

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
from config.preconditions import IF_MATCH, if_match, tagged


class MeView(APIView):
    """Your own account."""

    scope = "account"

    @extend_schema(operation_id="users_me_retrieve", responses={200: serializers.UserSerializer})
    def get(self, request: Request) -> Response:
        user = User.objects.active().filter(pk=request.user.pk).first()
        if user is None:
            raise NotFound("This account is closed.")
        return tagged(user, self.represent(user))

    @extend_schema(
        operation_id="users_me_update",
        request=serializers.UserSerializer(partial=True),
        responses={200: serializers.UserSerializer},
        parameters=[IF_MATCH],
    )
    def patch(self, request: Request) -> Response:
        data = validated(serializers.UserSerializer(data=request.data, partial=True))
        user = users.update_profile(
            actor=cast(Actor, request.user), changes=data, now=timezone.now(), if_match=if_match(request)
        )
        return tagged(user, self.represent(user))

    def represent(self, user: User) -> Any:
        """Return the account as it is, also to whoever thought it otherwise."""
        return serializers.UserSerializer(user).data
