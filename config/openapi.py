"""What every operation of the OpenAPI document shares: problem details for what can go wrong."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator as BaseSchemaGenerator
from drf_spectacular.openapi import AutoSchema as BaseAutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

PROBLEM = "application/problem+json"
MEANINGS = {
    "400": "The body or a header is malformed.",
    "401": "Sign in, or refresh the access token.",
    "403": "You may see this and not change it.",
    "404": "It does not exist, or you may not know that it does.",
    "405": "Not a method of this resource.",
    "406": "No such representation.",
    "410": "It is no more.",
    "409": "The present state does not allow it.",
    "412": "It was changed since you saw it.",
    "413": "The body is larger than this server takes.",
    "415": "Send JSON.",
    "422": "Some fields need another look; `fields` names them.",
    "429": "Too many requests, or too many tries; retry after `Retry-After` seconds.",
    "503": "A store is away or busy; retry after `Retry-After` seconds.",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description=(
        "A name of yours for this request, such as a UUID: sent again within 24 hours it changes nothing more and "
        "gets the same answer. With another body it is refused (422). A refused request may be put right and sent "
        "under the same key."
    ),
    examples=[OpenApiExample("A UUID", "0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77")],
)

UNDO_RECEIPT = OpenApiParameter(
    "Undo-Receipt",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 204],
    description="Send it to `undo/` within ten minutes to take this change back; absent where that cannot be.",
)


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs.")
    fields = serializers.DictField(  # type: ignore[assignment]  # a field named fields, as the API has it
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    current = serializers.DictField(required=False, help_text="With 412: the resource as it is now.")
    position = serializers.IntegerField(required=False, help_text="The character, from 0, where a filter is wrong.")
    request_id = serializers.CharField(required=False)


class AutoSchema(BaseAutoSchema):
    """Adds the refusals that any operation may answer with, and what makes a change repeatable and reversible."""

    def get_override_parameters(self) -> Any:
        found = list(super().get_override_parameters())
        if self.method == "POST" and getattr(self.view, "takes_idempotency_key", False):
            found.append(IDEMPOTENCY_KEY)
        if self.method != "GET" and getattr(self.view, "gives_receipts", False):
            found.append(UNDO_RECEIPT)
        return found

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Any:
        bodies = super()._get_response_bodies(*args, **kwargs)
        component = self.resolve_serializer(ProblemSerializer, "response")
        content = {PROBLEM: {"schema": component.ref}}
        for status, meaning in MEANINGS.items():
            bodies.setdefault(status, {"description": meaning, "content": content})
        return bodies

    def get_operation_id(self) -> str:
        return super().get_operation_id().replace("_partial_update", "_update")


class SchemaGenerator(BaseSchemaGenerator):
    """Makes the document once in each process: it is the same for everybody, and takes a while."""

    made: ClassVar[dict[str | None, Any]] = {}

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        if not public or self.api_version:  # whatever a client calls the version stands in it
            return super().get_schema(request, public)
        language = get_language()
        if language not in self.made:
            self.made[language] = super().get_schema(request, public)
        return self.made[language]


class JWTScheme(OpenApiAuthenticationExtension):
    """Names the bearer token in the document."""

    target_class = "accounts.authentication.JWTAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiTokenScheme(OpenApiAuthenticationExtension):
    """Names the token of scripts, which comes as the other bearer does."""

    target_class = "accounts.authentication.ApiTokenAuthentication"
    name = "api_token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "st_…",
            "description": "An API token from the settings. What it may do, its scopes say.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """Names the session of the pages."""

    target_class = "accounts.authentication.PageSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
