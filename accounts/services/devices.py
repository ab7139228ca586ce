"""Signing a client in and out, and keeping it signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts import events, rotation, tokens
from accounts.models import Device, DeviceKind, Session, User
from accounts.policies import Actor, locked_self
from accounts.services.commit import commit_user
from activity.services import Subject
from config.errors import DomainError, NotFound, Unauthenticated

LAST_USED_STEP = 60  # seconds


@dataclass(frozen=True, slots=True)
class SignIn:
    """A device that has just come in, and its tokens."""

    device: Device
    pair: tokens.Pair


@transaction.atomic
def sign_in_device(*, user: User, label: str, ip: str | None, now: datetime) -> SignIn:
    """Open a new API device for an authenticated person."""
    device = _open(user, DeviceKind.API, label, ip, now)
    turn = rotation.start(device_id=device.pk, now=now)
    return SignIn(device, _pair(device.user, device, turn))


@transaction.atomic
def sign_in_browser(*, user: User, label: str, ip: str | None, now: datetime) -> Device:
    """Open a new browser for an authenticated person; the caller puts its id into the session."""
    return _open(user, DeviceKind.BROWSER, label, ip, now)


def _open(user: User, kind: DeviceKind, label: str, ip: str | None, now: datetime) -> Device:
    person = locked_self(actor=user)
    device = Device.objects.create(user=person, kind=kind, label=label[:200], ip=ip, created_at=now, last_used_at=now)
    _record(device, person, verb=events.DEVICE_SIGNED_IN, now=now)
    return device


def refresh_device(*, token: str, now: datetime) -> tokens.Pair:
    """Swap a refresh token for a new pair.

    Raises Unauthenticated; a token used twice ends the device, and that end is kept even
    though the answer is an error.
    """
    claims = tokens.read_refresh(token)
    outcome = _rotate(claims, now)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def _rotate(claims: tokens.Claims, now: datetime) -> tokens.Pair | Unauthenticated:
    device = Device.objects.select_related("user").locked().filter(pk=claims.device_id).first()
    if device is None or device.revoked_at or device.user_id != claims.user_id or not device.user.is_active:
        return Unauthenticated("This device is signed out.")
    try:
        turn = rotation.rotate(device_id=device.pk, jti=claims.jti, now=now)
    except rotation.ReuseDetected as reuse:
        _end(device, verb=events.DEVICE_REUSE_DETECTED, now=now)
        return reuse
    except Unauthenticated as error:
        return error
    if (now - device.last_used_at).total_seconds() > LAST_USED_STEP:
        device.last_used_at = now
        device.save(update_fields=["last_used_at"])
    return _pair(device.user, device, turn)


@transaction.atomic
def sign_out_device(*, actor: Actor, device_id: UUID, now: datetime) -> None:
    """End one of one's own devices; ending it again changes nothing."""
    device = Device.objects.of(actor.pk).locked().filter(pk=device_id).first()
    if device is None:
        raise NotFound("There is no such device.")
    if device.revoked_at is None:
        _end(device, verb=events.DEVICE_SIGNED_OUT, now=now)


def end_devices(*, user: User, now: datetime, keep: UUID | None = None) -> None:
    """Sign a person out of every device but `keep`, inside the caller's transaction.

    The token state goes first: if the transaction then fails, a device is signed out needlessly,
    while the other way round a revoked one could live on.
    """
    ids = [pk for pk in Device.objects.live().of(user.pk).values_list("pk", flat=True) if pk != keep]
    rotation.end(*ids)
    Session.objects.filter(device__in=ids).delete()
    Device.objects.filter(pk__in=ids).update(revoked_at=now)


def _end(device: Device, *, verb: str, now: datetime) -> None:
    rotation.end(device.pk)
    Session.objects.filter(device=device).delete()
    device.revoked_at = now
    device.save(update_fields=["revoked_at"])
    person = User.objects.locked().get(pk=device.user_id)
    _record(device, person, verb=verb, now=now)


def _pair(user: User, device: Device, turn: rotation.Rotation) -> tokens.Pair:
    return tokens.issue_pair(user_id=user.pk, device_id=device.pk, role=user.role, jti=turn.jti, now=turn.at)


def _record(device: Device, person: User, *, verb: str, now: datetime) -> None:
    subject = Subject("device", device.pk, device.label or "a device")
    commit_user(person, verb=verb, data={"ip": device.ip}, now=now, subject=subject)


def sweep_expired_sessions(now: datetime) -> int:
    """Delete page sessions that have run out; returns how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=now).delete()
    return deleted


def sweep_expired_token_state(now: datetime) -> int:
    """Delete expired rows of the embedded token store; Redis expires its own. Returns how many."""
    backend = settings.CACHES["tokens"]
    if not backend["BACKEND"].endswith("DatabaseCache"):
        return 0
    table = connection.ops.quote_name(backend["LOCATION"])
    expired = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [expired])  # noqa: S608  a quoted name of ours
        return int(cursor.rowcount)
