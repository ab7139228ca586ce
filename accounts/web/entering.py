"""The last steps of every way in: the second step, a session of one's own, and where it leads."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services.devices import sign_in_browser, sign_out_device
from accounts.services.sign_in import between_steps, first_step_proof, lacks_second_factor, second_step
from accounts.sessions import AUTHENTICATED_AT, DEVICE
from accounts.user_agents import device_name
from accounts.web.second_factor_due import DUE
from config.proxies import address_of

BETWEEN_STEPS = "between_steps"
"""The key under which a session remembers who did the first step."""
TIME_BETWEEN_STEPS = timedelta(minutes=10)


def first_step_done(request: HttpRequest, user: User, *, leads_to: str = "") -> HttpResponse:
    """Lead a person on who has proven one thing: to the second step if they have one, else in.

    This is the only way in for whoever has not proven everything, whatever the first step was.
    """
    leads_to = leads_to or next_page(request)
    if not second_step(user):
        return enter(request, user, leads_to=leads_to)
    request.session.cycle_key()
    request.session[BETWEEN_STEPS] = {
        "user": str(user.pk),
        "proof": first_step_proof(user),
        "at": timezone.now().timestamp(),
    }
    return HttpResponseRedirect(f"{reverse('second-step')}?{urlencode({'next': leads_to})}")


def person_between_steps(request: HttpRequest) -> User | None:
    """Return who did the first step on this browser a moment ago and still may do the second."""
    found = request.session.get(BETWEEN_STEPS)
    if not found or timezone.now().timestamp() - found["at"] > TIME_BETWEEN_STEPS.total_seconds():
        return None
    return between_steps(user_id=UUID(found["user"]), proof=found["proof"])


def enter(request: HttpRequest, user: User, *, leads_to: str = "") -> HttpResponse:
    """Sign a person in on this browser who has proven everything, and lead them on."""
    now = timezone.now()
    leads_to = leads_to or next_page(request)
    leave_device(request)
    label = device_name(request.headers.get("User-Agent", ""))
    device = sign_in_browser(user=user, label=label, ip=address_of(request), now=now)
    request.session.pop(BETWEEN_STEPS, None)
    start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[DEVICE] = str(device.pk)
    request.session[AUTHENTICATED_AT] = now.timestamp()
    if lacks_second_factor(user):
        request.session[DUE] = True
    return HttpResponseRedirect(leads_to)


def leave_device(request: HttpRequest) -> None:
    """End the device that this browser was until now, if it was one."""
    before = this_device(request)
    if before and request.user.is_authenticated:
        sign_out_device(actor=request.user, device_id=before, now=timezone.now())
        request.session.flush()  # its row went with the device


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
