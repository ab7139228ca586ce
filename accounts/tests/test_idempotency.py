"""A POST under an Idempotency-Key is done once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.idempotency import Repeatable, sweep_idempotency_keys
from accounts.models import ApiToken, IdempotencyKey
from config.tests.plugin import PASSWORD
from todos.models import Label

TODOS = "/api/v1/todos/"
LABELS = "/api/v1/labels/"
KEY = {"Idempotency-Key": "0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77"}


def same(first, second):
    names = ("ETag", "Location", "Cache-Control", "Content-Type")
    told = [(answer.status_code, answer.content, *map(answer.get, names)) for answer in (first, second)]
    return told[0] == told[1]


def test_a_retry_gets_the_same_answer_and_changes_nothing(owner, api, project, recorded):
    client, sent = api(owner), {"title": "Buy milk", "project": str(project.pk)}

    first = client.post(TODOS, sent, headers=KEY)
    second = client.post(TODOS, sent, headers=KEY)

    assert first.status_code == 201
    assert first["ETag"]
    assert same(first, second)
    assert project.todos.count() == 1
    project.refresh_from_db()
    assert project.revision == 2


def test_without_a_key_each_post_counts_and_asks_the_store_for_none(owner, api, project):
    client, sent = api(owner), {"title": "Buy milk", "project": str(project.pk)}

    with CaptureQueriesContext(connection) as queries:
        client.post(TODOS, sent)
        client.post(TODOS, sent)

    assert project.todos.count() == 2
    assert not [query for query in queries if IdempotencyKey._meta.db_table in query["sql"]]


def test_another_request_under_the_same_key_is_refused(owner, api, project, label_named):
    client = api(owner)
    client.post(LABELS, {"name": "phone"}, headers=KEY)

    answers = [
        client.post(LABELS, {"name": "post"}, headers=KEY),
        client.post(TODOS, {"title": "Buy milk"}, headers=KEY),
        client.post(f"{LABELS}?x=1", {"name": "phone"}, headers=KEY),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert [list(answer.json()["fields"]) for answer in answers] == [["Idempotency-Key"]] * 3
    assert label_named("post") is None


@pytest.fixture
def label_named(db):
    return lambda name: Label.objects.filter(name=name).first()


def test_the_order_of_the_members_of_the_body_does_not_matter(owner, api):
    client = api(owner)

    first = client.post(LABELS, '{"name": "phone", "colour": "red"}', content_type="application/json", headers=KEY)
    second = client.post(LABELS, '{"colour":"red","name":"phone"}', content_type="application/json", headers=KEY)

    assert same(first, second)


def test_a_key_in_quotes_is_the_same_key(owner, api):
    client = api(owner)

    first = client.post(LABELS, {"name": "phone"}, headers={"Idempotency-Key": '"abc"'})
    second = client.post(LABELS, {"name": "phone"}, headers={"Idempotency-Key": "abc"})

    assert same(first, second)


def test_a_key_belongs_to_one_person(owner, stranger, api):
    first = api(owner).post(LABELS, {"name": "phone"}, headers=KEY)
    second = api(stranger).post(LABELS, {"name": "phone"}, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "tab\there", "caf\u00e9"])
def test_a_key_that_is_none_is_refused(owner, api, key, label_named):
    answer = api(owner).post(LABELS, {"name": "phone"}, headers={"Idempotency-Key": key})

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["Idempotency-Key"]
    assert label_named("phone") is None


def test_after_a_refusal_the_key_serves_for_what_was_put_right(owner, api, project):
    client = api(owner)

    refused = client.post(TODOS, {"title": "", "project": str(project.pk)}, headers=KEY)
    done = client.post(TODOS, {"title": "Buy milk", "project": str(project.pk)}, headers=KEY)

    assert (refused.status_code, done.status_code) == (422, 201)
    assert IdempotencyKey.objects.get().status == 201


def test_a_refusal_deep_inside_takes_back_the_key_and_the_change(owner, api, todo, make_todo):
    taken = {"title": "Buy bread", "id": str(todo.pk), "labels": ["new"], "project": str(todo.project_id)}

    answer = api(owner).post(TODOS, taken, headers=KEY)

    assert answer.status_code == 409
    assert not IdempotencyKey.objects.exists()
    assert not Label.objects.exists()


def test_an_empty_answer_is_repeated_too(superadmin, stranger, api):
    client, path = api(superadmin), f"/api/v1/users/{stranger.pk}/sign-in-reset/"

    first, second = client.post(path, headers=KEY), client.post(path, headers=KEY)

    assert (first.status_code, first.content) == (204, b"")
    assert same(first, second)


def test_the_secret_of_a_token_is_shown_again_and_lies_sealed_meanwhile(owner, api):
    client, asked = api(owner), {"name": "Script", "scopes": ["todos:read"], "password": PASSWORD}

    first = client.post("/api/v1/auth/tokens/", asked, headers=KEY)
    second = client.post("/api/v1/auth/tokens/", asked, headers=KEY)

    assert first.status_code == 201
    assert same(first, second)
    assert first["Cache-Control"] == "no-store"
    assert ApiToken.objects.count() == 1
    [kept] = IdempotencyKey.objects.values()
    assert first.json()["secret"] not in str(kept)
    assert PASSWORD not in str(kept)


def test_an_answer_that_cannot_be_opened_is_no_reason_to_do_it_twice(owner, api):
    client = api(owner)
    client.post(LABELS, {"name": "phone"}, headers=KEY)
    IdempotencyKey.objects.update(body="broken")

    answer = client.post(LABELS, {"name": "phone"}, headers=KEY)

    assert answer.status_code == 409


def test_a_token_without_the_scope_is_not_told_the_answer(owner, api, client, now):
    from accounts.services.api_tokens import create_token

    api(owner).post(LABELS, {"name": "phone"}, headers=KEY)
    made = create_token(actor=owner, name="Script", scopes=["projects:write"], now=now)

    answer = client.post(
        LABELS,
        {"name": "phone"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {made.secret}"} | KEY,
    )

    assert answer.status_code == 403


def test_nobody_keeps_a_key(api):
    assert api().post(LABELS, {"name": "phone"}, headers=KEY).status_code == 401
    assert not IdempotencyKey.objects.exists()


def test_after_a_day_the_key_is_free_again(owner, api, now):
    with time_machine.travel(now, tick=False):
        first = api(owner).post(LABELS, {"name": "phone"}, headers=KEY)
    with time_machine.travel(now + timedelta(hours=23, minutes=59), tick=False):
        same_day = api(owner).post(LABELS, {"name": "phone"}, headers=KEY)
    with time_machine.travel(now + timedelta(hours=24, seconds=1), tick=False):
        next_day = api(owner).post(LABELS, {"name": "post"}, headers=KEY)

    assert same(first, same_day)
    assert next_day.status_code == 201
    assert next_day.json()["name"] == "post"


def test_the_sweep_deletes_what_has_run_out_and_nothing_else(owner, now):
    for hours in (23, 25):
        IdempotencyKey.objects.create(user=owner, key=str(hours), created_at=now - timedelta(hours=hours))

    assert sweep_idempotency_keys(now) == 1
    assert IdempotencyKey.objects.get().key == "23"
    assert sweep_idempotency_keys(now) == 0


class Upload(Repeatable):
    """A door of files, as those of attachments are."""

    parser_classes = (MultiPartParser,)
    scope = "todos"

    def post(self, request):
        file = request.data["file"]
        return Response({"name": file.name, "size": len(file.read()), "id": IdempotencyKey.objects.count()})


def send_file(owner, content, name="photo.png", **fields):
    file = SimpleUploadedFile(name, content)
    request = APIRequestFactory().post("/files/", {"file": file} | fields, format="multipart", headers=KEY)
    force_authenticate(request, owner)
    answer = Upload.as_view()(request)
    request.close()
    return answer


def test_a_file_is_part_of_what_was_asked(owner):
    first = send_file(owner, b"1" * 3_000_000)  # larger than is held in memory
    again = send_file(owner, b"1" * 3_000_000)
    other = send_file(owner, b"1" * 2_999_999 + b"2")
    renamed = send_file(owner, b"1" * 3_000_000, name="other.png")
    described = send_file(owner, b"1" * 3_000_000, description="x")

    assert (first.status_code, first.data["size"]) == (200, 3_000_000)
    assert again.data == first.data
    assert [answer.status_code for answer in (other, renamed, described)] == [422] * 3


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"],
    reason="needs PostgreSQL: SQLite lets one writer in at a time",
)
def test_retries_at_the_same_moment_wait_for_the_first_and_get_its_answer(owner, api, project):
    clients, gate = [api(owner) for _ in range(8)], Barrier(8, timeout=10)

    def send(client):
        try:
            gate.wait()
            return client.post(TODOS, {"title": "Buy milk", "project": str(project.pk)}, headers=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, clients))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert project.todos.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_key_and_the_change_are_committed_together(owner, api, project):
    """A statement that fails after the change leaves neither; so does a process that dies in between."""
    client = api(owner)
    with connection.execute_wrapper(_fail_at("UPDATE", IdempotencyKey._meta.db_table)), pytest.raises(_CutOffError):
        client.post(TODOS, {"title": "Buy milk", "project": str(project.pk)}, headers=KEY)

    assert not project.todos.exists()
    assert not IdempotencyKey.objects.exists()
    assert client.post(TODOS, {"title": "Buy milk", "project": str(project.pk)}, headers=KEY).status_code == 201


class _CutOffError(BaseException):
    """The process ends here."""


def _fail_at(verb, table):
    def wrapper(execute, sql, params, many, context):
        if sql.startswith(verb) and table in sql:
            raise _CutOffError
        return execute(sql, params, many, context)

    return wrapper


def test_a_completion_that_is_sent_twice_goes_on_to_the_next_occurrence_once(owner, api, project):
    client = api(owner)
    sent = {"title": "Water", "project": str(project.pk), "due_date": "2026-03-02", "recurrence": ["RRULE:FREQ=DAILY"]}
    todo = client.post(TODOS, sent).json()

    first = client.post(f"{todo['url']}completion/", headers=KEY)
    second = client.post(f"{todo['url']}completion/", headers=KEY)

    assert first.json()["due_date"] > "2026-03-02"
    assert same(first, second)
    assert first["Undo-Receipt"] == second["Undo-Receipt"]
    assert client.get(todo["url"]).json()["due_date"] == first.json()["due_date"]
