"""The doors for files: bring one, look how far it is, read what became of it, take one along."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from todos.models import Import, Project, Todo
from todos.services.transfer.imports import sweep_imports

IMPORTS = "/api/v1/imports/"
EXPORT = "/api/v1/export/"


def document(**rows) -> bytes:
    return json.dumps({"format": "simple-todos", "version": 1} | rows).encode()


TODOS = document(todos=[{"id": "1", "title": "Bread"}, {"id": "2", "title": ""}, {"id": "3", "title": "Milk"}])


@pytest.fixture
def send(api):
    def send(person, data=TODOS, **form):
        return api(person).post(IMPORTS, {"file": SimpleUploadedFile("todos.json", data)} | form, format="multipart")

    return send


@pytest.fixture
def work():
    def work():
        while Import.objects.to_do().exists():
            sweep_imports(timezone.now())

    return work


def test_a_file_is_brought_watched_and_read_about(owner, send, work, api):
    response = send(owner)
    assert (response.status_code, response["Location"]) == (202, response.json()["url"])
    assert (response.json()["status"], response.json()["total"]) == ("waiting", None)

    work()

    found = api(owner).get(response["Location"]).json()
    assert {name: found[name] for name in ("status", "total", "done", "taken", "existing", "refused")} == {
        "status": "done", "total": 3, "done": 3, "taken": 2, "existing": 0, "refused": 1,
    }  # fmt: skip
    page = api(owner).get(found["lines_url"], {"limit": 2}).json()
    assert [line["title"] for line in page["results"]] == ["Bread", ""]
    assert [line["title"] for line in api(owner).get(page["next"]).json()["results"]] == ["Milk"]
    [refused] = api(owner).get(found["lines_url"], {"outcome": "refused"}).json()["results"]
    assert refused == {
        "number": 2, "place": "todos[1]", "kind": "todo", "title": "", "outcome": "refused",
        "messages": ["A todo needs a title."], "subject": None,
    }  # fmt: skip
    assert [job["id"] for job in api(owner).get(IMPORTS).json()["results"]] == [found["id"]]


def test_an_import_goes_into_the_project_that_it_is_told(owner, project, send, work):
    response = send(owner, project=str(project.pk), format="json", dry_run="false")

    work()

    assert response.json()["project"] == str(project.pk)
    assert Todo.objects.filter(project=project).count() == 2


def test_a_dry_run_is_one(owner, send, work):
    response = send(owner, dry_run="true")

    work()

    assert response.json()["dry_run"] is True
    assert (Import.objects.get().taken, Todo.objects.count()) == (2, 0)


def test_S02_the_imports_of_others_do_not_exist(owner, stranger, send, api, assert_problem):
    url = send(owner)["Location"]

    for answer in (api(stranger).get(url), api(stranger).get(f"{url}lines/"), api(stranger).delete(url)):
        assert_problem(answer, 404, "not_found")
    assert api(stranger).get(IMPORTS).json()["results"] == []
    assert Import.objects.get().status == "waiting"


def test_what_is_cancelled_is_not_taken_in(owner, send, work, api):
    url = send(owner)["Location"]

    assert api(owner).delete(url).status_code == 204
    work()

    assert api(owner).get(url).json()["status"] == "cancelled"
    assert not Todo.objects.exists()
    assert api(owner).delete(url).status_code == 204
    assert api(owner).get(url).status_code == 404


@pytest.mark.parametrize(
    ("data", "form", "field"),
    [
        (b"", {}, "file"),
        (b"Who knows", {}, "format"),
        (TODOS, {"format": "wunderlist"}, "format"),
        (TODOS, {"project": "x"}, "project"),
        (TODOS, {"dry_run": "maybe"}, "dry_run"),
        (b"PK\x03\x04 and no archive", {}, None),
    ],
)
def test_what_cannot_be_an_import_is_refused_at_once(owner, send, assert_problem, data, form, field):
    assert_problem(send(owner, data, **form), 422, "invalid", *filter(None, [field]))
    assert not Import.objects.exists()


def test_two_files_at_once_are_refused_rather_than_one_lost(owner, api, assert_problem):
    form = {"file": [SimpleUploadedFile(f"{number}.json", TODOS) for number in range(2)]}

    assert_problem(api(owner).post(IMPORTS, form, format="multipart"), 422, "invalid", "file")
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_not_read(owner, send, settings, assert_problem):
    settings.IMPORT_MAX = 10_000

    assert_problem(send(owner, document(todos=[{"id": "1", "title": "x" * 10_000}])), 422, "invalid", "file")
    assert send(owner, b"x" * 90_000).status_code == 413


def test_an_unknown_outcome_is_refused(owner, send, api, assert_problem):
    url = send(owner)["Location"]

    assert_problem(api(owner).get(f"{url}lines/", {"outcome": "lost"}), 422, "invalid", "outcome")


def test_an_export_is_a_file_of_its_format(owner, todo, api):
    response = api(owner).get(EXPORT)
    archive = api(owner).get(EXPORT, {"as": "zip", "project": str(todo.project_id)}, HTTP_ACCEPT="text/html")

    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")
    assert response["Content-Disposition"].endswith('.json"')
    assert [row["title"] for row in json.loads(response.getvalue())["todos"]] == ["Buy milk"]
    assert (archive["Content-Type"], archive.getvalue()[:2]) == ("application/zip", b"PK")


def test_an_export_needs_a_format_and_a_project_that_one_sees(owner, stranger, project, api, assert_problem):
    assert_problem(api(owner).get(EXPORT, {"as": "docx"}), 422, "invalid", "as")
    assert_problem(api(stranger).get(EXPORT, {"project": str(project.pk)}), 404, "not_found")


def test_lists_of_imports_and_lines_cost_the_same_for_few_and_for_many(owner, send, work, api):
    client, costs = api(owner), []
    for _ in range(2):
        url = send(owner)["Location"]
        work()
        with CaptureQueriesContext(connection) as queries:
            client.get(IMPORTS)
            client.get(f"{url}lines/")
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_an_import_is_in_the_export_of_the_account(owner, send, work, api):
    send(owner)
    work()

    [found] = json.loads(api(owner).get("/api/v1/users/me/export/").getvalue())["imports"]

    assert (found["name"], found["status"], found["taken"]) == ("todos.json", "done", 2)
    assert Project.objects.owned_by(owner.pk).count() == 1
