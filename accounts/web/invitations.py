"""Inviting people, and accepting an invitation."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import role_required
from accounts.models import User
from accounts.policies import roles_to_give
from accounts.services import invitations
from accounts.web.entering import enter
from accounts.web.forms import NewPasswordField, form_page, show_refusal
from accounts.web.links import dead_link, follow_link, forget_link, link_of
from config.errors import DomainError
from config.http import PageRequest

ADMIN = "admin"


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    role = forms.ChoiceField(help_text="Admins look after accounts. No role opens the todos of others.")

    def __init__(self, author: User, data: Any = None) -> None:
        super().__init__(data)
        roles = [(role, role.label) for role in roles_to_give(author)]
        cast(forms.ChoiceField, self.fields["role"]).choices = roles


class JoinForm(forms.Form):
    name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "name"}))
    password = NewPasswordField()


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Create the account that one was invited to, and come straight in."""
    now = timezone.now()

    def find(digest: str) -> object:
        return invitations.invitation_to_accept(digest=digest, now=now)

    if answer := follow_link(request, find=find):
        return answer
    digest = link_of(request)
    try:
        invitation = invitations.invitation_to_accept(digest=digest, now=now)
    except DomainError as error:
        return dead_link(request, error)
    form = JoinForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept_invitation(digest=digest, email=invitation.email, **form.cleaned_data, now=now)
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            forget_link(request)
            return enter(request, user, leads_to=reverse("start"))
    context = {"form": form, "invitation": invitation}
    return form_page(request, "accounts/join.html", context, refusal)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(ADMIN)
def invite(request: PageRequest) -> HttpResponse:
    """Ask somebody to join."""
    form = InvitationForm(request.user, request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite_person(actor=request.user, **form.cleaned_data, now=timezone.now())
        except DomainError as error:
            refusal = error
            show_refusal(form, error)
        else:
            messages.success(request, f"An invitation is on its way to {invitation.email}.")
            return redirect("users")
    context = {"current": "users", "form": form}
    return form_page(request, "accounts/invite.html", context, refusal)


@require_POST
@role_required(ADMIN)
def resend(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Mail an invitation again, with a new link."""
    invitation = invitations.resend_invitation(actor=request.user, invitation_id=invitation_id, now=timezone.now())
    messages.success(request, f"Another invitation is on its way to {invitation.email}.")
    return redirect("users")


@require_POST
@role_required(ADMIN)
def withdraw(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitations.withdraw_invitation(actor=request.user, invitation_id=invitation_id, now=timezone.now())
    messages.success(request, "The invitation is withdrawn.")
    return redirect("users")
