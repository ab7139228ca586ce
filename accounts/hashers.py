"""Password hashing: bcrypt over SHA-256, at the cost that the settings name."""

from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


class BCryptHasher(BCryptSHA256PasswordHasher):
    """Rehashes a password at its owner's next sign-in when the cost has changed."""

    @property
    def rounds(self) -> int:  # type: ignore[override]  # Django's is a class attribute
        return int(settings.BCRYPT_ROUNDS)
