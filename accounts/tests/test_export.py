"""Everything of one person as one JSON document, at any size, and nothing of anybody else."""

import gc
import json
import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.limits import EXPORT
from accounts.models import ApiToken, Identity, Passkey
from accounts.scopes import SCOPES
from accounts.services.api_tokens import create_token
from accounts.services.export import export_account
from accounts.services.people import edit_person
from config.errors import RateLimited, Unauthenticated
from todos.models import Todo
from todos.services.labels import create_label
from todos.services.projects import create_project
from todos.services.todos import create_todo

URL = "/api/v1/users/me/export/"


@pytest.fixture
def exported(now):
    """Return what the export of a person says."""

    def exported(user) -> dict:
        return json.loads(b"".join(export_account(actor=user, now=now)))

    return exported


@pytest.fixture
def fill(owner, project, now):
    """Give the owner so many more todos."""

    def fill(count):
        rows = [
            Todo(
                project=project, title=f"Todo {number}", description="x" * 200, order=f"a{number:05}", revision=1,
                created_by=owner, created_at=now, updated_at=now,
            )
            for number in range(count)
        ]  # fmt: skip
        Todo.objects.bulk_create(rows, batch_size=500)

    return fill


def test_an_export_holds_all_that_is_ones_own(owner, editor, project, make_todo, now, exported):
    todo = make_todo(labels=["errand"])
    ApiToken.objects.create(
        user=owner, name="cron", prefix="st_abc", digest="d1gest", scopes=["account"], created_at=now
    )
    Passkey.objects.create(user=owner, name="Blue key", credential_id=b"c", public_key=b"k", created_at=now)
    Identity.objects.create(
        user=owner, provider="company", subject="sub-1", email="o@corp.example", created_at=now, last_used_at=now
    )

    found = exported(owner)

    assert (found["format"], found["version"], found["exported_at"]) == ("simple-todos", 1, "2026-03-02T09:00:00Z")
    assert (found["account"]["id"], found["account"]["email"]) == (str(owner.pk), "owner@example.org")
    assert {row["title"] for row in found["projects"]} == {"Inbox", "Home"}
    assert {row["role"] for row in found["memberships"]} == {"owner"}
    assert [(row["id"], row["labels"], row["project"]) for row in found["todos"]] == [
        (str(todo.pk), ["errand"], str(project.pk))
    ]
    assert [row["name"] for row in found["labels"]] == ["errand"]
    assert [row["name"] for row in found["api_tokens"]] == ["cron"]
    assert [row["name"] for row in found["passkeys"]] == ["Blue key"]
    assert [row["subject"] for row in found["identities"]] == ["sub-1"]
    assert [row["verb"] for row in found["events"]][:2] == ["user.registered", "project.created"]


def test_it_holds_what_one_sees_of_others_and_no_more(owner, editor, stranger, todo, now, exported):
    theirs = create_project(actor=stranger, title="Secret plans", now=now)
    create_todo(actor=stranger, values={"project": theirs.pk, "title": "Hide the cake"}, now=now)
    create_label(actor=stranger, name="hush", now=now)

    found = exported(editor)

    text = json.dumps(found)
    assert [row["title"] for row in found["todos"]] == ["Buy milk"]
    mine = {"project": str(todo.project_id), "role": "editor", "granted": "editor", "is_favourite": False}
    assert mine in found["memberships"]
    for hidden in ("Secret plans", "Hide the cake", "hush", "owner@example.org", str(stranger.pk)):
        assert hidden not in text


def test_S31_no_secret_is_in_it(owner, now, exported):
    ApiToken.objects.create(user=owner, name="cron", prefix="st_abc", digest="d1gest", scopes=[], created_at=now)

    text = json.dumps(exported(owner))

    for secret in (owner.password, "bcrypt", "d1gest", "st_abc", "password", "public_key", "credential"):
        assert secret not in text


def test_invitations_that_one_made_are_in_it(admin, now, exported, settings):
    from accounts.services.invitations import invite_person

    settings.REGISTRATION = "invite"
    invite_person(actor=admin, email="new@example.org", role="user", now=now)

    assert [row["email"] for row in exported(admin)["invitations"]] == ["new@example.org"]


def test_a_closed_account_has_no_export(owner, superadmin, now):
    edit_person(actor=superadmin, person_id=owner.pk, changes={"is_active": False}, now=now)

    with pytest.raises(Unauthenticated):
        export_account(actor=owner, now=now)


def test_it_can_be_asked_for_only_so_often(owner, now):
    for _ in range(EXPORT.count):
        export_account(actor=owner, now=now)

    with pytest.raises(RateLimited):
        export_account(actor=owner, now=now)


# Size


def test_the_number_of_queries_does_not_grow(owner, fill, now):
    counts = []
    for size in (10, 2000):
        fill(size - Todo.objects.count())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            b"".join(export_account(actor=owner, now=now))
        counts.append(len([query for query in queries if "FETCH" not in query["sql"]]))

    # One for each kind of row; two of them find where the journal ends and the archive begins.
    assert counts[0] == counts[1] <= 25


def test_memory_does_not_grow_with_what_there_is(owner, fill, now):
    peaks, sizes = [], []
    fill(800)
    sum(map(len, export_account(actor=owner, now=now)))  # what the first of a process imports and keeps is not meant
    for size in (2000, 10_000):
        fill(size - Todo.objects.count())
        gc.collect()
        tracemalloc.start()
        sizes.append(sum(len(piece) for piece in export_account(actor=owner, now=now)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert sizes[1] > 4 * sizes[0]
    assert peaks[1] < 1.3 * peaks[0]


def test_the_first_byte_comes_before_anything_is_looked_up(owner, fill, now):
    fill(3000)

    pieces = export_account(actor=owner, now=now)
    with CaptureQueriesContext(connection) as queries:
        first = next(pieces)
    rest = list(pieces)

    assert first.startswith(b'{"format":"simple-todos"')
    assert len(queries) == 0
    assert len(rest) > 10
    assert max(map(len, rest)) < 64 * 1024


@pytest.mark.servers
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's test database is in memory, where readers lock")
@pytest.mark.django_db(transaction=True)
def test_every_row_is_of_one_moment(owner, fill, now):
    fill(1200)
    pieces = export_account(actor=owner, now=now)
    read = [next(pieces), next(pieces)]  # by now it has begun to read

    _elsewhere(lambda: Todo.objects.all().delete())
    found = json.loads(b"".join([*read, *pieces]))

    assert len(found["todos"]) == 1200
    assert not Todo.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_stops_reading_holds_nothing_up(owner, fill, now):
    fill(1200)
    pieces = export_account(actor=owner, now=now)
    next(pieces)
    next(pieces)

    pieces.close()

    create_label(actor=owner, name="errand", now=now + timedelta(seconds=1))
    assert not connection.in_atomic_block
    assert len(b"".join(export_account(actor=owner, now=now))) > 100_000


def _elsewhere(act):
    """Do it on another connection, as another request would."""
    import threading

    def run():
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


# Doors


@pytest.mark.parametrize("path", [URL, "/settings/export/"])
def test_it_comes_as_a_file_that_nobody_keeps_on_the_way(owner, api, pages, path):
    client = api(owner) if path == URL else pages(owner)

    response = client.get(path)

    assert response.streaming
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].startswith('attachment; filename="simple-todos-2')
    assert response["Cache-Control"] == "no-store"
    assert json.loads(b"".join(response))["account"]["email"] == owner.email


def test_S14_a_token_exports_nothing_whatever_its_scopes(owner, api, now):
    made = create_token(actor=owner, name="cron", scopes=SCOPES, now=now)
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")

    answers = [client.get(URL), client.get("/api/v1/users/me/")]

    assert [answer.status_code for answer in answers] == [403, 200]


def test_the_settings_offer_it(owner, pages):
    assert 'href="/settings/export/"' in pages(owner).get("/settings/").text
