"""Conditional requests (RFC 9110 §13): entity tags out, `If-Match` in."""

import re
from typing import Any, Protocol

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

TAG = re.compile(r'(W/)?"([^"]*)"')
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you saw; 412 if it is no longer so.",
)


class Tagged(Protocol):
    @property
    def etag(self) -> str: ...


def if_match(request: Request) -> frozenset[str] | None:
    """Return the tags that the caller accepts; None when any will do. Weak tags never match."""
    return tags_in(request.headers.get("If-Match", ""))


def tags_in(text: str) -> frozenset[str] | None:
    """Return the tags in what an `If-Match` holds."""
    text = text.strip()
    if text in ("", "*"):
        return None
    return frozenset(tag for weak, tag in TAG.findall(text) if not weak)


def tagged(thing: Tagged, data: Any, *, status: int = 200) -> Response:
    """Answer with a representation and the tag of its state."""
    headers = {"ETag": f'"{thing.etag}"'}
    if status == 201:
        headers["Location"] = data["url"]
    return Response(data, status=status, headers=headers)
