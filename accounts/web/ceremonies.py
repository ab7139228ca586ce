"""A browser is asked for a passkey and answers: the challenge between the two waits in the session."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.request import split_domain_port
from django.utils import timezone
from webauthn import base64url_to_bytes

from accounts.services.passkeys import Ceremony, Site
from config.errors import Invalid

CEREMONY = "ceremony"
TIME_TO_ANSWER = timedelta(minutes=5)


def site_of(request: HttpRequest) -> Site:
    """Return where the request came to; ALLOWED_HOSTS has its say on the name."""
    host = request.get_host()
    return Site(host=split_domain_port(host)[0], origin=f"{request.scheme}://{host}")


def ask(request: HttpRequest, purpose: str, options: dict[str, Any]) -> JsonResponse:
    """Send a script what it asks the browser, and remember the challenge for this purpose alone."""
    request.session[CEREMONY] = {
        "purpose": purpose,
        "challenge": options["challenge"],
        "at": timezone.now().timestamp(),
    }
    return JsonResponse(options)


def answered(request: HttpRequest, purpose: str) -> Ceremony:
    """Return what was asked; it can be answered once, and for five minutes. Raises Invalid."""
    asked = request.session.pop(CEREMONY, None)
    now = timezone.now().timestamp()
    if not asked or asked["purpose"] != purpose or now - asked["at"] > TIME_TO_ANSWER.total_seconds():
        raise Invalid("That took too long. Try again.")
    return Ceremony(site_of(request), base64url_to_bytes(asked["challenge"]))
