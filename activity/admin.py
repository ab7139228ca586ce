from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from activity.models import Event
from config.admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """History is read here, never written."""

    list_display = ("created_at", "verb", "subject_title", "actor_name", "scope", "revision")
    list_filter = ("verb", "subject_type", "created_at")
    search_fields = ("subject_title", "actor_name", "scope")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.journal()
