"""One's own settings: a page of sections, each with its own forms and its own module."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.services import users
from accounts.web.entering import safe_page
from accounts.web.forms import ThemeForm
from config.http import PageRequest

Section = Callable[[PageRequest], dict[str, Any]]
SECTIONS: tuple[Section, ...] = ()
"""What fills the templates in `accounts/settings/`."""


@require_safe
def settings_page(request: PageRequest) -> HttpResponse:
    """Show every setting."""
    context: dict[str, Any] = {"current": "settings"}
    for section in SECTIONS:
        context |= section(request)
    return render(request, "accounts/settings.html", context)


@require_POST
def theme(request: PageRequest) -> HttpResponse:
    """Choose light, dark, or what the system says."""
    form = ThemeForm(request.POST)
    if form.is_valid():
        users.update_profile(actor=request.user, changes=form.cleaned_data, now=timezone.now())
    return HttpResponseRedirect(safe_page(request, request.headers.get("Referer", "")))
