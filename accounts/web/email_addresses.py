"""One's e-mail address: proving it, and taking another."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import LinkPurpose
from accounts.services import email_addresses
from accounts.web.forms import EmailForm, form_page, show_refusal
from accounts.web.links import dead_link, follow_link, forget_link, link_of
from accounts.web.recent import recent_sign_in
from config.errors import DomainError, Forbidden
from config.http import PageRequest
from config.proxies import address_of

SENT = "If an account with this address waits to be confirmed, a mail with a link is on its way to it."


class NewEmailForm(forms.Form):
    email = forms.EmailField(
        label="New e-mail address", max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_verification(request: HttpRequest) -> HttpResponse:
    """Ask for the link once more; the answer tells nobody whose addresses are known here."""
    form = EmailForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            email_addresses.request_verification(**form.cleaned_data, ip=address_of(request), now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            messages.info(request, SENT)
            return redirect("settings" if request.user.is_authenticated else "email-verification")
    return form_page(request, "accounts/email_verification.html", {"form": form}, refusal)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Confirm an address by a mailed link. Opening it changes nothing: the button does."""
    now = timezone.now()
    if answer := follow_link(request, find=lambda digest: email_addresses.link_to_confirm(digest=digest, now=now)):
        return answer
    digest = link_of(request)
    try:
        link = email_addresses.link_to_confirm(digest=digest, now=now)
    except DomainError as error:
        return dead_link(request, error)
    changes = link.purpose == LinkPurpose.CHANGE_EMAIL
    if changes and request.user.is_authenticated and request.user != link.user:
        raise Forbidden("You are signed in to another account. Sign out of it, then open the link again.")
    if changes and not request.user.is_authenticated:
        messages.info(request, "Sign in to the account that this address is for, to confirm it.")
        return redirect_to_login(request.path)
    refusal = None
    if request.method == "POST":
        try:
            actor = request.user if request.user.is_authenticated else None
            email_addresses.confirm_email(actor=actor, digest=digest, now=now)
        except DomainError as error:
            refusal = error
        else:
            forget_link(request)
            messages.success(request, f"{link.email} is your address, and it is confirmed.")
            return redirect("settings" if request.user.is_authenticated else "login")
    context = {"link": link, "changes": changes, "refusal": refusal}
    return render(request, "accounts/email_confirmation.html", context, status=422 if refusal else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def change(request: PageRequest) -> HttpResponse:
    """Ask for another address: a link goes there, and the old one stays until it is used."""
    form = NewEmailForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            email_addresses.request_email_change(
                actor=request.user, **form.cleaned_data, ip=address_of(request), now=timezone.now()
            )
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            messages.info(request, f"Open the link that we mail to {form.cleaned_data['email']}.")
            return HttpResponseRedirect(reverse("settings") + "#profile")
    context = {"current": "settings", "form": form}
    return form_page(request, "accounts/email_change.html", context, refusal)
