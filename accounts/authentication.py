"""Who is asking the API: a bearer of a token, or a person signed in on the pages."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.request import Request

from accounts import rotation, tokens
from accounts.models import ApiToken
from accounts.services import api_tokens
from config import budgets
from config.errors import Unauthenticated
from config.proxies import address_of


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


@dataclass(frozen=True, slots=True)
class TokenPrincipal:
    """The bearer of an API token: no device, and only what its scopes say (`accounts.permissions`)."""

    pk: UUID
    role: str
    token_id: UUID
    scopes: frozenset[str]
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def id(self) -> UUID:
        return self.pk


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer …` (RFC 6750)."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def bearer(self, request: Request) -> str | None:
        """Return the secret that the request brings."""
        scheme, _, token = get_authorization_header(request).partition(b" ")
        return token.decode("latin-1").strip() if scheme.lower() == b"bearer" else None


class ApiTokenAuthentication(BearerAuthentication):
    """A token for scripts, known by how it begins; one SQL query."""

    def authenticate(self, request: Request) -> tuple[TokenPrincipal, ApiToken] | None:
        secret = self.bearer(request)
        if secret is None or not secret.startswith(api_tokens.MARK):
            return None
        ip = address_of(request)
        token = api_tokens.bearer_of(secret=secret, ip=ip, now=timezone.now())
        budgets.spend(request._request, budgets.user_budget(), token.user_id)
        principal = TokenPrincipal(
            pk=token.user_id, role=token.user.role, token_id=token.pk, scopes=frozenset(token.scopes)
        )
        request._request.principal = principal  # type: ignore[attr-defined]  # for the log line
        return principal, token


class JWTAuthentication(BearerAuthentication):
    """An access token; one question to the token store."""

    def authenticate(self, request: Request) -> tuple[Principal, tokens.Claims] | None:
        token = self.bearer(request)
        if token is None:
            return None
        claims = tokens.read_access(token)
        live, counted = rotation.is_live_beside(claims.device_id, lambda pipe: budgets.queue(pipe, claims.user_id))
        if not live:
            raise Unauthenticated("This device is signed out.")
        if counted is None:
            budgets.spend(request._request, budgets.user_budget(), claims.user_id)
        else:
            budgets.settle(request._request, counted)
        principal = Principal(pk=claims.user_id, role=claims.role, device_id=claims.device_id)
        request._request.principal = principal  # type: ignore[attr-defined]  # for the log line
        return principal, claims


class PageSessionAuthentication(SessionAuthentication):
    """The session of the pages, with its CSRF check: for the browsable API."""

    def authenticate(self, request: Request) -> Any:
        if "HTTP_AUTHORIZATION" in request.META:
            return None  # a client that brings credentials is judged by them alone
        found = super().authenticate(request)
        if found is not None:
            budgets.spend(request._request, budgets.user_budget(), found[0].pk)
        return found
