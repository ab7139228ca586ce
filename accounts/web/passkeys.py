"""Settings: one's passkeys."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Passkey
from accounts.services import passkeys
from accounts.web.ceremonies import answered, ask, site_of
from accounts.web.entering import this_device
from accounts.web.forms import form_page, show_refusal
from accounts.web.recent import recent_sign_in
from accounts.web.second_factor_forms import PasskeyForm, PasskeyNameForm
from accounts.web.two_factor import shown_codes
from config.errors import DomainError
from config.http import PageRequest

PURPOSE = "add"


@sensitive_post_parameters("credential")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def passkey_list(request: PageRequest) -> HttpResponse:
    """Show one's passkeys; POST keeps one that the browser has just made."""
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = passkeys.add_passkey(
                actor=request.user,
                **form.cleaned_data,
                ceremony=answered(request, PURPOSE),
                now=timezone.now(),
                device_id=this_device(request),
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            request.session.cycle_key()
            return shown_codes(request, codes) if codes else _done(request, f"Added “{form.cleaned_data['name']}”.")
    context = {
        "current": "settings",
        "form": form,
        "passkeys": list(Passkey.objects.of(request.user.pk)),
        "has_name": site_of(request).has_name,
        "base_url": settings.BASE_URL,
    }
    return form_page(request, "accounts/two_factor/passkeys.html", context)


@never_cache
@require_POST
@recent_sign_in
def options(request: PageRequest) -> HttpResponse:
    """Ask the browser to make a passkey."""
    return ask(request, PURPOSE, passkeys.creation_options(user=request.user, site=site_of(request)))


@require_POST
@recent_sign_in
def passkey(request: PageRequest, passkey_id: UUID) -> HttpResponse:
    """Rename one of one's passkeys."""
    form = PasskeyNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A passkey needs a name of up to 100 characters.")
        return redirect("passkeys")
    name = form.cleaned_data["name"]
    passkeys.rename_passkey(actor=request.user, passkey_id=passkey_id, name=name, now=timezone.now())
    return _done(request, f"Renamed to “{name}”.")


@require_POST
@recent_sign_in
def deletion(request: PageRequest, passkey_id: UUID) -> HttpResponse:
    """Remove one of one's passkeys."""
    passkeys.remove_passkey(actor=request.user, passkey_id=passkey_id, now=timezone.now())
    return _done(request, "Removed the passkey. Remove it from your device, too.")


def _done(request: PageRequest, sentence: str) -> HttpResponseRedirect:
    messages.success(request, sentence)
    return redirect("passkeys")
