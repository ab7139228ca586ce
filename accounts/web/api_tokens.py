"""One's own API tokens: the list in the settings, making one, taking one back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import ApiToken
from accounts.scopes import SCOPES
from accounts.sealing import Unreadable, seal, unseal
from accounts.services import api_tokens
from accounts.web.forms import form_page, show_refusal
from accounts.web.recent import recent_sign_in
from config.errors import DomainError
from config.http import PageRequest

NEW_TOKEN = "new_token"
"""The key under which a session keeps the sealed secret of a new token until it was shown."""
LIFETIMES = {"30": "30 days", "90": "90 days", "365": "One year", "": "Until it is revoked"}


class ApiTokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="What it is for, such as Home Assistant.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    lifetime = forms.ChoiceField(label="It works for", choices=list(LIFETIMES.items()), required=False, initial="365")

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the token ends, if ever."""
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None


def section(request: PageRequest) -> dict[str, Any]:
    """Return the API tokens of the settings page, and the secret of one that was just made, once."""
    tokens = list(ApiToken.objects.of(request.user.pk))
    return {"api_tokens": tokens, "new_token": _take_new_token(request, tokens), "now": timezone.now()}


def _take_new_token(request: PageRequest, tokens: list[ApiToken]) -> dict[str, Any] | None:
    kept = request.session.pop(NEW_TOKEN, None)
    made = next((token for token in tokens if kept and str(token.pk) == kept["id"]), None)
    try:
        return {"name": made.name, "secret": unseal(kept["sealed"]).decode()} if made else None
    except Unreadable:  # the key went while the person was on the way
        return None


@recent_sign_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: PageRequest) -> HttpResponse:
    """Make a token, and show its secret once on the settings page."""
    form = ApiTokenForm(request.POST or None)
    if form.is_valid():
        now, values = timezone.now(), form.cleaned_data
        try:
            made = api_tokens.create_token(
                actor=request.user,
                name=values["name"],
                scopes=values["scopes"],
                expires_at=form.expires_at(now),
                now=now,
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            # Sealed: sessions are rows, and a secret does not lie about in one.
            request.session[NEW_TOKEN] = {"id": str(made.token.pk), "sealed": seal(made.secret.encode())}
            return _list()
    return form_page(request, "accounts/tokens/new.html", {"current": "settings", "form": form})


@require_POST
def revocation(request: PageRequest, token_id: UUID) -> HttpResponse:
    """Take a token back."""
    api_tokens.revoke_token(actor=request.user, token_id=token_id, now=timezone.now())
    messages.success(request, "The token is revoked.")
    return _list()


def _list() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('settings')}#tokens")
