"""The public halves of the keys that sign tokens, for whoever checks tokens without asking us."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts.keys import keyring

KEPT = 300
"""How long others may keep the answer, in seconds: a new key is published that long before it signs."""


@login_not_required
@require_safe
def key_set(request: HttpRequest) -> HttpResponse:
    """Answer the JWK set (RFC 7517 §5). While secrets sign it is empty: nobody else can check those tokens."""
    headers = {"Cache-Control": f"public, max-age={KEPT}", "Access-Control-Allow-Origin": "*"}
    return JsonResponse(keyring().key_set(), content_type="application/jwk-set+json", headers=headers)
