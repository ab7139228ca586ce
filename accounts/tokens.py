"""JSON Web Tokens (RFC 7519) by simplejwt: claims in, claims out. No models, no stores.

Claims: `sub` person, `role`, `sid` device, `jti`, `iat`, `exp`, `iss`, `aud`, `typ` (access, refresh, challenge).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.exceptions import TokenError

from accounts.keys import Keyring, keyring
from config.errors import Unauthenticated


class AccessToken(simplejwt.AccessToken):
    def get_token_backend(self) -> Keyring:
        return keyring()


class RefreshToken(simplejwt.RefreshToken):
    def get_token_backend(self) -> Keyring:
        return keyring()


class ChallengeToken(simplejwt.Token):
    token_type = "challenge"
    lifetime = timedelta(minutes=5)

    def get_token_backend(self) -> Keyring:
        return keyring()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that holds says of its bearer."""

    user_id: UUID
    device_id: UUID
    role: str
    jti: str


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token and the refresh token that follows it."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a challenge says: whose first step it stands for, and the proof of that step."""

    user_id: UUID
    proof: str
    jti: str


def new_jti() -> str:
    return uuid4().hex


def issue_pair(*, user_id: UUID, device_id: UUID, role: str, jti: str, now: datetime) -> Pair:
    """Sign a pair. The same arguments give the same pair, so a retry can be answered alike."""
    made = []
    for kind, name in ((AccessToken, f"{jti}-a"), (RefreshToken, jti)):
        token = kind()
        token.set_iat(at_time=now)
        token.set_exp(from_time=now, lifetime=token.lifetime)
        token.payload |= {"jti": name, "sub": str(user_id), "sid": str(device_id), "role": role}
        made.append(str(token))
    return Pair(*made)


def read_access(text: str) -> Claims:
    """Return the claims of an access token; raises Unauthenticated."""
    return _read(AccessToken, text)


def read_refresh(text: str) -> Claims:
    """Return the claims of a refresh token; raises Unauthenticated."""
    return _read(RefreshToken, text)


def issue_challenge(*, user_id: UUID, proof: str, now: datetime) -> str:
    """Sign what stands for a first step until the second is done. It opens nothing else."""
    token = ChallengeToken()
    token.set_iat(at_time=now)
    token.set_exp(from_time=now, lifetime=token.lifetime)
    token.payload |= {"jti": new_jti(), "sub": str(user_id), "proof": proof}
    return str(token)


def read_challenge(text: str) -> Challenge:
    """Return what a challenge says; raises Unauthenticated."""
    try:
        payload = ChallengeToken(text).payload  # type: ignore[arg-type]  # the stubs want a Token here
        return Challenge(UUID(payload["sub"]), str(payload["proof"]), str(payload["jti"]))
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise Unauthenticated("The challenge is not valid or has expired. Sign in again.") from None


def _read(kind: type[simplejwt.Token], text: str) -> Claims:
    try:
        payload = kind(text).payload  # type: ignore[arg-type]  # the stubs want a Token here
        return Claims(UUID(payload["sub"]), UUID(payload["sid"]), str(payload["role"]), str(payload["jti"]))
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise Unauthenticated("The token is not valid or has expired.") from None
