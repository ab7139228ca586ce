"""Counting tries: exactly, whoever asks at the same time, and for as long as was said."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from config import stores
from config.checks import limits_are_shared
from config.errors import RateLimited
from config.http import STORE_ERRORS
from config.throttling import Limit, forgive, give_back, key_of, take

on_redis = pytest.mark.skipif("redis" not in settings.CACHES["limits"]["BACKEND"], reason="needs Redis")
embedded = pytest.mark.skipif("redis" in settings.CACHES["limits"]["BACKEND"], reason="counts in this process")
FIVE = Limit("five", 5, 900)


def refusal(*who: object) -> RateLimited:
    with pytest.raises(RateLimited) as refused:
        take(FIVE, *who)
    return refused.value


def test_so_many_tries_get_through_and_the_next_is_told_when_to_come_back():
    left = [take(FIVE, "mara").remaining for _ in range(5)]

    assert left == [4, 3, 2, 1, 0]
    assert 895 <= (refusal("mara").retry_after or 0) <= 900


def test_tries_of_one_do_not_count_for_another():
    for _ in range(5):
        take(FIVE, "mara", "192.0.2.1")

    refusal("mara", "192.0.2.1")
    assert take(FIVE, "mara", "192.0.2.2").remaining == 4
    assert take(Limit("six", 6, 900), "mara", "192.0.2.1").remaining == 5


def test_names_that_run_together_alike_are_told_apart():
    take(FIVE, "ab", "c")

    assert take(FIVE, "a", "bc").remaining == 4


def test_what_was_right_in_the_end_is_forgiven():
    for _ in range(5):
        take(FIVE, "mara")

    forgive(FIVE, "mara")

    assert take(FIVE, "mara").remaining == 4


def test_one_try_that_was_right_is_given_back_and_those_before_it_stay():
    for _ in range(3):
        take(FIVE, "mara")

    give_back(FIVE, "mara")

    assert take(FIVE, "mara").remaining == 2


def test_what_was_never_counted_is_not_given_back():
    give_back(FIVE, "mara")

    assert take(FIVE, "mara").remaining == 4


@embedded
def test_giving_back_does_not_move_the_end():
    with time_machine.travel("2026-03-02 09:00Z", tick=False) as clock:
        take(FIVE, "mara")
        take(FIVE, "mara")
        clock.shift(timedelta(seconds=600))

        give_back(FIVE, "mara")

        assert take(FIVE, "mara").reset == 300


@embedded
def test_tries_count_from_the_first_and_not_from_the_last(now):
    with time_machine.travel(now, tick=False) as clock:
        for _ in range(5):
            take(FIVE, "mara")
            clock.shift(timedelta(seconds=100))
        assert refusal("mara").retry_after == 400
        clock.shift(timedelta(seconds=400))

        assert take(FIVE, "mara").remaining == 4


@on_redis
def test_a_counter_ends_by_itself_even_when_its_server_died_half_way():
    cache = caches["limits"]
    client, name = cache.client.get_client(write=True), cache.client.make_key(key_of(FIVE, "mara"))
    client.incr(name)  # and no expiry, as if the server had died before it

    take(FIVE, "mara")

    assert 0 < client.ttl(name) <= 900


@on_redis
def test_a_try_is_one_round_trip(monkeypatch):
    take(FIVE, "mara")  # connects
    sent = []
    connection = caches["limits"].client.get_client().connection_pool.connection_class
    send = connection.send_packed_command
    monkeypatch.setattr(
        connection, "send_packed_command", lambda self, command, *a, **k: (sent.append(1), send(self, command, *a, **k))
    )

    take(FIVE, "mara")

    assert len(sent) == 1


def test_S22_of_fifty_tries_at_once_exactly_as_many_get_through_as_may():
    start = Barrier(50)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            take(FIVE, "mara")
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        through = list(pool.map(attempt, range(50)))

    assert through.count(True) == 5


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::0001", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_S22_an_address_of_ipv6_counts_as_its_network(one, other, same):
    take(FIVE, one)

    assert take(FIVE, other).remaining == (3 if same else 4)


def test_a_counter_shows_nobodys_address():
    assert "mara" not in key_of(FIVE, "mara@example.org")
    assert "192.0.2" not in key_of(FIVE, "192.0.2.1")


def test_S35_nothing_is_tried_that_cannot_be_counted(monkeypatch):
    pytest.importorskip("django_redis", reason="the embedded default has no driver of Redis")
    from config.redis_cache import SharedRedisCache

    options = stores.caches(redis_url="redis://127.0.0.1:1/0")["limits"]
    monkeypatch.setattr("config.throttling.caches", {"limits": SharedRedisCache(options["LOCATION"], options)})

    with pytest.raises(STORE_ERRORS):
        take(FIVE, "mara")


@embedded
def test_the_embedded_counters_are_a_cache_of_this_process():
    assert isinstance(caches["limits"], LocMemCache)


@pytest.mark.parametrize(
    ("backend", "workers", "warnings"),
    [
        ("config.local_cache.LocalCache", "1", 0),
        ("config.local_cache.LocalCache", "2", 1),
        ("config.redis_cache.SharedRedisCache", "2", 0),
    ],
)
def test_several_processes_without_redis_are_warned_of(settings, monkeypatch, backend, workers, warnings):
    settings.CACHES = settings.CACHES | {"limits": {"BACKEND": backend}}
    monkeypatch.setenv("WEB_WORKERS", workers)

    assert len(limits_are_shared(None)) == warnings
