"""What can happen to an account, and how a timeline says it."""

from activity import registry
from activity.registry import Verb

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


def register() -> None:
    """Teach the timeline the verbs of accounts, and that people see what happens to them."""
    registry.add_scopes(lambda actor_id: [f"user:{actor_id}"])
    for verb in (
        Verb(USER_REGISTERED, "user-plus", "joined"),
        Verb(USER_UPDATED, "user", "changed the profile"),
        Verb(USER_CREATED, "user-plus", "made the account of {subject}"),
        Verb(USER_EDITED, "pencil", "changed the account of {subject}"),
        Verb(USER_SIGN_IN_RESET, "rotate-ccw", "reset the sign-in of {subject}"),
        Verb(USER_ROLE_CHANGED, "shield-check", "changed the role of {subject}"),
        Verb(USER_DEACTIVATED, "user", "deactivated {subject}"),
        Verb(USER_REACTIVATED, "user", "reactivated {subject}"),
        Verb(USER_PASSWORD_CHANGED, "key-round", "changed the password"),
        Verb(USER_PASSWORD_RESET, "key-round", "chose a new password by mail"),
        Verb(USER_EMAIL_VERIFIED, "mail", "confirmed the e-mail address"),
        Verb(USER_EMAIL_CHANGED, "mail", "changed the e-mail address"),
        Verb(INVITATION_SENT, "mail", "invited {subject}"),
        Verb(INVITATION_WITHDRAWN, "mail", "withdrew the invitation of {subject}"),
        Verb(INVITATION_ACCEPTED, "user-plus", "accepted the invitation"),
        Verb(API_TOKEN_CREATED, "key-round", "made the API token {subject}"),
        Verb(API_TOKEN_REVOKED, "key-round", "revoked the API token {subject}"),
        Verb(DEVICE_SIGNED_IN, "log-in", "signed in with {subject}"),
        Verb(DEVICE_SIGNED_OUT, "log-out", "signed out of {subject}"),
        Verb(DEVICES_SIGNED_OUT, "log-out", "signed out everywhere else"),
        Verb(
            DEVICE_REUSE_DETECTED,
            "triangle-alert",
            "was signed out of {subject}: a token was used twice",
        ),
        Verb(IDENTITY_LINKED, "log-in", "linked {subject} to sign in with"),
        Verb(IDENTITY_UNLINKED, "log-out", "unlinked {subject}"),
        Verb(DELETION_REQUESTED, "trash-2", "asked for the account to be deleted"),
        Verb(DELETION_CANCELLED, "rotate-ccw", "kept the account"),
        Verb(AUTHENTICATOR_ADDED, "shield-check", "turned on two-factor codes"),
        Verb(AUTHENTICATOR_REMOVED, "shield-check", "turned off two-factor codes"),
        Verb(RECOVERY_CODES_MADE, "key-round", "made new recovery codes"),
        Verb(RECOVERY_CODE_USED, "key-round", "used a recovery code"),
        Verb(PASSKEY_ADDED, "fingerprint", "added the passkey {subject}"),
        Verb(PASSKEY_RENAMED, "fingerprint", "renamed the passkey {subject}"),
        Verb(PASSKEY_REMOVED, "fingerprint", "removed the passkey {subject}"),
    ):
        registry.add_verb(verb)
