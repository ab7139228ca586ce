"""What a provider says of itself, and the keys that it signs with; asked for rarely, and remembered."""

import logging
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from joserfc.jwk import KeySet
from requests.exceptions import RequestException

from accounts.oidc.providers import Provider
from config import outgoing
from config.errors import DomainError, Unavailable

logger = logging.getLogger(__name__)
KEPT = 3600
"""Seconds that a provider's description and keys are remembered."""
KEYS_AGAIN = 60
"""Seconds before its keys are asked for once more because of a token that none of them fits."""


def metadata_of(provider: Provider, session: outgoing.Session) -> dict[str, Any]:
    """Return what the provider says of itself (OpenID Connect Discovery §4)."""
    address = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = _remembered(provider, session, "metadata", address)
    needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(isinstance(found.get(name), str) for name in needed):
        raise away(provider, "its description lacks something")
    if found["issuer"].rstrip("/") != provider.issuer.rstrip("/"):
        raise away(provider, "it says that it is another issuer")
    try:
        outgoing.require_allowed(found["authorization_endpoint"])
    except RequestException as error:
        raise away(provider, error) from None
    return found


def keys_of(provider: Provider, metadata: dict[str, Any], session: outgoing.Session, *, again: bool = False) -> KeySet:
    """Return the keys that the issuer signs with; `again` asks it, though not more than once a minute."""
    if again and cache.add(_key(provider, "keys-again"), 1, KEYS_AGAIN):
        cache.delete(_key(provider, "keys"))
    found = _remembered(provider, session, "keys", metadata["jwks_uri"])
    rows = found.get("keys")
    public = [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and row.get("kty") in ("RSA", "EC", "OKP") and row.get("use", "sig") == "sig"
    ]
    return KeySet.import_key_set({"keys": public})


def _remembered(provider: Provider, session: outgoing.Session, what: str, address: str) -> dict[str, Any]:
    key = _key(provider, what)
    found = cache.get(key)
    if found is None:
        try:
            answer = session.get(address, headers={"Accept": "application/json"})
            found = answer.json() if answer.status_code == 200 else None
        except (RequestException, ValueError) as error:
            raise away(provider, error) from None
        if not isinstance(found, dict):
            raise away(provider, f"it answered {answer.status_code}")
        cache.set(key, found, KEPT)
    return dict(found)


def _key(provider: Provider, what: str) -> str:
    return f"oidc:{what}:{sha256(provider.issuer.encode()).hexdigest()[:32]}"


def away(provider: Provider, why: object) -> DomainError:
    reason = type(why).__name__ if isinstance(why, Exception) else why
    logger.warning("%s cannot be asked: %s", provider.name, reason)
    return Unavailable(f"{provider.label} does not answer as it should just now. Try again, or sign in another way.")
