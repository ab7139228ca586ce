"""Index the todos that are there already for the search, with what is said about them."""

from django.db import migrations

from todos.domain.search import document

BATCH = 500


def index(apps, schema_editor):
    Todo, Comment, SearchDocument = (apps.get_model("todos", name) for name in ("Todo", "Comment", "SearchDocument"))
    ids = list(Todo.objects.filter(search_document=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        said = {}
        comments = Comment.objects.filter(todo_id__in=batch, deleted_at=None).order_by("-created_at", "-pk")
        for todo_id, text in comments.values_list("todo_id", "text"):
            said.setdefault(todo_id, []).append(text)
        SearchDocument.objects.bulk_create(
            SearchDocument(todo_id=pk, own=document(own), said=document(said.get(pk, [])))
            for pk, *own in Todo.objects.filter(pk__in=batch).values_list("pk", "title", "description")
        )


class Migration(migrations.Migration):
    dependencies = [("todos", "0010_search_documents")]

    operations = [migrations.RunPython(index, migrations.RunPython.noop, elidable=True)]
