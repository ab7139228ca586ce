"""POSTs that a client may send again, under an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

The key is written in the transaction of what it is for, so both are kept or neither is. A second
request with it waits for the first, and gets the same answer for a day. Only what was done is kept:
after a refusal the same key may be tried again, put right.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import IdempotencyKey
from accounts.sealing import Unreadable, seal, unseal
from config.errors import Conflict, Invalid
from config.renderers import OPTIONS

HEADER = "Idempotency-Key"
LIFE = timedelta(hours=24)
LONGEST = 255
BATCH = 1000
Handler = Callable[..., Response]


class Repeatable(APIView):
    """A door where each POST with an `Idempotency-Key` is done once, however often it is sent."""

    takes_idempotency_key = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the handler run once for its key, after the caller was let in."""
        super().initial(request, *args, **kwargs)
        handler = getattr(self, "post", None)
        if request.method == "POST" and HEADER in request.headers and handler is not None:
            setattr(self, "post", partial(_once, handler))  # noqa: B010  views declare it as a method


def _once(handler: Handler, request: Request, *args: Any, **kwargs: Any) -> Response:
    key, now = _key_of(request), timezone.now()
    fingerprint = _fingerprint_of(request)
    with transaction.atomic():
        row = IdempotencyKey(user_id=cast(UUID, request.user.pk), key=key, fingerprint=fingerprint, created_at=now)
        earlier = _claim(row, now)
        if earlier is not None:
            return _answer_again(earlier, fingerprint)
        response = handler(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _keep(row, response)
    return response


def _key_of(request: Request) -> str:
    """Return the key, in quotes as the draft has it (RFC 9651 §3.3.3) or without."""
    given = request.headers[HEADER].strip()
    if len(given) > 1 and given[0] == given[-1] == '"':
        given = given[1:-1]
    if not (1 <= len(given) <= LONGEST and given.isascii() and given.isprintable()):
        raise Invalid.field(HEADER, f"A key has 1 to {LONGEST} printable ASCII characters; a UUID is best.")
    return given


def _fingerprint_of(request: Request) -> str:
    """Return what tells this request from others, and nothing else: it may hold a password."""
    seen = sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data: Any = request.data
    fields = dict(data.lists()) if isinstance(data, MultiValueDict) else data
    seen.update(orjson.dumps(fields, default=str, option=orjson.OPT_SORT_KEYS))  # of a file, its name
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            _read_into(seen, file)
    return salted_hmac("accounts.idempotency", seen.digest(), algorithm="sha256").hexdigest()


def _read_into(seen: Any, file: UploadedFile) -> None:
    """Add a file piece by piece: it may be larger than memory should hold."""
    for chunk in file.chunks():
        seen.update(chunk)
    file.seek(0)


def _claim(row: IdempotencyKey, now: datetime) -> IdempotencyKey | None:
    """Insert the key, or return the request that came first; PostgreSQL waits here while that one runs."""
    while True:
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        first = IdempotencyKey.objects.of(row.user_id).filter(key=row.key).first()
        if first is not None and first.pk == row.pk:
            return None
        if first is not None and first.created_at > now - LIFE:
            return first
        IdempotencyKey.objects.of(row.user_id).filter(key=row.key).before(now - LIFE).delete()


def _answer_again(row: IdempotencyKey, fingerprint: str) -> Response:
    if not constant_time_compare(row.fingerprint, fingerprint):
        raise Invalid.field(HEADER, "This key was used for another request. Take a new one.")
    try:
        body = unseal(row.body)
    except Unreadable:
        raise Conflict("This was done already, and its answer can be read no more.") from None
    return Response(orjson.loads(body) if body else None, status=row.status, headers=row.headers)


def _keep(row: IdempotencyKey, response: Response) -> None:
    row.status = response.status_code
    row.headers = {name: value for name, value in response.items() if name != "Content-Type"}
    body = b"" if response.data is None else orjson.dumps(response.data, default=str, option=OPTIONS)
    row.body = seal(body)
    row.save(force_update=True, update_fields=["status", "headers", "body"])


def sweep_idempotency_keys(now: datetime) -> int:
    """Delete keys that have run out, some at a time; returns how many."""
    old = IdempotencyKey.objects.before(now - LIFE).values_list("pk", flat=True)[:BATCH]
    return IdempotencyKey.objects.filter(pk__in=list(old)).delete()[0]
