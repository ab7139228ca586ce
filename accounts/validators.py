"""What a new password must not be, beside what Django knows."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.models import User

LONGEST = 256


class MaximumLengthValidator:
    """Refuses what no form would take: hashing reads all of a password, so it has to end somewhere."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"This password is longer than {LONGEST} characters.")

    def get_help_text(self) -> str:
        return f"At most {LONGEST} characters."


class ContextValidator:
    """Refuses a password that is nothing but the names around it, with digits and signs (ASVS 5.0 §6.2.11)."""

    def validate(self, password: str, user: User | None = None) -> None:
        rest = letters = "".join(_words(password))
        for word in sorted(_context(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if letters and not rest:
            raise ValidationError("This password is made of names that are easy to guess here.")

    def get_help_text(self) -> str:
        return "Not just your own name, your address or the name of this server."


def _context(user: User | None) -> set[str]:
    texts = ["simple todos todo password", urlsplit(settings.BASE_URL).hostname or ""]
    if user is not None:
        texts += [user.name, user.email]
    return {word for text in texts for word in _words(text) if len(word) > 2}


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())
