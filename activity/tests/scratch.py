"""Databases for one run of a script: made empty beside the one that DATABASE_URL names, dropped at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def scratch_database(name: str) -> Iterator[str]:
    """Make a migrated database and set Django up with it, caches included; gives its URL."""
    server = os.environ.get("DATABASE_URL", "")
    with _postgresql(server, name) if server.startswith("postgres") else _sqlite(name) as url:
        os.environ.update(DATABASE_URL=url, APP_ENV="test", DJANGO_SETTINGS_MODULE="config.settings.test")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        for alias in connections:
            call_command("migrate", database=alias, verbosity=0)
        call_command("createcachetable", verbosity=0)
        try:
            yield url
        finally:
            connections.close_all()


@contextmanager
def copied(suffix: str) -> Iterator[Any]:
    """Copy the scratch database as it is now, and give a connection to the copy."""
    from django.db import connections

    original = connections["default"]
    source, name = (f"{original.settings_dict['NAME']}{end}" for end in ("", f"_{suffix}"))
    on_server = original.vendor == "postgresql"
    with original.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"' if on_server else f"VACUUM INTO '{name}'")
    connection = type(original)(original.settings_dict | {"NAME": name}, "default")
    try:
        yield connection
    finally:
        connection.close()
        if on_server:
            with original.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}"')


@contextmanager
def _postgresql(server: str, name: str) -> Iterator[str]:
    import psycopg
    from psycopg import sql

    name = f"{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _sqlite(name: str) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        yield f"sqlite:///{folder / 'db.sqlite3'}"
    finally:
        shutil.rmtree(folder)
