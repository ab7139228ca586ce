"""What an ID token says, once it is proven (OpenID Connect Core §3.1.3.7)."""

from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError

from accounts.oidc.discovery import keys_of
from accounts.oidc.providers import Provider
from config import outgoing

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What ID tokens may be signed with: by the issuer's private key, never with our secret, never not at all."""
LEEWAY = 60
"""Seconds that the provider's clock may differ."""


class Broken(Exception):
    """What is wrong with an answer, for the log: never a secret, a token or what a stranger wrote."""


def claims_of(
    token: dict[str, Any],
    *,
    provider: Provider,
    metadata: dict[str, Any],
    session: outgoing.Session,
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the claims of the ID token among the `token` endpoint's answer; raises Broken unless it holds."""
    text = str(token.get("id_token") or "")
    try:
        try:
            read = jwt.decode(text, keys_of(provider, metadata, session), algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # its keys may have been changed since we looked
            read = jwt.decode(text, keys_of(provider, metadata, session, again=True), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            options={
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": provider.client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": nonce,
                "client_id": provider.client_id,
                "access_token": str(token.get("access_token") or ""),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise Broken(f"the ID token does not hold ({type(error).__name__})") from None
    if not 0 < len(claims["sub"]) <= 255:
        raise Broken("the subject is too long")
    return dict(claims)
