"""Keep what the search looks in, and let each database index it in its own way."""

import django.db.models.deletion
from django.core.management.base import CommandError
from django.db import DatabaseError, migrations, models, transaction

POSTGRESQL = (
    "ALTER TABLE todos_searchdocument ADD COLUMN words tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(own || said), '  '))) STORED",
    "CREATE INDEX search_words ON todos_searchdocument USING gin (words)",
    "CREATE INDEX search_parts ON todos_searchdocument USING gin (own gin_trgm_ops, said gin_trgm_ops)",
)
# A table made anew (as Django does on SQLite to alter one) loses its triggers: make them again after that.
SQLITE = (
    "CREATE VIRTUAL TABLE todos_searchindex USING fts5(own, said, content='todos_searchdocument', content_rowid='id',"
    " tokenize='trigram case_sensitive 1')",
    "CREATE TRIGGER todos_searchindex_insert AFTER INSERT ON todos_searchdocument BEGIN"
    " INSERT INTO todos_searchindex (rowid, own, said) VALUES (new.id, new.own, new.said); END",
    "CREATE TRIGGER todos_searchindex_delete AFTER DELETE ON todos_searchdocument BEGIN"
    " INSERT INTO todos_searchindex (todos_searchindex, rowid, own, said)"
    " VALUES ('delete', old.id, old.own, old.said); END",
    "CREATE TRIGGER todos_searchindex_update AFTER UPDATE ON todos_searchdocument BEGIN"
    " INSERT INTO todos_searchindex (todos_searchindex, rowid, own, said)"
    " VALUES ('delete', old.id, old.own, old.said);"
    " INSERT INTO todos_searchindex (rowid, own, said) VALUES (new.id, new.own, new.said); END",
)
NEEDS_TRIGRAMS = (
    "The search needs PostgreSQL's extension pg_trgm, and this database user may not create it."
    " Let an administrator run “CREATE EXTENSION pg_trgm;” in this database, and migrate again."
)


def index(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        _create_extension(connection)
    for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def _create_extension(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            return
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError as error:
            raise CommandError(NEEDS_TRIGRAMS) from error


def forget(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":  # PostgreSQL's go with their table
        schema_editor.execute("DROP TABLE todos_searchindex")


class Migration(migrations.Migration):
    dependencies = [("todos", "0003_grants_of_members")]

    operations = [
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("own", models.TextField()),
                ("said", models.TextField()),
                (
                    "todo",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="search_document", to="todos.todo"
                    ),
                ),
            ],
        ),
        migrations.RunPython(index, forget),
    ]
