"""Files on todos. They lie in Django's default storage, under nothing that their sender chose."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from accounts.policies import Actor
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.domain.files import HEAD, clean_file_name, media_type_of
from todos.models import Attachment, Import, Todo
from todos.policies import Grant, IfMatch
from todos.services.commit import commit_part

MOST = 100
"""Files of one todo, those in its trash counted."""
YOUNG = timedelta(days=1)
"""How long a file may lie without its row: until then, it may be on its way."""
BATCH = 500
NONE: Mapping[str, Any] = {}


def add_attachment(
    *, actor: Actor, todo_id: UUID, upload: "File[bytes]", now: datetime, id: UUID | None = None
) -> Attachment:
    """Keep a file on a todo.

    It is written before any row is locked: a slow store holds up nobody. Raises Invalid for one
    that is empty or too large, Conflict when the todo or the owner of its project has no room.
    """
    todo = policies.editable_unlocked(actor=actor, todo_id=todo_id)
    attachment = Attachment(todo=todo, project_id=todo.project_id, created_at=now, **describe(upload))
    attachment.id = id or attachment.id
    if Attachment.objects.filter(pk=attachment.pk).exists():
        raise Conflict("A file with this id exists already.", fields={"id": ["Taken."]})
    attachment.file.save("", upload, save=False)
    try:
        _insert(attachment, actor=actor, now=now)
    except BaseException:
        attachment.file.delete(save=False)
        raise
    return attachment


def describe(upload: "File[bytes]") -> dict[str, Any]:
    """Return what is to be known of a file; raises Invalid for one that is empty or too large."""
    if not upload.size:
        raise Invalid.field("file", "The file is empty.")
    if upload.size > settings.ATTACHMENT_MAX:
        raise Invalid.field("file", f"A file has at most {settings.ATTACHMENT_MAX // 1_000_000} MB.")
    digest, head = sha256(), b""
    for chunk in upload.chunks():
        digest.update(chunk)
        head = head or chunk[:HEAD]
    upload.seek(0)
    name = clean_file_name(upload.name or "")
    return {"name": name, "media_type": media_type_of(head), "size": upload.size, "sha256": digest.hexdigest()}


@transaction.atomic
def _insert(attachment: Attachment, *, actor: Actor, now: datetime) -> None:
    todo, grants = policies.editable_todo(actor=actor, todo_id=attachment.todo_id)
    insert_step(attachment, todo=todo, grant=grants[todo.project_id], now=now)


def insert_step(
    attachment: Attachment, *, todo: Todo, grant: Grant, now: datetime, told: Mapping[str, Any] = NONE
) -> None:
    """Keep a file that lies in the storage on a todo of a locked project; raises Conflict where there is no room.

    `told` is what its event keeps besides.
    """
    attachment.project, attachment.uploaded_by = grant.project, grant.author
    require_room(attachment, grant)
    try:
        with transaction.atomic():
            data = {**_data(attachment), "name": attachment.name, "size": attachment.size, **told}
            commit_part(attachment, todo=todo, grant=grant, verb=events.ATTACHMENT_ADDED, data=data, now=now)
    except IntegrityError:
        raise Conflict("A file with this id exists already.", fields={"id": ["Taken."]}) from None


def require_room(attachment: Attachment, grant: Grant, *, besides: int = 0) -> None:
    """Raise Conflict where a file has no room, with so many bytes `besides` those that are kept."""
    if Attachment.objects.of_todo(attachment.todo_id).count() >= MOST:
        raise Conflict(f"A todo has at most {MOST} files.")
    held = Attachment.objects.owned_by(grant.project.owner_id).bytes_held()
    if settings.ATTACHMENT_QUOTA is not None and held + besides + attachment.size > settings.ATTACHMENT_QUOTA:
        raise Conflict("The owner of this project has no room left for files.")


def delete_attachment(
    *, actor: Actor, todo_id: UUID, attachment_id: UUID, now: datetime, if_match: IfMatch = None
) -> Attachment:
    """Move a file to the trash: who added it may, and the project's owner."""
    return _set_deleted(actor, todo_id, attachment_id, now, now, if_match)


def restore_attachment(
    *, actor: Actor, todo_id: UUID, attachment_id: UUID, now: datetime, if_match: IfMatch = None
) -> Attachment:
    """Bring a file back from the trash: who may delete it may."""
    return _set_deleted(actor, todo_id, attachment_id, None, now, if_match)


@transaction.atomic
def _set_deleted(
    actor: Actor, todo_id: UUID, id: UUID, moment: datetime | None, now: datetime, if_match: IfMatch
) -> Attachment:
    rows = Attachment.objects.all()
    found, todo, grant = policies.editable_part(rows, actor=actor, todo_id=todo_id, id=id, if_match=if_match)
    attachment: Attachment = found
    policies.require_author_or_owner(attachment.uploaded_by_id, grant=grant)
    before = attachment.deleted_at
    if bool(before) == bool(moment):
        return attachment
    attachment.deleted_at = moment
    verb = events.ATTACHMENT_DELETED if moment else events.ATTACHMENT_RESTORED
    data = _data(attachment) | {"changes": {"deleted_at": {"before": before, "after": moment}}}
    commit_part(attachment, todo=todo, grant=grant, verb=verb, data=data, now=now, fields=["deleted_at"])
    return attachment


def _data(attachment: Attachment) -> dict[str, Any]:
    return {"attachment": {"id": attachment.pk}}


def sweep_orphans(now: datetime) -> int:
    """Delete files that have no row any more, or never got one; returns how many.

    Rows go in many ways, with their todo, project or owner; what lies there is looked through once a day.
    """
    places = [PurePosixPath("attachments") / folder for folder in _listed("attachments")[0]]
    return sum(sweep_folder(place, Attachment, now) for place in places)


def sweep_folder(place: PurePosixPath, model: type[Attachment | Import], now: datetime) -> int:
    """Delete what lies in a folder of the storage and is not the `file` of a row, nor young; returns how much."""
    deleted, names = 0, _listed(str(place))[1]
    for start in range(0, len(names), BATCH):
        paths = [str(place / name) for name in names[start : start + BATCH]]
        known = set(model.objects.filter(file__in=paths).values_list("file", flat=True))
        for path in [path for path in paths if path not in known]:
            if default_storage.get_modified_time(path) < now - YOUNG:
                default_storage.delete(path)
                deleted += 1
    return deleted


def _listed(path: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(path)
    except FileNotFoundError:  # nobody has sent a file yet
        return [], []
