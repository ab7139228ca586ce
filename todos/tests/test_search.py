"""The search: what a document is, and that each database finds what plain Python finds."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import Invalid
from todos.domain.search import LONGEST_DOCUMENT, LONGEST_TOKEN, document, fold, needles, tokens
from todos.models import Comment, SearchDocument, Todo
from todos.services.comments import add_comment, delete_comment, edit_comment, restore_comment
from todos.services.search import index_comments, index_todos

ALPHABET = "aAbBéßİ ı1²½_-'\"*&|!():<>\\%日本ガがー한국हिन्दीﬁ🍕\x00\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Buy MILK, please!", ["buy", "milk", "please"]),
        ("Crème brûlée", ["creme", "brulee"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("e-mail o'Neill 3.5", ["e", "mail", "o", "neill", "3", "5"]),
        ("snake_case", ["snake", "case"]),
        ("牛乳を買う", list("牛乳を買う")),
        ("ﬁne ①", ["fine", "1"]),
        ("हिन्दी", ["हनद"]),
        ("🍕 !!", []),
        ("x" * 99, ["x" * LONGEST_TOKEN]),
    ],
)
def test_a_text_is_its_tokens(text, found):
    assert tokens(text) == found


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert tokens(" ".join(tokens(text))) == tokens(text)
    assert fold(fold(text)) == fold(text)


def test_a_document_has_a_longest_length():
    assert len(document(["ab " * 100_000, "more"])) <= LONGEST_DOCUMENT
    assert document(["one two", "three"]) == "  one  two  three"


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("Milk zz", ["milk", "  zz"]),
        ("milk milk", ["milk"]),
        ('"buy milk" now', ["  buy  milk", "now"]),
        ("e-mail", ["  e  mail"]),
        ('say "open end', ["say", "  open  end"]),
        ("日本", ["  日  本"]),
        ('!! & | \' "" *', []),
    ],
)
def test_a_query_is_the_parts_it_looks_for(query, parts):
    assert [needle.part for needle in needles(query)] == parts


@pytest.mark.parametrize("query", ["x" * 201, " ".join(map(str, range(11))), "-".join("abcdefghijklmnopqrstuvwxyz")])
def test_a_query_has_a_longest_length(query):
    with pytest.raises(Invalid) as caught:
        needles(query)

    assert list(caught.value.fields) == ["search"]


@pytest.fixture
def say(owner, now):
    def say(todo, text, at=0):
        comment = Comment.objects.create(
            todo=todo,
            project=todo.project,
            author=owner,
            text=text,
            revision=1,
            created_at=now + timedelta(seconds=at),
            updated_at=now,
        )
        index_comments(todo.pk)
        return comment

    return say


def found(query: str) -> set[str]:
    return set(Todo.objects.holding(needles(query)).values_list("title", flat=True))


def test_words_are_found_in_the_title_the_description_and_what_is_said(make_todo, say):
    say(make_todo("Buy milk", description="At the **corner** shop"), "Ask Zoë first")
    make_todo("Buy bread")

    assert found("buy") == {"Buy milk", "Buy bread"}
    assert found("MILK corner zoe") == {"Buy milk"}
    assert found("orne") == {"Buy milk"}
    assert found("mi") == {"Buy milk"}
    assert found("il") == set()
    assert found('"buy mil"') == {"Buy milk"}
    assert found('"milk buy"') == found('"uy milk"') == found("nowhere") == found("??") == set()


def test_what_changed_is_found_by_its_new_words_alone(make_todo, edit, say):
    todo = make_todo("Buy milk")
    comment = say(todo, "Oat, please")

    edit(todo, title="Buy bread", description="Rye")

    assert found("rye bread oat") == {"Buy bread"}
    assert found("milk") == set()
    comment.delete()
    index_comments(todo.pk)
    assert found("oat") == set()
    todo.delete()
    assert not SearchDocument.objects.exists()
    assert found("bread") == set()


def test_what_is_said_is_found_until_it_is_taken_back(owner, todo, now):
    said = add_comment(actor=owner, todo_id=todo.pk, text="Ask **Zoë** first", now=now)
    assert found("zoe") == {"Buy milk"}

    place = {"actor": owner, "todo_id": todo.pk, "comment_id": said.pk, "now": now}
    edit_comment(**place, text="Ask Ada first")
    assert (found("zoe"), found("ada milk")) == (set(), {"Buy milk"})
    delete_comment(**place)
    assert found("ada") == set()
    restore_comment(**place)
    assert found("ada") == {"Buy milk"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has its full-text search built in")
def test_a_database_that_may_not_have_trigrams_is_refused_with_what_to_do(db):
    create = import_module("todos.migrations.0010_search_documents")._create_extension
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE; CREATE ROLE powerless; SET LOCAL ROLE powerless")

        with pytest.raises(CommandError, match="CREATE EXTENSION pg_trgm"):
            create(connection)

        cursor.execute("RESET ROLE")
        create(connection)
        create(connection)
        transaction.set_rollback(True)


def test_of_too_many_words_said_the_latest_count(make_todo, say):
    todo = make_todo()
    say(todo, "early " + "a " * (LONGEST_DOCUMENT // 3), at=1)
    say(todo, "latest", at=2)

    assert found("latest") == {"Buy milk"}
    assert found("early") == {"Buy milk"}
    say(todo, "b " * (LONGEST_DOCUMENT // 3), at=3)
    assert found("early") == set()


def test_a_change_taken_back_leaves_the_index_as_it_was(make_todo, edit):
    todo = make_todo("Buy milk")

    with transaction.atomic():
        edit(todo, title="Buy bread")
        transaction.set_rollback(True)

    assert found("milk") == {"Buy milk"}
    assert found("bread") == set()


def test_indexing_anew_finds_what_other_hands_wrote(make_todo, say, capsys):
    todo = make_todo("Buy milk")
    say(todo, "Oat")
    SearchDocument.objects.all().delete()
    Todo.objects.update(title="Buy bread")

    call_command("reindex")

    assert found("bread oat") == {"Buy bread"}
    assert found("milk") == set()
    assert capsys.readouterr().out == "Indexed 1 todos.\n"


TEXTS = st.text(ALPHABET, max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=6), query=st.text(ALPHABET, max_size=8))
def test_S27_the_database_finds_what_plain_python_finds_whatever_is_typed(texts, query, project, now):
    with transaction.atomic():
        rows = []
        for title, description, said in texts:
            clean = [text.replace("\x00", "") for text in (title or "x", description, said)]
            rows.append(Todo(project=project, title=clean[0] or "x", description=clean[1], revision=1, order="a0"))
            rows[-1].said = clean[2]
            rows[-1].created_at = rows[-1].updated_at = now
        Todo.objects.bulk_create(rows)
        index_todos(rows)
        for row in rows:
            SearchDocument.objects.of_todo(row.pk).update(said=document([row.said]))
        wanted = needles(query)

        answer = set(Todo.objects.holding(wanted).values_list("pk", flat=True))

        expected = {
            row.pk
            for row in rows
            if wanted
            and all(needle.is_in(document([row.title, row.description]), document([row.said])) for needle in wanted)
        }
        assert answer == expected
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "query",
    ["'", '"', "a\"b'c", "NEAR(milk buy)", "milk*", "own:milk", "milk AND", "milk OR bread", "NOT milk", "^milk",
     "-milk", "milk & !bread | (", "milk <-> bread", "milk:*", "'milk':A", "%", "_", "\\", "%milk%",
     "'; DROP TABLE todos_todo; --", "\x00", "\ud800", "milk\x00", "{milk}", "+milk", "$$", ":*"],
)  # fmt: skip
def test_S27_operators_of_any_database_are_but_words(make_todo, query):
    make_todo("Nothing of it")

    assert found(query) == set()
    assert Todo.objects.count() == 1


def test_an_index_answers(make_todo):
    todo = make_todo("Buy milk")

    plans = [SearchDocument.objects.holding(needles(query)) for query in ("milk", "mi")]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert ["search_parts" in plans[0].explain(), "search_words" in plans[1].explain()] == [True, True]
    else:
        assert ["VIRTUAL TABLE INDEX" in plan.explain() for plan in plans] == [True, True]
    assert [plan.get().todo_id for plan in plans] == [todo.pk] * 2
