"""People by the thousand, each with five projects and a hundred todos, made by PostgreSQL itself.

Todos come in turn, as people write them: those of one person lie far apart. Rows take what is not
told here from a row that the services made.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connections, models, transaction

from todos.models import Label, Membership, Project, SearchDocument, Todo

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PROJECTS, LABELS, TODOS = 5, 5, 100
"""What each person has of these."""
WORDS = 1000
USER, PROJECT, TODO, LABEL, MEMBER = "user", "project", "todo", "label", "member"


def id_of(kind: str, number: str) -> str:
    """Return SQL for the id of the so manieth row of a kind; ids are in the order of their rows, as UUIDv7 are."""
    return f"(lpad(to_hex({number}), 12, '0') || '7' || substr(md5('{kind}' || {number}), 1, 19))::uuid"


def populate(people: int, todos: int = TODOS) -> UUID:
    """Fill the default database with so many people, each with so many todos, and return one of them."""
    from accounts.models import User

    templates = _templates()
    owner, of_user = f"n % {people}", f"n % {people} * {PROJECTS} + n / {people} % {PROJECTS}"
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '512MB'")
        indexes = _drop_indexes(cursor)
        _insert(cursor, User, templates[User], people, {
            "id": id_of(USER, "n"), "email": "n || '@example.org'", "name": "'Person ' || n",
        })  # fmt: skip
        by = f"n / {PROJECTS}"
        _insert(cursor, Project, templates[Project], people * PROJECTS, {
            "id": id_of(PROJECT, "n"), "owner_id": id_of(USER, by), "title": f"'Project ' || n % {PROJECTS}",
            "order": f"'a' || n % {PROJECTS}",
        })  # fmt: skip
        _insert(cursor, Membership, templates[Membership], people * PROJECTS, {
            "id": id_of(MEMBER, "n"), "project_id": id_of(PROJECT, "n"), "user_id": id_of(USER, by),
        })  # fmt: skip
        # Each person's last project is their neighbour's too.
        shared, neighbour = f"(n * {PROJECTS} + {PROJECTS - 1})", f"((n + 1) % {people})"
        _insert(cursor, Membership, templates[Membership], people, {
            "id": id_of("guest", "n"), "project_id": id_of(PROJECT, shared), "user_id": id_of(USER, neighbour),
            "role": "'editor'", "granted": "'editor'",
        })  # fmt: skip
        _insert(cursor, Label, templates[Label], people * LABELS, {
            "id": id_of(LABEL, "n"), "owner_id": id_of(USER, f"n / {LABELS}"), "name": f"'label ' || n % {LABELS}",
        })  # fmt: skip
        moment = "now() - interval '1 year' + interval '20 seconds' * n"
        _insert(cursor, Todo, templates[Todo], people * todos, {
            "id": id_of(TODO, "n"), "project_id": id_of(PROJECT, f"({of_user})"), "title": f"'Todo' || {_words(3)}",
            "order": "'a' || lpad(n::text, 9, '0')", "priority": "n / 7 % 4 + 1", "revision": "n",
            "due_date": f"CASE WHEN n / {people} % 3 < 2 THEN date '{NOW.date()}' + n / {people} % 60 - 30 END",
            "assignee_id": f"CASE WHEN n / {people} % 4 = 0 THEN {id_of(USER, f'({owner})')} END",
            "created_by_id": id_of(USER, f"({owner})"), "created_at": moment, "updated_at": moment,
            "completed_at": f"CASE WHEN n / {people} % 3 = 1 THEN {moment} END",
        })  # fmt: skip
        label = f"({owner} * {LABELS} + n / {people} % {LABELS})"
        cursor.execute(
            f"INSERT INTO todos_todo_labels (todo_id, label_id) SELECT {id_of(TODO, 'n')}, {id_of(LABEL, label)}"  # noqa: S608
            f" FROM generate_series(0, {people * todos - 1}, 2) n"
        )
        _insert(cursor, SearchDocument, templates[SearchDocument], people * todos, {
            "id": "n + 1000", "todo_id": id_of(TODO, "n"),
            "own": f"'  todo' || {_words(15, '  ')} || CASE WHEN n / {people} % 10 = 0 THEN '  milk' ELSE '' END",
        })  # fmt: skip
        for definition in indexes:
            cursor.execute(definition)
    with connections["default"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"SELECT {id_of(USER, str(min(7, people - 1)))}")
        [found] = cursor.fetchone()
    return found


def _words(count: int, gap: str = " ") -> str:
    """Return SQL for so many words, each after a gap, and each in a thousandth of all texts."""
    steps = (f"(n::bigint * {7919 + 2 * number} + {number}) % {WORDS} + 4096" for number in range(count))
    parts = ", ".join(f"'{gap}w', to_hex({step})" for step in steps)
    return f"concat({parts})"


def _templates() -> dict[type[models.Model], Any]:
    from accounts.services.users import register_user
    from todos.services.projects import create_project
    from todos.services.todos import create_todo

    person = register_user(email="template@example.org", password=None, name="Template", now=NOW)
    project = create_project(actor=person, title="Template", now=NOW)
    todo = create_todo(
        actor=person, values={"title": "Template", "project": project.pk, "labels": ["template"]}, now=NOW
    )
    member = Membership.objects.get(project=project, user=person)
    label, document = Label.objects.get(owner=person), SearchDocument.objects.get(todo=todo)
    rows: dict[type[models.Model], Any] = {
        type(person): person,
        Project: project,
        Todo: todo,
        Membership: member,
        Label: label,
    }
    return {model: row.pk for model, row in (rows | {SearchDocument: document}).items()}


def _insert(cursor: Any, model: Any, template: Any, count: int, columns: Mapping[str, str]) -> None:
    """Insert rows like the template, but for these columns: SQL that counts rows by `n`, from 0."""
    table = model._meta.db_table
    names = [field.column for field in model._meta.concrete_fields]
    listed, values = (
        ", ".join(found)
        for found in zip(*((f'"{name}"', columns.get(name, f't."{name}"')) for name in names), strict=True)
    )
    cursor.execute(
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM generate_series(0, {count - 1}) n, {table} t"  # noqa: S608
        f" WHERE t.id = '{template}'"
    )


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop what slows filling down, and return how to make it again: all indexes that no constraint needs."""
    tables = ("todos_todo", "todos_todo_labels", "todos_searchdocument")
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisunique",
        [list(tables)],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]
