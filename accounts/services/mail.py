"""Mail that people are sent: queued in the transaction of what it tells of, sent by the worker."""

import logging
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.emails import KINDS, NOTICES, compose, compose_letter
from accounts.limits import MAIL_FROM, MAIL_TO
from accounts.models import Invitation, Mail, User
from accounts.querysets import normal_email
from accounts.registry import letters
from accounts.services.links import make_link
from config.throttling import take

logger = logging.getLogger(__name__)
WAITS = (1, 2, 5, 15, 60, 60, 60, 60, 60, 60)
"""Minutes from each try to the next; there is one try for each."""
PARKED_FOR = timedelta(days=30)
ROUND = 20.0
"""Seconds after which a round lets the worker's other sweeps have their turn."""
OF_ONE_MAIL = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError, ValueError)
"""Refusals of one message; after any other trouble the server is left alone until the next round."""


def queue_mail(
    *,
    template: str,
    to: str,
    now: datetime,
    user: User | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Queue one message in the caller's transaction. `data` fills the template and holds no secret."""
    data = data or {}
    if template not in KINDS | letters or (template == "notice" and data["notice"] not in NOTICES):
        raise LookupError(f"There are no words for {template} {data.get('notice', '')}.")
    Mail.objects.create(template=template, to=to, user=user, data=data, created_at=now, next_attempt_at=now)


def queue_letters(*, template: str, mails: Mapping[UUID, tuple[User, dict[str, Any]]], now: datetime) -> None:
    """Queue many messages of another app's kind in the caller's transaction, each under an id of its own.

    The id gives the message its Message-ID; one that waits under the same id already is not queued again.
    """
    rows = [
        Mail(id=id, template=template, to=user.email, user=user, data=data, created_at=now, next_attempt_at=now)
        for id, (user, data) in mails.items()
    ]
    Mail.objects.bulk_create(rows, ignore_conflicts=True)


def queue_notice(*, notice: str, user: User, now: datetime, data: dict[str, Any] | None = None) -> None:
    """Tell a person what was done to their account, in words of `emails.NOTICES`.

    `data` may say more: `about` what, which `device`, from which `ip`.
    """
    queue_mail(template="notice", to=user.email, user=user, data={"notice": notice, **(data or {})}, now=now)


def count_mail(*, to: str, ip: str | None) -> None:
    """Count a mail that somebody at this address on the network makes us send; raises RateLimited."""
    take(MAIL_FROM, ip)
    take(MAIL_TO, normal_email(to))


def sweep_mail(now: datetime) -> int:
    """Send what is due; returns how many messages went out.

    Any number of workers may do so side by side. One that dies between sending and deleting the
    row sends the message again, under the same Message-ID: mail may repeat, but is never lost.
    """
    sent = 0
    end = time.monotonic() + ROUND
    with closing(get_connection()) as server:
        while time.monotonic() < end and (mail := _claim(now)):
            if mail.next_attempt_at is None:
                logger.error("Mail %s (%s) is given up after %d tries", mail.pk, mail.template, len(WAITS))
                continue
            message = _prepare(mail, now)
            if message is None:
                mail.delete()
                continue
            try:
                _send(message, server)
            except (OSError, ValueError) as error:  # an SMTPException is an OSError; a domain may not be encodable
                _note_failure(mail, error)
                if not isinstance(error, OF_ONE_MAIL):
                    break
            else:
                mail.delete()
                sent += 1
    return sent


def sweep_parked_mail(now: datetime) -> int:
    """Delete messages that were given up a month ago; returns how many."""
    deleted, _ = Mail.objects.parked_before(now - PARKED_FOR).delete()
    return deleted


def _claim(now: datetime) -> Mail | None:
    """Take the next message for one try: until that has had its time, no other worker sees it."""
    if not Mail.objects.due(now).exists():  # most rounds: then no lock is taken
        return None
    with transaction.atomic():
        mail: Mail | None = Mail.objects.due(now).claimable().first()
        if mail is not None:
            spent = mail.attempts >= len(WAITS)
            mail.next_attempt_at = None if spent else now + timedelta(minutes=WAITS[mail.attempts])
            mail.attempts += not spent
            mail.save(update_fields=["attempts", "next_attempt_at"])
    return mail


@transaction.atomic
def _prepare(mail: Mail, now: datetime) -> EmailMultiAlternatives | None:
    """Return the message with a fresh secret in its link; None when nobody waits for it any more."""
    if mail.template in letters:
        return _prepare_letter(mail, now)
    kind = KINDS[mail.template]
    user = User.objects.locked().filter(pk=mail.user_id).first() if mail.user_id else None
    if mail.template in ("verify_email", "reset_password") and user is None:  # asked for at an open door
        user = User.objects.locked().with_email(mail.to).first()
    invited = mail.data.get("invitation")
    invitation = Invitation.objects.live(now).locked().filter(pk=invited).first() if invited else None
    # With these locked, what voids links has either taken this row away or will find the link.
    if not Mail.objects.locked().filter(pk=mail.pk).exists():
        return None
    if not _is_wanted(mail, user, invitation):
        return None
    token = ""
    if kind.purpose and not (mail.template == "welcome" and user and user.email_verified_at):
        token = make_link(
            purpose=kind.purpose, email=mail.to, life=kind.life, now=now, user=user, invitation=invitation
        )
    return compose(mail, user=user, token=token)


def _prepare_letter(mail: Mail, now: datetime) -> EmailMultiAlternatives | None:
    """Let the app that a mail is of write it; no row is locked, so that it may lock its own."""
    person = User.objects.active().filter(pk=mail.user_id).first() if mail.user_id else None
    if mail.user_id and person is None:
        return None
    letter = letters[mail.template](mail, person, now)
    return compose_letter(mail, letter, user=person) if letter else None


def _is_wanted(mail: Mail, user: User | None, invitation: Invitation | None) -> bool:
    """Say whether the state that a message speaks of still holds."""
    if mail.template == "notice":
        return True
    if mail.template == "invitation":
        return invitation is not None
    if user is None or not user.is_active:
        return False
    if mail.template == "change_email":
        return not User.objects.with_email(mail.to).exists()
    if mail.template == "verify_email" and user.email_verified_at:
        return False
    return user.email == mail.to


def _send(message: EmailMultiAlternatives, server: BaseEmailBackend) -> None:
    server.open()  # does nothing when it is open
    server.send_messages([message])


def _note_failure(mail: Mail, error: OSError | ValueError) -> None:
    """Keep what the server said; the log tells no address."""
    Mail.objects.filter(pk=mail.pk).update(error=" ".join(str(error).split())[:200])
    answer = error.smtp_code if isinstance(error, SMTPResponseException) else ""
    logger.warning(
        "Mail %s (%s) was not sent, try %d: %s %s", mail.pk, mail.template, mail.attempts, type(error).__name__, answer
    )
