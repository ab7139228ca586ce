"""Pages and forms of one todo, and of one project."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.web.forms import show_refusal
from config.errors import Conflict, Invalid, Stale
from config.http import PageRequest
from todos import policies
from todos.models import Todo
from todos.services import projects, todos, trash
from todos.templatetags.due import day_name
from todos.web.answers import back, changed, detail_context, here, occurrence_meant, row_id, target, toast
from todos.web.forms import ProjectForm, QuickAddForm, TodoForm
from todos.web.lists import project_context


@require_POST
def create(request: PageRequest) -> HttpResponse:
    """Add a todo to the list, or under the todo, that the form stands on."""
    form = QuickAddForm(request.POST)
    if form.is_valid():
        try:
            todo = todos.create_todo(actor=request.user, values=form.values(), now=timezone.now())
        except Invalid as error:
            show_refusal(form, error)
        else:
            return _created(request, todo)
    if not request.htmx:
        toast(request, "Nothing was added: a todo needs a title of at most 500 characters.")
        return back(request)
    response = render(request, "todos/_quick_add.html", {"form": form}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#quick-add", "outerHTML"
    return response


def _created(request: PageRequest, todo: Todo) -> HttpResponse:
    if target(request) == "subtasks" and todo.parent:
        context = detail_context(request, todo.parent)
        return render(request, "todos/_subtasks.html", context | {"adding": True})
    if not target(request):
        return back(request, todo)
    row = policies.listed_todo(actor=request.user, todo_id=todo.pk)
    context = {"todo": row, "row_id": f"todo-{todo.pk}", "oob": True, "here": here(request, row)}
    return render(request, "todos/_changed_row.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def todo(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Show one todo beside its list, and save what its form says."""
    if request.method == "POST":
        return _save(request, todo_id)
    found = policies.listed_todo(actor=request.user, todo_id=todo_id)
    if target(request) in (f"todo-{found.pk}", f"subtask-{found.pk}"):
        context = {"todo": found, "row_id": target(request), "here": here(request, found)}
        return render(request, "todos/_row.html", context)
    return _show(request, found)


def _show(request: PageRequest, found: Todo, form: TodoForm | None = None, status: int = 200) -> HttpResponse:
    context = detail_context(request, found, form)
    if target(request) == "detail":
        return render(request, "todos/_detail.html", context, status=status)
    context = project_context(request, context["project"]) | context
    return render(request, "todos/todo.html", context, status=status)


@require_safe
def edit(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Open a row's editor in place; without htmx the todo's page has the same form."""
    found = policies.listed_todo(actor=request.user, todo_id=todo_id)
    if not target(request):
        return redirect("todo", todo_id)
    form = TodoForm.of(found, policies.projects_to_choose(actor=request.user, todo=found))
    form.fields["title"].widget.attrs["autofocus"] = True
    context = {"todo": found, "form": form, "row_id": row_id(request, found)}
    return render(request, "todos/_editor.html", context)


def _save(request: PageRequest, todo_id: UUID) -> HttpResponse:
    found = policies.listed_todo(actor=request.user, todo_id=todo_id)
    choices = policies.projects_to_choose(actor=request.user, todo=found)
    form = TodoForm(request.POST, projects=choices, auto_id=f"todo-{todo_id}-%s")
    status = 422
    if form.is_valid():
        try:
            saved = _update(request, todo_id, form)
        except (Invalid, Conflict) as error:
            show_refusal(form, error)
        except Stale:
            status = 412
            _show_conflict(request, todo_id, form)
        else:
            toast(request, f"Saved “{saved.title}”")
            return changed(request, saved)
        found = policies.listed_todo(actor=request.user, todo_id=todo_id)
    if target(request) in ("", "detail", "main"):
        return _show(request, found, form, status)
    context = {"todo": found, "form": form, "row_id": row_id(request, found)}
    return render(request, "todos/_editor.html", context, status=status)


def _update(request: PageRequest, todo_id: UUID, form: TodoForm) -> Todo:
    etag = form.cleaned_data["etag"]
    return todos.update_todo(
        actor=request.user,
        todo_id=todo_id,
        values=form.values() | {"project": UUID(form.cleaned_data["project"])},
        now=timezone.now(),
        if_match=frozenset([etag]) if etag else None,
    )


def _show_conflict(request: PageRequest, todo_id: UUID, form: TodoForm) -> None:
    """Keep the person's text, and let the next save count against the state they now know of."""
    theirs = policies.listed_todo(actor=request.user, todo_id=todo_id)
    data = request.POST.copy()
    data["etag"] = theirs.etag
    form.data = data
    form.add_error(
        None,
        f"Somebody changed this while you were editing; it is now “{theirs.title}”. "
        "Your text is still here: save again to put it in place of theirs, or cancel to keep theirs.",
    )


@require_POST
def completion(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Complete a todo; one that repeats goes on, once for all the pages that show the same occurrence."""
    occurrence = occurrence_meant(request)
    done = todos.complete_todo(actor=request.user, todo_id=todo_id, now=timezone.now(), occurrence=occurrence)
    text = f"Completed “{done.title}”"
    if done.due_date and not done.completed:
        text += f"; next: {day_name(done.due_date)}"
    toast(request, text, undo="todo-reopening", todo=done, occurrence=occurrence)
    return changed(request, done, fresh=done.completed)


@require_POST
def reopening(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Reopen a completed todo; one that repeats goes back to the occurrence that was completed."""
    occurrence = occurrence_meant(request)
    found = todos.reopen_todo(actor=request.user, todo_id=todo_id, now=timezone.now(), occurrence=occurrence)
    toast(request, f"Reopened “{found.title}”")
    return changed(request, found)


@require_POST
def deletion(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Move a todo to the trash."""
    gone = todos.delete_todo(actor=request.user, todo_id=todo_id, now=timezone.now())
    toast(request, f"Moved “{gone.title}” to the trash", undo="todo-restoration", todo=gone)
    return changed(request, gone, gone=True)


@require_POST
def restoration(request: PageRequest, todo_id: UUID) -> HttpResponse:
    """Bring a todo back from the trash."""
    found = todos.restore_todo(actor=request.user, todo_id=todo_id, now=timezone.now())
    toast(request, f"Restored “{found.title}” to {found.project.title}")
    return changed(request, found, gone=True)


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: PageRequest) -> HttpResponse:
    """Create a project."""
    form = ProjectForm(request.POST or None, parents=policies.parents_to_choose(actor=request.user))
    if request.method == "POST" and form.is_valid():
        try:
            made = projects.create_project(actor=request.user, now=timezone.now(), **form.values())
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("project", made.pk)
    return _project_form(request, form, {"current": "projects"})


@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Rename or recolour a project, or put it elsewhere."""
    found = policies.visible_project(actor=request.user, project_id=project_id)
    initial = {"title": found.title, "colour": found.colour, "parent": found.parent_id}
    parents = policies.parents_to_choose(actor=request.user, project=found)
    form = ProjectForm(request.POST or None, initial=initial, parents=parents)
    if request.method == "POST" and form.is_valid():
        values, now = form.values(), timezone.now()
        try:
            projects.update_project(actor=request.user, project_id=project_id, values=values, now=now)
        except Invalid as error:
            show_refusal(form, error)
        else:
            return redirect("project", project_id)
    return _project_form(request, form, {"current": f"project:{project_id}", "project": found})


def _project_form(request: PageRequest, form: ProjectForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "todos/project_form.html", context | {"form": form}, status=status)


@require_POST
def project_archive(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Put a project aside."""
    found = projects.archive_project(actor=request.user, project_id=project_id, now=timezone.now())
    toast(request, f"Archived “{found.title}”")
    return redirect("projects")


@require_POST
def project_unarchive(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Bring an archived project back."""
    projects.unarchive_project(actor=request.user, project_id=project_id, now=timezone.now())
    return redirect("project", project_id)


@require_POST
def project_deletion(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Move a project to the trash with everything in it."""
    gone = trash.delete_project(actor=request.user, project_id=project_id, now=timezone.now())
    toast(request, f"Moved “{gone.title}” to the trash", undo="project-restoration", todo=gone)
    return redirect("projects")


@require_POST
def project_restoration(request: PageRequest, project_id: UUID) -> HttpResponse:
    """Bring a project back from the trash."""
    found = trash.restore_project(actor=request.user, project_id=project_id, now=timezone.now())
    toast(request, f"Restored “{found.title}”")
    return redirect("project", project_id)
