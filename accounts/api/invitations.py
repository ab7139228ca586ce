"""Asking people to join, for admins."""

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import role_required
from accounts.api.doors import validated
from accounts.idempotency import Repeatable
from accounts.models import Invitation, Role
from accounts.policies import Actor
from accounts.services import invitations


class InvitationSerializer(serializers.Serializer[Invitation]):
    """Somebody who was asked to join and has not yet."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Role.choices, default=Role.USER)
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


@role_required("admin")
class InvitationViewSet(Repeatable, mixins.ListModelMixin, viewsets.GenericViewSet[Invitation]):
    """Invitations that wait for an answer, for admins. Only superadmins name superadmins."""

    serializer_class = InvitationSerializer
    keyset = ("-created_at", "-id")
    queryset = Invitation.objects.none()

    def get_queryset(self) -> Any:
        return Invitation.objects.live(timezone.now())

    @extend_schema(operation_id="invitations_create", responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        """Mail somebody a link to join. Asking an address again replaces what was asked and mails a new link."""
        data = validated(InvitationSerializer(data=request.data))
        found = invitations.invite_person(actor=cast(Actor, request.user), **data, now=timezone.now())
        return Response(InvitationSerializer(found).data, status=201)

    @extend_schema(operation_id="invitations_destroy", responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take an invitation back: its link ends."""
        invitations.withdraw_invitation(actor=cast(Actor, request.user), invitation_id=pk, now=timezone.now())
        return Response(status=204)
