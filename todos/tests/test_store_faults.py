"""A store that is busy or away: 503 with `Retry-After`, nothing changed, nobody let in."""

import sqlite3
import time
from contextlib import closing

import pytest
from django.core.cache import caches
from django.db import connection, connections
from rest_framework.test import APIClient

from activity.models import Event
from config import stores
from todos.models import Project, Todo

ACCOUNT = {"email": "owner@example.org", "password": "correct horse battery"}
TODOS = "/api/v1/todos/"


@pytest.fixture
def busy(assert_problem):
    """Check that an answer tells to come back, and came soon."""

    def busy(call):
        start = time.monotonic()

        response = call()

        assert time.monotonic() - start < 1
        body = assert_problem(response, 503, "unavailable")
        assert int(response["Retry-After"]) > 0
        assert not [word for word in ("redis", "sqlite", "locked", "Traceback") if word in str(body).lower()]

    return busy


# SQLite is locked


@pytest.fixture
def file_database(transactional_db, tmp_path):
    """Put the test on a database in a file: one in memory cannot be locked by another process."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one write lock for the whole database")
    memory, path = connections["default"], tmp_path / "db.sqlite3"
    memory.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        memory.connection.backup(copy)
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = memory.settings_dict | {"NAME": str(path)}
    connections["default"] = wrapper
    yield path
    wrapper.close()
    connections["default"] = memory


@pytest.fixture
def write_lock(file_database):
    """Hold the write lock from a second connection: `with write_lock(): …`."""

    def write_lock():
        other = sqlite3.connect(file_database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return closing(other)

    return write_lock


def test_while_sqlite_is_locked_writes_are_refused_and_nothing_is_lost(write_lock, api, owner, make_todo, busy):
    todo, client = make_todo(), api(owner)
    url, before = f"{TODOS}{todo.pk}/", Event.objects.journal().count()

    with write_lock():
        busy(lambda: client.post(TODOS, {"title": "New"}))
        busy(lambda: client.patch(url, {"title": "Changed"}))
        busy(lambda: client.post(f"{url}completion/"))
        busy(lambda: client.delete(url))

    assert Todo.objects.get().title == "Buy milk"
    assert Event.objects.journal().count() == before
    assert client.patch(url, {"title": "Changed"}).status_code == 200


def test_while_sqlite_is_locked_reading_goes_on(write_lock, api, owner, make_todo):
    make_todo()
    client = api(owner)

    with write_lock():
        response = client.get(TODOS)

    assert [todo["title"] for todo in response.json()["results"]] == ["Buy milk"]


def test_while_sqlite_is_locked_nobody_signs_in_out_or_up_and_tokens_stay_good(write_lock, owner, busy):
    anyone = APIClient()
    pair = anyone.post("/api/v1/auth/login/", ACCOUNT).json()

    with write_lock():
        busy(lambda: anyone.post("/api/v1/auth/login/", ACCOUNT))
        busy(lambda: anyone.post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}))
        busy(lambda: anyone.post("/api/v1/auth/logout/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}"))
        busy(lambda: anyone.post("/api/v1/auth/register/", ACCOUNT | {"email": "new@example.org", "name": "New"}))

    assert Project.objects.filter(is_inbox=True).count() == 1
    assert anyone.get(TODOS, HTTP_AUTHORIZATION=f"Bearer {pair['access']}").status_code == 200
    assert anyone.post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}).status_code == 200


# Redis is away


@pytest.fixture
def redis_away(settings, db):
    """Send every cache to a port where nobody listens: `redis_away()`."""
    pytest.importorskip("django_redis", reason="needs Redis' client, which the embedded default has not")
    present = settings.CACHES
    APIClient().get("/api/v1/")  # loads the doors, as a server has

    def redis_away(away=True):
        nowhere = stores.caches(redis_url="redis://127.0.0.1:1/0")
        settings.CACHES = nowhere if away else present

    yield redis_away
    caches.close_all()


def test_S35_while_redis_is_away_no_token_is_trusted(redis_away, api, owner, todo, busy):
    client = api(owner)

    redis_away()
    busy(lambda: client.get(TODOS))
    busy(lambda: client.get(f"{TODOS}{todo.pk}/"))
    busy(lambda: client.post(TODOS, {"title": "New"}))
    busy(lambda: client.post(f"{TODOS}{todo.pk}/completion/"))
    redis_away(False)

    assert Todo.objects.get().completed_at is None
    assert client.get(TODOS).status_code == 200


def test_S35_while_redis_is_away_nobody_signs_in_out_or_refreshes(redis_away, owner, busy, history):
    anyone = APIClient()
    pair = anyone.post("/api/v1/auth/login/", ACCOUNT).json()
    before = history(owner)

    redis_away()
    busy(lambda: anyone.post("/api/v1/auth/login/", ACCOUNT))
    busy(lambda: anyone.post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}))
    busy(lambda: anyone.post("/api/v1/auth/logout/", HTTP_AUTHORIZATION=f"Bearer {pair['access']}"))
    redis_away(False)

    assert history(owner) == before
    assert anyone.post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}).status_code == 200


def test_S35_while_redis_is_away_nobody_signs_up_uncounted(redis_away, busy, db):
    redis_away()

    busy(lambda: APIClient().post("/api/v1/auth/register/", ACCOUNT | {"name": "Owner"}))

    assert not Project.objects.exists()


def test_S35_while_redis_is_away_pages_go_on_and_the_sign_in_says_so(redis_away, pages, owner):
    signed_in, stranger = pages(owner), pages()

    redis_away()
    refused = stranger.post("/login/", ACCOUNT)
    own = signed_in.get("/today/")

    assert (refused.status_code, refused["Retry-After"]) == (503, "2")
    assert "try again in a moment" in refused.text
    assert "_auth_user_id" not in stranger.session
    assert own.status_code == 200
