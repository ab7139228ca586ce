"""What other apps teach the timeline: their verbs, and which scopes a person may see under which names."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse

from activity.wording import Field

if TYPE_CHECKING:
    from django.db.models import QuerySet

ScopesOf = Callable[[UUID], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of event, its icon, and its sentence.

    `{subject}` is where the title belongs, `{name}` the same without quotation marks. One that
    `edits` is told by the fields that changed: by the sentence of a single one, else by this
    template with `{fields}`. Changes of other verbs are details. A field that is None is never told.
    One that `finishes` its subjects counts in the charts, and one that `unfinishes` them against it.
    What went `along` is counted in these words, for one and for several. One that is the `echo` of
    another, in another scope, is left out where a page tells both.
    """

    name: str
    icon: str
    sentence: str
    finishes: bool = False
    unfinishes: bool = False
    edits: str = ""
    fields: Mapping[str, Field | None] = field(default_factory=dict)
    along: tuple[str, str] = ("more", "more")
    echo: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A scope as people know it, such as a project; `args` are what its page's address needs."""

    scope: str
    id: UUID
    title: str
    colour: str
    page: str
    args: tuple[UUID, ...] = ()

    @property
    def url(self) -> str:
        """Return the address of its page."""
        return reverse(self.page, args=self.args)


PlacesOf = Callable[[UUID], Iterable[Place]]
PeopleOf = Callable[[UUID], Iterable[tuple[UUID, str]]]
Counted = Callable[[], "QuerySet[Any]"]
OpenOf = Callable[[UUID], int]
_verbs: dict[str, Verb] = {}
_scopes: list[ScopesOf] = []
_places: list[PlacesOf] = []
_people: list[PeopleOf] = []
_counters: dict[str, Counted] = {}
_open: dict[str, OpenOf] = {}
subject_pages: dict[str, str] = {}
"""The URL name of a subject type's page, where it has one."""


def add_verb(verb: Verb) -> None:
    _verbs[verb.name] = verb


def verb(name: str) -> Verb:
    """Return a verb; an unknown one (of a newer version, say) still reads as a sentence: `todo.assigned`."""
    return _verbs.get(name) or Verb(name, "history", "{verb} {subject}")


def add_scopes(scopes_of: ScopesOf) -> None:
    """Let `scopes_of(actor_id)` add to what a person may see."""
    _scopes.append(scopes_of)


def scopes_of(actor_id: UUID) -> list[str]:
    """Return every scope the person may see now."""
    return [scope for found in _scopes for scope in found(actor_id)]


def verbs() -> list[Verb]:
    """Return every kind of event, in the order of the apps that taught them."""
    return list(_verbs.values())


def finishing() -> list[str]:
    """Return the verbs that finish their subjects."""
    return [verb.name for verb in _verbs.values() if verb.finishes]


def unfinishing() -> list[str]:
    """Return the verbs that take back what finished their subjects."""
    return [verb.name for verb in _verbs.values() if verb.unfinishes]


def add_places(places_of: PlacesOf) -> None:
    """Let `places_of(actor_id)` name scopes that a person may see."""
    _places.append(places_of)


def places_of(actor_id: UUID) -> dict[str, Place]:
    """Return the scopes that the person may see and that have a name, in the person's order."""
    return {place.scope: place for found in _places for place in found(actor_id)}


def add_people(people_of: PeopleOf) -> None:
    """Let `people_of(actor_id)` say with whom a person shares scopes, by id and name."""
    _people.append(people_of)


def people_of(actor_id: UUID) -> dict[UUID, str]:
    """Return the names of those with whom the person shares scopes, by name and without the person."""
    found = {id: name for people in _people for id, name in people(actor_id) if id != actor_id}
    return dict(sorted(found.items(), key=lambda person: person[1].casefold()))


def add_open(kind: str, open_of: OpenOf) -> None:
    """Let `open_of(id)` count what waits to be done in the scope `<kind>:<id>`."""
    _open[kind] = open_of


def open_in(scope: str) -> int:
    """Return how many wait to be done in a scope now."""
    kind, _, id = scope.partition(":")
    return _open[kind](UUID(id))


def add_counter(kind: str, counted: Counted) -> None:
    """Let the `revision` of these rows be the number of the last event in the scope `<kind>:<id>`."""
    _counters[kind] = counted


def revisions(scopes: Collection[str] | None = None) -> Iterator[tuple[str, int]]:
    """Yield every scope that is counted, or those of these that are, with the number of its last event."""
    for kind, counted in _counters.items():
        rows = counted() if scopes is None else counted().filter(pk__in=_ids(kind, scopes))
        for id, revision in rows.order_by().values_list("pk", "revision").iterator(1000):
            yield f"{kind}:{id}", revision


def _ids(kind: str, scopes: Iterable[str]) -> list[UUID]:
    found = []
    for scope in scopes:
        with suppress(ValueError):  # a scope that nothing of ours has made
            found += [UUID(scope.removeprefix(f"{kind}:"))] if scope.startswith(f"{kind}:") else []
    return found
