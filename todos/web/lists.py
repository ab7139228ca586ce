"""Pages that list todos."""

from datetime import datetime, time
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.http import PageRequest
from config.pagination import keyset_page
from todos import listing, policies
from todos.models import Project, Todo
from todos.web.navigation import nested

ROWS = 100


@require_safe
def start(request: PageRequest) -> HttpResponse:
    """Lead to the page a day starts with."""
    return redirect("today")


@require_safe
def today(request: PageRequest) -> HttpResponse:
    """Show what is due today and what is overdue."""
    day = timezone.localdate()
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    waiting = listing.today(request.user.pk, day)
    rows = list(waiting.for_pages().by_due()[:ROWS])
    due, done = waiting.count(), listing.in_use(request.user.pk).due_by(day).completed_since(midnight).count()
    context = {
        "current": "today",
        "day": day,
        "overdue": [row for row in rows if row.due_date != day],
        "due_today": [row for row in rows if row.due_date == day],
        "more": due - len(rows),
        "done": done,
        "all": done + due,
        "percent": round(100 * done / (done + due)) if done + due else 0,
    }
    return render(request, "todos/today.html", context)


@require_safe
def inbox(request: PageRequest) -> HttpResponse:
    """Show what has not found its project yet."""
    found = policies.inbox(actor=request.user)
    return render(request, "todos/project.html", project_context(request, found) | {"current": "inbox"})


@require_safe
def project(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Show a project's open todos in their order."""
    found = policies.visible_project(actor=request.user, project_id=project_id)
    return render(request, "todos/project.html", project_context(request, found))


def project_context(request: PageRequest, project: Project) -> dict[str, Any]:
    """Return what the page of a project (with its `role`) shows."""
    live = Todo.objects.visible_to(request.user.pk).in_project(project.pk).live()
    page = keyset_page(
        live.open().top_level().for_pages(), ("order", "id"), cursor=request.GET.get("cursor", ""), size=ROWS
    )
    return {
        "current": "inbox" if project.is_inbox else f"project:{project.pk}",
        "project": project,
        "here": project.pk,
        "can_edit": policies.can_edit(project),
        "can_archive": policies.can_archive(project),
        "page": page,
        "done": live.completed().count(),
    }


@require_safe
def label(request: PageRequest, label_id: UUID) -> HttpResponse:
    """Show the open todos that bear one of one's own labels."""
    found = policies.own_label(actor=request.user, label_id=label_id)
    rows = listing.in_use(request.user.pk).open().labelled(label_id)
    page = keyset_page(rows.for_pages(), ("-created_at", "-id"), cursor=request.GET.get("cursor", ""), size=ROWS)
    context = {"current": f"label:{found.pk}", "label": found, "page": page}
    return render(request, "todos/label.html", context)


@require_safe
def completed(request: PageRequest) -> HttpResponse:
    """Show what is done, by day, newest first; `?project=` narrows it."""
    rows = listing.completed(request.user.pk)
    chosen = _chosen_project(request)
    if chosen:
        rows = rows.in_project(chosen.pk)
    page = keyset_page(rows.for_pages(), ("-completed_at", "-id"), cursor=request.GET.get("cursor", ""))
    by_day = groupby(page.rows, key=lambda row: timezone.localtime(row.completed_at).date())
    context = {
        "current": "completed",
        "project": chosen,
        "page": page,
        "days": [(day, list(found)) for day, found in by_day],
    }
    return render(request, "todos/completed.html", context)


def _chosen_project(request: PageRequest) -> Project | None:
    given = request.GET.get("project")
    if not given:
        return None
    try:
        return policies.visible_project(actor=request.user, project_id=UUID(given))
    except ValueError:
        return None


@require_safe
def trash(request: PageRequest) -> HttpResponse:
    """Show what was deleted and can be restored."""
    rows = Todo.objects.visible_to(request.user.pk).trash_roots()
    page = keyset_page(rows.for_pages(), ("-deleted_at", "-id"), cursor=request.GET.get("cursor", ""))
    projects = Project.objects.in_trash_of(request.user.pk).trash_roots().order_by("-deleted_at", "-pk")
    context = {"current": "trash", "page": page, "projects": [] if page.previous else projects[:ROWS]}
    return render(request, "todos/trash.html", context)


@require_safe
def projects(request: PageRequest) -> HttpResponse:
    """Show every project one is in, the archived ones too."""
    mine = Project.objects.with_role(request.user.pk).with_open_count().in_order()
    rows = [row for row in mine if not row.is_inbox]
    context = {
        "current": "projects",
        "live": nested(row for row in rows if not row.archived_at),
        "archived": nested(row for row in rows if row.archived_at),
    }
    return render(request, "todos/projects.html", context)
