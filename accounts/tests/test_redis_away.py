"""Redis stops in mid-run, hangs, and comes back: real processes, as in production."""

import signal
import statistics
import time

import pytest
import requests
from django.conf import settings

from accounts.tests.servers import Person, database_of_ours, has_redis_server, redis_server, until, web_server

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        "redis" not in settings.CACHES["tokens"]["BACKEND"].lower() or not has_redis_server(),
        reason="needs REDIS_URL and the redis-server program, to stop one of our own",
    ),
]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield redis


@pytest.fixture(scope="module")
def address(redis, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with database_of_ours(folder) as url, web_server(folder, DATABASE_URL=url, REDIS_URL=redis.url) as address:
        yield address


@pytest.fixture
def person(address):
    person = Person(address)
    assert person.sign_in().status_code == 302
    assert person.page("/today/").status_code == 200
    assert person.me().status_code == 200
    return person


def refused(answer: requests.Response) -> float:
    """Check that the API says to come back, and soon; return how long the answer took."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == "unavailable"
    assert not [word for word in ("redis", "127.0.0.1", "Traceback") if word in answer.text.lower()]
    assert answer.elapsed.total_seconds() < 1
    return answer.elapsed.total_seconds()


def nothing_is_let_in(person: Person) -> list[float]:
    """Ask every kind of door several times; return how long the answers of the API took."""
    times = [refused(ask()) for _ in range(4) for ask in (person.me, person.refresh, person.login)]
    times.append(refused(person.api("POST", "todos/", json={"title": "New"}, headers=bearer(person))))
    times.append(refused(person.api("POST", "auth/logout/", headers=bearer(person))))
    forged = person.me("eyJhbGciOiJub25lIn0.e30.")
    assert forged.status_code in (401, 503)
    stranger = requests.Session()
    page = person.sign_in(stranger)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "try again in a moment" in page.text
    assert page.elapsed.total_seconds() < 1
    assert person.page("/today/", stranger).status_code == 302
    own = person.page("/today/")
    assert (own.status_code, "Today" in own.text) == (200, True)
    return times


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.pair['access']}"}


def nobody_was_signed_out(person: Person) -> None:
    assert person.me().status_code == 200
    assert person.page("/today/").status_code == 200
    refreshed = person.refresh()
    assert refreshed.status_code == 200
    assert person.me(refreshed.json()["access"]).status_code == 200
    assert person.api("GET", "todos/", headers=bearer(person)).json()["results"] == []


def report(what: str, times: list[float], back: float) -> None:
    middle, worst, back = (round(1000 * value) for value in (statistics.median(times), max(times), back))
    print(f"\n{what}: refused in {middle} ms (median), {worst} ms (worst); back after {back} ms")  # noqa: T201


def test_S35_while_redis_is_stopped_nothing_is_let_in_and_all_is_well_when_it_is_back(person, redis):
    redis.kill()
    times = nothing_is_let_in(person)
    started = time.monotonic()
    redis.start()
    until(lambda: person.me().status_code == 200, seconds=10)
    back = time.monotonic() - started

    report("Redis killed", times, back)
    assert back < 2
    nobody_was_signed_out(person)


def test_S35_while_redis_hangs_nothing_is_let_in_and_all_is_well_when_it_goes_on(person, redis):
    redis.signal(signal.SIGSTOP)
    try:
        times = nothing_is_let_in(person)
    finally:
        redis.signal(signal.SIGCONT)
    started = time.monotonic()
    until(lambda: person.me().status_code == 200, seconds=10)
    back = time.monotonic() - started

    report("Redis hanging", times, back)
    assert back < 2
    nobody_was_signed_out(person)
