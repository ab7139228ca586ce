"""The page of a public link: a project to read, for anybody who has its secret."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.web.forms import PasswordField, form_page, show_refusal
from config.errors import DomainError, Forbidden, NotFound
from config.pagination import Page, keyset_page
from config.proxies import address_of
from todos.models import Project, PublicLink, Section, Todo
from todos.services import public_links
from todos.services.markdown import render_all
from todos.services.public_links import PASS_LIFE, SharedTree

COOKIE = "shared"
ROWS = 200


class LinkPasswordForm(forms.Form):
    password = PasswordField()


@dataclass(frozen=True, slots=True)
class Line:
    """A todo of the page, its description as HTML, and what is below it."""

    todo: Todo
    description: SafeString
    below: list["Line"]


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show a project to read, and one below it with `?project=`; a link may ask for a password first."""
    link = public_links.find_link(token=token, ip=address_of(request), now=timezone.now())
    response = _answer(request, link)
    add_never_cache_headers(response)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _answer(request: HttpRequest, link: PublicLink) -> HttpResponse:
    if request.method == "POST":
        return _take_password(request, link)
    try:
        public_links.require_pass(link=link, given=request.COOKIES.get(COOKIE, ""))
    except Forbidden:
        return form_page(request, "todos/shared_password.html", {"form": LinkPasswordForm()})
    response = render(request, "todos/shared.html", _context(request, SharedTree(link)))
    # Not so on the page with the form: a browser would call its origin “null” then, and the form be refused.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _take_password(request: HttpRequest, link: PublicLink) -> HttpResponse:
    form, refusal = LinkPasswordForm(request.POST), None
    if form.is_valid():
        try:
            given = public_links.give_pass(link=link, password=form.cleaned_data["password"], ip=address_of(request))
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            response = HttpResponseRedirect(request.path)
            response.set_cookie(
                COOKIE,
                given,
                max_age=PASS_LIFE,
                path=request.path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
            return response
    return form_page(request, "todos/shared_password.html", {"form": form}, refusal)


def _context(request: HttpRequest, tree: SharedTree) -> dict[str, Any]:
    here = _chosen(request.GET.get("project"), tree)
    order, cursor = ("section_order", "order", "id"), request.GET.get("cursor", "")
    page = keyset_page(tree.todos_in(here), order, cursor=cursor, size=ROWS)
    return {
        "project": here,
        "projects": tree.projects,
        "page": page,
        "parts": _parts(page, tree.sections),
        "extra": f"&project={here.pk}" if here.pk != tree.link.project_id else "",
    }


def _chosen(given: str | None, tree: SharedTree) -> Project:
    found = next((project for project in tree.projects if given in (None, str(project.pk))), None)
    if found is None:
        raise NotFound(public_links.NO_LINK)
    return found


def _parts(page: Page, sections: list[Section]) -> list[tuple[Section | None, list[Line]]]:
    """Return the todos of a page under the headings of their sections, each under the one that it is a part of."""
    known = {section.pk: section for section in sections}
    texts = render_all(todo.description for todo in page.rows)
    lines = {todo.pk: Line(todo, SafeString(text), []) for todo, text in zip(page.rows, texts, strict=True)}
    tops: list[Line] = []
    for line in lines.values():
        above = lines.get(line.todo.parent_id) if line.todo.parent_id else None
        (above.below if above else tops).append(line)
    return [
        (known.get(section_id) if section_id else None, list(found))
        for section_id, found in groupby(tops, key=lambda line: _section_of(line, known))
    ]


def _section_of(line: Line, known: dict[UUID, Section]) -> UUID | None:
    return line.todo.section_id if line.todo.section_id in known else None
