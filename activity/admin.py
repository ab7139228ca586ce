"""What happened, for superadmins: events from the archive where there is one, and what is on its way there."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from activity import archive, registry
from activity.models import Batch, Erasure, Event
from activity.querysets import EventQuerySet
from config.admin import ReadOnlyAdmin

PATIENCE = 5.0
"""Seconds that the archive has for a page of the admin: searching may take longer than reading."""
MOST = 5_000
"""Events that are counted: nobody pages further, and counting all would read all."""


class FirstRows(Paginator):
    """Pages of the first rows."""

    @cached_property
    def count(self) -> int:
        found: Any = self.object_list[:MOST]
        return int(found.count())


class VerbFilter(admin.SimpleListFilter):
    title = parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(verb.name, verb.name) for verb in sorted(registry.verbs(), key=lambda verb: verb.name)]

    def queryset(self, request: HttpRequest, queryset: EventQuerySet) -> EventQuerySet:  # type: ignore[override]
        chosen = self.value()
        return queryset.of_kinds([chosen]) if chosen else queryset


class SubjectFilter(admin.SimpleListFilter):
    """Asks the verbs which types there are: the events would all have to be read."""

    title, parameter_name = "subject type", "subject_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted({verb.name.split(".")[0] for verb in registry.verbs()})]

    def queryset(self, request: HttpRequest, queryset: EventQuerySet) -> EventQuerySet:  # type: ignore[override]
        chosen = self.value()
        return queryset.about_a(chosen) if chosen else queryset


class DayFilter(admin.SimpleListFilter):
    """A year, then a month of it, then a day, as the list shows them.

    Django's date hierarchy would read all events for it, and take MongoDB's days for those of UTC.
    """

    title, parameter_name = "time", "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.get_queryset(request)
        ends = [rows.order_by(name).values_list("created_at", flat=True).first() for name in ("pk", "-pk")]
        if None in ends:
            return []
        first, last = (timezone.localtime(moment).date() for moment in ends)
        return list(_steps(self.used_parameters.get(self.parameter_name) or "", first, last))

    def queryset(self, request: HttpRequest, queryset: EventQuerySet) -> EventQuerySet:  # type: ignore[override]
        chosen = self.value()
        if not chosen:
            return queryset
        first, after = _period(chosen)
        return queryset.since(_midnight(first)).before(_midnight(after))


def _period(value: str) -> tuple[date, date]:
    """Return the first day of `2026`, `2026-03` or `2026-03-02`, and the first day after."""
    try:
        match [int(part) for part in value.split("-")]:
            case [year]:
                return date(year, 1, 1), date(year + 1, 1, 1)
            case [year, month]:
                return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
            case [year, month, day]:
                return date(year, month, day), date(year, month, day) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise IncorrectLookupParameters from error
    raise IncorrectLookupParameters


def _steps(value: str, first: date, last: date) -> Iterator[tuple[str, str]]:
    """Yield what was chosen, from the year down, and what can be chosen next."""
    chosen = value.split("-") if value else []
    for depth in range(1, len(chosen) + 1):
        part = "-".join(chosen[:depth])
        yield part, _name(part)
    within = _period(value) if value else (date(first.year, 1, 1), date(last.year + 1, 1, 1))
    if len(chosen) == 3:
        return
    style = ("%Y", "%Y-%m", "%Y-%m-%d")[len(chosen)]
    start, end = max(within[0], first), min(within[1] - timedelta(days=1), last)
    days = (start + timedelta(days=number) for number in range((end - start).days + 1))
    for part in dict.fromkeys(day.strftime(style) for day in days):
        yield part, _name(part)


def _name(part: str) -> str:
    return date_format(_period(part)[0], ("Y", "F Y", "j F Y")[part.count("-")])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """History is read here, never written."""

    list_display = ("created_at", "verb", "subject_title", "actor_name", "scope", "revision")
    list_filter = (DayFilter, SubjectFilter, VerbFilter)
    search_fields = ("subject_title", "actor_name", "scope", "id")
    search_help_text = "A title, a name, a scope, or the id of an event, a subject or a person"
    ordering = ("-id",)
    sortable_by = ()
    paginator = FirstRows
    show_facets = admin.ShowFacets.NEVER  # they count everything, once for each choice
    fields = (
        "id", "created_at", "verb", ("scope", "revision"), ("actor_name", "actor_id"),
        ("subject_title", "subject_type", "subject_id"), ("local_day", "local_hour"),
        ("subjects", "open_delta", "subject_age"), "readable_data", ("batch", "archived_at"),
    )  # fmt: skip

    @admin.display(description="data")
    def readable_data(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2, ensure_ascii=False))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        if archive.is_configured() and not getattr(request, "archive_is_away", False):
            return Event.objects.archive().order_by(*self.ordering)
        return Event.objects.journal().order_by(*self.ordering)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """Return the event, from the journal as long as the archive does not have it."""
        found: Event | None = super().get_object(request, object_id, from_field)
        if found is None and archive.is_configured():
            with suppress(ValidationError):  # what is no id at all
                found = next(iter(Event.objects.journal().in_bulk([object_id]).values()), None)
        return found

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[EventQuerySet, bool]:
        for word in search_term.split():
            queryset = queryset.matching(word)
        return queryset, False

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._answered(super().changelist_view, request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._answered(super().changeform_view, request, *args, **kwargs)

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._answered(super().history_view, request, *args, **kwargs)

    def _answered(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Answer from the archive within `PATIENCE`, or else from the journal, and say so."""
        if archive.is_configured():
            try:
                archive.breaker.check()
                with archive.within(PATIENCE):
                    response: Any = view(request, *args, **kwargs)
                    return response.render() if hasattr(response, "render") else response
            except archive.ERRORS:
                request.archive_is_away = True  # type: ignore[attr-defined]
                messages.warning(request, "The archive is away just now: this is what the journal has.")
        return view(request, *args, **kwargs)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Events on their way to the archive, and those that it refuses: `activity_status` says which."""

    list_display = ("number", "leased_until", "attempts", "parked_at", "error")
    list_filter = (("parked_at", admin.EmptyFieldListFilter),)
    ordering = ("-number",)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """What is being forgotten in both stores."""

    list_display = ("scope", "actor_id", "asked_at", "due_at")
    ordering = ("-asked_at",)
