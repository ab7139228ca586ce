"""Keyset pages: no COUNT, no OFFSET, nothing skipped or shown twice while rows come and go."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import orjson
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.errors import Invalid

PAGE, LARGEST = 50, 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order, and the cursors of their neighbours ("" for none)."""

    rows: list[Any]
    next: str
    previous: str


class Rows(Protocol):
    """What can be paged: a queryset, or what is narrowed, ordered and sliced like one."""

    def filter(self, *conditions: Q) -> Self: ...
    def order_by(self, *names: str) -> Self: ...
    def __getitem__(self, part: slice, /) -> Iterable[Any]: ...


def keyset_page(queryset: QuerySet[Any] | Rows, order: Sequence[str], *, cursor: str = "", size: int = PAGE) -> Page:
    """Return one page of a queryset in an order of non-null fields that ends with a unique one.

    A cursor names the row beside the page and the direction to read in, so a page stays put
    when rows are added before it.
    """
    backward, edge = _decode(cursor, order)
    reading = [_reverse(name) for name in order] if backward else list(order)
    rows = queryset.order_by(*reading)
    found = list(rows[: size + 1]) if edge is None else _beyond(rows, reading, edge, size + 1)
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    has_next, has_previous = (bool(edge), more) if backward else (more, edge is not None)
    return Page(
        rows=found,
        next=_encode("n", found[-1], order) if has_next and found else "",
        previous=_encode("p", found[0], order) if has_previous and found else "",
    )


def _beyond(rows: QuerySet[Any] | Rows, order: Sequence[str], edge: Sequence[Any], count: int) -> list[Any]:
    """Return the rows after an edge; some values of a made-up edge fail only in the database."""
    try:
        return list(rows.filter(_after(order, edge))[:count])
    except (ValidationError, ValueError, TypeError, OverflowError, DataError):
        raise _bad_cursor() from None


def _reverse(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _after(order: Sequence[str], edge: Sequence[Any]) -> Q:
    """Return `(a, b) > (x, y)` for an order of mixed directions."""
    beyond, same = Q(), Q()
    for name, value in zip(order, edge, strict=True):
        field = name.removeprefix("-")
        step = Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        beyond |= same & step
        same &= Q(**{field: value})
    first, value = order[0], edge[0]
    bound = Q(**{f"{first.removeprefix('-')}__{'lte' if first.startswith('-') else 'gte'}": value})
    return bound & beyond  # the redundant bound lets an index range scan start at the edge


def _encode(direction: str, row: Any, order: Sequence[str]) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    return urlsafe_b64encode(orjson.dumps([direction, *values])).decode().rstrip("=")


def _decode(cursor: str, order: Sequence[str]) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        direction, *edge = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Base64Error, ValueError, TypeError):
        raise _bad_cursor() from None
    scalar = all(isinstance(value, str | int) and "\x00" not in str(value) for value in edge)
    if direction not in ("n", "p") or len(edge) != len(order) or not scalar:
        raise _bad_cursor()
    return direction == "p", edge


def _bad_cursor() -> Invalid:
    return Invalid.field("cursor", "This cursor is not one of ours. Start again without it.")


def limit_of(request: Any, *, default: int = PAGE, largest: int = LARGEST) -> int:
    """Return how many rows a request wants at most, by `?limit=`; raises Invalid."""
    given = request.query_params.get("limit", str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= largest):
        raise Invalid.field("limit", f"Ask for 1 to {largest} rows.")
    return int(given)


class KeysetPagination(BasePagination):
    """Pages an API list: `?cursor=` as given in `next` and `previous`, `?limit=` up to 200.

    The view names its order in `keyset`, or answers `get_keyset(request)`.
    """

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        self.request = request
        self.page = keyset_page(
            queryset,
            view.get_keyset(request) if hasattr(view, "get_keyset") else view.keyset,
            cursor=request.query_params.get("cursor", ""),
            size=limit_of(request),
        )
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._link(self.page.next), "previous": self._link(self.page.previous)}
        return Response({"results": data, **links})

    def _link(self, cursor: str) -> str | None:
        url = self.request.build_absolute_uri()
        return replace_query_param(remove_query_param(url, "cursor"), "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": PAGE}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "From `next` or `previous`.",
            },
            {"name": "limit", "in": "query", "schema": limit, "description": "Rows per page."},
        ]
