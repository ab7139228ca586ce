from datetime import timedelta

import pytest

from activity.models import Event
from config.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from config.ids import uuid7
from todos.models import Section, Todo
from todos.models.fields import OrderKeyField
from todos.services.projects import archive_project
from todos.services.sections import create_section, delete_section, reorder_section, restore_section, update_section
from todos.services.todos import create_todo, update_todo
from todos.services.trash import delete_project

HOUR = timedelta(hours=1)


@pytest.fixture
def make(owner, project, now):
    def make(title, *, actor=owner, place=project):
        return create_section(actor=actor, project_id=place.pk, title=title, now=now)

    return make


@pytest.fixture
def section(make):
    return make("Soon")


def titles(project):
    rows = Section.objects.live().in_project(project.pk).in_order()
    return [row.title for row in rows]


def test_sections_stand_in_the_order_they_were_made_in(make, project, history, assert_gapless):
    first, second = make(" Soon "), make("Later")

    assert titles(project) == ["Soon", "Later"]
    assert (first.revision, second.revision) == (2, 3)
    assert history(project)[1:] == [(2, "section.created"), (3, "section.created")]
    assert_gapless(project)


def test_a_section_needs_a_title_and_an_id_of_its_own(owner, make, section, project, now):
    for title in ("", "  "):
        with pytest.raises(Invalid):
            make(title)
        with pytest.raises(Invalid):
            update_section(actor=owner, section_id=section.pk, values={"title": title}, now=now)
    with pytest.raises(Conflict):
        create_section(actor=owner, project_id=project.pk, title="Twin", id=section.pk, now=now)

    assert titles(project) == ["Soon"]


def test_renaming_is_recorded_and_changing_nothing_is_not(owner, section, project, now, assert_gapless, history):
    update_section(actor=owner, section_id=section.pk, values={"title": "Soon "}, now=now)
    renamed = update_section(actor=owner, section_id=section.pk, values={"title": "Now"}, now=now + HOUR)

    assert (renamed.title, renamed.revision, renamed.updated_at) == ("Now", 3, now + HOUR)
    assert history(project)[-1] == (3, "section.updated")
    event = Event.objects.journal().about(section.pk).order_by("-revision").first()
    assert event.data == {"changes": {"title": {"before": "Soon", "after": "Now"}}}
    assert_gapless(project)


def test_a_stale_write_to_a_section_changes_nothing(owner, section, make_todo, now):
    seen = frozenset([section.etag])
    update_section(actor=owner, section_id=section.pk, values={"title": "Now"}, now=now, if_match=seen)

    for write in (
        lambda: update_section(actor=owner, section_id=section.pk, values={"title": "X"}, now=now, if_match=seen),
        lambda: reorder_section(actor=owner, section_id=section.pk, after=None, now=now, if_match=seen),
        lambda: delete_section(actor=owner, section_id=section.pk, now=now, if_match=seen),
        lambda: restore_section(actor=owner, section_id=section.pk, now=now, if_match=seen),
    ):
        with pytest.raises(Stale):
            write()

    assert Section.objects.get().title == "Now"


@pytest.mark.parametrize(
    ("moved", "place", "expected"),
    [
        (0, {"after": 1}, "BAC"),
        (2, {"after": None}, "CAB"),
        (2, {"before": 1}, "ACB"),
        (0, {"before": None}, "BCA"),
        (1, {"after": 0}, "ABC"),
    ],
)
def test_a_section_goes_after_or_before_another(
    owner, make, project, now, moved, place, expected, history, assert_gapless
):
    trio = [make(title) for title in "ABC"]
    place = {side: None if index is None else trio[index].pk for side, index in place.items()}

    reorder_section(actor=owner, section_id=trio[moved].pk, now=now, **place)

    assert titles(project) == list(expected)
    assert len(history(project)) == (4 if expected == "ABC" else 5)
    assert_gapless(project)


def test_keys_of_sections_that_grew_too_long_are_spread_out(owner, make, project, now, monkeypatch, assert_gapless):
    monkeypatch.setattr(OrderKeyField, "LONGEST", 4)
    low, high, other = (make(title) for title in "ABC")

    for turn in range(20):
        reorder_section(actor=owner, section_id=(high, other)[turn % 2].pk, now=now, after=low.pk)
        assert titles(project) == list(("ABC", "ACB")[turn % 2])

    assert max(len(row.order) for row in Section.objects.all()) <= 4
    assert_gapless(project)


def test_S02_a_section_is_placed_beside_those_of_its_project_alone(owner, section, make, work, now):
    foreign = make("Foreign", place=work)

    for place in ({"after": foreign.pk}, {"before": uuid7()}, {"after": section.pk}, {}):
        with pytest.raises(Invalid):
            reorder_section(actor=owner, section_id=section.pk, now=now, **place)


def test_S02_a_todo_goes_into_a_section_of_its_project_alone(owner, make, make_todo, todo, work, now):
    foreign, gone = make("Foreign", place=work), make("Gone")
    delete_section(actor=owner, section_id=gone.pk, now=now)

    for section in (foreign.pk, gone.pk, uuid7()):
        with pytest.raises(Invalid) as refused:
            update_todo(actor=owner, todo_id=todo.pk, values={"section": section}, now=now)
        assert list(refused.value.fields) == ["section"]
        with pytest.raises(Invalid):
            make_todo("New", section=section)


def test_a_todo_takes_its_subtasks_into_another_section(owner, section, make_todo, edit, now, assert_gapless):
    todo = make_todo("Trip")
    below = make_todo("Pack", parent=make_todo("Prepare", parent=todo.pk).pk)

    edit(todo, section=section.pk)

    assert set(Todo.objects.values_list("section", flat=True)) == {section.pk}
    below.refresh_from_db()
    todo.refresh_from_db()
    assert below.revision == todo.revision
    assert_gapless(todo.project)


def test_the_todos_of_a_section_that_is_deleted_stay_without_one(owner, section, make_todo, project, now, history):
    todos = [make_todo(str(number), section=section.pk) for number in range(3)]
    elsewhere = make_todo("Elsewhere")

    deleted = delete_section(actor=owner, section_id=section.pk, now=now)

    assert titles(project) == []
    assert {row.section_id for row in Todo.objects.all()} == {None}
    assert {row.revision for row in Todo.objects.exclude(pk=elsewhere.pk)} == {deleted.revision}
    event = Event.objects.journal().about(section.pk).order_by("-revision").first()
    assert event.data["todos"] == [str(todo.pk) for todo in todos]
    assert history(project)[-1] == (deleted.revision, "section.deleted")


def test_a_section_comes_back_with_its_todos_but_for_those_that_went_elsewhere(
    owner, section, make, make_todo, work, edit, project, now, assert_gapless
):
    other = make("Other")
    kept, moved, left = (make_todo(title, section=section.pk) for title in ("Kept", "Moved", "Left"))
    delete_section(actor=owner, section_id=section.pk, now=now)
    edit(moved, section=other.pk)
    edit(left, project=work.pk)

    for _ in range(2):
        restored = restore_section(actor=owner, section_id=section.pk, now=now)

    assert titles(project) == ["Soon", "Other"]
    sections = dict(Todo.objects.values_list("title", "section"))
    assert sections == {"Kept": section.pk, "Moved": other.pk, "Left": None}
    assert Todo.objects.get(pk=kept.pk).revision == restored.revision
    assert_gapless(project)


def test_a_section_in_the_trash_is_only_restored(owner, section, project, now, history):
    delete_section(actor=owner, section_id=section.pk, now=now)
    delete_section(actor=owner, section_id=section.pk, now=now)

    with pytest.raises(Conflict):
        update_section(actor=owner, section_id=section.pk, values={"title": "X"}, now=now)
    with pytest.raises(Conflict):
        reorder_section(actor=owner, section_id=section.pk, after=None, now=now)
    assert [verb for _, verb in history(project)].count("section.deleted") == 1


@pytest.mark.parametrize("role", ["viewer", "stranger"])
def test_S07_who_may_not_edit_changes_no_section(request, owner, role, section, project, now, history):
    person, refusal = request.getfixturevalue(role), {"viewer": Forbidden, "stranger": NotFound}[role]
    before = history(project)

    for write in (
        lambda: create_section(actor=person, project_id=project.pk, title="X", now=now),
        lambda: update_section(actor=person, section_id=section.pk, values={"title": "X"}, now=now),
        lambda: reorder_section(actor=person, section_id=section.pk, after=None, now=now),
        lambda: delete_section(actor=person, section_id=section.pk, now=now),
        lambda: restore_section(actor=person, section_id=section.pk, now=now),
    ):
        with pytest.raises(refusal):
            write()

    assert history(project) == before


def test_sections_of_an_archived_project_are_read_and_not_changed(owner, section, project, now, api):
    archive_project(actor=owner, project_id=project.pk, now=now)

    with pytest.raises(Conflict):
        update_section(actor=owner, section_id=section.pk, values={"title": "X"}, now=now)
    assert api(owner).get(f"/api/v1/sections/{section.pk}/").json()["title"] == "Soon"


def test_sections_of_a_project_in_the_trash_are_nowhere(owner, section, project, now, api):
    delete_project(actor=owner, project_id=project.pk, now=now)
    client = api(owner)

    with pytest.raises(NotFound):
        update_section(actor=owner, section_id=section.pk, values={"title": "X"}, now=now)
    assert client.get(f"/api/v1/sections/{section.pk}/").status_code == 404
    assert client.get("/api/v1/sections/").json()["results"] == []


# The API


def test_S01_S07_sections_through_the_api(owner, viewer, stranger, work, section, project, api):
    client = api(owner)
    url = f"/api/v1/sections/{section.pk}/"

    made = client.post("/api/v1/sections/", {"title": "Later", "project": str(project.pk)})
    renamed = client.patch(url, {"title": "Now", "project": str(work.pk)}, HTTP_IF_MATCH=client.get(url)["ETag"])
    listed = client.get("/api/v1/sections/", {"project": project.pk}).json()["results"]

    assert made.status_code == 201
    assert client.get(made["Location"]).json() == made.json()
    assert (renamed.json()["title"], renamed.json()["project"]) == ("Now", str(project.pk))
    assert [row["title"] for row in listed] == ["Now", "Later"]
    assert client.delete(url).status_code == 204
    assert [row["title"] for row in client.get("/api/v1/sections/?trashed=true").json()["results"]] == ["Now"]
    assert client.post(f"{url}restoration/").json()["deleted_at"] is None
    assert api(viewer).get(url).status_code == 200
    assert api(viewer).delete(url).status_code == 403
    assert api(stranger).get(url).status_code == 404
    assert api(stranger).post("/api/v1/sections/", {"title": "X", "project": str(project.pk)}).status_code == 404
    assert api(stranger).get("/api/v1/sections/").json()["results"] == []


def test_S10_a_section_takes_no_order_revision_or_dates(owner, project, api):
    forged = {"order": "zz", "revision": 99, "created_at": "2000-01-01T00:00:00Z", "deleted_at": "2000-01-01T00:00:00Z"}

    made = api(owner).post("/api/v1/sections/", {"title": "X", "project": str(project.pk)} | forged).json()

    assert made["deleted_at"] is None
    assert made["revision"] == 2
    assert not made.keys() & {name for name in forged if made[name] == forged[name]}


def test_a_new_todo_stands_in_the_section_it_names(owner, section, project, now):
    todo = create_todo(actor=owner, values={"title": "Pack", "project": project.pk, "section": section.pk}, now=now)

    assert todo.section_id == section.pk
