"""One's own data, to take along."""

from typing import cast

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.policies import Actor
from accounts.services.export import export_account, export_name
from config.downloads import attachment


class ExportView(APIView):
    """Everything that is yours, and what you see of others' projects, as one JSON object."""

    @extend_schema(operation_id="users_me_export", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> StreamingHttpResponse:
        now = timezone.now()
        pieces = export_account(actor=cast(Actor, request.user), now=now)
        return attachment(pieces, name=export_name(now), content_type="application/json")
