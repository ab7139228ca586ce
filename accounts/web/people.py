"""Everybody's accounts, for admins."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import role_required
from accounts.events import ADMINISTRATION
from accounts.filters import PersonFilter
from accounts.models import Invitation, Role, User
from accounts.policies import can_change_access, can_manage, listed_person, roles_to_give
from accounts.services import people
from accounts.web.forms import form_page, show_refusal
from activity.services.reading import history
from activity.web.timeline import lines
from config.errors import Conflict, DomainError
from config.http import PageRequest
from config.pagination import keyset_page

STATES = {"all": "All", "active": "Active", "invited": "Invited", "off": "Switched off"}
IS_ACTIVE = {"active": "true", "off": "false"}
ORDER = ("email",)
INVITED, HISTORY = 20, 20
"""How many invitations stand above everybody, and events below a person."""


class PersonForm(forms.Form):
    """What admins say of a person; their own address and role are fixed here."""

    name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "off"}))
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    role = forms.ChoiceField(help_text="Admins look after accounts. No role opens the todos of others.")
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, author: User, data: Any = None, person: User | None = None) -> None:
        initial = {name: getattr(person, name) for name in self.base_fields} if person else {"role": Role.USER}
        super().__init__(data, initial=initial)
        self.fields["role"].choices = [(role, role.label) for role in roles_to_give(author)]  # type: ignore[attr-defined]
        if person and person.pk == author.pk:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "Change your own address in your settings."
        if person:
            self.fields["role"].disabled = not can_change_access(author, person)


@role_required("admin")
@require_safe
def users(request: PageRequest) -> HttpResponse:
    """List everybody, the invited too, as the search and the filters say."""
    state = request.GET.get("state", "all")
    state = state if state in STATES else "all"
    asked = {name: request.GET.get(name, "") for name in ("search", "role")}
    found = PersonFilter(asked | {"is_active": IS_ACTIVE.get(state, "")}, User.objects.with_last_seen())
    rows = found.qs  # what makes no sense is passed over
    search, role = (found.form.cleaned_data.get(name) or "" for name in asked)
    invited = _invited(search, role)
    cursor = request.GET.get("cursor", "")
    counts = User.objects.count_by_state() | {"invited": Invitation.objects.live(timezone.now()).count()}
    kept = {name: value for name, value in {"search": search, "state": state, "role": role}.items() if value}
    page = keyset_page(invited if state == "invited" else rows, ORDER, cursor=cursor)
    first = state == "all" and not cursor
    context = {
        "current": "users",
        "page": page,
        "people": [] if state == "invited" else page.rows,
        "invited": page.rows if state == "invited" else list(invited[:INVITED]) if first else [],
        "states": [(key, label, counts.get(key, sum(counts.values()))) for key, label in STATES.items()],
        "roles": Role.choices,
        "search": search,
        "state": state,
        "role": role,
        "extra": "&" + urlencode(kept),
    }
    return render(request, "accounts/people/users.html", context)


def _invited(search: str, role: str) -> Any:
    found = Invitation.objects.live(timezone.now()).matching(search)
    return (found.to_role(role) if role else found).order_by(*ORDER)


@role_required("admin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_person(request: PageRequest) -> HttpResponse:
    """Create an account for somebody."""
    form = PersonForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("name", "email", "role")}
        try:
            person = people.create_person(actor=request.user, **values, now=timezone.now())
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{person.name} has an account, and a mail to choose a password.")
            return redirect("users")
    return form_page(request, "accounts/people/new.html", {"current": "users", "form": form})


@role_required("admin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Show a person's account, and save what an admin changes of it."""
    found = listed_person(actor=request.user, person_id=person_id)
    form = PersonForm(request.user, request.POST if request.method == "POST" else None, found)
    if form.is_valid():
        changes = dict(form.cleaned_data)
        revision = changes.pop("revision")
        seen = None if revision is None else frozenset({str(revision)})
        try:
            people.edit_person(
                actor=request.user, person_id=person_id, changes=changes, now=timezone.now(), if_match=seen
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("person", person_id)
    return form_page(request, "accounts/people/person.html", _context(request, found) | {"form": form})


def _context(request: PageRequest, found: User) -> dict[str, Any]:
    events = history(subject_id=found.pk, verbs=ADMINISTRATION)[:HISTORY]
    return {
        "current": "users",
        "person": found,
        "is_self": found.pk == request.user.pk,
        "can_manage": can_manage(request.user, found),
        "can_change_access": can_change_access(request.user, found),
        "lines": lines(events, reader_id=request.user.pk),
    }


@role_required("admin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def deactivation(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Ask whether to switch an account off, and do it."""
    if request.method != "POST":
        return _ask(request, person_id, "accounts/people/deactivation.html")
    return _switch(request, person_id, is_active=False, done="Switched off, and signed out everywhere.")


@role_required("admin")
@require_POST
def reactivation(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Switch an account on again."""
    return _switch(request, person_id, is_active=True, done="Switched on again.")


@role_required("admin")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_reset(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Ask whether to take every way in from a person, and do it."""
    if request.method != "POST":
        return _ask(request, person_id, "accounts/people/sign_in_reset.html")
    done = "The sign-in is reset. A mail with a link to a new password is on its way."
    return _do(
        request,
        person_id,
        lambda: people.reset_sign_in(actor=request.user, person_id=person_id, now=timezone.now()),
        done,
    )


def _ask(request: PageRequest, person_id: UUID, template: str) -> HttpResponse:
    found = listed_person(actor=request.user, person_id=person_id)
    return render(request, template, {"current": "users", "person": found})


def _switch(request: PageRequest, person_id: UUID, *, is_active: bool, done: str) -> HttpResponse:
    changes = {"is_active": is_active}
    return _do(
        request,
        person_id,
        lambda: people.edit_person(actor=request.user, person_id=person_id, changes=changes, now=timezone.now()),
        done,
    )


def _do(request: PageRequest, person_id: UUID, act: Callable[[], User], done: str) -> HttpResponse:
    """Do it, and say on the person's page what came of it."""
    try:
        act()
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect("person", person_id)
