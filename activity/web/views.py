"""Pages of what happened: a person's, a project's, a todo's."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from activity import registry
from activity.services import statistics
from activity.services.reading import History, timeline
from activity.web import overview
from activity.web.feed import Feed, FeedForm
from config.errors import NotFound
from config.http import PageRequest

PARTS = {"feed": "activity/_feed.html", "events": "activity/_feed.html", "earlier": "activity/_earlier.html"}
"""What htmx asks for, by the element that it is for."""


@require_safe
def activity(request: PageRequest) -> HttpResponse:
    """Show what a person finished, and what happened around it."""
    person = request.user
    everyone = request.GET.get("who") == "everyone"
    history = timeline(actor_id=person.pk)
    places = registry.places_of(person.pk)
    people = registry.people_of(person.pk) if everyone else {}
    form = FeedForm(request.GET, people=people.items(), places=places.values())
    feed = Feed.read(request, history if everyone else history.by(person.pk), form, places)
    context: dict[str, Any] = {"current": "activity", "feed": feed, "everyone": everyone}
    if _is_start(request):
        finished = statistics.whose(actor_id=person.pk).beside(history)
        context["overview"] = overview.overview(finished=finished, person=person, today=timezone.localdate())
    return _answer(request, "activity/activity.html", context, history)


@require_safe
def project(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Show a project's history and its burn-down to its members."""
    person = request.user
    history = statistics.inside(actor_id=person.pk, project_id=project_id)
    places, people = registry.places_of(person.pk), registry.people_of(person.pk)
    place = next(place for place in places.values() if place.id == project_id)
    form = FeedForm(request.GET, people=[(person.pk, "Me"), *people.items()])
    feed = Feed.read(request, history, form, places)
    days = 90 if request.GET.get("days") == "90" else 30
    context: dict[str, Any] = {"current": f"project:{project_id}", "feed": feed, "place": place, "days": days}
    if _is_start(request):
        names = people | {person.pk: person.name}
        context |= overview.project(events=history, names=names, today=timezone.localdate(), days=days)
    return _answer(request, "activity/project.html", context, history)


@require_safe
def todo(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Show all that happened to one todo, as far as the person may see it."""
    history = timeline(actor_id=request.user.pk).about(todo_id)
    feed = Feed.read(request, history, FeedForm({}))
    if not feed.days and history.complete:
        raise NotFound("There is no such todo.")
    title = feed.page.rows[0].subject_title if feed.page.rows else ""
    return _answer(request, "activity/todo.html", {"feed": feed, "todo_id": todo_id, "title": title}, history)


def _answer(request: PageRequest, page: str, context: dict[str, Any], history: History) -> HttpResponse:
    """Answer with the page, or the part of it that htmx asks for; both say when the archive is away."""
    part = PARTS.get(_target(request), "")
    context |= {"part": part, "away": not history.complete, "kept": settings.JOURNAL_KEEP.days}
    return render(request, part or page, context)


def _is_start(request: PageRequest) -> bool:
    """Say whether charts belong to the answer: neither on pages of older history, nor beside a part."""
    return not request.GET.get("cursor") and _target(request) not in PARTS


def _target(request: PageRequest) -> str:
    htmx = request.htmx
    return (htmx.target or "") if htmx and not htmx.history_restore_request else ""
