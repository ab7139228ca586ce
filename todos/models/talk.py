"""What people add to a todo: comments, files, and ties to other todos."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.ids import uuid7
from todos.models.project import Project
from todos.models.todo import Todo
from todos.querysets import AttachmentQuerySet, CommentQuerySet, RelationQuerySet


class OfTodo(models.Model):
    """Something on a todo, and where that is: `project` is the todo's, `revision` that one's at its last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    todo = models.ForeignKey(Todo, models.CASCADE, related_name="%(class)ss")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    revision = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    todo_id: UUID
    project_id: UUID

    class Meta:
        abstract = True
        indexes: ClassVar = [models.Index(fields=["project", "revision", "id"], name="%(class)s_by_revision")]

    @property
    def etag(self) -> str:
        """Return what names this state."""
        return f"{self.revision}.{self.project_id.hex[-6:]}"


class Comment(OfTodo):
    """What somebody says about a todo, in Markdown; `mentions` are the members it calls by name."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    mentions: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    author_id: UUID | None
    mentioned: list[Any]
    objects = CommentQuerySet.as_manager()

    class Meta(OfTodo.Meta):
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="comment_has_text")]
        indexes: ClassVar = [
            *OfTodo.Meta.indexes,
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="comment_in_trash"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


def attachment_key(attachment: "Attachment", name: str) -> str:
    """Return where a file is kept: nothing of what its sender called it."""
    return f"attachments/{attachment.project_id}/{attachment.pk}"


class Attachment(OfTodo):
    """A file on a todo. `media_type` is what its bytes are, not what its sender said."""

    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=attachment_key, max_length=200)
    deleted_at = models.DateTimeField(null=True)

    uploaded_by_id: UUID | None
    objects = AttachmentQuerySet.as_manager()

    class Meta(OfTodo.Meta):
        indexes: ClassVar = [
            *OfTodo.Meta.indexes,
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="attachment_in_trash"),
        ]

    def __str__(self) -> str:
        return self.name


class RelationKind(models.TextChoices):
    BLOCKS = "blocks", "Blocks"
    RELATES = "relates", "Relates to"


class Relation(OfTodo):
    """A tie from a todo to an `other`, maybe of another project."""

    other = models.ForeignKey(Todo, models.CASCADE, related_name="relations_here")
    kind = models.CharField(max_length=10, choices=RelationKind)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    other_id: UUID
    objects = RelationQuerySet.as_manager()

    class Meta(OfTodo.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["todo", "other", "kind"], name="relation_once"),
            models.CheckConstraint(condition=~Q(todo=F("other")), name="relation_between_two"),
            models.CheckConstraint(condition=Q(kind__in=RelationKind.values), name="relation_kind_known"),
        ]
