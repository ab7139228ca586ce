"""Telling members that a comment calls them by name."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.emails import plain
from accounts.models import Mail, User
from accounts.registry import Letter
from accounts.services.mail import queue_mail
from todos.domain.mentions import mentioned
from todos.models import Comment, Membership, Notification, Todo
from todos.services.markdown import spoken
from todos.services.notifications import notify

TEMPLATE = KIND = "mention"


def call(comment: Comment, *, todo: Todo, now: datetime) -> None:
    """Note which members a comment calls by name, and tell each of the others once, in the app and by mail.

    `@Ada`, `@[Ada Lovelace]` or the part of an e-mail address before its @, outside of code and links.
    """
    members = _members(todo.project_id) if "@" in comment.text else []
    names = {member.pk: (member.name, member.email.partition("@")[0]) for member in members}
    called = mentioned(spoken(comment.text), names) if members else set()
    comment.mentions.set(called)
    comment.mentioned = sorted(called)
    key = f"{KIND}:{comment.pk}"
    told = set(Notification.objects.with_key(key).values_list("user_id", flat=True)) if called else set()
    for member in members:
        if member.pk in called - told - {comment.author_id}:
            _tell(member, comment, todo=todo, key=key, now=now)


def _members(project_id: UUID) -> list[User]:
    rows = Membership.objects.in_projects([project_id]).select_related("user").order_by("pk")
    return [row.user for row in rows if row.user.is_active]


def _tell(member: User, comment: Comment, *, todo: Todo, key: str, now: datetime) -> None:
    notify(
        user_id=member.pk,
        kind=KIND,
        key=key,
        now=now,
        actor_id=comment.author_id,
        project=todo.project,
        todo=todo,
        data={"comment": comment.pk},
    )
    queue_mail(template=TEMPLATE, to=member.email, user=member, data={"comment": str(comment.pk)}, now=now)


def write_mention(mail: Mail, user: User | None, now: datetime) -> Letter | None:
    """Say who calls a member on which todo, and nothing of the comment; None when they see it no longer."""
    seen = Comment.objects.visible_to(user.pk).live() if user else Comment.objects.none()
    comment = seen.select_related("todo", "author").filter(pk=mail.data["comment"]).first()
    if comment is None or comment.todo.deleted_at:
        return None
    author = plain(comment.author.name) if comment.author else ""
    return Letter(
        f"{author or 'Somebody'} mentioned you",
        {
            "author": author or "Somebody",
            "title": plain(comment.todo.title),
            "link": settings.BASE_URL + reverse("todo", args=[comment.todo_id]),
        },
    )
