"""Where other apps join in what happens to accounts, without accounts knowing them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Mail, User

RegistrationStep = Callable[[User, datetime], None]
registration_steps: list[RegistrationStep] = []


def at_registration(step: RegistrationStep) -> None:
    """Run `step(user, now)` inside the transaction of each sign-up."""
    registration_steps.append(step)


ProfileStep = Callable[[User, Collection[str], datetime], None]
profile_steps: list[ProfileStep] = []


def at_profile_change(step: ProfileStep) -> None:
    """Run `step(user, fields, now)` inside the transaction of each change of a profile, with the changed fields."""
    profile_steps.append(step)


ExportedRows = Callable[[UUID], Iterable[Mapping[str, Any]]]
exported: dict[str, ExportedRows] = {}


def in_export(name: str, rows: ExportedRows) -> None:
    """Put `rows(user_id)` into each export under this name; they are read one by one and never held."""
    exported[name] = rows


@dataclass(frozen=True, slots=True)
class Heir:
    """Somebody who could take over what another leaves behind."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What a person owns and others use: before they leave, they choose an heir or to delete it."""

    id: UUID
    title: str
    heirs: tuple[Heir, ...]


Choices = Mapping[str, str]
"""By the id of each shared thing: the id of its heir, or `delete`."""
DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Estate:
    """What one app does when a person leaves.

    `shared(user_id)` lists what needs a choice. `settle(user, choices, now)` runs inside the
    transaction that deletes the account, after which no row of the app may hold on to the person.
    """

    shared: Callable[[UUID], list[Shared]]
    settle: Callable[[User, Choices, datetime], None]


estates: list[Estate] = []


def at_departure(estate: Estate) -> None:
    """Ask and run this app when a person deletes their account."""
    estates.append(estate)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail of another app says: its subject, and what its templates are filled with.

    Whatever a person typed has gone through `emails.plain`.
    """

    subject: str
    context: Mapping[str, Any]


WriteLetter = Callable[[Mail, User | None, datetime], Letter | None]
letters: dict[str, WriteLetter] = {}


def in_mail(template: str, write: WriteLetter) -> None:
    """Let `queue_mail` take this template: `templates/email/<template>.txt` and `.html`.

    `write(mail, user, now)` runs in a transaction of its own right before the mail is sent, at each
    try; None says that nobody waits for it any more. A mail queued for a `user` goes to the address
    that they have by then, and only while their account is open. A secret in a link is made here,
    never queued.
    """
    letters[template] = write
