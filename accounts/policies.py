"""Who is acting, and what they may do to accounts."""

from typing import Protocol
from uuid import UUID

from accounts.models import User
from config.errors import Unauthenticated


class Actor(Protocol):
    """Whoever acts: a `User` from a page's session, or a principal made of a token's claims."""

    @property
    def pk(self) -> UUID: ...


def locked_self(*, actor: Actor) -> User:
    """Return the acting person's own row, locked: their `revision` is about to move.

    Raises Unauthenticated when the account is gone or shut.
    """
    user = User.objects.active().locked().filter(pk=actor.pk).first()
    if user is None:
        raise Unauthenticated("This account is closed.")
    return user
