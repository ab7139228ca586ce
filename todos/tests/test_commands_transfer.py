"""The commands that take files in and give them out."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from todos.models import Import, Todo


def document(**rows) -> bytes:
    return json.dumps({"format": "simple-todos", "version": 1} | rows).encode()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "todos.json"
    path.write_bytes(document(todos=[{"id": "1", "title": "Bread", "priority": 7}, {"id": "2", "title": " "}]))
    return path


def run(*arguments) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_file_is_taken_in_with_its_progress_and_what_is_to_be_told(owner, file):
    out, err = run("import_todos", file, "--user", owner.email)

    assert Todo.objects.get(project__owner=owner).title == "Bread"
    assert out.splitlines() == [
        "todos[0]: todo “Bread” changed: A priority is from 1 to 4. It has none.",
        "todos[1]: todo “” refused: A todo needs a title.",
        "2 things: 1 taken, 0 were there, 1 refused.",
    ]
    assert "2 of 2" in err
    assert Import.objects.get().status == "done"


def test_a_dry_run_only_tells(owner, project, file):
    out, _ = run("import_todos", file, "--user", owner.email, "--dry-run", "--project", project.pk, "--format", "json")

    assert out.splitlines()[-1] == "2 things: 1 would be taken, 0 were there, 1 would be refused."
    assert not Todo.objects.exists()


def test_what_cannot_be_taken_in_is_an_error(owner, file, tmp_path):
    with pytest.raises(CommandError, match="no open account"):
        run("import_todos", file, "--user", "nobody@example.org")
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_todos", tmp_path / "none", "--user", owner.email)
    file.write_bytes(b"{")
    with pytest.raises(CommandError, match="cut off"):
        run("import_todos", file, "--user", owner.email, "--format", "json")


def test_todos_are_written_to_a_file(owner, todo, tmp_path):
    path = tmp_path / "all.json"

    run("export_todos", "--user", owner.email, "--as", "json", "--project", todo.project_id, "--output", path)

    assert [row["title"] for row in json.loads(path.read_bytes())["todos"]] == ["Buy milk"]
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_todos", "--user", owner.email, "--as", "json", "--output", path)


def test_todos_are_written_to_the_standard_output(owner, todo, capfdbinary):
    call_command("export_todos", "--user", owner.email, "--as", "json")

    assert json.loads(capfdbinary.readouterr().out)["format"] == "simple-todos"


def test_nobody_is_exported_who_has_no_account(db):
    with pytest.raises(CommandError, match="no open account"):
        run("export_todos", "--user", "nobody@example.org", "--as", "json")
