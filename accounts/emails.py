"""Mail to people, as text and HTML: what kinds there are, and what each says."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince

from accounts.models import LinkPurpose, Mail, User
from accounts.registry import Letter

LINK_LIKE = re.compile(r"[@/\\]|\w\.\w{2}")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail: its subject, what the link in it is for, where it leads, and how long it lives."""

    subject: str
    purpose: LinkPurpose | None = None
    page: str = ""
    life: timedelta = timedelta()


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VERIFY, CHANGE, RESET = LinkPurpose.VERIFY_EMAIL, LinkPurpose.CHANGE_EMAIL, LinkPurpose.RESET_PASSWORD
KINDS = {
    "welcome": Kind("Welcome to Simple Todos", VERIFY, "email-confirmation", 3 * DAY),
    "verify_email": Kind("Confirm your e-mail address", VERIFY, "email-confirmation", 3 * DAY),
    "change_email": Kind("Confirm your new e-mail address", CHANGE, "email-confirmation", DAY),
    "reset_password": Kind("Choose a new password", RESET, "password-reset-confirmation", HOUR),
    "account_created": Kind("You have an account", RESET, "password-reset-confirmation", 7 * DAY),
    "invitation": Kind("You are invited to Simple Todos", LinkPurpose.INVITATION, "join", 7 * DAY),
    "notice": Kind(""),
}
"""The templates of accounts in `templates/email/`; other apps add theirs through `registry.in_mail`.

A notice takes its subject from `NOTICES`.
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told that was done to their account, and what to do if it was not them."""

    subject: str
    text: str
    remedy: str = "If this was not you, choose a new password now, and tell the person who runs this server."
    offers_reset: bool = True


TELL = "If this surprises you, tell the person who runs this server."
NOTICES = {
    "password_changed": Notice(
        "Your password was changed", "Your password was changed, and every other device was signed out."
    ),
    "password_reset": Notice(
        "Your password was changed",
        "A new password was chosen through a link that we mailed you, and every device was signed out.",
    ),
    "email_changed": Notice(
        "Your e-mail address was changed",
        "Your account has another e-mail address now. This is the last mail to the old one.",
        "If this was not you, tell the person who runs this server: mail to this address no longer opens the account.",
        offers_reset=False,
    ),
    "email_changed_by_admin": Notice(
        "Your e-mail address was changed",
        "An administrator gave your account another e-mail address. This is the last mail to the old one.",
        TELL,
        offers_reset=False,
    ),
    "token_reuse": Notice(
        "A device was signed out",
        "Somebody used an old key of one of your devices again, as a thief with a copy would. "
        "We signed that device out to be safe. Sign in on it again.",
    ),
    "two_factor_on": Notice(
        "Two-factor sign-in is on", "Signing in now takes a code from your authenticator app as well."
    ),
    "two_factor_off": Notice(
        "Two-factor sign-in is off", "Signing in no longer takes a code from your authenticator app."
    ),
    "passkey_added": Notice("A passkey was added", "A passkey was added to your account. It can sign you in."),
    "passkey_removed": Notice("A passkey was removed", "A passkey was removed from your account."),
    "recovery_codes_made": Notice(
        "New recovery codes", "New recovery codes were made for your account. The old ones no longer work."
    ),
    "recovery_code_used": Notice(
        "A recovery code was used",
        "Somebody signed in to your account with one of its recovery codes. That code no longer works.",
    ),
    "sign_in_reset": Notice(
        "Your sign-in was reset",
        "An administrator reset how you sign in: your password, second factors and devices are gone. "
        "Another mail lets you choose a new password.",
        TELL,
    ),
    "identity_linked": Notice("A way to sign in was added", "An account elsewhere can now sign you in here."),
    "identity_unlinked": Notice("A way to sign in was removed", "An account elsewhere can no longer sign you in here."),
    "deletion_requested": Notice(
        "Your account will be deleted",
        "Somebody asked to delete your account. It happens in seven days, unless you take it back in your settings.",
    ),
    "deletion_cancelled": Notice("Your account stays", "The deletion of your account was taken back. Nothing is lost."),
    "account_deleted": Notice(
        "Your account is deleted",
        "Your account and what was yours alone are gone, as you asked a week ago. Thank you for having been here.",
        TELL,
        offers_reset=False,
    ),
    "api_token_made": Notice(
        "An API token was made", "A new API token can now use your account within its scopes, without a password."
    ),
    "locked_out": Notice(
        "Too many wrong codes",
        "Somebody gave your password and then too many wrong codes, so the second step is paused for a while.",
    ),
    "password_paused": Notice(
        "Many wrong passwords",
        "Somebody tried many wrong passwords for your account, so it takes none for up to a day. "
        "Nobody came in. A passkey, or a new password by mail, lets you in before that.",
        "Nothing else is needed if your password is one that you use nowhere else.",
    ),
    "role_changed": Notice(
        "Your role was changed", "An administrator changed your role. Sign in again to go on.", TELL, offers_reset=False
    ),
}


def compose(mail: Mail, *, user: User | None, token: str) -> EmailMultiAlternatives:
    """Return the message of a mail; `token` is the secret of its link."""
    kind = KINDS[mail.template]
    notice = NOTICES[mail.data["notice"]] if mail.template == "notice" else None
    context = {
        "name": plain(user.name) if user else "",
        "reset_url": settings.BASE_URL + reverse("password-reset"),
        "link": f"{settings.BASE_URL}{reverse(kind.page)}?{urlencode({'token': token})}" if token else "",
        "life": timesince(mail.created_at - kind.life, mail.created_at) if token else "",
        "notice": notice,
        "details": _details(mail, user),
        "inviter": plain(mail.data.get("inviter", "")),
    }
    return _message(mail, to=mail.to, subject=notice.subject if notice else kind.subject, context=context)


def compose_letter(mail: Mail, letter: Letter, *, user: User | None) -> EmailMultiAlternatives:
    """Return the message of a mail of another app, to the present address of the person it is for."""
    context = {"name": plain(user.name) if user else "", **letter.context}
    return _message(mail, to=user.email if user else mail.to, subject=letter.subject, context=context)


def _message(mail: Mail, *, to: str, subject: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    host = urlsplit(settings.BASE_URL)
    context = {"host": host.netloc, "home_url": f"{settings.BASE_URL}/", "subject": subject} | context
    message = EmailMultiAlternatives(
        _one_line(subject),
        render_to_string(f"email/{mail.template}.txt", context),
        to=[to],
        # The same for each try, so that a mail sent twice can be known as one. RFC 3834 §5: no answers, please.
        headers={"Message-ID": f"<{mail.pk}@{host.hostname}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"email/{mail.template}.html", context), "text/html")
    return message


def plain(text: str) -> str:
    """Return what a person typed as one line, or "" if a mail program could make a link of it.

    Anybody can sign up with anybody's address: a name must not turn our mail into an advertisement.
    """
    line = _one_line(text)
    return "" if LINK_LIKE.search(line) else line


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _details(mail: Mail, user: User | None) -> list[tuple[str, str]]:
    """Return what else a notice tells, as names and values."""
    if mail.template != "notice":
        return []
    names = {"about": "What", "date": "On", "device": "Device", "ip": "From"}
    found: dict[str, Any] = {label: mail.data.get(key) for key, label in names.items()}
    zone = ZoneInfo(user.time_zone if user else settings.TIME_ZONE)
    moment = mail.created_at.astimezone(zone)
    when = f"{date_format(moment, 'j F Y, H:i')} ({zone.key})"
    shown = [
        (label, _one_line(str(value)) if label == "From" else plain(str(value)))
        for label, value in found.items()
        if value
    ]
    return [("When", when), *[(label, value) for label, value in shown if value]]
