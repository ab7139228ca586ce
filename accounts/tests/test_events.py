"""What is told of accounts: every kind of event, and each field that a person or an admin can change."""

import pytest
from webauthn import base64url_to_bytes

from accounts import events
from accounts.models import Passkey
from accounts.services.email_addresses import confirm_email, request_email_change
from accounts.services.links import digest_of
from accounts.services.passkeys import Ceremony, Site, add_passkey, creation_options, rename_passkey
from accounts.services.people import edit_person
from accounts.services.users import update_profile
from accounts.tests.authenticators import SoftKey
from activity.models import Event
from activity.sentences import sentence_of, tell
from activity.services.recording import Subject, record

SITE = Site("testserver", "http://testserver")


def last_event(person):
    return Event.objects.journal().in_scopes([f"user:{person.pk}"]).order_by("-revision").first()


def told(person):
    """Return the last event of a person's own, as others tell it, with its details as tuples."""
    event = last_event(person)
    details = tell(event, places={}).details
    return sentence_of(event, reader_id=None), [(detail.label, detail.before, detail.after) for detail in details]


@pytest.mark.parametrize(
    ("changes", "sentence", "details"),
    [
        ({"name": "Olive"}, "changed the name from Owner to Olive", []),
        ({"time_zone": "Asia/Tokyo"}, "changed the time zone from UTC to Asia/Tokyo", []),
        ({"week_start": "SU"}, "changed the first day of the week from Monday to Sunday", []),
        (
            {"language": "en-us"},
            "changed the language",
            [("Language", "English, 24-hour clock", "English (US), 12-hour clock")],
        ),
        ({"theme": "dark"}, "changed the theme from system to dark", []),
        ({"shortcuts": False}, "switched keyboard shortcuts from on to off", []),
        (
            {"shortcuts": False, "theme": "light"},
            "changed the theme and keyboard shortcuts",
            [("Theme", "system", "light"), ("Keyboard shortcuts", "on", "off")],
        ),
    ],
)
def test_a_profile_reads_as_a_person_would_say_it(owner, now, changes, sentence, details):
    update_profile(actor=owner, changes=changes, now=now)

    said, found = told(owner)
    assert (said.partition(" ")[2], found) == (sentence, details)


@pytest.mark.parametrize(
    ("changes", "sentence", "details"),
    [
        ({"name": "Olive"}, "renamed Owner to Olive", []),
        (
            {"email": "olive@example.org"},
            "changed the e-mail address of Owner from owner@example.org to olive@example.org",
            [],
        ),
        ({"role": "admin"}, "changed the role of Owner from user to admin", []),
        (
            {"role": "admin", "name": "Olive"},
            "changed the role of Olive from user to admin",
            [("Name", "Owner", "Olive")],
        ),
        (
            {"email": "olive@example.org", "name": "Olive"},
            "changed the name and e-mail address of Olive",
            [("Name", "Owner", "Olive"), ("E-mail address", "owner@example.org", "olive@example.org")],
        ),
        ({"is_active": False}, "deactivated Owner", []),
        ({"is_active": False, "role": "admin"}, "deactivated Owner", [("Role", "user", "admin")]),
    ],
)
def test_what_admins_change_reads_as_a_person_would_say_it(owner, superadmin, now, changes, sentence, details):
    edit_person(actor=superadmin, person_id=owner.pk, changes=changes, now=now)

    assert told(owner) == (f"Superadmin {sentence}", details)


def test_a_new_address_is_told_with_the_old_one(owner, now, token_of, mailed):
    mailed(now)
    request_email_change(actor=owner, email="olive@example.org", ip=None, now=now)

    confirm_email(actor=owner, digest=digest_of(token_of(now=now)), now=now)

    sentence = "Owner changed the e-mail address from owner@example.org to olive@example.org"
    assert told(owner) == (sentence, [])


def test_a_passkey_is_told_with_both_its_names(owner, now):
    options = creation_options(user=owner, site=SITE)
    ceremony = Ceremony(SITE, base64url_to_bytes(options["challenge"]))
    add_passkey(actor=owner, name="Laptop", credential=SoftKey().create(options), ceremony=ceremony, now=now)

    rename_passkey(actor=owner, passkey_id=Passkey.objects.get().pk, name="Old laptop", now=now)

    assert told(owner) == ("Owner renamed the passkey “Laptop” to “Old laptop”", [])


SENTENCES = {
    events.USER_REGISTERED: "joined",
    events.USER_UPDATED: "changed the profile",
    events.USER_CREATED: "made the account of Ada",
    events.USER_EDITED: "changed the account of Ada",
    events.USER_SIGN_IN_RESET: "reset the sign-in of Ada",
    events.USER_ROLE_CHANGED: "changed the role of Ada",
    events.USER_DEACTIVATED: "deactivated Ada",
    events.USER_REACTIVATED: "reactivated Ada",
    events.USER_PASSWORD_CHANGED: "changed the password",
    events.USER_PASSWORD_RESET: "chose a new password by mail",
    events.USER_EMAIL_VERIFIED: "confirmed the e-mail address",
    events.USER_EMAIL_CHANGED: "changed the e-mail address",
    events.INVITATION_SENT: "invited Ada",
    events.INVITATION_WITHDRAWN: "withdrew the invitation of Ada",
    events.INVITATION_ACCEPTED: "accepted the invitation",
    events.API_TOKEN_CREATED: "made the API token “Ada”",
    events.API_TOKEN_REVOKED: "revoked the API token “Ada”",
    events.DEVICE_SIGNED_IN: "signed in with Ada",
    events.DEVICE_SIGNED_OUT: "signed out of Ada",
    events.DEVICES_SIGNED_OUT: "signed out everywhere else",
    events.DEVICE_REUSE_DETECTED: "was signed out of Ada: a token was used twice",
    events.IDENTITY_LINKED: "linked Ada to sign in with",
    events.IDENTITY_UNLINKED: "unlinked Ada",
    events.DELETION_REQUESTED: "asked for the account to be deleted",
    events.DELETION_CANCELLED: "kept the account",
    events.AUTHENTICATOR_ADDED: "turned on two-factor codes",
    events.AUTHENTICATOR_REMOVED: "turned off two-factor codes",
    events.RECOVERY_CODES_MADE: "made new recovery codes",
    events.RECOVERY_CODE_USED: "used a recovery code",
    events.PASSKEY_ADDED: "added the passkey “Ada”",
    events.PASSKEY_RENAMED: "renamed the passkey “Ada”",
    events.PASSKEY_REMOVED: "removed the passkey “Ada”",
}


@pytest.mark.parametrize("verb", [verb.name for verb in events.VERBS])
def test_every_kind_of_event_has_its_sentence(owner, now, verb):
    event = record(
        author=owner,
        scope="user:1",
        revision=1,
        verb=verb,
        subject=Subject("user", owner.pk, "Ada"),
        data={},
        now=now,
    )

    assert sentence_of(event, reader_id=owner.pk) == f"You {SENTENCES[verb]}"
