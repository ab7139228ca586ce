from typing import Any

from django import forms

from accounts.models import Theme


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
    password = forms.CharField(
        max_length=256,
        strip=False,
        help_text="At least eight characters. A few words in a row are strong and easy to keep.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=Theme.choices, required=False)


def show_refusal(form: forms.Form, error: Any) -> None:
    """Put a service's refusal on the fields it names, or on the form."""
    for name, messages in (error.fields or {None: [error.message]}).items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
