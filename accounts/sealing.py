"""Secrets that must be read again, sealed before they are stored: a copy of the database opens none."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(ValueError):
    """What was sealed was changed, or sealed with a key that we no longer have."""


def seal(secret: bytes) -> str:
    """Encrypt and sign a secret with a key that is derived from SECRET_KEY (RFC 5869)."""
    return _box().encrypt(secret).decode()


def unseal(sealed: str) -> bytes:
    """Return a sealed secret, also of a key in SECRET_KEY_FALLBACKS; raises Unreadable."""
    try:
        return _box().decrypt(sealed.encode())
    except InvalidToken:
        raise Unreadable("What was sealed cannot be opened with SECRET_KEY or its fallbacks.") from None


def _box() -> MultiFernet:
    return _boxes((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _boxes(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"simple-todos sealing").derive(key.encode())
    return urlsafe_b64encode(made)
