"""The keys that sign tokens and prove them, each with a name and the one algorithm that it serves.

A token names its key in `kid` (RFC 7515 §4.1.4). The name is looked up among our own keys, and the
key says how it is used: nothing that a token brings chooses an algorithm, a file or an address
(RFC 8725 §3.1, §3.10).
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import jwt
from django.conf import settings
from django.core.signals import setting_changed
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """What signs, what proves, and what others may know of it as a JWK (RFC 7517)."""

    id: str
    algorithm: str
    signs: Any
    proves: Any
    public: dict[str, str] | None = None


def hmac_key(secret: str) -> Key:
    """Return the HS256 key of a secret; its name tells nothing about the secret."""
    name = hmac.digest(secret.encode(), b"the name of this key in a token", "sha256")
    return Key(_base64(name)[:16], "HS256", secret, secret)


def rsa_key(pair: "RSAPrivateKey") -> Key:
    """Return the RS256 key of a pair; its name is the thumbprint of the public half (RFC 7638)."""
    public = pair.public_key()
    numbers = public.public_numbers()
    members = {"e": _base64(_bytes(numbers.e)), "kty": "RSA", "n": _base64(_bytes(numbers.n))}
    name = _base64(sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())
    return Key(name, "RS256", pair, public, members | {"kid": name, "alg": "RS256", "use": "sig"})


class Keyring(TokenBackend):
    """simplejwt's way to sign and to prove, with many keys: the first signs, each proves what it signed.

    We are the issuer of our tokens and the one service that they are for.
    """

    def __init__(self, keys: Sequence[Key], *, issuer: str, leeway: timedelta) -> None:
        super().__init__(keys[0].algorithm, issuer=issuer, leeway=leeway)
        self.first = keys[0]
        self.keys = {key.id: key for key in keys}

    def encode(self, payload: dict[str, Any]) -> str:
        """Sign a token's claims."""
        claims = payload | {"iss": self.issuer, "aud": self.issuer}
        return jwt.encode(claims, self.first.signs, algorithm=self.first.algorithm, headers={"kid": self.first.id})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the claims of a token that is ours; there is no way to read one unproven."""
        try:
            key = self.keys[jwt.get_unverified_header(token)["kid"]]
            return jwt.decode(
                token,
                key.proves,
                algorithms=[key.algorithm],
                issuer=self.issuer,
                audience=self.issuer,
                leeway=self.get_leeway(),
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except (KeyError, jwt.InvalidTokenError):
            raise TokenBackendError("Token is invalid") from None

    def key_set(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK set (RFC 7517 §5): empty while only secrets sign."""
        return {"keys": [key.public for key in self.keys.values() if key.public]}


@cache
def keyring() -> Keyring:
    """Return the keys of the settings: pairs before secrets, the newest of each first."""
    keys = [rsa_key(pair) for pair in settings.JWT_KEY_PAIRS] + [hmac_key(secret) for secret in settings.JWT_SECRETS]
    return Keyring(keys, issuer=settings.SIMPLE_JWT["ISSUER"], leeway=settings.SIMPLE_JWT["LEEWAY"])


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def _forget(**changed: Any) -> None:
    keyring.cache_clear()


setting_changed.connect(_forget)
