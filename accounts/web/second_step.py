"""After a password or a provider: the second step. And without either: a passkey."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits import PASSKEY_OF_ADDRESS
from accounts.services import passkeys
from accounts.services.second_factors import check_code
from accounts.web.ceremonies import answered, ask, site_of
from accounts.web.entering import enter, next_page, person_between_steps
from accounts.web.forms import form_page, show_refusal
from accounts.web.second_factor_forms import CredentialForm, ProofForm
from config.errors import DomainError, Invalid, RateLimited, Unauthenticated
from config.proxies import address_of
from config.throttling import take


@login_not_required
@sensitive_post_parameters("code", "credential")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Come in with a code or a passkey, once the first step is done."""
    user = person_between_steps(request)
    if user is None:
        return _to_login(request, "Sign in once more: the second step was not done in time.")
    form, refusal = ProofForm(request.POST or None, user=user), None
    if request.method == "POST" and form.is_valid():
        proof, now = form.cleaned_data, timezone.now()
        try:
            if proof["credential"]:
                ceremony = answered(request, "second-step")
                passkeys.check_passkey(user=user, credential=proof["credential"], ceremony=ceremony, now=now)
            else:
                check_code(user=user, code=proof["code"], now=now)
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            return enter(request, user)
    context = {"form": form, "next": next_page(request), "passkeys": form.passkeys and site_of(request).has_name}
    return form_page(request, "accounts/second_step.html", context, refusal)


@login_not_required
@never_cache
@require_POST
def second_step_options(request: HttpRequest) -> HttpResponse:
    """Ask the browser for one of the passkeys of whoever did the first step."""
    user = person_between_steps(request)
    if user is None:
        raise Unauthenticated("Sign in once more: the second step was not done in time.")
    return ask(request, "second-step", passkeys.request_options(site=site_of(request), user=user))


@login_not_required
@sensitive_post_parameters("credential")
@never_cache
@require_POST
def passwordless(request: HttpRequest) -> HttpResponse:
    """Come in with a passkey alone: the device has checked who holds it."""
    form = CredentialForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid("The browser's answer does not hold. Try again.")
        user = passkeys.sign_in_with_passkey(
            credential=form.cleaned_data["credential"],
            ceremony=answered(request, "sign-in"),
            ip=address_of(request),
            now=timezone.now(),
        )
    except RateLimited:
        raise
    except DomainError as error:
        return _to_login(request, error.message)
    return enter(request, user)


@login_not_required
@never_cache
@require_POST
def passwordless_options(request: HttpRequest) -> HttpResponse:
    """Ask the browser for a passkey of anybody's."""
    take(PASSKEY_OF_ADDRESS, address_of(request))
    return ask(request, "sign-in", passkeys.request_options(site=site_of(request)))


def _to_login(request: HttpRequest, message: str) -> HttpResponse:
    messages.error(request, message)
    leads_to = next_page(request)
    query = f"?{urlencode({'next': leads_to})}" if leads_to != resolve_url("start") else ""
    return HttpResponseRedirect(reverse("login") + query)
