"""What can happen to an account, and how a timeline says it."""

from accounts.models import Language, Role, Theme, User, WeekStart
from activity import registry
from activity.registry import Verb
from activity.wording import Field, say_choice, say_name, say_title

USER_REGISTERED = "user.registered"
USER_UPDATED = "user.updated"
USER_ROLE_CHANGED = "user.role_changed"
USER_CREATED = "user.created"
USER_EDITED = "user.edited"
USER_SIGN_IN_RESET = "user.sign_in_reset"
USER_DEACTIVATED = "user.deactivated"
USER_REACTIVATED = "user.reactivated"
USER_PASSWORD_CHANGED = "user.password_changed"
USER_PASSWORD_RESET = "user.password_reset"
USER_EMAIL_VERIFIED = "user.email_verified"
USER_EMAIL_CHANGED = "user.email_changed"
INVITATION_SENT = "invitation.sent"
INVITATION_WITHDRAWN = "invitation.withdrawn"
INVITATION_ACCEPTED = "invitation.accepted"
API_TOKEN_CREATED = "api_token.created"
API_TOKEN_REVOKED = "api_token.revoked"
DEVICE_SIGNED_IN = "device.signed_in"
DEVICE_SIGNED_OUT = "device.signed_out"
DEVICES_SIGNED_OUT = "device.others_signed_out"
DEVICE_REUSE_DETECTED = "device.reuse_detected"

IDENTITY_LINKED = "identity.linked"
IDENTITY_UNLINKED = "identity.unlinked"
DELETION_REQUESTED = "user.deletion_requested"
DELETION_CANCELLED = "user.deletion_cancelled"
AUTHENTICATOR_ADDED = "authenticator.added"
AUTHENTICATOR_REMOVED = "authenticator.removed"
RECOVERY_CODES_MADE = "recovery_codes.made"
RECOVERY_CODE_USED = "recovery_code.used"
PASSKEY_ADDED = "passkey.added"
PASSKEY_RENAMED = "passkey.renamed"
PASSKEY_REMOVED = "passkey.removed"

ADMINISTRATION = (
    USER_REGISTERED,
    USER_CREATED,
    USER_EDITED,
    USER_ROLE_CHANGED,
    USER_DEACTIVATED,
    USER_REACTIVATED,
    USER_SIGN_IN_RESET,
)
"""What admins see of the history of a person: what they and other admins did, and nothing that is the person's own."""


EDITED = "changed the {fields} of {name}"
PROFILE = {
    "name": Field("name", changed="changed the name from {before} to {after}"),
    "time_zone": Field("time zone", changed="changed the time zone from {before} to {after}"),
    "week_start": Field(
        "first day of the week",
        say_choice(dict(WeekStart.choices)),
        changed="changed the first day of the week from {before} to {after}",
    ),
    "language": Field("language", say_choice(dict(Language.choices))),
    "theme": Field(
        "theme",
        say_choice({value: label.lower() for value, label in Theme.choices}),
        changed="changed the theme from {before} to {after}",
    ),
    "shortcuts": Field(
        "keyboard shortcuts",
        say_choice({True: "on", False: "off"}),
        changed="switched keyboard shortcuts from {before} to {after}",
    ),
}
PERSON = {
    "name": Field("name", say_name, changed="renamed {before} to {name}"),
    "email": Field("e-mail address", changed="changed the e-mail address of {name} from {before} to {after}"),
    "role": Field(
        "role",
        say_choice({value: label.lower() for value, label in Role.choices}),
        changed="changed the role of {name} from {before} to {after}",
        leads=True,
    ),
    "is_active": None,
}
ADDRESS = {"email": Field("e-mail address", changed="changed the e-mail address from {before} to {after}")}
PASSKEY = {"name": Field("name", say_title, changed="renamed the passkey {before} to {subject}")}


VERBS = (
    Verb(USER_REGISTERED, "user-plus", "joined"),
    Verb(USER_UPDATED, "user", "changed the profile", edits="changed the {fields}", fields=PROFILE),
    Verb(USER_CREATED, "user-plus", "made the account of {name}"),
    Verb(USER_EDITED, "pencil", "changed the account of {name}", edits=EDITED, fields=PERSON),
    Verb(USER_SIGN_IN_RESET, "rotate-ccw", "reset the sign-in of {name}"),
    Verb(USER_ROLE_CHANGED, "shield-check", "changed the role of {name}", edits=EDITED, fields=PERSON),
    Verb(USER_DEACTIVATED, "user", "deactivated {name}", fields=PERSON),
    Verb(USER_REACTIVATED, "user", "reactivated {name}", fields=PERSON),
    Verb(USER_PASSWORD_CHANGED, "key-round", "changed the password"),
    Verb(USER_PASSWORD_RESET, "key-round", "chose a new password by mail"),
    Verb(USER_EMAIL_VERIFIED, "mail", "confirmed the e-mail address"),
    Verb(USER_EMAIL_CHANGED, "mail", "changed the e-mail address", edits="changed the {fields}", fields=ADDRESS),
    Verb(INVITATION_SENT, "mail", "invited {name}"),
    Verb(INVITATION_WITHDRAWN, "mail", "withdrew the invitation of {name}"),
    Verb(INVITATION_ACCEPTED, "user-plus", "accepted the invitation"),
    Verb(API_TOKEN_CREATED, "key-round", "made the API token {subject}"),
    Verb(API_TOKEN_REVOKED, "key-round", "revoked the API token {subject}"),
    Verb(DEVICE_SIGNED_IN, "log-in", "signed in with {name}"),
    Verb(DEVICE_SIGNED_OUT, "log-out", "signed out of {name}"),
    Verb(DEVICES_SIGNED_OUT, "log-out", "signed out everywhere else"),
    Verb(
        DEVICE_REUSE_DETECTED,
        "triangle-alert",
        "was signed out of {name}: a token was used twice",
    ),
    Verb(IDENTITY_LINKED, "log-in", "linked {name} to sign in with"),
    Verb(IDENTITY_UNLINKED, "log-out", "unlinked {name}"),
    Verb(DELETION_REQUESTED, "trash-2", "asked for the account to be deleted"),
    Verb(DELETION_CANCELLED, "rotate-ccw", "kept the account"),
    Verb(AUTHENTICATOR_ADDED, "shield-check", "turned on two-factor codes"),
    Verb(AUTHENTICATOR_REMOVED, "shield-check", "turned off two-factor codes"),
    Verb(RECOVERY_CODES_MADE, "key-round", "made new recovery codes"),
    Verb(RECOVERY_CODE_USED, "key-round", "used a recovery code"),
    Verb(PASSKEY_ADDED, "fingerprint", "added the passkey {subject}"),
    Verb(
        PASSKEY_RENAMED,
        "fingerprint",
        "renamed the passkey {subject}",
        edits="changed the {fields} of the passkey {subject}",
        fields=PASSKEY,
    ),
    Verb(PASSKEY_REMOVED, "fingerprint", "removed the passkey {subject}"),
)


def register() -> None:
    """Teach the timeline the verbs of accounts, and that people see what happens to them."""
    registry.add_scopes(lambda actor_id: [f"user:{actor_id}"])
    registry.add_counter("user", User.objects.all)
    for verb in VERBS:
        registry.add_verb(verb)
