"""Mailed links on the pages: what their secret becomes in the browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from accounts.services.links import counting_dead_links, digest_of
from config.errors import DomainError, RateLimited
from config.proxies import address_of

ANOTHER = {"password-reset-confirmation": "password-reset", "email-confirmation": "email-verification"}
"""Where a page's visitor gets another link; whoever was invited asks who invited them."""


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
        with counting_dead_links(address_of(request)):
            find(digest)
    except RateLimited:
        raise
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
    name = request.resolver_match.url_name if request.resolver_match else ""
    context = {"detail": error.message, "another": ANOTHER.get(name or "")}
    return render(request, "accounts/dead_link.html", context, status=422)


def _key(request: HttpRequest) -> str:
    return f"link:{request.path}"
