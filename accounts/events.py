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
DEVICE_SIGNED_IN = "device.signed_in"
DEVICE_SIGNED_OUT = "device.signed_out"
DEVICE_REUSE_DETECTED = "device.reuse_detected"

IDENTITY_LINKED = "identity.linked"
IDENTITY_UNLINKED = "identity.unlinked"
DELETION_REQUESTED = "user.deletion_requested"
DELETION_CANCELLED = "user.deletion_cancelled"


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
        Verb(DEVICE_SIGNED_IN, "log-in", "signed in with {subject}"),
        Verb(DEVICE_SIGNED_OUT, "log-out", "signed out of {subject}"),
        Verb(
            DEVICE_REUSE_DETECTED,
            "triangle-alert",
            "was signed out of {subject}: a token was used twice",
        ),
        Verb(IDENTITY_LINKED, "log-in", "linked {subject} to sign in with"),
        Verb(IDENTITY_UNLINKED, "log-out", "unlinked {subject}"),
        Verb(DELETION_REQUESTED, "trash-2", "asked for the account to be deleted"),
        Verb(DELETION_CANCELLED, "rotate-ccw", "kept the account"),
    ):
        registry.add_verb(verb)
