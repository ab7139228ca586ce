"""Many refreshes of one token at once, and a copy that comes too late: across threads and processes."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts import rotation
from accounts.models import Device, Mail, User
from accounts.services.devices import end_devices, refresh_device, sign_in_device
from accounts.tests.servers import Person, database_of_ours, web_server
from accounts.tokens import read_access, read_refresh
from config.env import BASE_DIR
from config.errors import Unauthenticated

on_postgresql = pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"],
    reason="needs PostgreSQL: SQLite lets one writer in at a time",
)


def together(count, call):
    """Call in as many threads at the same moment; return the results."""
    gate = Barrier(count, timeout=20)

    def one(number):
        try:
            connection.ensure_connection()  # which takes longer than what is raced
            caches["tokens"].get("warm")
            gate.wait()
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.fixture
def signed_in(register):
    return sign_in_device(user=register("person"), label="phone", ip=None, now=timezone.now())


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@on_postgresql
def test_fifty_refreshes_at_once_swap_once_and_all_get_the_same_pair(signed_in, recorded):
    token, device = signed_in.pair.refresh, signed_in.device

    pairs = together(50, lambda _: refresh_device(token=token, now=timezone.now()))

    first = read_refresh(token).jti
    (pair,) = set(pairs)
    state = caches["tokens"].get(f"device:{device.pk}")
    assert (state["previous"], state["jti"]) == (first, read_refresh(pair.refresh).jti)
    assert rotation.is_live(device.pk)
    assert refresh_device(token=pair.refresh, now=timezone.now()) != pair
    device.refresh_from_db()
    assert device.revoked_at is None
    assert recorded(device) == ["device.signed_in"]


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@on_postgresql
def test_ending_a_device_waits_for_its_refresh_and_has_the_last_word(signed_in):
    device, first = signed_in.device, read_refresh(signed_in.pair.refresh).jti
    done = []

    def end():
        with transaction.atomic():
            end_devices(user=User.objects.locked().get(), now=timezone.now())
        done.append("ended")
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():  # a refresh that has its device, and not yet its new token
            Device.objects.locked().get()
            ending = pool.submit(end)
            time.sleep(0.5)
            before = (rotation.is_live(device.pk), list(done))
            rotation.rotate(device_id=device.pk, jti=first, now=timezone.now())
        ending.result(10)

    assert before == (True, [])
    assert done == ["ended"]
    assert not rotation.is_live(device.pk)
    assert not Device.objects.live().exists()


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@on_postgresql
def test_a_copy_and_an_end_at_once_wait_for_each_other_without_a_deadlock(register):
    person = register("person")
    for _ in range(10):
        signed_in = sign_in_device(user=person, label="phone", ip=None, now=timezone.now())
        before = timezone.now() - settings.REFRESH_GRACE - timedelta(seconds=1)
        refresh_device(token=signed_in.pair.refresh, now=before)

        def act(number, signed_in=signed_in):
            if number % 2:
                with transaction.atomic():
                    end_devices(user=User.objects.locked().get(), now=timezone.now())
                return
            with suppress(Unauthenticated):
                refresh_device(token=signed_in.pair.refresh, now=timezone.now(), ip=f"192.0.2.{number}")

        together(8, act)

        assert not rotation.is_live(signed_in.device.pk)
        assert not Device.objects.live().exists()


REPLAY = """
import sys
import django
django.setup()
from django.db import connection
from django.utils import timezone
from accounts.services.devices import refresh_device
from config.errors import DomainError

connection.settings_dict["NAME"] = sys.argv[1]
try:
    refresh_device(token=sys.argv[2], now=timezone.now())
except DomainError as error:
    print(type(error).__name__)
"""


def in_another_process(token: str) -> str:
    command = [sys.executable, "-c", REPLAY, connection.settings_dict["NAME"], token]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@on_postgresql
def test_a_copy_used_after_the_grace_in_another_process_ends_the_device_here_at_once(signed_in, api, recorded):
    before = timezone.now() - settings.REFRESH_GRACE - timedelta(seconds=1)
    pair = refresh_device(token=signed_in.pair.refresh, now=before)
    bearer = {"Authorization": f"Bearer {pair.access}"}
    assert read_access(pair.access).device_id == signed_in.device.pk
    assert api().get("/api/v1/users/me/", headers=bearer).status_code == 200

    answer = in_another_process(signed_in.pair.refresh)

    assert answer == "ReuseDetected"
    assert api().get("/api/v1/users/me/", headers=bearer).status_code == 401
    with pytest.raises(Unauthenticated):
        refresh_device(token=pair.refresh, now=timezone.now())
    assert recorded(signed_in.device) == ["device.signed_in", "device.reuse_detected"]
    assert [mail.data["notice"] for mail in Mail.objects.filter(template="notice")] == ["token_reuse"]


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@on_postgresql
def test_a_copy_used_eight_times_at_once_ends_the_device_once(signed_in, recorded):
    before = timezone.now() - settings.REFRESH_GRACE - timedelta(seconds=1)
    refresh_device(token=signed_in.pair.refresh, now=before)

    def replay(_):
        try:
            refresh_device(token=signed_in.pair.refresh, now=timezone.now())
        except Unauthenticated as error:
            return error.code

    assert together(8, replay) == ["unauthenticated"] * 8
    assert recorded(signed_in.device) == ["device.signed_in", "device.reuse_detected"]
    assert Mail.objects.filter(template="notice").count() == 1


@pytest.mark.django_db(transaction=True)
def test_refreshes_at_once_over_http_get_the_same_pair_from_two_processes(tmp_path):
    on_servers = "redis" in settings.CACHES["tokens"]["BACKEND"].lower()
    count = 50 if on_servers else 8
    with database_of_ours(tmp_path) as url, web_server(tmp_path, DATABASE_URL=url, REDIS_URL=redis_url()) as address:
        person = Person(address)

        answers = together(count, lambda _: person.refresh())

        assert {answer.status_code for answer in answers} == {200}
        (pair,) = {tuple(answer.json().items()) for answer in answers}
        assert person.me(dict(pair)["access"]).status_code == 200
        assert person.refresh(dict(pair)["refresh"]).status_code == 200


def redis_url() -> str:
    """Return the tests' Redis, if they run on one: a server beside them shares it, and its keys are its own."""
    tokens = settings.CACHES["tokens"]
    return tokens["LOCATION"][0] if "redis" in tokens["BACKEND"].lower() else ""
