"""Keeping what the search looks in, in the transaction of what changed."""

from collections.abc import Iterable
from uuid import UUID

from todos.domain.search import document
from todos.models import Comment, SearchDocument, Todo

BATCH = 500


def index_todos(todos: Iterable[Todo]) -> None:
    """Index title and description of todos that were just made or changed."""
    rows = [SearchDocument(todo_id=todo.pk, own=document([todo.title, todo.description]), said="") for todo in todos]
    SearchDocument.objects.put(rows, columns=["own"])


def index_comments(*todo_ids: UUID) -> None:
    """Index what is said about todos now; the latest words count where there are too many."""
    said: dict[UUID, list[str]] = {id: [] for id in todo_ids}
    comments = Comment.objects.of_todos(todo_ids).live().order_by("todo_id", "-created_at", "-pk")
    for todo_id, text in comments.values_list("todo_id", "text").iterator(BATCH):
        said[todo_id].append(text)
    rows = [SearchDocument(todo_id=id, own="", said=document(texts)) for id, texts in said.items()]
    SearchDocument.objects.put(rows, columns=["said"])


def reindex() -> int:
    """Index every todo anew, and return how many there are."""
    count = 0
    batch: list[Todo] = []
    for todo in Todo.objects.order_by("pk").only("title", "description").iterator(BATCH):
        batch.append(todo)
        if len(batch) == BATCH:
            count += _reindex(batch)
            batch = []
    return count + _reindex(batch)


def _reindex(batch: list[Todo]) -> int:
    said: dict[UUID, list[str]] = {}
    comments = Comment.objects.of_todos(todo.pk for todo in batch).live().order_by("-created_at", "-pk")
    for todo_id, text in comments.values_list("todo_id", "text"):
        said.setdefault(todo_id, []).append(text)
    rows = [
        SearchDocument(
            todo_id=todo.pk, own=document([todo.title, todo.description]), said=document(said.get(todo.pk, []))
        )
        for todo in batch
    ]
    SearchDocument.objects.put(rows, columns=["own", "said"])
    return len(batch)
