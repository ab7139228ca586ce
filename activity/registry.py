"""What other apps teach the timeline: their verbs, and which scopes a person may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

ScopesOf = Callable[[UUID], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of event, its icon, and its sentence with `{subject}` where the title belongs."""

    name: str
    icon: str
    sentence: str


_verbs: dict[str, Verb] = {}
_scopes: list[ScopesOf] = []
subject_pages: dict[str, str] = {}
"""The URL name of a subject type's page, where it has one."""


def add_verb(verb: Verb) -> None:
    _verbs[verb.name] = verb


def verb(name: str) -> Verb:
    """Return a verb; an unknown one (of a newer version, say) still reads as a sentence."""
    return _verbs.get(name) or Verb(name, "history", f"{name.replace('.', ' ')} {{subject}}")


def add_scopes(scopes_of: ScopesOf) -> None:
    """Let `scopes_of(actor_id)` add to what a person may see."""
    _scopes.append(scopes_of)


def scopes_of(actor_id: UUID) -> list[str]:
    """Return every scope the person may see now."""
    return [scope for found in _scopes for scope in found(actor_id)]
