"""Giving a person's todos out as a file."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.limits import EXPORT
from accounts.policies import Actor
from accounts.services.export import in_chunks
from config.throttling import take
from todos import policies
from todos.services.export import Scope
from todos.services.transfer.formats import export_in


def export_todos(*, actor: Actor, form: str, now: datetime, project_id: UUID | None = None) -> Iterator[bytes]:
    """Return in pieces what a person sees, or a project with all below it, in a format, as of one moment.

    Our own has all that there is, the others what is not in the trash. Raises Invalid for an unknown format.
    """
    export = export_in(form)
    ids = policies.visible_tree(actor=actor, project_id=project_id) if project_id else None
    take(EXPORT, actor.pk)
    return in_chunks(export(Scope(actor.pk, ids), now=now))
