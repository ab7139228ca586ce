"""Processes of our own for a test: a server with its database, and a Redis that can be stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import requests
from django.conf import settings

from config.env import BASE_DIR


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(ready, seconds: float = 60) -> float:
    """Wait until `ready()`; return how long it took."""
    start = time.monotonic()
    while not ready():
        if time.monotonic() - start > seconds:
            raise TimeoutError
        time.sleep(0.01)
    return time.monotonic() - start


class Redis:
    """A Redis server that keeps what it is told (appendonly), as the product's does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "appendonly": "yes", "save": ""}
        command = ["redis-server", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    redis = Redis(folder)
    redis.start()
    try:
        until(redis.answers)
        yield redis
    finally:
        redis.kill()


def has_redis_server() -> bool:
    return shutil.which("redis-server") is not None


@contextmanager
def database_of_ours(folder: Path) -> Iterator[str]:
    """Make an empty database beside the tests' own, and yield its URL."""
    kept = settings.DATABASES["default"]
    if not kept["ENGINE"].endswith("postgresql"):
        yield f"sqlite:///{folder / 'served.sqlite3'}"
        return
    import psycopg

    name = f"served_{uuid4().hex[:12]}"
    login = {"host": kept["HOST"], "port": kept["PORT"] or 5432, "user": kept["USER"], "password": kept["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **login) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"postgres://{kept['USER']}:{kept['PASSWORD']}@{login['host']}:{login['port']}/{name}"
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class WebServer:
    """The product, served from two processes."""

    def __init__(self, address: str, environment: dict[str, str]) -> None:
        self.address, self.environment = address, environment

    def start(self) -> None:
        serve = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi:application"]
        self.process = subprocess.Popen(
            serve,
            cwd=BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(lambda: _answers(self.address))

    def kill(self) -> None:
        """End all of its processes at once, whatever they are at."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@contextmanager
def web_server(folder: Path, **environment: str) -> Iterator[str]:
    """Serve the product from two processes, and yield its address."""
    with web_process(folder, **environment) as server:
        yield server.address


@contextmanager
def web_process(folder: Path, **environment: str) -> Iterator[WebServer]:
    """Serve the product, by processes that can be killed and started again."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    values = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    values |= {
        "APP_ENV": "dev",
        "DATA_DIR": str(folder),
        "BASE_URL": address,
        "PORT": str(port),
        "MONGODB_URL": "",
        "REDIS_URL": "",
        "BCRYPT_ROUNDS": "10",
        "WEB_WORKERS": "2",
        "API_RATE_USER": "none",
        "API_RATE_ADDRESS": "none",
        "REGISTRATION": "open",
        "LOG_LEVEL": "ERROR",
    } | environment
    for command in (["migrate", "--verbosity", "0"], ["createcachetable"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=BASE_DIR, env=values, check=True)
    server = WebServer(address, values)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", timeout=1).ok
    except requests.RequestException:
        return False


def patiently(send: Callable[[], requests.Response]) -> requests.Response:
    """Send again what a busy server told to send again."""
    for _ in range(5):
        answer = send()
        if answer.status_code != 503:
            break
        time.sleep(int(answer.headers["Retry-After"]))
    return answer


class Person:
    """Somebody with a JSON client and a browser at a served product."""

    def __init__(self, address: str) -> None:
        self.address, self.browser = address, requests.Session()
        self.account = {"email": f"{uuid4().hex[:8]}@example.org", "password": "correct horse battery"}
        registered = patiently(lambda: self.api("POST", "auth/register/", json=self.account | {"name": "Person"}))
        assert registered.status_code == 201, registered.text
        self.pair = patiently(self.login).json()

    def api(self, method: str, path: str, **options) -> requests.Response:
        return requests.request(method, f"{self.address}/api/v1/{path}", timeout=10, **options)

    def me(self, access: str = "") -> requests.Response:
        return self.api("GET", "users/me/", headers={"Authorization": f"Bearer {access or self.pair['access']}"})

    def login(self) -> requests.Response:
        return self.api("POST", "auth/login/", json=self.account)

    def refresh(self, token: str = "") -> requests.Response:
        return self.api("POST", "auth/refresh/", json={"refresh": token or self.pair["refresh"]})

    def page(self, path: str, browser: requests.Session | None = None) -> requests.Response:
        return (browser or self.browser).get(f"{self.address}{path}", timeout=10, allow_redirects=False)

    def sign_in(self, browser: requests.Session | None = None) -> requests.Response:
        """Fill in the sign-in page and send it."""
        browser = browser or self.browser
        form = browser.get(f"{self.address}/login/", timeout=10).text
        token = form.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
        sent = self.account | {"csrfmiddlewaretoken": token}
        return browser.post(f"{self.address}/login/", data=sent, timeout=10, allow_redirects=False)
