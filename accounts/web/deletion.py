"""Leaving, and staying after all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.registry import DELETE, Shared
from accounts.services import deletion
from accounts.web.entering import this_device
from accounts.web.forms import show_refusal
from accounts.web.recent import recent_sign_in
from config.errors import DomainError
from config.http import PageRequest


class DeletionForm(forms.Form):
    """One choice for each thing that others use."""

    def __init__(self, shared: list[Shared], data: Any = None) -> None:
        super().__init__(data)
        for item in shared:
            heirs = [(str(heir.id), f"Hand over to {heir.name}") for heir in item.heirs]
            choices = [*heirs, (DELETE, "Delete it for everyone")]
            self.fields[str(item.id)] = forms.ChoiceField(label=item.title, choices=choices)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in
def delete_account(request: PageRequest) -> HttpResponse:
    """Say what will go and what others need, and ask for the account to be deleted."""
    shared = deletion.shared_by(request.user.pk)
    form = DeletionForm(shared, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            deletion.request_deletion(
                actor=request.user, choices=form.cleaned_data, now=timezone.now(), keep=this_device(request)
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Your account will be deleted. Until then you can keep it.")
            return HttpResponseRedirect(reverse("settings") + "#danger")
    context = {"current": "settings", "form": form, "deletion": deletion.deletion_of(request.user.pk)}
    return render(request, "accounts/deletion.html", context, status=422 if form.errors else 200)


@require_POST
def keep_account(request: PageRequest) -> HttpResponse:
    """Take the deletion back."""
    deletion.cancel_deletion(actor=request.user, now=timezone.now())
    messages.success(request, "Your account stays.")
    return HttpResponseRedirect(reverse("settings") + "#danger")


def section(request: PageRequest) -> dict[str, Any]:
    """Return what the settings say of a pending deletion."""
    return {"deletion": deletion.deletion_of(request.user.pk)}
