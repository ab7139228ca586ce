"""An import whose worker is killed, again and again, ends as one that never was."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.tests.plugin import NOW, PASSWORD
from todos.models import Import, ImportLine, Project, Todo

TODOS = 1500
WORK = """
import django
django.setup()
from django.utils import timezone
from todos.models import Import
from todos.services.transfer.imports import sweep_imports
while Import.objects.to_do().exists():
    sweep_imports(timezone.now())
"""

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's test database is in memory"),
]


@pytest.fixture
def start(tmp_path):
    """Start a process of ours on the test's database; each is gone when the test ends."""
    database = settings.DATABASES["default"]
    user, host, port = (database[name] for name in ("USER", "HOST", "PORT"))
    password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    url = f"postgres://{user}{password}@{host}:{port}/{connection.settings_dict['NAME']}"
    started = []

    def start(*command):
        environment = os.environ | {
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path),
            "APP_ENV": "dev",
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        }
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(count: int, process) -> None:
    while ImportLine.objects.count() < count and process.poll() is None:
        time.sleep(0.05)


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(register, start, tmp_path, assert_gapless):
    person = register("mover", password=PASSWORD, now=NOW)
    file = Path(tmp_path) / "todos.json"
    todos = [{"id": str(number), "title": f"Todo {number}", "project": "1"} for number in range(TODOS)]
    document = {"format": "simple-todos", "version": 1, "projects": [{"id": "1", "title": "Big"}], "todos": todos}
    file.write_text(json.dumps(document))

    process, kills = start("manage.py", "import_todos", str(file), "--user", person.email), 0
    for share in (1, 400, 800, 1200):
        wait_for(share, process)
        if process.poll() is None:
            process.kill()
            process.wait()
            kills += 1
        Import.objects.to_do().update(held_until=timezone.now())
        process = start("-c", WORK)
    process.wait(timeout=120)

    job = Import.objects.get()
    assert kills >= 2
    assert (job.status, job.error, job.done, job.taken) == ("done", "", TODOS + 1, TODOS + 1)
    assert ImportLine.objects.count() == TODOS + 1
    big = Project.objects.get(title="Big")
    assert list(Todo.objects.in_order().values_list("title", flat=True)) == [
        f"Todo {number}" for number in range(TODOS)
    ]
    assert_gapless(big)
    assert_gapless(person)
