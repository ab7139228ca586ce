"""How the server starts, and how it refuses to."""

import os
import subprocess
import sys

import pytest

from config.env import BASE_DIR


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"])
def test_a_missing_variable_stops_the_start_with_one_line(name):
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    values = {
        "APP_ENV": "prod",
        "PORT": "1",
        "SECRET_KEY": "a-long-secret-of-0123456789-abcdefghijklmnopqrstuvwxyz",
        "JWT_SIGNING_KEY": "another-secret-of-9876543210-abcdefghijklmnopqrstuvwxyz",
        "BASE_URL": "https://todos.test",
        "DATABASE_URL": "postgres://todos@127.0.0.1/todos",
        "REDIS_URL": "none",
        "MONGODB_URL": "none",
        "ALLOWED_HOSTS": "todos.test",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        "DEFAULT_FROM_EMAIL": "todos@todos.test",
    }
    values[name] = ""
    serve = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi:application"]

    ended = subprocess.run(serve, cwd=BASE_DIR, env=clean | values, capture_output=True, text=True, timeout=20)

    assert ended.returncode == 1
    (line,) = (ended.stdout + ended.stderr).splitlines()
    assert line.startswith(f"Configuration error: {name} is missing;")
