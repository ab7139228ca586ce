"""One's own settings: a page of sections, each with its own forms and its own module."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.services import users
from accounts.web import api_tokens, deletion, devices, oidc, two_factor
from accounts.web import profile as profiles
from accounts.web.entering import safe_page
from accounts.web.forms import ThemeForm
from config.errors import Invalid
from config.http import PageRequest

Section = Callable[[PageRequest], dict[str, Any]]
SECTIONS: tuple[Section, ...] = (
    profiles.section,
    devices.section,
    deletion.section,
    oidc.section,
    two_factor.section,
    api_tokens.section,
)
"""What fills the templates in `accounts/settings/`."""


@never_cache
@require_safe
def settings_page(request: PageRequest) -> HttpResponse:
    """Show every setting."""
    return _page(request)


@require_POST
def profile(request: PageRequest) -> HttpResponse:
    """Save one's name, time zone, week and language."""
    form = profiles.ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, profile=form)
    users.update_profile(actor=request.user, changes=form.cleaned_data, now=timezone.now())
    messages.success(request, "Saved your profile.")
    return HttpResponseRedirect(reverse("settings") + "#profile")


@require_POST
def appearance(request: PageRequest) -> HttpResponse:
    """Save how the pages look and listen; htmx gets the theme's button anew, and tells the document."""
    form = profiles.AppearanceForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose one of the themes.")
    request.user = users.update_profile(actor=request.user, changes=form.cleaned_data, now=timezone.now())
    if not request.htmx:
        messages.success(request, "Saved how it looks.")
        return HttpResponseRedirect(reverse("settings") + "#appearance")
    chosen = {"theme": request.user.theme, "shortcuts": "on" if request.user.shortcuts else "off"}
    response = render(request, "ui/theme.html", {"oob": True})
    response["HX-Trigger"] = json.dumps({"appearance": chosen})
    return response


def _page(request: PageRequest, status: int = 200, **changes: Any) -> HttpResponse:
    context: dict[str, Any] = {"current": "settings"}
    for section in SECTIONS:
        context |= section(request)
    return render(request, "accounts/settings.html", context | changes, status=status)


@require_POST
def theme(request: PageRequest) -> HttpResponse:
    """Choose light, dark, or what the system says."""
    form = ThemeForm(request.POST)
    if form.is_valid():
        users.update_profile(actor=request.user, changes=form.cleaned_data, now=timezone.now())
    return HttpResponseRedirect(safe_page(request, request.headers.get("Referer", "")))
