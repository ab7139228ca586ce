"""How much of the API anybody may use, and what its answers say about that."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as configured
from django.core.cache import caches
from django.test import Client

from config.http import STORE_ERRORS
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db
BASE = "/api/v1"
POLICY = re.compile(r'"(user|address)";q=(\d+);w=60')
LEFT = re.compile(r'"(user|address)";r=(\d+);t=(\d+)')
on_redis = pytest.mark.skipif("redis" not in configured.CACHES["limits"]["BACKEND"], reason="needs Redis")
embedded = pytest.mark.skipif("redis" in configured.CACHES["limits"]["BACKEND"], reason="the clock is Redis' own")


@pytest.fixture(autouse=True)
def small_budgets(settings):
    settings.API_RATE_USER, settings.API_RATE_ADDRESS = 5, 3


def left(response) -> tuple[str, int]:
    """Return whose budget an answer tells of, and what is left of it."""
    policy, told = POLICY.fullmatch(response["RateLimit-Policy"]), LEFT.fullmatch(response["RateLimit"])
    assert policy is not None
    assert told is not None
    (name, quota), (same, remaining, reset) = policy.groups(), told.groups()
    assert (same, quota) == (name, {"user": "5", "address": "3"}[name])
    assert 1 <= int(reset) <= 60
    return name, int(remaining)


def test_each_answer_says_what_a_person_has_left(api, owner):
    client = api(owner)

    told = [left(client.get(f"{BASE}/{path}")) for path in ("todos/", "users/me/", "no-such-thing/")]

    assert told == [("user", 4), ("user", 3), ("address", 2)]


def test_what_is_spent_is_refused_until_the_minute_is_over(api, owner):
    client = api(owner)
    for _ in range(5):
        assert client.get(f"{BASE}/todos/").status_code == 200

    response = client.get(f"{BASE}/todos/")

    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "rate_limited"
    assert left(response) == ("user", 0)
    assert 1 <= int(response["Retry-After"]) <= 60


@embedded
def test_a_minute_later_there_is_a_new_budget(api, owner):
    client = api(owner)
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        client = api(owner)
        for _ in range(6):
            response = client.get(f"{BASE}/todos/")
        assert response.status_code == 429
        clock.shift(timedelta(seconds=61))

        assert left(client.get(f"{BASE}/todos/")) == ("user", 4)


def test_a_person_has_one_budget_whatever_the_door(api, pages, owner, editor):
    phone, laptop, browser = api(owner), api(owner), pages(owner)

    told = [left(client.get(f"{BASE}/todos/"))[1] for client in (phone, laptop, browser)]

    assert told == [4, 3, 2]
    assert left(api(editor).get(f"{BASE}/todos/")) == ("user", 4)


def test_who_brings_nothing_shares_the_budget_of_the_address(api):
    paths = ["", "schema/?format=json", "todos/"]
    first = [api().get(f"{BASE}/{path}") for path in paths]

    refused = api().get(f"{BASE}/todos/")

    assert [response.status_code for response in first] == [200, 200, 401]
    assert [left(response) for response in first] == [("address", 2), ("address", 1), ("address", 0)]
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert left(api().get(f"{BASE}/", REMOTE_ADDR="192.0.2.9")) == ("address", 2)


@pytest.mark.parametrize("header", ["Bearer x.y.z", "Bearer st_wrong", "Basic bTpw", "nonsense"])
def test_S22_a_credential_that_is_refused_counts_for_the_address(api, header):
    answers = [api().get(f"{BASE}/todos/", HTTP_AUTHORIZATION=header) for _ in range(4)]

    assert [response.status_code for response in answers] == [401, 401, 401, 429]


@pytest.mark.parametrize("extra", [{}, {"HTTP_AUTHORIZATION": "Bearer made.up.token"}, {"HTTP_COOKIE": "sessionid=x"}])
def test_S22_nothing_that_is_sent_along_opens_a_door_again_that_is_spent(api, owner, extra):
    login = {"email": owner.email, "password": PASSWORD}
    for _ in range(3):
        api().post(f"{BASE}/auth/login/", login, **extra)

    response = api().post(f"{BASE}/auth/login/", login, **extra)

    assert (response.status_code, owner.devices.count()) == (429, 3)


def test_no_budget_is_no_field(api, owner, settings):
    settings.API_RATE_USER = settings.API_RATE_ADDRESS = None

    for client in (api(owner), api()):
        response = client.get(f"{BASE}/")
        assert response.status_code == 200
        assert "RateLimit" not in response
        assert "RateLimit-Policy" not in response


def test_pages_have_no_budget(pages, owner):
    client = pages(owner)

    assert [client.get("/settings/").status_code for _ in range(8)] == [200] * 8


def test_scripts_of_other_origins_may_read_what_is_left(api, owner, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]

    response = api(owner).get(f"{BASE}/todos/", HTTP_ORIGIN="https://app.example.org")

    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
        response["Access-Control-Expose-Headers"].replace(",", " ").split()
    )


def test_the_document_describes_the_refusal():
    document = json.loads(Client().get(f"{BASE}/schema/", headers={"accept": "application/json"}).content)

    operation = document["paths"][f"{BASE}/todos/"]["get"]

    assert "application/problem+json" in operation["responses"]["429"]["content"]


class Away:
    """A cache whose server does not answer."""

    def count(self, key, window):
        raise STORE_ERRORS[0]("away")


def test_S35_who_cannot_be_counted_is_not_let_in(api, monkeypatch):
    monkeypatch.setattr("config.throttling.caches", {"limits": Away()})

    response = api().get(f"{BASE}/")

    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert int(response["Retry-After"]) >= 1


@on_redis
def test_the_budget_is_in_the_round_trip_that_asks_for_the_device(api, owner, monkeypatch):
    client = api(owner)
    client.get(f"{BASE}/todos/")
    sent = []
    connection = caches["limits"].client.get_client().connection_pool.connection_class
    send = connection.send_packed_command
    monkeypatch.setattr(
        connection, "send_packed_command", lambda self, command, *a, **k: (sent.append(1), send(self, command, *a, **k))
    )

    response = client.get(f"{BASE}/todos/")

    assert left(response) == ("user", 3)
    assert len(sent) == 1
