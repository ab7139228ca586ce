"""Ways into a project for those who are not in it: invitations, public links, calendar feeds.

Of each secret only the SHA-256 is kept.
"""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from config.ids import uuid7
from todos.models.project import MembershipRole, Project
from todos.querysets import CalendarFeedQuerySet, PublicLinkQuerySet, ShareInvitationQuerySet


class ShareInvitation(models.Model):
    """An address that was asked into a project, until its owner takes the offer, or it runs out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=MembershipRole)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    project_id: UUID
    invited_by_id: UUID | None
    objects = ShareInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("project", Lower("email"), name="share_invitation_once")]
        indexes: ClassVar = [models.Index(Lower("email"), name="share_invitation_to")]

    def __str__(self) -> str:
        return self.email


class PublicLink(models.Model):
    """A secret address at which anybody may read a project, with a password if it has one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="public_links")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    password = models.CharField(max_length=128, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    project_id: UUID
    objects = PublicLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return self.prefix

    @property
    def has_password(self) -> bool:
        return bool(self.password)


class CalendarFeed(models.Model):
    """A secret address of an iCalendar of a person's todos, or of those of one project they are in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    user_id: UUID
    project_id: UUID | None
    objects = CalendarFeedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.prefix
