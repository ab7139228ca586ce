"""The two calls of an API sign-in with a second factor: a challenge, and its answer."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import caches

from accounts import tokens
from accounts.models import User
from accounts.services.second_factors import check_code
from accounts.services.sign_in import PASSKEY, between_steps, first_step_proof, second_step
from config.errors import Unauthenticated

LIFETIME = int(tokens.ChallengeToken.lifetime.total_seconds())


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """A challenge, what answers it, and for how many seconds."""

    challenge: str
    methods: list[str]
    expires_in: int = LIFETIME


def open_challenge(*, user: User, now: datetime) -> OpenChallenge:
    """Return what stands for the first step of a person until they do the second."""
    methods = [method for method in second_step(user) if method != PASSKEY]  # needs a browser
    return OpenChallenge(tokens.issue_challenge(user_id=user.pk, proof=first_step_proof(user), now=now), methods)


def answer_challenge(*, challenge: str, code: str, now: datetime) -> User:
    """Return the person whose challenge this is, if the code is theirs; a challenge signs in once.

    Raises Unauthenticated, also once the password has changed, and RateLimited after five failures.
    """
    claims = tokens.read_challenge(challenge)
    user = between_steps(user_id=claims.user_id, proof=claims.proof)
    if user is None:
        raise Unauthenticated("The challenge is not valid any more. Sign in again.")
    check_code(user=user, code=code, now=now)
    if not caches["tokens"].add(f"challenge:{claims.jti}", True, timeout=2 * LIFETIME):
        raise Unauthenticated("The challenge was used before. Sign in again.")
    return user
