"""What an orchestrator is told while a store is away: each in a process with its own addresses."""

import json
import os
import subprocess
import sys

import pytest

from config.env import BASE_DIR

NOWHERE = "127.0.0.1:1"
ASK = """
import django, json; django.setup()
from django.test import Client
response = Client().get("/readyz", headers={"host": "10.0.0.7"})
print(json.dumps([response.status_code, response.json()]))
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
