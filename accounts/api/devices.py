"""Where one is signed in."""

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.doors import this_device
from accounts.models import Device, DeviceKind
from accounts.policies import Actor
from accounts.services import devices


class DeviceSerializer(serializers.Serializer[Device]):
    """A signed-in client. `current` marks the one that asks."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(source="label", read_only=True)
    kind = serializers.ChoiceField(DeviceKind.choices, read_only=True)
    ip = serializers.IPAddressField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True)
    current = serializers.SerializerMethodField()

    def get_current(self, device: Device) -> bool:
        return device.pk == this_device(self.context["request"])


class DeviceViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Device]):
    """The browsers and API clients that you are signed in with, last used first."""

    serializer_class = DeviceSerializer
    keyset = ("-last_used_at", "-id")
    queryset = Device.objects.none()
    lookup_url_kwarg = "pk"

    def get_queryset(self) -> Any:
        return Device.objects.current(timezone.now()).of(cast(UUID, self.request.user.pk))

    @extend_schema(operation_id="auth_devices_destroy", responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Sign one device out: nothing of it counts from the next request on."""
        devices.sign_out_device(actor=cast(Actor, request.user), device_id=pk, now=timezone.now())
        return Response(status=204)

    @extend_schema(operation_id="auth_devices_destroy_others", responses={204: None})
    def destroy_others(self, request: Request) -> Response:
        """Sign every device out but the one that asks."""
        devices.sign_out_others(actor=cast(Actor, request.user), keep=this_device(request), now=timezone.now())
        return Response(status=204)
