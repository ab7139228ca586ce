"""Settings: the second factor by an authenticator app, and its recovery codes."""

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Passkey, RecoveryCode
from accounts.services import second_factors
from accounts.services.sign_in import TOTP, second_step
from accounts.web.entering import this_device
from accounts.web.forms import form_page, show_refusal
from accounts.web.recent import recent_sign_in
from accounts.web.second_factor_forms import AppCodeForm, CodeForm
from config.errors import DomainError
from config.http import PageRequest


def section(request: PageRequest) -> dict[str, Any]:
    """Return what the settings say about second factors."""
    methods = second_step(request.user)
    return {
        "passkeys": list(Passkey.objects.of(request.user.pk)),
        "has_authenticator": TOTP in methods,
        "has_second_factor": bool(methods),
        "codes_left": RecoveryCode.objects.of(request.user.pk).count() if methods else 0,
        "codes_made": second_factors.RECOVERY_CODES,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def two_factor(request: PageRequest) -> HttpResponse:
    """Show how the second factor stands; POST begins to set up an app."""
    if request.method == "POST":
        second_factors.begin_authenticator(actor=request.user, now=timezone.now())
        return redirect("two-factor-setup")
    return _page(request, CodeForm())


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def setup(request: PageRequest) -> HttpResponse:
    """Show the secret of a new app, and take its first code."""
    found = second_factors.authenticator_in_setup(user=request.user)
    if found is None:
        return redirect("two-factor")
    form = AppCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factors.confirm_authenticator(
                actor=request.user, code=form.cleaned_data["code"], now=timezone.now(), device_id=this_device(request)
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            request.session.cycle_key()
            return shown_codes(request, codes) if codes else _done(request, "Two-factor codes are on.")
    context = {"current": "settings", "form": form, "setup": found, "qr": _qr(found.address)}
    return form_page(request, "accounts/two_factor/setup.html", context)


@sensitive_post_parameters("code")
@require_POST
@recent_sign_in
def removal(request: PageRequest) -> HttpResponse:
    """Forget the app, given one of its codes or a recovery code."""
    form, refusal = CodeForm(request.POST), None
    if form.is_valid():
        try:
            second_factors.remove_authenticator(actor=request.user, code=form.cleaned_data["code"], now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            return _done(request, "Two-factor codes are off.")
    return _page(request, form, refusal)


@never_cache
@require_POST
@recent_sign_in
def recovery_codes(request: PageRequest) -> HttpResponse:
    """Make new recovery codes in place of the old ones, and show them once."""
    return shown_codes(request, second_factors.renew_recovery_codes(actor=request.user, now=timezone.now()))


def shown_codes(request: PageRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes: this answer is the only place where they can be read."""
    return render(request, "accounts/two_factor/codes.html", {"current": "settings", "codes": codes})


def _page(request: PageRequest, form: CodeForm, refusal: DomainError | None = None) -> HttpResponse:
    context = {"current": "settings", "form": form, **section(request)}
    return form_page(request, "accounts/two_factor/two_factor.html", context, refusal)


def _done(request: PageRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(f"{reverse('settings')}#security")


def _qr(text: str) -> SafeString:
    """Draw a QR code: dark on light in both themes, which readers need, and without styles."""
    code = segno.make(text, error="m", micro=False)
    return SafeString(code.svg_inline(svgclass="qr", lineclass=None, dark="#000", light="#fff", omitsize=True))
