"""Who is asking the API, and what it costs to know."""

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db
on_redis = pytest.mark.skipif("redis" not in settings.CACHES["tokens"]["BACKEND"].lower(), reason="needs Redis")
LABELS = "/api/v1/labels/"


@pytest.fixture
def round_trips(monkeypatch):
    """Count what is sent to Redis: each sending is answered as a whole, however many commands it holds."""
    from redis.connection import AbstractConnection

    sent, send = [], AbstractConnection.send_packed_command

    def counted(self, command, *args, **options):
        sent.append(command)
        return send(self, command, *args, **options)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    return sent


@on_redis
def test_a_token_costs_one_round_trip_to_redis_and_no_sql(api, owner, round_trips):
    client = api(owner)
    client.get(LABELS)  # opens the connection

    round_trips.clear()
    with CaptureQueriesContext(connection) as seen:
        response = client.get(LABELS)

    assert response.status_code == 200
    assert "RateLimit" in response.headers
    assert len(round_trips) == 1
    (labels,) = [query["sql"] for query in seen]
    assert "todos_label" in labels


@on_redis
def test_a_round_trip_is_counted(round_trips):
    caches["tokens"].get("a")
    before = len(round_trips)

    caches["tokens"].get("a")
    caches["limits"].get("b")

    assert len(round_trips) - before == 2


def test_the_embedded_store_costs_one_query_and_reads_no_person(api, owner):
    if not settings.CACHES["tokens"]["BACKEND"].endswith("DatabaseCache"):
        pytest.skip("needs the embedded store")
    client = api(owner)

    with CaptureQueriesContext(connection) as seen:
        client.get(LABELS)

    state, labels = [query["sql"] for query in seen]
    assert "token_state" in state
    assert "todos_label" in labels


def test_a_device_that_ended_is_refused_alike_whatever_its_token_says(api, owner):
    client = api(owner)
    client.post("/api/v1/auth/logout/")

    response = client.get(LABELS)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert response.json()["detail"] == "This device is signed out."
