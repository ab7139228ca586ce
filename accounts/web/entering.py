"""The last step of every way in: a session of one's own, and where it leads."""

from uuid import UUID

from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services.devices import sign_in_browser
from accounts.sessions import AUTHENTICATED_AT, DEVICE


def enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign a person in on this browser who has proven everything, and lead them on."""
    now = timezone.now()
    device = sign_in_browser(
        user=user, label=request.headers.get("User-Agent", ""), ip=request.META.get("REMOTE_ADDR") or None, now=now
    )
    leads_to = next_page(request)
    start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[DEVICE] = str(device.pk)
    request.session[AUTHENTICATED_AT] = now.timestamp()
    return HttpResponseRedirect(leads_to)


def first_step_done(request: HttpRequest, user: User) -> HttpResponse:
    """Lead a person on who has proven one thing: to the second step if they have one, else in."""
    return enter(request, user)


def this_device(request: HttpRequest) -> UUID | None:
    """Return the id of the device that the page session belongs to."""
    found = request.session.get(DEVICE)
    return UUID(found) if found else None


def next_page(request: HttpRequest) -> str:
    """Return where the request wants to go afterwards, if that is on this site; else the start page."""
    return safe_page(request, request.POST.get("next") or request.GET.get("next", ""))


def safe_page(request: HttpRequest, url: str) -> str:
    """Return the address if it is on this site, else the start page."""
    hosts = {request.get_host()}
    ours = url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    return url if ours else resolve_url("start")
