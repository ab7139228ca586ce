"""What people say about a todo, and whom they call by name."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policies import Actor
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.models import Comment, Todo
from todos.policies import Grant, IfMatch
from todos.services.commit import commit_part, insert_parts
from todos.services.markdown import render
from todos.services.mentions import call
from todos.services.search import index_comments

BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+|\A\s+\Z")
LONGEST = 10_000
"""Characters of a comment: an event keeps both of its texts whole."""


@transaction.atomic
def add_comment(*, actor: Actor, todo_id: UUID, text: str, now: datetime, id: UUID | None = None) -> Comment:
    """Comment on a todo, in Markdown, and tell the members whom the text calls by name.

    Raises Conflict when the id is taken. Who may only look at the project may not comment either.
    """
    todo, grants = policies.editable_todo(actor=actor, todo_id=todo_id)
    grant = grants[todo.project_id]
    comment = Comment(todo=todo, project=grant.project, author=grant.author, text=clean_comment(text))
    comment.id, comment.created_at, comment.updated_at = id or comment.id, now, now
    data = _data(comment, _said(comment))
    try:
        with transaction.atomic():
            commit_part(comment, todo=todo, grant=grant, verb=events.COMMENT_ADDED, data=data, now=now)
    except IntegrityError:
        raise Conflict("A comment with this id exists already.", fields={"id": ["Taken."]}) from None
    _settle(comment, todo, now)
    return comment


@transaction.atomic
def edit_comment(
    *, actor: Actor, todo_id: UUID, comment_id: UUID, text: str | None, now: datetime, if_match: IfMatch = None
) -> Comment:
    """Put another text in one's own comment, None for none; whom it calls by name for the first time is told."""
    comment, todo, grant = _editable(actor, todo_id, comment_id, if_match)
    policies.require_author(comment.author_id, grant=grant)
    if comment.deleted_at:
        raise Conflict("This comment is in the trash. Restore it first.")
    before, text = comment.text, comment.text if text is None else clean_comment(text)
    if text == before:
        return comment
    comment.text, comment.updated_at = text, now
    _save(comment, todo, grant, events.COMMENT_EDITED, {"text": {"before": before, "after": text}}, now)
    _settle(comment, todo, now)
    return comment


@transaction.atomic
def delete_comment(
    *, actor: Actor, todo_id: UUID, comment_id: UUID, now: datetime, if_match: IfMatch = None
) -> Comment:
    """Move a comment to the trash: its author may, and the project's owner."""
    return _set_deleted(actor, todo_id, comment_id, now, now, if_match)


@transaction.atomic
def restore_comment(
    *, actor: Actor, todo_id: UUID, comment_id: UUID, now: datetime, if_match: IfMatch = None
) -> Comment:
    """Bring a comment back from the trash: who may delete it may."""
    return _set_deleted(actor, todo_id, comment_id, None, now, if_match)


def _set_deleted(
    actor: Actor, todo_id: UUID, comment_id: UUID, moment: datetime | None, now: datetime, if_match: IfMatch
) -> Comment:
    comment, todo, grant = _editable(actor, todo_id, comment_id, if_match)
    policies.require_author_or_owner(comment.author_id, grant=grant)
    before = comment.deleted_at
    if bool(before) == bool(moment):
        return comment
    comment.deleted_at, comment.updated_at = moment, now
    verb = events.COMMENT_DELETED if moment else events.COMMENT_RESTORED
    _save(comment, todo, grant, verb, {"deleted_at": {"before": before, "after": moment}}, now)
    index_comments(todo.pk)
    return comment


def _editable(actor: Actor, todo_id: UUID, id: UUID, if_match: IfMatch) -> tuple[Comment, Todo, Grant]:
    rows = Comment.objects.with_mentions().select_related("author")
    return policies.editable_part(rows, actor=actor, todo_id=todo_id, id=id, if_match=if_match)


def clean_comment(text: str) -> str:
    """Return a comment as it is stored; raises Invalid."""
    text = BLANK_LINES.sub("", text.replace("\r\n", "\n")).rstrip()
    if not text:
        raise Invalid.field("text", "A comment needs words.")
    if len(text) > LONGEST:
        raise Invalid.field("text", f"A comment has at most {LONGEST} characters.")
    return text


def _save(comment: Comment, todo: Todo, grant: Grant, verb: str, change: dict[str, Any], now: datetime) -> None:
    data, fields = _data(comment, change), [*change, "updated_at"]
    commit_part(comment, todo=todo, grant=grant, verb=verb, data=data, now=now, fields=fields)


def _settle(comment: Comment, todo: Todo, now: datetime) -> None:
    """Do what follows from the words of a comment."""
    call(comment, todo=todo, now=now)
    index_comments(todo.pk)
    render(comment.text)  # kept for those who read it


def insert_comments(comments: Sequence[Comment], *, author: User, now: datetime, told: Mapping[str, Any]) -> None:
    """Insert comments on todos of locked projects, each with its event, which keeps what is `told` besides.

    Those of a file call nobody by name: what they say was said elsewhere.
    """
    parts = [(comment, _data(comment, _said(comment)) | dict(told)) for comment in comments]
    insert_parts(parts, author=author, verb=events.COMMENT_ADDED, now=now)
    index_comments(*{comment.todo_id for comment in comments})


def _said(comment: Comment) -> dict[str, Any]:
    return {"text": {"before": "", "after": comment.text}}


def _data(comment: Comment, change: dict[str, Any]) -> dict[str, Any]:
    return {"comment": {"id": comment.pk}, "changes": change}
