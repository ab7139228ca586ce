"""The state of tokens itself; who may turn it is tested with the services."""

from datetime import timedelta

import pytest
from django.core.cache import caches

from accounts import rotation
from config.errors import Unauthenticated
from config.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def device_id():
    return uuid7()


@pytest.fixture
def first(device_id, now):
    return rotation.start(device_id=device_id, now=now)


def test_a_device_is_live_from_its_start_to_its_end(device_id, now):
    before = rotation.is_live(device_id)
    rotation.start(device_id=device_id, now=now)
    during = rotation.is_live(device_id)
    rotation.end(device_id)

    assert (before, during, rotation.is_live(device_id)) == (False, True, False)


def test_ending_one_device_ends_no_other(device_id, first, now):
    other = uuid7()
    rotation.start(device_id=other, now=now)

    rotation.end(other)

    assert rotation.is_live(device_id)


def test_ending_none_ends_none(device_id, first):
    rotation.end()

    assert rotation.is_live(device_id)


def test_each_swap_makes_a_new_token_that_counts_next(device_id, first, now):
    second = rotation.rotate(device_id=device_id, jti=first.jti, now=now)
    third = rotation.rotate(device_id=device_id, jti=second.jti, now=now)

    assert len({first.jti, second.jti, third.jti}) == 3


@pytest.mark.parametrize("seconds", [0, 9, 10])
def test_within_the_grace_the_token_just_spent_gets_the_same_successor(device_id, first, now, seconds):
    second = rotation.rotate(device_id=device_id, jti=first.jti, now=now)

    again = rotation.rotate(device_id=device_id, jti=first.jti, now=now + timedelta(seconds=seconds))

    assert again == second


def test_after_the_grace_a_spent_token_is_a_copy(device_id, first, now):
    rotation.rotate(device_id=device_id, jti=first.jti, now=now)

    with pytest.raises(rotation.ReuseDetected):
        rotation.rotate(device_id=device_id, jti=first.jti, now=now + timedelta(seconds=11))


def test_the_grace_is_for_the_last_token_alone(device_id, first, now):
    second = rotation.rotate(device_id=device_id, jti=first.jti, now=now)
    rotation.rotate(device_id=device_id, jti=second.jti, now=now)

    with pytest.raises(rotation.ReuseDetected):
        rotation.rotate(device_id=device_id, jti=first.jti, now=now)


def test_a_retry_does_not_stretch_the_grace(device_id, first, now):
    rotation.rotate(device_id=device_id, jti=first.jti, now=now)
    rotation.rotate(device_id=device_id, jti=first.jti, now=now + timedelta(seconds=8))

    with pytest.raises(rotation.ReuseDetected):
        rotation.rotate(device_id=device_id, jti=first.jti, now=now + timedelta(seconds=16))


def test_a_token_that_never_was_is_a_copy(device_id, first, now):
    with pytest.raises(rotation.ReuseDetected):
        rotation.rotate(device_id=device_id, jti="made-up", now=now)


def test_lost_state_signs_out_and_never_in(device_id, first, now):
    caches["tokens"].clear()

    with pytest.raises(Unauthenticated) as refusal:
        rotation.rotate(device_id=device_id, jti=first.jti, now=now)

    assert not isinstance(refusal.value, rotation.ReuseDetected)
    assert not rotation.is_live(device_id)


def test_the_store_keeps_more_devices_than_a_cache_would(now):
    devices = [uuid7() for _ in range(320)]

    for device in devices:
        rotation.start(device_id=device, now=now)

    # Django's database cache culls at 300 entries unless it is told otherwise.
    assert all(rotation.is_live(device) for device in devices)


def test_another_question_may_come_beside_that_for_the_device(device_id, first, settings):
    key = "simple-todos:beside"

    live, replies = rotation.is_live_beside(device_id, lambda pipeline: pipeline.incr(key).delete(key))
    rotation.end(device_id)
    dead, _ = rotation.is_live_beside(device_id, lambda pipeline: None)

    on_redis = "redis" in settings.CACHES["tokens"]["BACKEND"].lower()
    assert (live, dead) == (True, False)
    assert replies == ([1, 1] if on_redis else None)
