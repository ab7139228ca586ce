"""Comments, files, ties and rendered text through the API: their shape, pages, tags, and cost."""

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test.utils import CaptureQueriesContext

from config.ids import uuid7
from todos.services.attachments import add_attachment
from todos.services.comments import add_comment
from todos.services.relations import relate

STORE = 0 if "redis" in settings.CACHES["tokens"]["BACKEND"].lower() else 1
COMMENT = [
    "id", "url", "todo", "author", "author_name", "text", "text_html", "mentions", "revision", "created_at",
    "updated_at", "deleted_at",
]  # fmt: skip


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def base(todo):
    return f"/api/v1/todos/{todo.pk}/"


@pytest.fixture
def cost():
    """Count the statements of a call that are no transaction's marks."""

    def cost(call) -> int:
        captures = [CaptureQueriesContext(connection) for connection in connections.all()]
        for capture in captures:
            capture.__enter__()
        try:
            assert call().status_code == 200
        finally:
            for capture in captures:
                capture.__exit__(None, None, None)
        queries = [query["sql"] for capture in captures for query in capture]
        return len([sql for sql in queries if not sql.startswith(("SAVEPOINT", "RELEASE"))])

    return cost


def test_a_comment_is_answered_whole_at_every_step(client, base, owner, editor):
    created = client.post(f"{base}comments/", {"text": "**Hi** @editor"})
    comment, url = created.json(), created["Location"]

    edited = client.patch(url, {"text": "Hi"}, HTTP_IF_MATCH=created["ETag"])
    deleted = client.delete(url, HTTP_IF_MATCH=edited["ETag"])
    gone, trash = client.get(f"{base}comments/"), client.get(f"{base}comments/?trashed=true")
    restored = client.post(f"{url}restoration/")

    assert (created.status_code, list(comment), url) == (201, COMMENT, comment["url"])
    assert (comment["author"], comment["author_name"]) == (str(owner.pk), "Owner")
    assert comment["text_html"] == "<p><strong>Hi</strong> @editor</p>\n"
    assert comment["mentions"] == [str(editor.pk)]
    assert (edited.json()["text"], edited.json()["mentions"]) == ("Hi", [])
    assert (deleted.status_code, gone.json()["results"], len(trash.json()["results"])) == (204, [], 1)
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert client.get(f"{base}comments/").json()["results"] == [restored.json()]
    assert client.get(url).json() == restored.json()


def test_comments_come_oldest_first_in_pages(client, base, owner, todo, now):
    for number in range(5):
        add_comment(actor=owner, todo_id=todo.pk, text=str(number), now=now)

    first = client.get(f"{base}comments/?limit=3").json()
    second = client.get(first["next"]).json()

    assert [row["text"] for row in first["results"] + second["results"]] == list("01234")
    assert second["next"] is None


def test_a_stale_write_of_a_comment_is_refused(client, base, assert_problem):
    created = client.post(f"{base}comments/", {"text": "One"})
    url, stale = created["Location"], {"HTTP_IF_MATCH": '"0"'}

    for response in (
        client.patch(url, {"text": "Two"}, **stale),
        client.delete(url, **stale),
        client.post(f"{url}restoration/", **stale),
    ):
        assert response.status_code == 412
    assert client.get(url).json()["text"] == "One"


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": ""}, "text"), ({"text": " \n "}, "text"), ({"text": "x" * 10_001}, "text"),
     ({"text": "x", "id": "1"}, "id"), ({"text": "\x00"}, "text"), ({"text": ["x"]}, "text")],
)  # fmt: skip
def test_a_bad_comment_is_refused_with_its_field(client, base, assert_problem, body, field):
    assert_problem(client.post(f"{base}comments/", body), 422, "invalid", field)


def test_a_comment_that_begins_with_code_keeps_it(client, base):
    comment = client.post(f"{base}comments/", {"text": "\n    make run\n"}).json()

    assert comment["text"] == "    make run"
    assert "<pre><code>make run" in comment["text_html"]


def test_S10_a_comment_is_its_writers_whatever_it_says(client, base, owner, editor, todo):
    forged = {"author": str(editor.pk), "todo": str(uuid7()), "revision": 99, "deleted_at": "2026-01-01T00:00:00Z"}
    forged |= {"mentions": [str(editor.pk)], "created_at": "2001-01-01T00:00:00Z", "text_html": "<script>"}

    comment = client.post(f"{base}comments/", {"text": "Hello"} | forged).json()

    assert (comment["author"], comment["todo"], comment["deleted_at"]) == (str(owner.pk), str(todo.pk), None)
    assert (comment["mentions"], comment["text_html"]) == ([], "<p>Hello</p>\n")
    assert client.patch(comment["url"], forged).json() == comment


def test_S23_a_comment_runs_nothing_wherever_it_is_shown(client, base):
    text = "<script>alert(1)</script> [a](javascript:alert(1)) ![b](https://evil.example/x.svg) <svg onload=alert(1)>"

    html = client.post(f"{base}comments/", {"text": text}).json()["text_html"]

    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
    assert 'href="javascript' not in html


def test_a_description_is_rendered(client, base, edit, todo):
    edit(todo, description="- [x] **done**\n- [ ] <b>")

    response = client.get(f"{base}rendered/")

    html = response.json()["description_html"]
    assert response["ETag"] == client.get(base)["ETag"]
    assert "<strong>done</strong>" in html
    assert "&lt;b&gt;" in html


def test_a_tie_is_told_from_where_it_is_looked_at(client, base, todo, make_todo, work):
    other = make_todo("There", project=work.pk)

    created = client.post(f"{base}relations/", {"kind": "blocked_by", "other": str(other.pk)})

    tie = created.json()
    assert created.status_code == 201
    assert (tie["kind"], tie["todo"], tie["other"]) == ("blocked_by", str(todo.pk), str(other.pk))
    assert (tie["other_title"], tie["other_project"], tie["other_completed"]) == ("There", str(work.pk), False)
    assert client.get(created["Location"]).json() == tie
    [seen] = client.get(f"/api/v1/todos/{other.pk}/relations/").json()["results"]
    assert (seen["kind"], seen["other"], seen["id"]) == ("blocks", str(todo.pk), tie["id"])
    assert client.delete(seen["url"]).status_code == 204
    assert client.get(f"{base}relations/").json()["results"] == []


def test_S03_a_tie_shows_neither_title_nor_number_of_what_one_does_not_see(api, base, client, editor, make_todo, work):
    other = make_todo("Secret", project=work.pk)
    client.post(f"{base}relations/", {"kind": "relates", "other": str(other.pk)})

    answers = [api(editor).get(base + end) for end in ("relations/", "", "comments/")]
    answers += [api(editor).get("/api/v1/activity/"), api(editor).get("/api/v1/todos/")]

    assert answers[0].json() == {"results": [], "next": None, "previous": None}
    assert "Secret" not in "".join(answer.text for answer in answers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "loves", "other": str(uuid7())}, "kind"),
        ({"kind": "blocks"}, "other"),
        ({"kind": "blocks", "other": "x"}, "other"),
        ({"kind": "blocks", "other": str(uuid7())}, "other"),
    ],
)
def test_a_bad_tie_is_refused_with_its_field(client, base, assert_problem, body, field):
    assert_problem(client.post(f"{base}relations/", body), 422, "invalid", field)


@pytest.mark.parametrize("kind", ["comments", "attachments", "relations"])
def test_S01_what_is_on_a_todo_is_on_no_other(client, base, todo, make_todo, owner, now, kind):
    other, third = make_todo("Other"), make_todo("Third")
    call = {"actor": owner, "todo_id": todo.pk, "now": now}
    made = {
        "comments": lambda: add_comment(**call, text="Hello"),
        "attachments": lambda: add_attachment(**call, upload=SimpleUploadedFile("a.txt", b"Hello")),
        "relations": lambda: relate(**call, other_id=other.pk, kind="blocks"),
    }[kind]()

    url = f"/api/v1/todos/{third.pk}/{kind}/"

    assert client.get(url).json()["results"] == []
    assert client.get(f"{url}{made.pk}/").status_code == 404
    assert client.delete(f"{url}{made.pk}/").status_code == 404
    assert client.get(f"/api/v1/todos/{uuid7()}/{kind}/").status_code == 404
    assert client.get(f"{base}{kind}/{made.pk}/").status_code == 200


@pytest.mark.parametrize("kind", ["comments", "attachments", "relations"])
def test_ten_and_fifty_on_a_todo_cost_the_same(client, base, todo, make_todo, owner, now, cost, kind):
    call = {"actor": owner, "todo_id": todo.pk, "now": now}
    add = {
        "comments": lambda number: add_comment(**call, text=f"Hello {number} @owner"),
        "attachments": lambda number: add_attachment(**call, upload=SimpleUploadedFile("a.txt", b"Hello")),
        "relations": lambda number: relate(**call, other_id=make_todo(str(number)).pk, kind="relates"),
    }[kind]
    url = f"{base}{kind}/?limit=200"
    client.get(url)
    for number in range(10):
        add(number)
    ten = cost(lambda: client.get(url))
    for number in range(40):
        add(number + 10)

    fifty = cost(lambda: client.get(url))

    assert len(client.get(url).json()["results"]) == 50
    cached = STORE if kind == "comments" else 0  # the cache is a table where the token store is
    assert ten == fifty == 2 + STORE + cached


def test_comments_whose_html_is_forgotten_are_rendered_again(client, base, owner, todo, now):
    for number in range(3):
        add_comment(actor=owner, todo_id=todo.pk, text=f"*{number}*", now=now)
    caches["default"].clear()

    shown = [row["text_html"] for row in client.get(f"{base}comments/").json()["results"]]

    assert shown == [f"<p><em>{number}</em></p>\n" for number in range(3)]
