from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Theme
from config.errors import DomainError, RateLimited
from config.http import STATUS


class PasswordField(forms.CharField):
    """One's present password. Nothing is cut off, and programs that keep passwords may fill it in."""

    autocomplete = "current-password"

    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput({"autocomplete": self.autocomplete})
        super().__init__(max_length=256, strip=False, widget=widget, **options)


class NewPasswordField(PasswordField):
    """A password that is chosen here and now."""

    autocomplete = "new-password"

    def __init__(self, **options: Any) -> None:
        help_text = "At least eight characters, better fifteen. A few words in a row are strong and easy to keep."
        super().__init__(help_text=help_text, **options)


class EmailForm(forms.Form):
    """Whose address it is, at doors that answer alike for all."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))


class LoginForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        max_length=256,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class RegisterForm(forms.Form):
    name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))
    password = NewPasswordField()


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme.choices, required=False)


def show_refusal(form: forms.Form, error: Any) -> None:
    """Put a service's refusal on the fields it names, or on the form."""
    for name, messages in (error.fields or {None: [error.message]}).items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)


def form_page(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: DomainError | None = None
) -> HttpResponse:
    """Render a page around its `form`: 422 when that was refused, 429 after too many tries."""
    response = render(request, template, context, status=422 if context["form"].errors else 200)
    if isinstance(refusal, RateLimited):
        response.status_code = STATUS[refusal.code]
        response["Retry-After"] = str(refusal.retry_after)
    return response
