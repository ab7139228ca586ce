"""A new password: in the settings, or by mail when the old one is lost."""

from datetime import datetime
from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Link
from accounts.services import passwords
from accounts.services.links import find_link
from accounts.web.entering import this_device
from accounts.web.forms import EmailForm, NewPasswordField, PasswordField, form_page, show_refusal
from accounts.web.links import dead_link, follow_link, forget_link, link_of
from accounts.web.recent import recent_sign_in
from config.errors import DomainError
from config.http import PageRequest
from config.proxies import address_of

SENT = "If there is an account with this address, a mail with a link is on its way to it."


class ResetForm(forms.Form):
    password = NewPasswordField(label="New password")


class PasswordForm(forms.Form):
    current_password = PasswordField(label="Your password now")
    password = NewPasswordField(label="New password")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; the answer tells nobody whose addresses are known here."""
    form = EmailForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            passwords.request_reset(**form.cleaned_data, ip=address_of(request), now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            messages.info(request, SENT)
            return redirect("password-reset")
    return form_page(request, "accounts/password_reset.html", {"form": form}, refusal)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Choose a new password by a mailed link, then sign in with it."""
    find = partial(_find, now=timezone.now())
    if answer := follow_link(request, find=find):
        return answer
    digest = link_of(request)
    try:
        find(digest)
    except DomainError as error:
        return dead_link(request, error)
    form = ResetForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            passwords.reset_password(digest=digest, **form.cleaned_data, ip=address_of(request), now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            forget_link(request)
            messages.success(request, "Your password is changed. Sign in with the new one.")
            return redirect("login")
    return form_page(request, "accounts/password_new.html", {"form": form}, refusal)


def _find(digest: str, now: datetime) -> Link:
    return find_link(digest=digest, purposes=passwords.RESET, now=now)


@sensitive_post_parameters("current_password", "password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def change(request: PageRequest) -> HttpResponse:
    """Change one's password; this browser stays signed in, all others go."""
    form = PasswordForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            user = passwords.change_password(
                actor=request.user,
                **form.cleaned_data,
                ip=address_of(request),
                now=timezone.now(),
                keep=this_device(request),
            )
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed, and other devices are signed out.")
            return HttpResponseRedirect(reverse("settings") + "#security")
    context = {"current": "settings", "form": form}
    return form_page(request, "accounts/password_change.html", context, refusal)
