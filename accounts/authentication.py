"""Who is asking the API: a bearer of a token, or a person signed in on the pages."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.request import Request

from accounts import rotation, tokens
from config.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of an access token: no row was read to know this much."""

    pk: UUID
    role: str
    device_id: UUID
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def id(self) -> UUID:
        return self.pk


class JWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` (RFC 6750); one question to the token store."""

    def authenticate(self, request: Request) -> tuple[Principal, tokens.Claims] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        claims = tokens.read_access(token.decode("latin-1"))
        if not rotation.is_live(claims.device_id):
            raise Unauthenticated("This device is signed out.")
        principal = Principal(pk=claims.user_id, role=claims.role, device_id=claims.device_id)
        request._request.principal = principal  # type: ignore[attr-defined]  # for the log line
        return principal, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class PageSessionAuthentication(SessionAuthentication):
    """The session of the pages, with its CSRF check: for the browsable API."""

    def authenticate(self, request: Request) -> Any:
        if "HTTP_AUTHORIZATION" in request.META:
            return None  # a client that brings credentials is judged by them alone
        return super().authenticate(request)
