"""What a person's export holds of this app: all that they see."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from todos.models import (
    Attachment,
    CalendarFeed,
    Comment,
    Label,
    Membership,
    Notification,
    Project,
    PublicLink,
    Relation,
    Reminder,
    SavedFilter,
    Section,
    ShareInvitation,
    Todo,
)

BATCH = 500
PROJECT = (
    "id", "owner", "parent", "title", "colour", "is_inbox", "order", "archived_at", "created_at", "updated_at",
    "deleted_at",
)  # fmt: skip
TODO = (
    "id", "project", "section", "parent", "title", "description", "priority", "due_date", "due_time", "time_zone",
    "start_date", "deadline", "duration_minutes", "recurrence", "recurrence_anchor", "assignee", "completed_at",
    "order", "created_by", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
Rows = Iterator[Mapping[str, Any]]


def projects(user_id: UUID) -> Rows:
    """Return the projects that a person is in, their own in the trash too."""
    return Project.objects.seen_by(user_id).in_order().values(*PROJECT).iterator(BATCH)


def memberships(user_id: UUID) -> Rows:
    """Return what a person is in each of them."""
    return (
        Membership.objects.of(user_id)
        .order_by("pk")
        .values("project", "role", "granted", "is_favourite")
        .iterator(BATCH)
    )


def sections(user_id: UUID) -> Rows:
    """Return the sections of these projects, those in the trash too."""
    columns = ("id", "project", "title", "order", "created_at", "updated_at", "deleted_at")
    rows = Section.objects.filter(project__in=_projects(user_id)).order_by("pk")
    return rows.values(*columns).iterator(BATCH)


def _projects(user_id: UUID) -> QuerySet[Any]:
    return Project.objects.seen_by(user_id).values("pk")


def labels(user_id: UUID) -> Rows:
    """Return a person's labels."""
    columns = ("id", "name", "colour", "created_at", "updated_at")
    return Label.objects.of(user_id).in_order().values(*columns).iterator(BATCH)


def saved_filters(user_id: UUID) -> Rows:
    """Return a person's saved filters."""
    columns = ("id", "name", "query", "colour", "order", "is_favourite", "project", "created_at", "updated_at")
    return SavedFilter.objects.of(user_id).in_order().values(*columns).iterator(BATCH)


def todos(user_id: UUID) -> Rows:
    """Return the todos of the projects that a person is in, those in the trash too."""
    rows = (
        Todo.objects.filter(project__in=_projects(user_id))
        .with_label_names()
        .order_by("pk")
        .values(*TODO, "label_names")
    )
    for row in rows.iterator(BATCH):
        row["labels"] = row.pop("label_names")
        yield row


def comments(user_id: UUID) -> Rows:
    """Return the comments on those todos, those in the trash too."""
    columns = ("id", "todo", "author", "text", "created_at", "updated_at", "deleted_at")
    return Comment.objects.filter(project__in=_projects(user_id)).order_by("pk").values(*columns).iterator(BATCH)


def attachments(user_id: UUID) -> Rows:
    """Return what is known of the files on those todos; each is read where `todos/` of the API has it."""
    columns = ("id", "todo", "name", "media_type", "size", "sha256", "uploaded_by", "created_at", "deleted_at")
    return Attachment.objects.filter(project__in=_projects(user_id)).order_by("pk").values(*columns).iterator(BATCH)


def relations(user_id: UUID) -> Rows:
    """Return the ties between todos of which the person sees both."""
    columns = ("id", "todo", "other", "kind", "created_by", "created_at")
    seen = Relation.objects.visible_to(user_id).filter(other__in=Todo.objects.visible_to(user_id))
    return seen.order_by("pk").values(*columns).iterator(BATCH)


def reminders(user_id: UUID) -> Rows:
    """Return a person's reminders."""
    columns = ("id", "todo", "relative_to", "offset_minutes", "remind_at", "sent_at", "created_at")
    return Reminder.objects.of(user_id).order_by("pk").values(*columns).iterator(BATCH)


def notifications(user_id: UUID) -> Rows:
    """Return the lines of a person's list that they see."""
    columns = ("id", "kind", "project", "todo", "actor", "data", "created_at", "read_at")
    return Notification.objects.visible_to(user_id).order_by("pk").values(*columns).iterator(BATCH)


def feeds(user_id: UUID) -> Rows:
    """Return a person's calendar feeds, and nothing of their secrets."""
    columns = ("id", "project", "created_at", "last_used_at")
    return CalendarFeed.objects.of(user_id).order_by("pk").values(*columns).iterator(BATCH)


def share_invitations(user_id: UUID) -> Rows:
    """Return the invitations into a person's projects that wait for an answer."""
    columns = ("id", "project", "email", "role", "created_at", "expires_at")
    return ShareInvitation.objects.by(user_id).order_by("pk").values(*columns).iterator(BATCH)


def public_links(user_id: UUID) -> Rows:
    """Return the public links to a person's projects, and nothing of their secrets."""
    columns = ("id", "project", "created_at", "expires_at")
    return PublicLink.objects.by(user_id).order_by("pk").values(*columns).iterator(BATCH)
