from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from activity.models import Event


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    """History is read here, never written."""

    list_display = ("created_at", "verb", "subject_title", "actor_name", "scope", "revision")
    list_filter = ("verb", "subject_type", "created_at")
    search_fields = ("subject_title", "actor_name", "scope")
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.journal()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
