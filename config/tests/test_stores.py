"""What a URL becomes, and what the servers behind it then do."""

import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection

from config import stores
from config.http import STORE_ERRORS

pytest.importorskip("django_redis", reason="the embedded default has no drivers of servers")
from django.conf import settings

on_postgresql = pytest.mark.skipif(
    not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="needs PostgreSQL"
)
on_redis = pytest.mark.skipif("redis" not in settings.CACHES["tokens"]["BACKEND"], reason="needs Redis")


def database(url: str) -> dict:
    return stores.databases(sql_url=url, archive_url="", data_dir=Path())["default"]


def cache(url: str):
    from config.redis_cache import SharedRedisCache

    options = stores.caches(redis_url=url)["tokens"]
    return SharedRedisCache(options["LOCATION"], options)


def test_a_password_may_have_any_character():
    found = database("postgres://to%40dos:p%23a%2Fb%3Fc%25d,e@db:5433/todos")

    assert (found["USER"], found["PASSWORD"]) == ("to@dos", "p#a/b?c%d,e")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", 5433, "todos")


def test_options_of_the_address_join_ours():
    options = database("postgres://u:p@db/todos?sslmode=verify-full&prepare_threshold=5")["OPTIONS"]

    assert options["sslmode"] == "verify-full"
    assert options["prepare_threshold"] == 5
    assert options["server_side_binding"] is True


def test_a_redis_password_may_have_any_character():
    client = cache("redis://:p%40a%2Fb,c%23@cache:6380/15").client.get_client()

    options = client.connection_pool.connection_kwargs
    assert options["password"] == "p@a/b,c#"
    assert (options["host"], options["port"], options["db"]) == ("cache", 6380, 15)


def test_both_caches_stay_in_the_database_that_was_named():
    found = stores.caches(redis_url="redis://cache:6379/15")

    assert found["default"]["LOCATION"] == found["tokens"]["LOCATION"] == ["redis://cache:6379/15"]
    assert found["default"]["KEY_PREFIX"] != found["tokens"]["KEY_PREFIX"]


@on_redis
def test_clearing_the_cache_keeps_token_state():
    caches["tokens"].set("device", "live")
    caches["default"].set("page", "rendered")

    caches["default"].clear()

    assert caches["default"].get("page") is None
    assert caches["tokens"].get("device") == "live"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def silent_server():
    """Accept connections, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused_within(seconds: float, url: str) -> None:
    """Check how soon an error comes, at the best of three tries: other work on the machine does not count."""

    def refused() -> float:
        started = time.monotonic()
        with pytest.raises(STORE_ERRORS):
            cache(url).get("device")
        return time.monotonic() - started

    assert any(refused() < seconds for _ in range(3))


def test_a_closed_port_is_a_store_error_at_once():
    refused_within(0.2, f"redis://127.0.0.1:{closed_port()}/0")


def test_a_silent_server_is_a_store_error_within_a_second():
    with silent_server() as port:
        refused_within(1, f"redis://127.0.0.1:{port}/0")


@on_postgresql
@pytest.mark.django_db
def test_statements_are_prepared_with_their_values_apart():
    with connection.cursor() as cursor:
        for number in range(4):
            cursor.execute("SELECT %s::int + 1 AS prepared_here", [number])
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s", ["%prepared_here%"])

        assert cursor.fetchall() == [("SELECT $1::int + 1 AS prepared_here",)]
