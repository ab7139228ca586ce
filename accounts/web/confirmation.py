"""Proving once more who one is, where a recent sign-in is asked for."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.services.passkeys import check_passkey, request_options
from accounts.services.second_factors import check_code
from accounts.services.sign_in import check_password
from accounts.sessions import AUTHENTICATED_AT
from accounts.web.ceremonies import answered, ask, site_of
from accounts.web.entering import next_page
from accounts.web.forms import form_page, show_refusal
from accounts.web.oidc import vouching_providers
from accounts.web.second_factor_forms import ProofForm
from config.errors import DomainError
from config.http import PageRequest
from config.proxies import address_of


@sensitive_post_parameters("password", "code", "credential")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PageRequest) -> HttpResponse:
    """Prove once more what signing in takes: a password and a second factor, or a passkey in place of both."""
    form, refusal = ProofForm(request.POST or None, user=request.user, password=True), None
    if request.method == "POST" and form.is_valid():
        try:
            _prove(request, form.cleaned_data)
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            request.session.cycle_key()
            request.session[AUTHENTICATED_AT] = timezone.now().timestamp()
            return HttpResponseRedirect(next_page(request))
    context = {
        "form": form,
        "next": next_page(request),
        "passkeys": form.passkeys and site_of(request).has_name,
        "providers": vouching_providers(request.user),
    }
    return form_page(request, "accounts/confirm.html", context, refusal)


def _prove(request: PageRequest, proof: dict[str, Any]) -> None:
    user, now = request.user, timezone.now()
    if proof["credential"]:
        ceremony = answered(request, "confirm")
        check_passkey(user=user, credential=proof["credential"], ceremony=ceremony, now=now, verified=True)
        return
    if "password" in proof:
        check_password(email=user.email, password=proof["password"], ip=address_of(request), now=now)
    if "code" in proof:
        check_code(user=user, code=proof["code"], now=now)


@never_cache
@require_POST
def confirm_options(request: PageRequest) -> HttpResponse:
    """Ask the browser for one of one's own passkeys."""
    return ask(request, "confirm", request_options(site=site_of(request), user=request.user))
