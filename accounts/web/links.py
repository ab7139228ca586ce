"""Mailed links on the pages: what their secret becomes in the browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from accounts.services.links import digest_of
from config.errors import DomainError


def follow_link(request: HttpRequest, *, find: Callable[[str], object]) -> HttpResponse | None:
    """Take the secret out of the address, if it is there, and lead on to the page without it.

    Only its digest stays in the session: neither the history nor the database holds what works.
    Looking spends nothing, for programs that scan mail open links too; `find(digest)` raises what
    is wrong with a dead one.
    """
    token = request.GET.get("token")
    if token is None:
        return None
    digest = digest_of(token)
    try:
        find(digest)
    except DomainError as error:
        return dead_link(request, error)
    request.session[_key(request)] = digest
    return HttpResponseRedirect(request.path)


def link_of(request: HttpRequest) -> str:
    """Return the digest of the link that led to this page, or ""."""
    return str(request.session.get(_key(request), ""))


def forget_link(request: HttpRequest) -> None:
    request.session.pop(_key(request), None)


def dead_link(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Say that a link leads nowhere any more, and how to get another."""
    return render(request, "accounts/dead_link.html", {"detail": error.message}, status=422)


def _key(request: HttpRequest) -> str:
    return f"link:{request.path}"
