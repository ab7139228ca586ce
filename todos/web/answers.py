"""What a page answers to a change: the piece that htmx asked for, or the way back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from activity.services.reading import timeline
from activity.web.timeline import lines
from config.http import PageRequest
from todos import policies
from todos.models import Project, Todo
from todos.web.forms import TodoForm

EVENTS = 10


def target(request: PageRequest) -> str:
    """Return the id of the element that htmx will put the answer in; "" for a whole page."""
    htmx = request.htmx
    return (htmx.target or "") if htmx and not htmx.history_restore_request else ""


def row_id(request: PageRequest, todo: Todo) -> str:
    """Return the id of the row that asks: a subtask in the detail is not its twin in the list."""
    own = (f"todo-{todo.pk}", f"subtask-{todo.pk}")
    return target(request) if target(request) in own else own[0]


def toast(
    request: PageRequest,
    text: str,
    *,
    undo: str = "",
    todo: Todo | Project | None = None,
    occurrence: int | None = None,
) -> None:
    """Say on this answer, or on the next page, what was done and how to take it back."""
    query = {"occurrence": occurrence} if occurrence else None
    path = reverse(undo, args=[todo.pk], query=query) if undo and todo else ""
    messages.success(request, text, extra_tags=path)


def occurrence_meant(request: PageRequest) -> int | None:
    """Return the number of the occurrence that a form, or the address it goes to, names."""
    given = request.POST.get("occurrence") or request.GET.get("occurrence") or ""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def changed(request: PageRequest, todo: Todo, *, gone: bool = False, fresh: bool = False) -> HttpResponse:
    """Answer a change of a todo; `gone` when it left the list it was in."""
    asked = target(request)
    context: dict[str, Any] = {"oob": True, "gone": gone, "fresh": fresh, "here": here(request, todo)}
    if asked == "detail" and not gone:
        context |= detail_context(request, todo) | {"row_id": f"todo-{todo.pk}"}
        return render(request, "todos/_changed_detail.html", context)
    if asked in (f"todo-{todo.pk}", f"subtask-{todo.pk}"):
        context["todo"] = policies.listed_todo(actor=request.user, todo_id=todo.pk)
        if asked.startswith("subtask-") and todo.parent_id:
            context["parent"] = policies.listed_todo(actor=request.user, todo_id=todo.parent_id)
        return render(request, "todos/_changed_row.html", context | {"row_id": asked})
    return back(request, todo)


def back(request: PageRequest, todo: Todo | None = None) -> HttpResponse:
    """Lead back to the page the form stood on."""
    came_from = request.htmx.current_url if request.htmx else request.headers.get("Referer", "")
    url = request.POST.get("next") or came_from or ""
    if not _is_ours(request, url):
        url = reverse("todo", args=[todo.pk]) if todo else resolve_url("start")
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def detail_context(request: PageRequest, todo: Todo, form: TodoForm | None = None) -> dict[str, Any]:
    """Return what the detail of a todo shows."""
    todo = policies.listed_todo(actor=request.user, todo_id=todo.pk)
    project = policies.visible_project(actor=request.user, project_id=todo.project_id)
    choices = policies.projects_to_choose(actor=request.user, todo=todo)
    subtasks = Todo.objects.visible_to(request.user.pk).live().children_of([todo.pk])
    return {
        "todo": todo,
        "project": project,
        "can_edit": policies.can_edit(project) and todo.deleted_at is None,
        "form": form or TodoForm.of(todo, choices),
        "subtasks": list(subtasks.for_pages().in_order()),
        "lines": lines(timeline(actor_id=request.user.pk).about(todo.pk)[:EVENTS], reader_id=request.user.pk),
        "close_url": _list_url(request, todo),
    }


def here(request: PageRequest, todo: Todo) -> UUID | None:
    """Return the project whose own page asks: its rows need not name it."""
    return todo.project_id if _list_url(request, todo) == _project_url(todo) else None


def _project_url(todo: Todo) -> str:
    return reverse("inbox") if todo.project.is_inbox else reverse("project", args=[todo.project_id])


def _list_url(request: PageRequest, todo: Todo) -> str:
    """Return the list that the detail was opened from, else its project."""
    path = request.htmx.current_url_abs_path if request.htmx else ""
    opened = path if path and not path.startswith("/todos/") else ""
    url = request.POST.get("list") or opened
    return url if _is_ours(request, url) else _project_url(todo)


def _is_ours(request: PageRequest, url: str) -> bool:
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
