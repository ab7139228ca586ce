"""Saved filters: one's own, and those shown to a project's members, who see their own todos by them."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activity.models import Event
from activity.sentences import sentence_of
from config.errors import Forbidden, Invalid, NotFound, Stale
from todos.models import Membership, SavedFilter
from todos.services.saved_filters import create_filter, delete_filter, reorder_filter, update_filter

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def save(owner, now):
    """Save a filter of the owner's: `save("Urgent", "p1")`."""

    def save(name="Urgent", query="p1", *, actor=owner, **values):
        return create_filter(actor=actor, values={"name": name, "query": query} | values, now=now)

    return save


@pytest.fixture
def change(owner, now):
    def change(saved, *, actor=owner, if_match=None, **values):
        return update_filter(actor=actor, filter_id=saved.pk, values=values, now=now, if_match=if_match)

    return change


def names(user) -> list[str]:
    return list(SavedFilter.objects.visible_to(user.pk).in_order().values_list("name", flat=True))


def test_a_filter_is_saved_at_the_end_of_the_list_with_one_event(owner, save, history, assert_gapless):
    save("  Very   urgent ", "p1 & overdue", colour="red", is_favourite=True)
    save("Later", "p4")

    first = SavedFilter.objects.get(colour="red")
    assert names(owner) == ["Very urgent", "Later"]
    assert (first.query, first.is_favourite, first.project) == ("p1 & overdue", True, None)
    assert [verb for _, verb in history(owner)][-2:] == ["filter.created"] * 2
    assert_gapless(owner)


def test_changing_nothing_records_nothing(owner, save, change, history, assert_gapless):
    saved = save()
    changed = change(saved, name="Hot", query="p1 | p2", is_favourite=True)
    before = history(owner)

    change(saved, name=" Hot", query="p1 | p2")

    assert history(owner) == before
    assert (before[-1], changed.name, changed.revision) == ((changed.revision, "filter.updated"), "Hot", before[-1][0])
    assert_gapless(owner)


@pytest.mark.parametrize("query", ["", "p1 &", "milk", "(p1", "p1\x00"])
def test_a_query_that_says_nothing_is_not_saved(save, change, query):
    saved = save()

    for attempt in (lambda: save(query=query), lambda: change(saved, query=query)):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert list(caught.value.fields) == ["query"]
    saved.refresh_from_db()
    assert saved.query == "p1"
    assert SavedFilter.objects.count() == 1


def test_a_filter_goes_where_it_is_put(owner, save, now, history, assert_gapless):
    one, two, three = save("1"), save("2"), save("3")

    reorder_filter(actor=owner, filter_id=three.pk, now=now, after=None)
    reorder_filter(actor=owner, filter_id=one.pk, now=now, after=two.pk)
    done = len(history(owner))
    reorder_filter(actor=owner, filter_id=one.pk, now=now, before=None)

    assert names(owner) == ["3", "2", "1"]
    assert len(history(owner)) == done
    assert_gapless(owner)


def test_a_deleted_filter_leaves_a_tombstone(owner, save, now, history):
    from todos.models import Tombstone

    saved = save()

    delete_filter(actor=owner, filter_id=saved.pk, now=now)

    assert names(owner) == []
    assert history(owner)[-1][1] == "filter.deleted"
    assert Tombstone.objects.of(owner.pk).get(kind="filter").subject_id == saved.pk


def test_a_filter_is_its_owners_alone_until_it_is_shown(owner, editor, viewer, stranger, project, save, change, now):
    saved = save()
    for other in (editor, stranger):
        with pytest.raises(NotFound):
            change(saved, actor=other, name="Mine")

    change(saved, project=project.pk)

    assert names(editor) == names(viewer) == ["Urgent"]
    assert names(stranger) == []
    with pytest.raises(Forbidden):
        change(saved, actor=editor, name="Mine")
    with pytest.raises(NotFound):
        delete_filter(actor=stranger, filter_id=saved.pk, now=now)


def test_S02_a_filter_is_shown_to_a_project_that_one_may_change(viewer, stranger, project, save):
    with pytest.raises(Forbidden):
        save(actor=viewer, project=project.pk)
    with pytest.raises(NotFound):
        save(actor=stranger, project=project.pk)


def test_S08_losing_the_project_hides_the_filters_shown_to_it(owner, editor, project, save, now):
    save("The owner's", project=project.pk)
    save("The editor's", actor=editor, project=project.pk)
    assert set(names(owner)) == set(names(editor)) == {"The owner's", "The editor's"}

    Membership.objects.filter(user=editor, project=project).delete()

    assert names(editor) == ["The editor's"]
    assert names(owner) == ["The owner's"]
    project.deleted_at = now
    project.save()
    assert names(owner) == ["The owner's"]


def test_a_stale_tag_changes_nothing(save, change, now, owner):
    saved = save()
    change(saved, name="Hot")

    with pytest.raises(Stale):
        change(saved, name="Cold", if_match=frozenset([saved.etag]))
    with pytest.raises(Stale):
        delete_filter(actor=owner, filter_id=saved.pk, now=now, if_match=frozenset([saved.etag]))

    assert names(owner) == ["Hot"]


def test_a_filter_that_is_shown_reads_as_a_person_would_say_it(owner, project, save, change):
    def sentence():
        event = Event.objects.journal().in_scopes([f"user:{owner.pk}"]).order_by("-revision").first()
        return sentence_of(event, reader_id=owner.pk)

    saved = save()
    assert sentence() == "You saved the filter “Urgent”"
    change(saved, query="p1 | p2")
    assert sentence() == "You changed the filter “Urgent” from p1 to p1 | p2"
    change(saved, project=project.pk)
    assert sentence() == "You showed the filter “Urgent” to Home"
    change(saved, project=None)
    assert sentence() == "You no longer showed the filter “Urgent” to Home"


# The API


def test_a_filter_by_the_api_at_every_step(api, owner, project, assert_problem):
    client = api(owner)

    made = client.post("/api/v1/filters/", {"name": "Urgent", "query": "p1 & today", "colour": "red"})
    url = made["Location"]
    changed = client.patch(url, {"project": str(project.pk), "is_favourite": True}, HTTP_IF_MATCH=made["ETag"])
    stale = client.patch(url, {"name": "Late"}, HTTP_IF_MATCH=made["ETag"])
    read = client.get(url)

    assert made.status_code == 201
    assert made.json() == client.get("/api/v1/filters/").json()["results"][0] | {
        "project": None, "is_favourite": False, "revision": made.json()["revision"],
        "updated_at": made.json()["updated_at"],
    }  # fmt: skip
    assert (changed.status_code, changed.json()["project"], changed.json()["is_favourite"]) == (
        200,
        str(project.pk),
        True,
    )
    assert stale.status_code == 412
    assert stale.json()["current"]["name"] == "Urgent"
    assert (read.json(), read["ETag"]) == (changed.json(), changed["ETag"])
    body = assert_problem(client.patch(url, {"query": "p1 & tuday"}), 422, "invalid", "query")
    assert body["position"] == 5
    assert client.put(f"{url}position/", {"after": None}).status_code == 200
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_a_shared_filter_shows_each_their_own_todos_on_their_own_day(api, owner, editor, project, save, make_todo):
    with time_machine.travel(NOON, tick=True):
        saved = save("Mine today", "today & assigned: me", project=project.pk, is_favourite=True)
        make_todo("The owner's", due_date=date(2026, 3, 4), assignee=owner.pk)
        make_todo("The editor's", due_date=date(2026, 3, 5), assignee=editor.pk)
        editor.time_zone = "Pacific/Kiritimati"
        editor.save()

        def titles(user, **query):
            answer = api(user).get(f"/api/v1/filters/{saved.pk}/todos/", query)
            return [row["title"] for row in answer.json()["results"]]

        assert titles(owner) == ["The owner's"]
        assert titles(editor) == ["The editor's"]
        assert titles(editor, search="owner") == titles(editor, filter="p1") == []
        assert api(editor).get(f"/api/v1/filters/{saved.pk}/").json()["is_favourite"] is False


def test_S10_no_write_sets_what_is_not_the_writers(api, owner, editor, save):
    saved = save()

    api(owner).patch(
        f"/api/v1/filters/{saved.pk}/", {"owner": str(editor.pk), "order": "z", "revision": 99, "id": str(editor.pk)}
    )

    saved.refresh_from_db()
    assert (saved.owner_id, saved.order) == (owner.pk, "a0")
    assert saved.revision != 99


def test_filters_are_in_the_export(owner, save):
    from todos.services.export import Scope, saved_filters

    save()

    assert [row["query"] for row in saved_filters(Scope(owner.pk))] == ["p1"]


def test_five_filters_and_twenty_five_cost_one_statement(api, owner, project, save):
    client = api(owner)

    def cost(count):
        for number in range(count):
            save(str(number), project=project.pk)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/v1/filters/").status_code == 200
        return len([query for query in queries if "todos_" in query["sql"]])

    assert cost(5) == cost(20) == 1
