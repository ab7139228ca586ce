"""What an orchestrator is told while a store is away: each in a process with its own addresses."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

import django
import pytest
from django.test import Client

from config.env import BASE_DIR

NOWHERE = "127.0.0.1:1"
ASK = """
import django, json; django.setup()
from django.test import Client
response = Client().get("/readyz", headers={"host": "10.0.0.7"})
print(json.dumps([response.status_code, response.json()]))
"""
ASK_FOR_TIME = """
import django, json; django.setup()
from config.tests.test_health import ask
print(json.dumps([ask() for _ in range(4)]))
"""


def run(*command: str, **values: str) -> str:
    """Run Python in an environment of its own; its settings are those of development."""
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "dev", "LOG_LEVEL": "ERROR"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev"} | values
    done = subprocess.run(
        [sys.executable, *command], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def readiness(**values: str):
    return json.loads(run("-c", ASK, **values).splitlines()[-1])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> dict[str, str]:
    """A folder with the embedded stores, as `make run` prepares it."""
    values = {"DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    run("manage.py", "migrate", "--verbosity", "0", **values)
    run("manage.py", "createcachetable", "--verbosity", "0", **values)
    return values


@pytest.mark.parametrize("host", ["testserver", "10.0.0.7", "evil.example"])
def test_the_process_answers_to_any_host_without_a_store(client, host):
    response = client.get("/healthz", headers={"host": host})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(databases="__all__")
def test_a_server_whose_stores_answer_is_ready(client):
    response = client.get("/readyz", headers={"host": "10.0.0.7"})

    assert response.status_code == 200
    assert set(response.json().values()) == {"ok"}
    assert {"database", "cache"} <= set(response.json())


def test_embedded_stores_are_ready_once_they_are_prepared(prepared):
    assert readiness(**prepared) == [200, {"status": "ok", "database": "ok", "cache": "ok"}]


def test_a_server_without_its_database_is_not_ready():
    status, body = readiness(DATABASE_URL="sqlite:////no/such/folder/todos.sqlite3")

    assert (status, body["status"], body["database"]) == (503, "unavailable", "away")


def test_a_server_without_its_token_state_is_not_ready(prepared):
    pytest.importorskip("django_redis", reason="needs Redis' client, which the embedded default has not")

    status, body = readiness(**prepared, REDIS_URL=f"redis://{NOWHERE}/0")

    assert (status, body) == (503, {"status": "unavailable", "database": "ok", "cache": "away"})


def test_a_server_without_its_archive_is_degraded_and_ready(prepared):
    pytest.importorskip("django_mongodb_backend", reason="needs MongoDB's client, which the embedded default has not")

    status, body = readiness(**prepared, MONGODB_URL=f"mongodb://{NOWHERE}/todos")

    assert (status, body) == (200, {"status": "degraded", "database": "ok", "cache": "ok", "archive": "away"})


def test_an_archive_that_never_answers_is_not_waited_for(prepared):
    pytest.importorskip("django_mongodb_backend", reason="needs MongoDB's client, which the embedded default has not")

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        told = json.loads(run("-c", ASK_FOR_TIME, **prepared, MONGODB_URL=f"mongodb://127.0.0.1:{port}/todos"))

    assert {answer for answer, _ in told} == {"degraded"}
    assert min(seconds for _, seconds in told) < 1


@pytest.mark.servers
@pytest.mark.skipif(not os.environ.get("MONGODB_URL"), reason="needs MONGODB_URL: an archive that stops and goes on")
def test_an_archive_that_stands_still_degrades_at_once_and_recovers_by_itself(prepared):
    script = "from config.tests.test_health import stand_still; stand_still()"

    told = json.loads(run("-c", script, **prepared, MONGODB_URL=os.environ["MONGODB_URL"]).splitlines()[-1])

    assert {answer for answer, _ in told} == {"degraded"}
    assert min(seconds for _, seconds in told) < 1


class Wire(threading.Thread):
    """A way to a server that can be held up with its connections open, as by SIGSTOP."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.clear = threading.Event()
        self.clear.set()
        self.entry = socket.create_server(("127.0.0.1", 0))
        self.start()

    def run(self) -> None:
        while True:
            near = self.entry.accept()[0]
            far = socket.create_connection(("127.0.0.1", self.port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.clear.wait()
                target.sendall(data)
        target.close()


def stand_still() -> None:
    """Ask while the archive stands still, between times when it answers; print what was told, and how fast."""
    address = urlsplit(os.environ["MONGODB_URL"])
    wire = Wire(address.port or 27017)
    os.environ["MONGODB_URL"] = f"mongodb://127.0.0.1:{wire.entry.getsockname()[1]}{address.path}?directConnection=true"
    django.setup()
    wait_for("ok")
    wire.clear.clear()
    told = [ask() for _ in range(4)]
    wire.clear.set()
    wait_for("ok")
    sys.stdout.write(json.dumps(told))


def wait_for(state: str) -> None:
    end = time.monotonic() + 20
    while (found := ask()[0]) != state:
        assert time.monotonic() < end, found
        time.sleep(0.2)


def ask() -> tuple[str, float]:
    """Return the state that the server tells, and how long it took to do so."""
    client = Client()
    client.get("/healthz")
    start = time.monotonic()
    state = client.get("/readyz", headers={"host": "10.0.0.7"}).json()["status"]
    return state, time.monotonic() - start
