"""Signing a client in and out, and keeping it signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import events, rotation, tokens
from accounts.limits import REFRESH_OF_ADDRESS
from accounts.models import Device, DeviceKind, Session, User
from accounts.policies import Actor, locked_self
from accounts.querysets import DeviceQuerySet
from accounts.services.commit import commit_user
from accounts.services.mail import queue_notice
from activity.services.recording import Subject
from config.errors import NotFound, Unauthenticated
from config.throttling import take

LAST_USED_STEP = 60  # seconds
SIGNED_OUT = "This device is signed out."


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
    return SignIn(device, _pair(device, turn))


@transaction.atomic
def sign_in_browser(*, user: User, label: str, ip: str | None, now: datetime) -> Device:
    """Open a new browser for an authenticated person; the caller puts its id into the session."""
    return _open(user, DeviceKind.BROWSER, label, ip, now)


def _open(user: User, kind: DeviceKind, label: str, ip: str | None, now: datetime) -> Device:
    person = locked_self(actor=user)
    if person.password != user.password:  # it was changed since this one was checked
        raise Unauthenticated("The password was changed just now. Sign in with the new one.")
    device = Device.objects.create(user=person, kind=kind, label=label[:200], ip=ip, created_at=now, last_used_at=now)
    _record(device, person, verb=events.DEVICE_SIGNED_IN, now=now)
    return device


def refresh_device(*, token: str, now: datetime, ip: str | None = None) -> tokens.Pair:
    """Swap a refresh token for a new pair.

    Raises Unauthenticated, or RateLimited for an address that brings many tokens which do not count.
    A token used twice ends the device: that is a transaction of its own, so it is kept though the
    answer is an error.
    """
    try:
        return _refresh(token, now, ip)
    except Unauthenticated:
        take(REFRESH_OF_ADDRESS, ip)
        raise


def _refresh(token: str, now: datetime, ip: str | None) -> tokens.Pair:
    claims = tokens.read_refresh(token)
    try:
        return _rotate(claims, now, ip)
    except rotation.ReuseDetected:
        _end_robbed(claims.device_id, now, ip)
        raise


@transaction.atomic
def _rotate(claims: tokens.Claims, now: datetime, ip: str | None) -> tokens.Pair:
    # The person is not locked: tabs of many devices refresh at once.
    device = Device.objects.current(now).of(claims.user_id).select_related("user").locked().filter(pk=claims.device_id)
    found: Device | None = device.first()
    if found is None or not found.user.is_active:
        raise Unauthenticated(SIGNED_OUT)
    if (now - found.last_used_at).total_seconds() > LAST_USED_STEP:
        found.last_used_at, found.ip = now, ip or found.ip
        found.save(update_fields=["last_used_at", "ip"])
    turn = rotation.rotate(device_id=found.pk, jti=claims.jti, now=now)
    return _pair(found, turn)


@transaction.atomic
def _end_robbed(device_id: UUID, now: datetime, ip: str | None) -> None:
    rotation.end(device_id)
    device = _locked(Device.objects.live(), device_id)
    if device is None:
        return  # another try with the same copy came first
    _end(device, verb=events.DEVICE_REUSE_DETECTED, now=now, ip=ip)
    queue_notice(notice="token_reuse", user=device.user, now=now, data={"device": device.label, "ip": ip})


def use_browser(*, device_id: UUID, ip: str | None, now: datetime) -> bool:
    """Note that a browser was used just now, and from where; False if it has ended meanwhile."""
    return bool(Device.objects.live().filter(pk=device_id).update(last_used_at=now, ip=ip))


@transaction.atomic
def sign_out_device(*, actor: Actor, device_id: UUID, now: datetime) -> None:
    """End one of one's own devices; ending it again changes nothing."""
    device = _locked(Device.objects.of(actor.pk), device_id)
    if device is None:
        raise NotFound("There is no such device.")
    if device.revoked_at is None:
        _end(device, verb=events.DEVICE_SIGNED_OUT, now=now, ip=device.ip)


@transaction.atomic
def sign_out_others(*, actor: Actor, keep: UUID | None, now: datetime) -> int:
    """End all of one's own devices but `keep`; returns how many. Ending none records nothing."""
    person = locked_self(actor=actor)
    ended = end_devices(user=person, now=now, keep=keep)
    if ended:
        commit_user(person, verb=events.DEVICES_SIGNED_OUT, data={"count": ended}, now=now)
    return ended


def end_devices(*, user: User, now: datetime, keep: UUID | None = None) -> int:
    """Sign a person out of every device but `keep`, inside the caller's transaction; returns how many.

    The caller holds the person's row. Each device is locked too, so that no refresh under way can
    store its token after this. The token state goes first: if the transaction then fails, a device
    is signed out needlessly, while the other way round a revoked one could live on.
    """
    found = Device.objects.live().of(user.pk).order_by("pk").locked().values_list("pk", flat=True)
    ids = [pk for pk in found if pk != keep]
    rotation.end(*ids)
    Session.objects.filter(device__in=ids).delete()
    return Device.objects.filter(pk__in=ids).update(revoked_at=now)


def _locked(devices: DeviceQuerySet, device_id: UUID) -> Device | None:
    """Return a device, its person locked before it: whoever needs both takes them in this order."""
    found = devices.filter(pk=device_id).values_list("user", flat=True).first()
    if found is None:
        return None
    person = User.objects.locked().get(pk=found)
    device: Device | None = devices.locked().filter(pk=device_id).first()
    if device is not None:
        device.user = person
    return device


def _end(device: Device, *, verb: str, now: datetime, ip: str | None) -> None:
    rotation.end(device.pk)
    Session.objects.filter(device=device).delete()
    device.revoked_at = now
    device.save(update_fields=["revoked_at"])
    _record(device, device.user, verb=verb, now=now, ip=ip)


def _pair(device: Device, turn: rotation.Rotation) -> tokens.Pair:
    person = device.user
    return tokens.issue_pair(user_id=person.pk, device_id=device.pk, role=person.role, jti=turn.jti, now=turn.at)


def _record(device: Device, person: User, *, verb: str, now: datetime, ip: str | None = None) -> None:
    subject = Subject("device", device.pk, device.label or "a device")
    commit_user(person, verb=verb, data={"ip": ip or device.ip}, now=now, subject=subject)
