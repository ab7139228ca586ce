from accounts.models.api_token import ApiToken
from accounts.models.deletion import Deletion
from accounts.models.device import Device, DeviceKind, Session
from accounts.models.idempotency import IdempotencyKey
from accounts.models.identity import Identity
from accounts.models.mail import Invitation, Link, LinkPurpose, Mail
from accounts.models.second_factor import Authenticator, Passkey, RecoveryCode
from accounts.models.user import COLOURS, Language, Role, Theme, User, WeekStart, validate_time_zone

__all__ = [
    "COLOURS",
    "ApiToken",
    "Authenticator",
    "Deletion",
    "Device",
    "DeviceKind",
    "IdempotencyKey",
    "Identity",
    "Invitation",
    "Language",
    "Link",
    "LinkPurpose",
    "Mail",
    "Passkey",
    "RecoveryCode",
    "Role",
    "Session",
    "Theme",
    "User",
    "WeekStart",
    "validate_time_zone",
]
