"""Public links: secret addresses at which anybody may read a project, and nothing else."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction

from accounts.limits import LINK_OF_ADDRESS, PUBLIC_LINK_PASSWORD, PUBLIC_LINK_PASSWORDS
from accounts.policies import Actor
from accounts.services.links import digest_of
from config.errors import Conflict, Forbidden, Invalid, NotFound
from config.throttling import give_back, take
from todos import events, policies
from todos.models import Project, PublicLink, Section, Todo
from todos.policies import Grant
from todos.querysets import TodoQuerySet
from todos.services.commit import count_on, record_project

MARK = "pl_"
"""What every secret begins with: it tells a public link from any other token of ours."""
SHOWN = len(MARK) + 6
MOST = 20
SHOWN_OF_TODO = (
    "id", "section_id", "parent_id", "title", "description", "priority", "due_date", "due_time", "time_zone",
    "deadline", "order", "completed_at",
)  # fmt: skip
PASS_LIFE = timedelta(hours=12)
NO_LINK = "There is nothing here, or it is not shared any more."
ASKS_FOR_PASSWORD = "This link asks for a password."


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made, and its secret, which is never seen again."""

    link: PublicLink
    token: str


def create_link(
    *, actor: Actor, project_id: UUID, now: datetime, password: str = "", expires_at: datetime | None = None
) -> NewLink:
    """Let anybody who has the secret read a project that one owns, and all below it.

    Raises Invalid for an end in the past, Forbidden for the inbox, Conflict for an archived project
    and beyond 20 links.
    """
    policies.visible_project(actor=actor, project_id=project_id)
    hashed = make_password(password) if password else ""  # slow by design: before the transaction, not in it
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "Choose an end in the future.")
    token = MARK + secrets.token_urlsafe(32)
    with transaction.atomic():
        grant = policies.owned_project(actor=actor, project_id=project_id)
        _require_room(grant.project)
        link = PublicLink.objects.create(
            project=grant.project,
            digest=digest_of(token),
            prefix=token[:SHOWN],
            password=hashed,
            created_by=grant.author,
            created_at=now,
            expires_at=expires_at,
        )
        _record(grant, link, verb=events.PROJECT_LINK_MADE, now=now)
    return NewLink(link, token)


def _require_room(project: Project) -> None:
    if project.is_inbox:
        raise Forbidden("The inbox is yours alone.")
    if project.archived_at:
        raise Conflict("This project is archived. Bring it back to share it.")
    if PublicLink.objects.of_project(project.pk).count() >= MOST:
        raise Conflict(f"This project has {MOST} public links already. Revoke one first.")


@transaction.atomic
def revoke_link(*, actor: Actor, project_id: UUID, link_id: UUID, now: datetime) -> None:
    """Take a public link back: it opens nothing from the next request on."""
    grant = policies.owned_project(actor=actor, project_id=project_id)
    link = PublicLink.objects.of_project(project_id).filter(pk=link_id).first()
    if link is None:
        raise NotFound("There is no such link.")
    _record(grant, link, verb=events.PROJECT_LINK_REVOKED, now=now)
    link.delete()


def _record(grant: Grant, link: PublicLink, *, verb: str, now: datetime) -> None:
    count_on(grant.project)
    data = {"link": link.pk, "expires_at": link.expires_at, "has_password": link.has_password}
    record_project(grant, verb=verb, data=data, now=now)


# Reading without an account


def find_link(*, token: str, ip: str | None, now: datetime) -> PublicLink:
    """Return the live link that a secret belongs to; raises NotFound, and RateLimited for who tries many."""
    rows = PublicLink.objects.live(now).with_digest(digest_of(token)).select_related("project")
    link: PublicLink | None = rows.first() if token.startswith(MARK) else None
    if link is None:
        take(LINK_OF_ADDRESS, ip)
        raise NotFound(NO_LINK)
    return link


def give_pass(*, link: PublicLink, password: str, ip: str | None) -> str:
    """Return what opens a link for `PASS_LIFE`, for its password; raises Invalid, and RateLimited after wrong ones."""
    for limit, who in ((PUBLIC_LINK_PASSWORD, (link.pk, ip)), (PUBLIC_LINK_PASSWORDS, (link.pk,))):
        take(limit, *who)
    if link.has_password and not check_password(password, link.password):
        raise Invalid.field("password", "That is not the password of this link.")
    give_back(PUBLIC_LINK_PASSWORD, link.pk, ip)
    give_back(PUBLIC_LINK_PASSWORDS, link.pk)
    return _signer().sign(link.pk.hex)


def require_pass(*, link: PublicLink, given: str) -> None:
    """Raise Forbidden unless the link asks for no password, or the pass is one of its own that still holds."""
    if not link.has_password:
        return
    try:
        opens = _signer().unsign(given, max_age=PASS_LIFE)
    except BadSignature:
        raise Forbidden(ASKS_FOR_PASSWORD) from None
    if opens != link.pk.hex:
        raise Forbidden(ASKS_FOR_PASSWORD)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="todos.public_links.pass")


@dataclass(frozen=True)
class SharedTree:
    """What a public link shows: its project and the projects below it, but for those put aside or thrown away."""

    link: PublicLink

    @cached_property
    def projects(self) -> list[Project]:
        """The projects in order, each after the one that it is in."""
        below: dict[UUID | None, list[Project]] = {}
        for project in Project.objects.owned_by(self.link.project.owner_id).shown().in_order():
            below.setdefault(project.parent_id, []).append(project)
        found, waiting = [], [self.link.project]
        while waiting:
            project = waiting.pop()
            found.append(project)
            waiting += reversed(below.get(project.pk, []))
        return found

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of those projects in order."""
        return list(Section.objects.live().in_projects(self._ids).in_order())

    @property
    def todos(self) -> TodoQuerySet:
        """What waits to be done there."""
        return Todo.objects.in_projects(self._ids).live().open()

    def todos_in(self, project: Project) -> TodoQuerySet:
        """Return what waits in one of the projects, to be paged section by section."""
        return self.todos.in_project(project.pk).by_section().only(*SHOWN_OF_TODO)

    @property
    def _ids(self) -> list[UUID]:
        return [project.pk for project in self.projects]


def sweep_expired_links(now: datetime) -> int:
    """Delete the public links that have run out; returns how many."""
    deleted, _ = PublicLink.objects.expired(now).delete()
    return deleted
