"""Where a client of delta sync is, and the token that says so.

The token is a vector: of each project the revision that the client has. A project's counter is
moved under the lock of its row, so whoever reads a revision can read every change up to it, however
many writers there are. Nothing in a token is secret or trusted: what is answered depends on what
the person may see now.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

VERSION: Final = 1
Revisions = Mapping[UUID, int]


class UnknownToken(ValueError):
    """This is no token of ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last row that was sent: of which stream, in which project, at which revision."""

    stream: int
    project: UUID
    revision: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Round:
    """What a client is being brought up to, and how far that is."""

    own: int
    projects: Revisions
    place: Place


@dataclass(frozen=True, slots=True)
class Position:
    """What a client has: `own` of the person, and of each project it knows; at `made_at`, in seconds of the epoch.

    `own` is -1 while it has nothing, and `round` what it is in the middle of.
    """

    person: UUID
    made_at: int
    own: int = -1
    projects: Revisions = field(default_factory=dict)
    round: Round | None = None

    def token(self) -> str:
        """Return the position as text that goes into an address."""
        packed = bytearray([VERSION])
        packed += self.person.bytes + _number(self.made_at) + _number(self.own + 1) + _revisions(self.projects)
        if self.round:
            place = self.round.place
            packed += _number(self.round.own + 1) + _revisions(self.round.projects)
            packed += _number(place.stream) + place.project.bytes + _number(place.revision + 1) + place.id.bytes
        return urlsafe_b64encode(packed).decode().rstrip("=")


def read_token(token: str) -> Position:
    """Return the position that a token says; raises UnknownToken."""
    try:
        reader = _Reader(urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4)))
        if reader.number() != VERSION:
            raise UnknownToken("another version")
        person, made_at, own, projects = reader.id(), reader.number(), reader.number() - 1, reader.revisions()
        going = None
        if reader.more():
            target, targets = reader.number() - 1, reader.revisions()
            place = Place(reader.number(), reader.id(), reader.number() - 1, reader.id())
            going = Round(target, targets, place)
        if reader.more():
            raise UnknownToken("something after its end")
    except (Base64Error, UnicodeError, IndexError):
        raise UnknownToken("cut or changed") from None
    return Position(person, made_at, own, projects, going)


def _number(value: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first (LEB128)."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _revisions(revisions: Revisions) -> bytes:
    rows = [project.bytes + _number(revision) for project, revision in revisions.items()]
    return _number(len(rows)) + b"".join(rows)


class _Reader:
    LONGEST_NUMBER = 9
    """Bytes of a number that fits into 63 bits: no database has a larger one."""

    def __init__(self, packed: bytes) -> None:
        self.packed, self.at = packed, 0

    def more(self) -> bool:
        return self.at < len(self.packed)

    def number(self) -> int:
        found = 0
        for place in range(self.LONGEST_NUMBER):
            byte = self.packed[self.at]
            self.at += 1
            found |= (byte & 127) << 7 * place
            if byte < 128:
                return found
        raise UnknownToken("a number out of range")

    def id(self) -> UUID:
        found = self.packed[self.at : self.at + 16]
        if len(found) < 16:
            raise UnknownToken("cut")
        self.at += 16
        return UUID(bytes=found)

    def revisions(self) -> dict[UUID, int]:
        def rows() -> Iterator[tuple[UUID, int]]:
            for _ in range(min(self.number(), len(self.packed))):
                yield self.id(), self.number()

        return dict(rows())
