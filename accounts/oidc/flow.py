"""The way to a provider and back: authorization code flow with PKCE. No models.

It follows OpenID Connect Core §3.1 and OAuth's Security BCP (RFC 9700 §2.1). What the provider
answers is believed only as far as a key of the issuer that the operator named has signed it.
"""

import hmac
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuthError
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client
from requests.exceptions import RequestException

from accounts.oidc.discovery import away, metadata_of
from accounts.oidc.id_tokens import Broken, claims_of
from accounts.oidc.providers import Provider
from config import outgoing
from config.errors import Unauthenticated

logger = logging.getLogger(__name__)
SCOPE = "openid email profile"
TIME_TO_RETURN = 600
"""Seconds between leaving for a provider and coming back."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a browser's session remembers between leaving for a provider and coming back, used once."""

    provider: str
    purpose: str
    state: str
    nonce: str
    verifier: str
    at: float
    leads_to: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person as a provider vouches for them."""

    provider: Provider
    subject: str
    email: str
    email_verified: bool
    name: str


def begin(provider: Provider, *, purpose: str, leads_to: str, now: datetime) -> tuple[str, Flow]:
    """Return the address to send a browser to, and what its session is to remember. Raises Unavailable."""
    flow = Flow(
        provider=provider.name,
        purpose=purpose,
        state=generate_token(43),
        nonce=generate_token(43),
        verifier=generate_token(64),
        at=now.timestamp(),
        leads_to=leads_to,
    )
    with outgoing.Session() as session:
        metadata = metadata_of(provider, session)
        address: str = metadata["authorization_endpoint"]
        extra = {"prompt": "login"} if purpose == "confirm" else {}
        client = _client(provider, metadata, session)
        url, _ = client.create_authorization_url(
            address, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce, **extra
        )
    return str(url), flow


def finish(provider: Provider, flow: Flow | None, answer: dict[str, str], now: datetime) -> Vouched:
    """Return the person whom the provider's answer vouches for.

    Raises Unauthenticated for an answer that does not belong to the flow or does not hold, and
    Unavailable when the provider cannot be asked.
    """
    try:
        return _finish(provider, flow, answer, now)
    except Broken as broken:
        logger.warning("Sign-in with %s refused: %s", provider.name, broken)
        raise Unauthenticated(
            f"That sign-in with {provider.label} could not be checked. Nothing was changed; start again."
        ) from None


def _finish(provider: Provider, flow: Flow | None, answer: dict[str, str], now: datetime) -> Vouched:
    if flow is None or flow.provider != provider.name:
        raise Broken("no flow of this browser")
    if not 0 <= now.timestamp() - flow.at <= TIME_TO_RETURN:
        raise Broken("came back too late")
    if not hmac.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
        raise Broken("another state")
    with outgoing.Session() as session:
        metadata = metadata_of(provider, session)
        _check_issuer(answer, metadata)
        if "error" in answer:
            raise Unauthenticated(f"You did not finish signing in with {provider.label}.")
        token = _exchange(provider, metadata, session, answer.get("code", ""), flow)
        claims = claims_of(token, provider=provider, metadata=metadata, session=session, nonce=flow.nonce, now=now)
        if "email" not in claims:
            claims |= _more(metadata, session, token, claims["sub"])
    return Vouched(
        provider=provider,
        subject=claims["sub"],
        email=str(claims.get("email") or "")[:254],
        # Some send it as text, which is not what the standard says: only the truth itself counts.
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or "")[:100],
    )


def _check_issuer(answer: dict[str, str], metadata: dict[str, Any]) -> None:
    """Refuse an answer of another provider (RFC 9207 §2.4)."""
    given = answer.get("iss")
    if given is None and metadata.get("authorization_response_iss_parameter_supported") is True:
        raise Broken("no issuer in the answer")
    if given is not None and given != metadata["issuer"]:
        raise Broken("the answer is of another issuer")


def _client(provider: Provider, metadata: dict[str, Any], session: outgoing.Session) -> OAuth2Client:
    ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in ways or "client_secret_post" not in ways
    client = OAuth2Client(
        session,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
        code_challenge_method="S256",
        redirect_uri=provider.redirect_uri,
        scope=SCOPE,
    )
    client.client_auth_class, client.oauth_error_class = OAuth2ClientAuth, OAuthError
    return client


def _exchange(
    provider: Provider, metadata: dict[str, Any], session: outgoing.Session, code: str, flow: Flow
) -> dict[str, Any]:
    client = _client(provider, metadata, session)
    try:
        found = client.fetch_token(
            metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=flow.verifier
        )
    except OAuthError:
        raise Broken("the provider refused the code") from None
    except (RequestException, ValueError) as error:
        raise away(provider, error) from None
    return dict(found)


def _more(metadata: dict[str, Any], session: outgoing.Session, token: dict[str, Any], subject: str) -> dict[str, Any]:
    """Return what the userinfo endpoint adds, for providers that keep the address out of the ID token (§5.3)."""
    address = metadata.get("userinfo_endpoint")
    if not address or not token.get("access_token"):
        return {}
    try:
        answer = session.get(address, headers={"Authorization": f"Bearer {token['access_token']}"})
        found = answer.json() if answer.status_code == 200 else {}
    except (RequestException, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("sub") != subject:
        return {}
    return {name: found[name] for name in ("email", "email_verified", "name") if name in found}
