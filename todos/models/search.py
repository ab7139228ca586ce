"""What the search looks in."""

from typing import Any
from uuid import UUID

from django.db import models

from todos.domain.search import Needle
from todos.models.todo import Todo
from todos.querysets import SearchDocumentQuerySet


class SearchDocument(models.Model):
    """The folded text of a todo (`todos.domain.search`): its own, and what is `said` in its comments.

    Each database indexes it in its own way, with what migration 0010 makes: PostgreSQL the tokens as
    a `tsvector` and the parts of them as trigrams, SQLite by an FTS5 table of trigrams that triggers
    keep. Services write the rows in the transaction of the change.
    """

    id = models.BigAutoField(primary_key=True)
    todo = models.OneToOneField(Todo, models.CASCADE, related_name="search_document")
    own = models.TextField()
    said = models.TextField()

    todo_id: UUID
    objects = SearchDocumentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.own.strip()[:80]


class Holds(models.Lookup):
    """`own__holds=needle`: the needle is in one of the two texts."""

    lookup_name = "holds"
    prepare_rhs = False
    rhs: Needle

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        found = "SELECT rowid FROM todos_searchindex WHERE todos_searchindex MATCH %s"
        return f"{self._column(compiler, 'id')} IN ({found})", (f'"{self.rhs.part}"',)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        own, said, words = (self._column(compiler, name) for name in ("own", "said", "words"))
        if self.rhs.is_beginning:  # trigrams are of no use: nearly every text has those of one letter
            return f"{words} @@ %s::tsquery", (f"'{self.rhs.words[0]}':*",)
        part = f"%{self.rhs.part}%"
        return f"({own} LIKE %s OR {said} LIKE %s)", (part, part)

    def _column(self, compiler: Any, name: str) -> str:
        return ".".join(map(compiler.quote_name_unless_alias, (self.lhs.alias, name)))


SearchDocument._meta.get_field("own").register_lookup(Holds)
