"""Mail that people are sent: queued in the transaction of what it tells of, sent by the worker."""

from datetime import datetime
from typing import Any

from accounts.models import Mail, User


def queue_mail(
    *,
    template: str,
    to: str,
    now: datetime,
    user: User | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Queue one message in the caller's transaction. `data` fills the template and holds no secret."""
    Mail.objects.create(template=template, to=to, user=user, data=data or {}, created_at=now, next_attempt_at=now)


def queue_notice(*, notice: str, user: User, now: datetime, data: dict[str, Any] | None = None) -> None:
    """Tell a person what was done to their account, in words of `emails.NOTICES`."""
    queue_mail(template="notice", to=user.email, user=user, data={"notice": notice, **(data or {})}, now=now)
