"""Who is acting, and what they may do to accounts."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings

from accounts.models import Role, User
from config.errors import Conflict, Forbidden, NotFound, Stale, Unauthenticated


class Actor(Protocol):
    """Whoever acts: a `User` from a page's session, or a principal made of a token's claims."""

    @property
    def pk(self) -> UUID: ...


IfMatch = frozenset[str] | None
"""The entity tags that a caller accepts (RFC 9110 §13.1.1); None for any."""


def locked_self(*, actor: Actor, if_match: IfMatch = None) -> User:
    """Return the acting person's own row, locked: their `revision` is about to move.

    Raises Unauthenticated when the account is gone or shut, and Stale unless `if_match` names its state.
    """
    user = User.objects.active().locked().filter(pk=actor.pk).first()
    if user is None:
        raise Unauthenticated("This account is closed.")
    _require_match(user, if_match)
    return user


RANKS = (Role.USER, Role.ADMIN, Role.SUPERADMIN)
"""Each role may do what those before it may."""
NO_ACCOUNT = "There is no such account."
LAST_SUPERADMIN = "This is the last active superadmin. Name another one first."


class RoleHolder(Actor, Protocol):
    """Somebody of whom we know the role: as the token that they bear says, or their row."""

    @property
    def role(self) -> str: ...


def has_role(actor: RoleHolder, role: str) -> bool:
    """Say whether somebody has this role or a higher one."""
    return actor.role in RANKS[RANKS.index(Role(role)) :]


def require_role(actor: RoleHolder, role: str) -> None:
    """Raise Forbidden unless somebody has this role or a higher one."""
    if not has_role(actor, role):
        raise Forbidden(f"That takes the role of {Role(role).label.lower()}.")


@dataclass(frozen=True, slots=True)
class Charge:
    """A person, locked, whose account somebody else, or the person alone, may change."""

    author: User
    person: User
    is_last_superadmin: bool

    @property
    def is_self(self) -> bool:
        return self.author.pk == self.person.pk


def locked_admin(*, actor: Actor) -> User:
    """Return the acting admin's own row, locked; raises Forbidden for others, else as `locked_self` does."""
    author = locked_self(actor=actor)
    require_role(author, Role.ADMIN)
    return author


def person_in_charge(*, actor: Actor, person_id: UUID, if_match: IfMatch = None) -> Charge:
    """Lock a person whom an admin may change. Superadmins are changed by superadmins alone.

    Raises Stale unless `if_match` names the present state.
    """
    people = _locked_with_superadmins(actor.pk, person_id)
    author, person = people.get(actor.pk), people.get(person_id)
    if author is None or not author.is_active:
        raise Unauthenticated("This account is closed.")
    require_role(author, Role.ADMIN)
    if person is None:
        raise NotFound(NO_ACCOUNT)
    if not can_manage(author, person):
        raise Forbidden("Only a superadmin may change a superadmin.")
    _require_match(person, if_match)
    return Charge(author, person, _is_last_superadmin(person, people))


def listed_person(*, actor: RoleHolder, person_id: UUID) -> User:
    """Return any person to an admin, with `last_seen_at`; raises Forbidden for others, NotFound."""
    require_role(actor, Role.ADMIN)
    person: User | None = User.objects.with_last_seen().filter(pk=person_id).first()
    if person is None:
        raise NotFound(NO_ACCOUNT)
    return person


def can_manage(author: RoleHolder, person: User) -> bool:
    """Say whether somebody may change another's account: admins all but superadmins."""
    return has_role(author, Role.SUPERADMIN if person.role == Role.SUPERADMIN else Role.ADMIN)


def can_change_access(author: RoleHolder, person: User) -> bool:
    """Say whether somebody may change another's role and state: one's own as a superadmin alone."""
    return can_manage(author, person) and (author.pk != person.pk or has_role(author, Role.SUPERADMIN))


def must_have_second_factor(person: RoleHolder) -> bool:
    """Say whether the operator asks a second factor of somebody: `optional`, of `admins`, or of `everyone`."""
    asked = {"optional": None, "admins": Role.ADMIN, "everyone": Role.USER}[settings.SECOND_FACTOR]
    return asked is not None and has_role(person, asked)


def roles_to_give(author: RoleHolder) -> list[Role]:
    """Return the roles that somebody may give to others, the lowest first."""
    if not has_role(author, Role.ADMIN):
        return []
    return [role for role in RANKS if role != Role.SUPERADMIN or has_role(author, Role.SUPERADMIN)]


class LastSuperadmin(Conflict):
    """Nobody would be left to run the place."""


def leaving_self(*, actor: Actor) -> User:
    """Return the acting person's own row, locked, for its account to be closed.

    Raises LastSuperadmin, and Unauthenticated like `locked_self`.
    """
    person = leaving_person(person_id=actor.pk)
    if not person.is_active:
        raise Unauthenticated("This account is closed.")
    return person


def leaving_person(*, person_id: UUID) -> User:
    """Return the row of a person whose account is to go, locked; raises LastSuperadmin."""
    people = _locked_with_superadmins(person_id, going=True)
    person = people.get(person_id)
    if person is None:
        raise Unauthenticated("This account is closed.")
    if _is_last_superadmin(person, people):
        raise LastSuperadmin(LAST_SUPERADMIN)
    return person


def _locked_with_superadmins(*ids: UUID, going: bool = False) -> dict[UUID, User]:
    """Lock these people, and the active superadmins: in one order, so that no two changes wait for each other."""
    locked = User.objects.locked_to_go() if going else User.objects.locked()
    rows = locked.these_or_superadmins(ids).order_by("pk")
    return {user.pk: user for user in rows}


def _is_last_superadmin(person: User, locked: dict[UUID, User]) -> bool:
    return person.is_staff and not any(other.is_staff for other in locked.values() if other.pk != person.pk)


def _require_match(person: User, if_match: IfMatch) -> None:
    if if_match is not None and person.etag not in if_match:
        message = "This account was changed since you loaded it. Nothing was overwritten; load it again."
        raise Stale(message, current=person)
