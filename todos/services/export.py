"""What a person's export holds of this app: all that they see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from todos.models import (
    Attachment,
    CalendarFeed,
    Comment,
    Import,
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
from todos.querysets import ProjectQuerySet, TodoQuerySet

BATCH = 500
PROJECT = (
    "id", "owner", "parent", "title", "colour", "is_inbox", "is_favourite", "order", "archived_at", "created_at",
    "updated_at", "deleted_at",
)  # fmt: skip
SECTION = ("id", "project", "title", "order", "created_at", "updated_at", "deleted_at")
LABEL = ("id", "name", "colour", "created_at", "updated_at")
SAVED_FILTER = ("id", "name", "query", "colour", "order", "is_favourite", "project", "created_at", "updated_at")
TODO = (
    "id", "project", "section", "parent", "title", "description", "priority", "due_date", "due_time", "time_zone",
    "start_date", "deadline", "duration_minutes", "recurrence", "recurrence_anchor", "occurrence", "occurrence_date",
    "occurrence_time", "assignee", "completed_at", "order", "created_by", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
TIMES = ("due_time", "occurrence_time")
COMMENT = ("id", "todo", "author", "author__name", "text", "created_at", "updated_at", "deleted_at")
ATTACHMENT = ("id", "todo", "name", "media_type", "size", "sha256", "uploaded_by", "created_at", "deleted_at")
RELATION = ("id", "todo", "other", "kind", "created_by", "created_at")
REMINDER = ("id", "todo", "relative_to", "offset_minutes", "remind_at", "sent_at", "created_at")
Row = dict[str, Any]
Rows = Iterator[Row]


@dataclass(frozen=True, slots=True)
class Scope:
    """What goes along of all that a person sees: everything, or what is in some projects."""

    user_id: UUID
    project_ids: frozenset[UUID] | None = None

    def projects(self) -> ProjectQuerySet:
        """Return the projects that the person is in, their own in the trash too."""
        rows = Project.objects.seen_by(self.user_id)
        return rows if self.project_ids is None else rows.filter(pk__in=self.project_ids)

    def todos(self) -> TodoQuerySet:
        """Return the todos of these projects, those in the trash too."""
        return Todo.objects.filter(project__in=self.projects().values("pk"))

    def on_todos(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is on these todos."""
        return rows.filter(project__in=self.projects().values("pk"))


def of_person(rows: Callable[[Scope], Rows]) -> Callable[[UUID], Rows]:
    """Return what gives these rows of all that a person sees."""
    return lambda user_id: rows(Scope(user_id))


def projects(scope: Scope) -> Rows:
    """Return the projects that a person is in, their own in the trash too."""
    for row in scope.projects().in_order().values(*PROJECT).iterator(BATCH):
        if scope.project_ids is not None and row["parent"] not in scope.project_ids:
            row["parent"] = None
        yield row


def memberships(scope: Scope) -> Rows:
    """Return what a person is in each of them."""
    rows: QuerySet[Any] = Membership.objects.of(scope.user_id).order_by("pk")
    return rows.values("project", "role", "granted", "is_favourite").iterator(BATCH)


def sections(scope: Scope) -> Rows:
    """Return the sections of these projects, those in the trash too."""
    rows = scope.on_todos(Section.objects.all()).order_by("project", "order", "pk")
    return rows.values(*SECTION).iterator(BATCH)


def labels(scope: Scope) -> Rows:
    """Return a person's labels: all, or those on todos of the projects."""
    rows = Label.objects.of(scope.user_id).in_order()
    if scope.project_ids is not None:
        rows = rows.filter(pk__in=Todo.labels.through.objects.filter(todo__in=scope.todos()).values("label_id"))
    return rows.values(*LABEL).iterator(BATCH)


def saved_filters(scope: Scope) -> Rows:
    """Return a person's saved filters: all, or those that are shown to the projects."""
    rows = SavedFilter.objects.of(scope.user_id).in_order()
    if scope.project_ids is not None:
        rows = rows.filter(project__in=scope.project_ids)
    return rows.values(*SAVED_FILTER).iterator(BATCH)


def todos(scope: Scope) -> Rows:
    """Return the todos of the projects that a person is in, those in the trash too, in the order of each."""
    return todo_rows(scope.todos().order_by("project", "order", "pk"))


def todo_rows(rows: Any) -> Rows:
    """Return todos as rows, in their order."""
    for row in rows.with_label_names().values(*TODO, "label_names").iterator(BATCH):
        row["labels"] = row.pop("label_names")
        for name in TIMES:  # orjson 3.13 leaves zeros out of some fractions of a second
            row[name] = row[name] and row[name].isoformat()
        yield row


def comments(scope: Scope) -> Rows:
    """Return the comments on those todos, those in the trash too."""
    return comment_rows(scope.on_todos(Comment.objects.order_by("pk")))


def comment_rows(rows: QuerySet[Any]) -> Rows:
    """Return comments as rows, each with the name of who wrote it."""
    for row in rows.values(*COMMENT).iterator(BATCH):
        row["author_name"] = row.pop("author__name")
        yield row


def attachments(scope: Scope) -> Rows:
    """Return what is known of the files on those todos; each is read where `todos/` of the API has it."""
    return attachment_rows(scope.on_todos(Attachment.objects.order_by("pk")))


def attachment_rows(rows: QuerySet[Any]) -> Rows:
    """Return what is known of files as rows."""
    return rows.values(*ATTACHMENT).iterator(BATCH)


def relations(scope: Scope) -> Rows:
    """Return the ties between todos of which the person sees both."""
    seen: QuerySet[Any] = Relation.objects.visible_to(scope.user_id).filter(
        other__in=Todo.objects.visible_to(scope.user_id)
    )
    if scope.project_ids is not None:
        seen = scope.on_todos(seen).filter(other__in=scope.todos())
    return seen.order_by("pk").values(*RELATION).iterator(BATCH)


def reminders(scope: Scope) -> Rows:
    """Return a person's reminders of those todos."""
    rows = Reminder.objects.of(scope.user_id).order_by("pk")
    return reminder_rows(rows if scope.project_ids is None else rows.filter(todo__in=scope.todos()))


def reminder_rows(rows: QuerySet[Any]) -> Rows:
    """Return reminders as rows."""
    return rows.values(*REMINDER).iterator(BATCH)


KINDS = {
    rows.__name__: rows
    for rows in (
        projects, sections, labels, saved_filters, todos, comments, attachments, relations, reminders
    )
}  # fmt: skip
"""What every export holds, and every import takes in."""


def notifications(scope: Scope) -> Rows:
    """Return the lines of a person's list that they see."""
    columns = ("id", "kind", "project", "todo", "actor", "data", "created_at", "read_at")
    return Notification.objects.visible_to(scope.user_id).order_by("pk").values(*columns).iterator(BATCH)


def feeds(scope: Scope) -> Rows:
    """Return a person's calendar feeds, and nothing of their secrets."""
    columns = ("id", "project", "created_at", "last_used_at")
    return CalendarFeed.objects.of(scope.user_id).order_by("pk").values(*columns).iterator(BATCH)


def share_invitations(scope: Scope) -> Rows:
    """Return the invitations into a person's projects that wait for an answer."""
    columns = ("id", "project", "email", "role", "created_at", "expires_at")
    return ShareInvitation.objects.by(scope.user_id).order_by("pk").values(*columns).iterator(BATCH)


def public_links(scope: Scope) -> Rows:
    """Return the public links to a person's projects, and nothing of their secrets."""
    columns = ("id", "project", "created_at", "expires_at")
    return PublicLink.objects.by(scope.user_id).order_by("pk").values(*columns).iterator(BATCH)


def imports(scope: Scope) -> Rows:
    """Return the imports of a person, and what came of them."""
    columns = (
        "id", "format", "name", "is_dry_run", "project", "status", "total", "done", "taken", "existing", "refused",
        "error", "created_at", "started_at", "finished_at",
    )  # fmt: skip
    return Import.objects.of(scope.user_id).order_by("pk").values(*columns).iterator(BATCH)


OWN = {rows.__name__: rows for rows in (memberships, notifications, feeds, share_invitations, public_links, imports)}
"""What the export of an account holds besides."""
