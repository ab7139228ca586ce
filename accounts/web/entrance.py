"""Signing up, in and out."""

from django.conf import settings
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import oidc
from accounts.services import users
from accounts.services.sign_in import check_password
from accounts.web.ceremonies import site_of
from accounts.web.entering import enter, first_step_done, leave_device, next_page
from accounts.web.forms import LoginForm, RegisterForm, form_page, show_refusal
from config.errors import DomainError
from config.proxies import address_of


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Create an account and come straight in; say kindly where that takes an invitation."""
    form, refusal = RegisterForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            user = users.sign_up(**form.cleaned_data, ip=address_of(request), now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            return enter(request, user)
    return _entrance(request, "accounts/register.html", form, refusal)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with e-mail address and password."""
    form, refusal = LoginForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            user = check_password(**form.cleaned_data, ip=address_of(request), now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            return first_step_done(request, user)
    return _entrance(request, "accounts/login.html", form, refusal)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out, and leave nothing of the session in this browser."""
    leave_device(request)
    end_session(request)
    response = redirect("login")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _entrance(
    request: HttpRequest, template: str, form: LoginForm | RegisterForm, refusal: DomainError | None = None
) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page(request))
    context = {
        "form": form,
        "next": next_page(request),
        "registration": settings.REGISTRATION,
        "passkeys": site_of(request).has_name,
        "providers": oidc.providers(),
    }
    return form_page(request, template, context, refusal)
