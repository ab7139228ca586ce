from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.services import users
from accounts.web.forms import LoginForm, RegisterForm, ThemeForm, show_refusal
from config.errors import DomainError
from config.http import PageRequest


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Create an account and come straight in."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = users.register_user(**form.cleaned_data, now=timezone.now())
        except DomainError as error:
            show_refusal(form, error)
        else:
            return _enter(request, user)
    return _entrance(request, "accounts/register.html", form)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with e-mail address and password."""
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = users.authenticate(**form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            return _enter(request, user)
    return _entrance(request, "accounts/login.html", form)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out, and leave nothing of the session in this browser."""
    end_session(request)
    response = redirect("login")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
def theme(request: PageRequest) -> HttpResponse:
    """Choose light, dark, or what the system says."""
    form = ThemeForm(request.POST)
    if form.is_valid():
        users.update_profile(actor=request.user, changes=form.cleaned_data, now=timezone.now())
    return HttpResponseRedirect(_safe(request, request.headers.get("Referer", "")))


def _entrance(request: HttpRequest, template: str, form: LoginForm | RegisterForm) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    context = {"form": form, "next": _next(request)}
    return render(request, template, context, status=422 if form.errors else 200)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(_next(request))


def _next(request: HttpRequest) -> str:
    return _safe(request, request.POST.get("next") or request.GET.get("next", ""))


def _safe(request: HttpRequest, url: str) -> str:
    """Return the address if it is on this site, else the start page."""
    hosts = {request.get_host()}
    ours = url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    return url if ours else resolve_url("start")
