"""Keyset pages over events: many share a moment, so the order needs its last, unique field."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from activity.models import Event
from activity.services.recording import Subject, record
from config.errors import Invalid
from config.pagination import LARGEST, keyset_page

NEWEST = ("-created_at", "-id")
OLDEST = ("created_at", "id")
MIXED = ("-created_at", "id")


@pytest.fixture
def write(stranger, now):
    def write(revision, minutes):
        return record(
            author=stranger,
            scope="project:pages",
            revision=revision,
            verb="todo.created",
            subject=Subject("todo", stranger.pk, f"Todo {revision}"),
            data={},
            now=now + timedelta(minutes=minutes),
        )

    return write


@pytest.fixture
def rows(write):
    """Eleven events, three to a moment."""
    for number in range(11):
        write(number, minutes=number // 3)
    return Event.objects.journal().in_scopes(["project:pages"])


def walk(rows, order, size):
    """Return the keys of every page, reading forward."""
    cursor, pages = "", []
    while True:
        page = keyset_page(rows, order, cursor=cursor, size=size)
        pages.append([row.pk for row in page.rows])
        if not page.next:
            return pages
        cursor = page.next


def forged(*values):
    return urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


@pytest.mark.parametrize("order", [NEWEST, OLDEST, MIXED])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 11, 12])
def test_pages_show_each_row_once_in_order(rows, order, size):
    pages = walk(rows, order, size)

    assert [key for page in pages for key in page] == [row.pk for row in rows.order_by(*order)]
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("order", [NEWEST, OLDEST, MIXED])
def test_reading_back_shows_the_same_pages(rows, order):
    forward = walk(rows, order, 4)
    second = keyset_page(rows, order, cursor=keyset_page(rows, order, size=4).next, size=4)
    third = keyset_page(rows, order, cursor=second.next, size=4)

    back = keyset_page(rows, order, cursor=third.previous, size=4)
    first = keyset_page(rows, order, cursor=back.previous, size=4)

    assert [row.pk for row in back.rows] == forward[1]
    assert [row.pk for row in first.rows] == forward[0]
    assert (first.previous, bool(first.next)) == ("", True)


def test_the_ends_have_no_neighbours(rows):
    only = keyset_page(rows, NEWEST, size=11)

    assert (len(only.rows), only.next, only.previous) == (11, "", "")


def test_an_empty_list_is_one_empty_page(db):
    page = keyset_page(Event.objects.journal().in_scopes([]), NEWEST)

    assert (page.rows, page.next, page.previous) == ([], "", "")


def test_a_page_stays_put_while_rows_come_before_it(rows, write):
    first = keyset_page(rows, NEWEST, size=4)
    second = [row.pk for row in keyset_page(rows, NEWEST, cursor=first.next, size=4).rows]
    write(99, minutes=60)

    again = [row.pk for row in keyset_page(rows, NEWEST, cursor=first.next, size=4).rows]

    assert again == second


def test_a_page_is_one_query_without_a_count(rows, django_assert_num_queries):
    with django_assert_num_queries(1) as seen:
        keyset_page(rows, NEWEST, size=4)

    assert "COUNT" not in seen.captured_queries[0]["sql"].upper()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "ä",
        "\x00",
        "bm9uc2Vuc2U",
        forged(),
        forged("n"),
        forged("n", "2026-03-02T09:00:00Z"),
        forged("x", "2026-03-02T09:00:00Z", "0196a000-0000-7000-8000-000000000000"),
        forged("n", "yesterday", "0196a000-0000-7000-8000-000000000000"),
        forged("n", "2026-03-02T09:00:00Z", "not-an-id"),
        forged("n", "2026-03-02T09:00:00Z", None),
        forged("n", "2026-03-02T09:00:00Z", 1.5),
        forged("n", "2026-03-02T09:00:00Z", ["a"]),
        forged("n", "2026-03-02T09:00:00Z", {"$gt": ""}),
        forged("n", "2026-03-02T09:00:00Z", "a\x00b"),
        forged("n", 5, "0196a000-0000-7000-8000-000000000000"),
        forged("n", "2026-03-02T09:00:00Z", -1),
        orjson.dumps({"n": 1}).decode(),
        urlsafe_b64encode(b"{}").decode(),
        urlsafe_b64encode(b"5").decode(),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_by_name(rows, cursor):
    with pytest.raises(Invalid) as refusal:
        keyset_page(rows, NEWEST, cursor=cursor)

    assert list(refusal.value.fields) == ["cursor"]


@pytest.mark.parametrize("limit", ["0", "-1", str(LARGEST + 1), "ten", "1.5", "", "٣", "99999999999999999999"])
def test_a_limit_out_of_bounds_is_refused_by_name(api, owner, limit):
    response = api(owner).get("/api/v1/activity/", {"limit": limit})

    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["limit"]


def test_links_keep_what_was_asked_for(api, owner, make_todo):
    for number in range(3):
        make_todo(f"Todo {number}")
    client = api(owner)

    first = client.get("/api/v1/activity/", {"verb": "todo.created", "limit": "2"}).json()
    second = client.get(first["next"]).json()

    assert parse_qs(urlsplit(first["next"]).query).keys() == {"verb", "limit", "cursor"}
    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert (first["previous"], second["next"]) == (None, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]
