"""What can go wrong, in words a person can act on. Pure Python: every layer may raise these.

`config.http` alone turns a code into an HTTP status.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a stable `code`, a sentence for people, and messages per field."""

    code: ClassVar[str] = "invalid"

    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        self.retry_after = retry_after


class Invalid(DomainError):
    """The request is understood and breaks a rule."""

    @classmethod
    def field(cls, name: str, message: str) -> "Invalid":
        """Return the error of one field."""
        return cls(message, fields={name: [message]})


class Unauthenticated(DomainError):
    """Nobody, or nobody we can be sure of, is asking."""

    code = "unauthenticated"


class Forbidden(DomainError):
    """The person may see this but not do that."""

    code = "forbidden"


class NotFound(DomainError):
    """It does not exist, or this person may not know that it does."""

    code = "not_found"


class Gone(DomainError):
    """What was asked for is no more, and will not be again."""

    code = "gone"


class Conflict(DomainError):
    """The present state does not allow it."""

    code = "conflict"


class Stale(DomainError):
    """The caller has not seen the present revision (RFC 9110 §13.1.1), which is that of `current`."""

    code = "stale"

    def __init__(self, message: str, *, current: Any = None) -> None:
        super().__init__(message)
        self.current = current


class RateLimited(DomainError):
    """Too many tries."""

    code = "rate_limited"


class Unavailable(DomainError):
    """A store cannot be asked just now, so nothing is assumed."""

    code = "unavailable"
