"""Projects, todos and labels, to look at.

A change takes an actor who is a member, and a superadmin is a member of nobody's projects. So
nothing is changed here.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin import ReadOnly, ReadOnlyAdmin
from todos.models import Label, Membership, Project, Todo


class MembershipInline(ReadOnly, admin.TabularInline):
    """Who is in the project; read-only, as sharing is for its owner to do."""

    model = Membership
    fields = ("user", "role")
    ordering = ("role", "user__email")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """Projects and who is in them; read-only, for a superadmin is not a member."""

    list_display = ("title", "owner", "is_inbox", "colour", "archived_at", "revision", "updated_at")
    list_filter = ("is_inbox", ("archived_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email", "owner__name", "=id")
    ordering = ("-created_at", "-id")
    inlines = (MembershipInline,)


@admin.register(Todo)
class TodoAdmin(ReadOnlyAdmin):
    """Todos in every state; read-only, for a superadmin is not a member."""

    list_display = ("title", "project", "priority", "due_date", "completed_at", "deleted_at", "updated_at")
    list_filter = (
        ("completed_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
        "priority",
        "due_date",
        "created_at",
    )
    list_select_related = ("project",)
    search_fields = ("title", "project__title", "=id")
    ordering = ("-created_at", "-id")


@admin.register(Label)
class LabelAdmin(ReadOnlyAdmin):
    """People's labels; read-only, for they are their owners'."""

    list_display = ("name", "owner", "colour", "created_at")
    list_filter = ("colour", "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email", "owner__name", "=id")
    ordering = ("-created_at", "-id")
