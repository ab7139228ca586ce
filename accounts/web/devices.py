"""Where one is signed in: the list in the settings, signing out from afar, and noting what is used."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from accounts.models import Device
from accounts.services import devices
from accounts.sessions import AUTHENTICATED_AT, USED_AT
from accounts.web.entering import this_device
from accounts.web.recent import recent_sign_in
from config.errors import NotFound
from config.http import STORE_ERRORS, PageRequest
from config.proxies import address_of

logger = logging.getLogger(__name__)
USED_STEP = 300
"""Seconds between two notes of a browser's use."""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A device as the settings show it."""

    device: Device
    is_this: bool
    used: str


def section(request: PageRequest) -> dict[str, Any]:
    """Return the devices of the settings page: this one first, then the last used."""
    this, now = this_device(request), timezone.now()
    found = Device.objects.current(now).of(request.user.pk).last_used_first()[:SHOWN]
    rows = [Row(device, device.pk == this, _used(device, now)) for device in found]
    return {"devices": sorted(rows, key=lambda row: not row.is_this)}


def _used(device: Device, now: datetime) -> str:
    since = now - device.last_used_at
    if since < timedelta(seconds=2 * USED_STEP):
        return "active now"
    if since < timedelta(days=1):
        return f"active {timesince(device.last_used_at, now, depth=1)} ago"
    return f"active on {date_format(timezone.localtime(device.last_used_at), 'j F')}"


@require_POST
@recent_sign_in
def sign_out(request: PageRequest, device_id: UUID) -> HttpResponse:
    """Sign one device out."""
    if device_id == this_device(request):
        raise NotFound("Sign out of this device in the menu.")
    devices.sign_out_device(actor=request.user, device_id=device_id, now=timezone.now())
    messages.success(request, "That device is signed out.")
    return _list()


@require_POST
@recent_sign_in
def sign_out_others(request: PageRequest) -> HttpResponse:
    """Sign every device out but this one."""
    devices.sign_out_others(actor=request.user, keep=this_device(request), now=timezone.now())
    messages.success(request, "You are signed out everywhere else.")
    return _list()


def _list() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('settings')}#devices")


class DeviceUseMiddleware:
    """Notes now and then that a signed-in browser is used, which also keeps its session from running out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed and response.status_code < 500:
            self._note(request)
        return response

    def _note(self, request: HttpRequest) -> None:
        session, now = request.session, timezone.now()
        device_id = this_device(request)
        noted = session.get(USED_AT) or session.get(AUTHENTICATED_AT, 0)
        if device_id is None or now.timestamp() - noted < USED_STEP:
            return
        try:
            noted_now = devices.use_browser(device_id=device_id, ip=address_of(request), now=now)
        except STORE_ERRORS as error:  # the page itself is done: reading goes on while writing cannot
            logger.warning("A device's use was not noted: %s", type(error).__name__)
            return
        if noted_now:
            session[USED_AT] = now.timestamp()
