"""Log lines as they leave the process, and what never does."""

import io
import json
import logging
import subprocess
import sys
from logging.config import DictConfigurator

import pytest
from django.test import Client

from config.env import BASE_DIR
from config.logging import RequestIdFilter, configuration
from config.tests.plugin import PASSWORD

REQUEST = "simple_todos.request"


@pytest.fixture
def written():
    """Collect what the root logger writes in one format, at the most talkative level."""
    root, level, handlers = logging.getLogger(), logging.getLogger().level, []

    def written(style="json"):
        formats = configuration(level="DEBUG", style=style, folder="")["formatters"]
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(DictConfigurator({}).configure_formatter(formats[style]))
        handler.addFilter(RequestIdFilter())
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        handlers.append(handler)
        return handler.stream

    yield written
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def lines(stream) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(written):
    stream = written()

    logging.getLogger("anything").warning("Two\nlines", extra={"count": 3})

    [line] = lines(stream)
    assert line.pop("time")[10] == "T"
    assert line == {"level": "WARNING", "logger": "anything", "message": "Two\nlines", "request_id": "", "count": 3}


def test_a_request_is_one_line_that_says_who_did_what(written, api, owner):
    client = api(owner)
    stream = written()

    response = client.get("/api/v1/todos/")

    [line] = [line for line in lines(stream) if line["logger"] == REQUEST]
    assert line["user_id"] == str(owner.pk)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/todos/", 200)
    assert isinstance(line["duration_ms"], float)
    assert line["request_id"] == response["X-Request-ID"]
    assert line["level"] == "INFO"


def test_a_page_request_names_the_person_of_the_session(written, pages, owner):
    client = pages(owner)
    stream = written()

    client.get("/activity/")

    [line] = [line for line in lines(stream) if line["logger"] == REQUEST]
    assert line["user_id"] == str(owner.pk)


def test_a_request_of_nobody_has_no_person(written, pages):
    stream = written()

    pages().get("/login/")

    [line] = [line for line in lines(stream) if line["logger"] == REQUEST]
    assert line["user_id"] is None


@pytest.mark.django_db
def test_a_refused_request_is_logged_once(written, pages):
    stream = written()

    pages().get("/no-such-page/")

    [line] = lines(stream)
    assert (line["logger"], line["status"]) == (REQUEST, 404)


@pytest.mark.parametrize("given", ["support-case-4711", "A.b_c-12", "x" * 64])
def test_a_request_id_that_came_along_is_kept(pages, given):
    assert pages().get("/login/", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "with space 123", "new\nline-4711", "<script>alert", 'quote"1234']
)
def test_a_request_id_of_another_shape_is_replaced(pages, given):
    response = pages().get("/login/", headers={"X-Request-ID": given})

    assert len(response["X-Request-ID"]) == 32
    assert response["X-Request-ID"].isalnum()


def test_each_request_has_an_id_of_its_own(pages):
    client = pages()

    assert client.get("/login/")["X-Request-ID"] != client.get("/login/")["X-Request-ID"]


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_secret_reaches_a_line(written, db, style, django_capture_on_commit_callbacks):
    stream = written(style)
    client, person = Client(), {"email": "new@example.org", "password": PASSWORD, "name": "New"}
    wrong = "a password that is not right"

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/api/v1/auth/register/", person, content_type="application/json")
    client.post("/api/v1/auth/login/", person | {"password": wrong}, content_type="application/json")
    pair = client.post("/api/v1/auth/login/", person, content_type="application/json").json()
    renewed = client.post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}, content_type="application/json").json()
    client.get("/api/v1/todos/?search=query-text", headers={"Authorization": f"Bearer {renewed['access']}"})
    client.get("/api/v1/todos/", headers={"Authorization": f"Bearer {renewed['access']}x"})
    client.post("/login/", person | {"password": wrong})
    client.post("/login/?next=/query-text/", person)
    client.post("/logout/")

    text = stream.getvalue()
    cookies = [client.cookies[name].value for name in client.cookies if client.cookies[name].value]
    secrets = [PASSWORD, wrong, *pair.values(), *renewed.values(), *cookies, "query-text", "Bearer", "$2b$"]
    assert text.count(" POST ") + text.count('"POST /') >= 6
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/a%0AERROR%20forged/", "/a%0D%0AERROR%20forged/", "/a%E2%80%A8ERROR%20forged/"])
def test_S25_a_line_break_in_a_path_forges_no_line(written, pages, path):
    stream = written("text")

    pages().get(path)

    assert len(stream.getvalue().splitlines()) == 1
    assert "forged" in stream.getvalue()


def test_four_processes_write_one_file_that_rotates_and_loses_no_line(tmp_path):
    script = """
import logging, logging.config, sys
from config.logging import configuration
plan = configuration(level="INFO", style="json", folder=sys.argv[1])
plan["handlers"]["file"] |= {"maxBytes": 50_000, "backupCount": 500}
plan["root"]["handlers"] = ["file"]
logging.config.dictConfig(plan)
for number in range(250):
    logging.getLogger("writer").info("x" * 300, extra={"writer": sys.argv[2], "number": number})
"""
    command = [sys.executable, "-c", script, str(tmp_path)]

    writers = [subprocess.Popen([*command, str(number)], cwd=BASE_DIR) for number in range(4)]
    codes = [writer.wait(timeout=60) for writer in writers]

    files = list(tmp_path.glob("simple-todos.log*"))
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert codes == [0, 0, 0, 0]
    assert len(files) > 4
    assert sorted((int(line["writer"]), line["number"]) for line in found) == [
        (writer, number) for writer in range(4) for number in range(250)
    ]


def test_a_folder_adds_a_rotating_file_beside_stdout(tmp_path):
    without = configuration(level="INFO", style="json", folder="")
    plan = configuration(level="INFO", style="text", folder=str(tmp_path / "logs"))

    assert list(without["handlers"]) == ["stdout"]
    assert plan["root"]["handlers"] == ["stdout", "file"]
    assert plan["handlers"]["file"]["formatter"] == "json"
    assert (tmp_path / "logs").is_dir()


TOKEN = "pl_7Yb0Q0bqv3kFqgHcYl0mJx4nQd1u3c8kq5tJw2rVfXs"


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.django_db
def test_a_secret_in_a_path_reaches_no_line(written, pages, style):
    stream, strict = written(style), pages(enforce_csrf_checks=True)

    for path in (f"/shared/{TOKEN}/", f"/shared/{TOKEN}", f"/api/v1/public/{TOKEN}/", f"/nowhere/{TOKEN}.ics"):
        strict.get(path)
    strict.post(f"/shared/{TOKEN}/")  # Django names the path of a form that came from elsewhere
    logging.getLogger("django.request").error("Internal Server Error: %s", f"/shared/{TOKEN}/")

    told = stream.getvalue()
    assert "/shared/[secret]" in told
    assert "/nowhere/[secret].ics" in told
    assert TOKEN[3:] not in told
