from typing import Any

from django import forms

from accounts.models import User
from accounts.services.sign_in import PASSKEY, RECOVERY_CODE, TOTP, second_step

LONGEST_CREDENTIAL = 16_384


class CodeInput(forms.PasswordInput):
    """Shows what is typed, and never what was sent."""

    input_type = "text"


def code_field(methods: tuple[str, ...] = (TOTP, RECOVERY_CODE)) -> forms.CharField:
    """Return a field for what the methods of a person take."""
    app, recovery = TOTP in methods, RECOVERY_CODE in methods
    help_text = "Six digits from your authenticator app, or one of your recovery codes."
    if not (app and recovery):
        help_text = "Six digits from your authenticator app." if app else "One of your recovery codes."
    typing = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
    if not recovery:
        typing["inputmode"] = "numeric"
    return forms.CharField(
        label="Code" if app else "Recovery code", max_length=64, help_text=help_text, widget=CodeInput(typing)
    )


class ProofForm(forms.Form):
    """Takes what a person can prove themselves with: a passkey that a script filled in, or what they typed."""

    credential = forms.CharField(max_length=LONGEST_CREDENTIAL, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User, password: bool = False) -> None:
        super().__init__(data)
        methods = second_step(user)
        self.passkeys = PASSKEY in methods
        if password and user.has_usable_password():
            typing = {"autocomplete": "current-password"}
            self.fields["password"] = forms.CharField(max_length=256, strip=False, widget=forms.PasswordInput(typing))
        if {TOTP, RECOVERY_CODE} & set(methods):
            self.fields["code"] = code_field(methods)
        self.typed = [name for name in self.fields if name != "credential"]
        if data and data.get("credential"):
            for name in self.typed:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not self.typed and not found.get("credential"):
            raise forms.ValidationError("Use your passkey.")
        return found


class CodeForm(forms.Form):
    code = code_field()


class AppCodeForm(forms.Form):
    code = code_field((TOTP,))


class PasskeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What you will know it by, such as “Laptop” or “Blue key”.")
    credential = forms.CharField(max_length=LONGEST_CREDENTIAL, widget=forms.HiddenInput)


class PasskeyNameForm(forms.Form):
    name = forms.CharField(max_length=100)


class CredentialForm(forms.Form):
    credential = forms.CharField(max_length=LONGEST_CREDENTIAL)
