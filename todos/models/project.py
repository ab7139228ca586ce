"""Projects and who is in them."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.models import COLOURS
from config.ids import uuid7
from todos.models.fields import OrderKeyField
from todos.querysets import MembershipQuerySet, ProjectQuerySet, SectionQuerySet


class Project(models.Model):
    """A list of todos. `revision` counts every change in it (DESIGN: one counter orders all).

    A project in another has the owner of the topmost one, and goes to the archive, the trash and
    a new owner along with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="subprojects")
    title = models.CharField(max_length=200)
    colour = models.CharField(max_length=10, default="green", choices=[(name, name) for name in COLOURS])
    is_inbox = models.BooleanField(default=False)
    order = OrderKeyField()
    revision = models.PositiveBigIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    owner_id: UUID
    parent_id: UUID | None
    depth: int
    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner"], condition=models.Q(is_inbox=True), name="project_one_inbox"),
            models.CheckConstraint(condition=~models.Q(title=""), name="project_has_title"),
            models.CheckConstraint(
                condition=models.Q(is_inbox=False) | models.Q(archived_at=None, deleted_at=None, parent=None),
                name="project_inbox_stays",
            ),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")), name="project_not_its_own_parent"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="project_in_trash")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def etag(self) -> str:
        """Return what names this state of the project."""
        return str(self.revision)

    @property
    def scope(self) -> str:
        """Return the scope of its events."""
        return f"project:{self.pk}"


class MembershipRole(models.TextChoices):
    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """What a person may do in a project. Reading it is one join; the owner has a row too.

    `granted` is the role that was given in this very project, "" for none; `role` is what counts:
    the higher of that and the person's role in the project above. `revision` is the project's at
    the last change of either; `own_revision` the person's when they last took it for a favourite, or no more.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=MembershipRole)
    granted = models.CharField(max_length=10, choices=MembershipRole, blank=True)
    is_favourite = models.BooleanField(default=False)
    revision = models.PositiveBigIntegerField(default=0)
    own_revision = models.PositiveBigIntegerField(default=0)

    project_id: UUID
    user_id: UUID
    inherited: str | None
    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "project"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=MembershipRole.values), name="membership_role_known"),
            models.CheckConstraint(
                condition=models.Q(granted__in=["", *MembershipRole.values]), name="membership_grant_known"
            ),
        ]

    @property
    def etag(self) -> str:
        """Return what names this state."""
        return f"{self.revision}.{self.project_id.hex[-6:]}"


class Section(models.Model):
    """A part of a project under a heading of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="sections")
    title = models.CharField(max_length=200)
    order = OrderKeyField()
    revision = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    project_id: UUID
    objects = SectionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~models.Q(title=""), name="section_has_title")]
        indexes: ClassVar = [
            models.Index(fields=["project", "order", "id"], name="section_in_order"),
            models.Index(fields=["project", "revision", "id"], name="section_by_revision"),
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="section_in_trash"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def etag(self) -> str:
        """Return what names this state."""
        return f"{self.revision}.{self.project_id.hex[-6:]}"
