"""Signing in over a provider, and linking one's account there."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import oidc
from accounts.limits import PROVIDER
from accounts.models import Identity, User
from accounts.services import identities
from accounts.services.sign_in import second_step
from accounts.sessions import AUTHENTICATED_AT
from accounts.web.entering import first_step_done, next_page
from accounts.web.recent import recent_sign_in
from config.errors import DomainError
from config.http import PageRequest
from config.proxies import address_of
from config.throttling import take

FLOW = "oidc"
"""The key under which a session remembers that its browser is on the way to a provider."""


@login_not_required
@never_cache
@require_POST
def leave(request: HttpRequest, provider: str) -> HttpResponse:
    """Send a person to a provider: to sign in, or to prove once more who they are."""
    purpose = "confirm" if request.user.is_authenticated else "sign_in"
    return _send(request, provider, purpose=purpose, leads_to=next_page(request))


@never_cache
@require_POST
@recent_sign_in
def link(request: PageRequest, provider: str) -> HttpResponse:
    """Send a person to a provider, to sign in with it from now on."""
    return _send(request, provider, purpose="link", leads_to=reverse("settings") + "#security")


def _send(request: HttpRequest, name: str, *, purpose: str, leads_to: str) -> HttpResponse:
    """Answer with a page that leads on by itself.

    It is no redirect: what a form leads to must be on this site (CSP `form-action`), and where a
    provider sends people on to is its own affair.
    """
    provider = oidc.provider_named(name)
    take(PROVIDER, address_of(request))
    try:
        url, flow = oidc.begin(provider, purpose=purpose, leads_to=leads_to, now=timezone.now())
    except DomainError as error:
        return _back(request, error, leads_to=leads_to, purpose=purpose)
    request.session[FLOW] = asdict(flow)
    return render(request, "accounts/leaving.html", {"provider": provider, "url": url})


@login_not_required
@never_cache
@require_GET
def come_back(request: HttpRequest, provider: str) -> HttpResponse:
    """Receive a person from a provider; what their session remembers of the way counts once."""
    found = request.session.pop(FLOW, None)
    flow = oidc.Flow(**found) if found else None
    leads_to, purpose = (flow.leads_to, flow.purpose) if flow else (reverse("start"), "sign_in")
    now = timezone.now()
    try:
        vouched = oidc.finish(oidc.provider_named(provider), flow, request.GET.dict(), now)
        if purpose == "sign_in":
            user = identities.sign_in_with(vouched=vouched, now=now)
            return first_step_done(request, user, leads_to=leads_to)
        return _confirmed(request, vouched, purpose=purpose, leads_to=leads_to)
    except DomainError as error:
        if error.code == "not_found":
            raise
        return _back(request, error, leads_to=leads_to, purpose=purpose)


def _confirmed(request: Any, vouched: oidc.Vouched, *, purpose: str, leads_to: str) -> HttpResponse:
    """Do for a person who is signed in already what they left for."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(f"{reverse('login')}?{urlencode({'next': leads_to})}")
    now = timezone.now()
    if purpose == "link":
        identities.link_identity(actor=request.user, vouched=vouched, now=now)
        messages.success(request, f"You can sign in with {vouched.provider.label} now.")
    else:
        identities.confirm_identity(actor=request.user, vouched=vouched)
        request.session.cycle_key()
        request.session[AUTHENTICATED_AT] = now.timestamp()
    return HttpResponseRedirect(leads_to)


def _back(request: HttpRequest, error: DomainError, *, leads_to: str, purpose: str) -> HttpResponse:
    """Lead back to where the person came from, and say what went wrong."""
    messages.error(request, error.message)
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("settings") + "#security" if purpose != "confirm" else leads_to)
    return HttpResponseRedirect(f"{reverse('login')}?{urlencode({'next': leads_to})}")


@require_POST
@recent_sign_in
def unlink(request: PageRequest, provider: str) -> HttpResponse:
    """Stop signing in with a provider."""
    label = {known.name: known.label for known in oidc.providers()}.get(provider, provider.capitalize())
    try:
        identities.unlink_identity(actor=request.user, provider=provider, label=label, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{label} no longer signs you in here.")
    return HttpResponseRedirect(reverse("settings") + "#security")


def vouching_providers(user: User) -> list[oidc.Provider]:
    """Return the providers that alone can say who a person is: none where signing in takes a second step."""
    if second_step(user):
        return []
    linked = set(Identity.objects.of(user.pk).values_list("provider", flat=True))
    return [provider for provider in oidc.providers() if provider.name in linked]


def section(request: PageRequest) -> dict[str, Any]:
    """Return the providers of this server, and one's accounts there; those of providers that are gone too."""
    linked = {identity.provider: identity for identity in Identity.objects.of(request.user.pk)}
    rows = [
        {"name": known.name, "label": known.label, "identity": linked.pop(known.name, None), "open": True}
        for known in oidc.providers()
    ]
    gone = [
        {"name": name, "label": name.capitalize(), "identity": identity, "open": False}
        for name, identity in linked.items()
    ]
    return {"providers": rows + gone}
