"""Calendars at secret addresses, for programs that know no account."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from config.proxies import address_of
from todos.services import feeds


@login_not_required
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Answer with a feed's calendar as to-dos, or with `?as=events` as events; 304 while nothing changed."""
    now, as_events = timezone.now(), request.GET.get("as") == "events"
    found = feeds.feed_at(secret=secret, ip=address_of(request), now=now)
    etag = f'"{feeds.state_of(found, as_events=as_events, now=now)}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": 'inline; filename="todos.ics"',
        "X-Robots-Tag": "noindex",
    }
    if unchanged := get_conditional_response(request, etag=etag):
        for name in ("ETag", "Cache-Control"):  # RFC 9110 §15.4.5
            unchanged[name] = headers[name]
        return unchanged
    pieces = feeds.calendar_of(found, as_events=as_events, now=now)
    return StreamingHttpResponse(pieces, content_type="text/calendar; charset=utf-8", headers=headers)
