"""What an event keeps of a change: documents that both stores find by their paths, and nothing of another project."""

import json
from datetime import date, time

import pytest

from activity.models import Event
from todos.services import commit
from todos.services.commit import LONGEST_TEXT
from todos.services.todos import complete_todo

FRIDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 9)


@pytest.fixture(params=["journal", "archive"])
def stored(request, archive, relay):
    """Return the events of one of the stores, after the worker has been at it."""

    def stored(**paths):
        relay()
        return getattr(Event.objects, request.param)().filter(**paths)

    return stored


def last_event(project):
    return Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()


# Paths


def test_changed_fields_are_found_by_their_values(make_todo, edit, stored):
    todo = make_todo("Todo", due_date=FRIDAY, due_time=time(9), priority=2)
    edit(todo, due_date=MONDAY, due_time=None, priority=1)

    def verbs(**paths):
        return [event.verb for event in stored(subject_id=todo.pk, **paths)]

    assert verbs(data__changes__due_date__after="2026-03-09") == ["todo.updated"]
    assert verbs(data__changes__due_date__before="2026-03-06") == ["todo.updated"]
    assert verbs(data__changes__due_date__after="2026-03-06") == ["todo.created"]
    assert verbs(data__changes__due_time__after="09:00:00") == ["todo.created"]
    assert verbs(data__changes__priority__before=2, data__changes__priority__after=1) == ["todo.updated"]
    assert verbs(data__changes__priority__after__lt=2) == ["todo.updated"]
    assert verbs(data__changes__description__isnull=False) == []


def test_labels_are_found_in_their_lists(make_todo, edit, stored):
    todo = make_todo("Todo", labels=["a", "b"])
    edit(todo, labels=["b", "c"])

    assert [event.verb for event in stored(data__changes__labels__after=["b", "c"])] == ["todo.labelled"]
    assert [event.verb for event in stored(data__changes__labels__before__0="a")] == ["todo.labelled"]


def test_subtasks_that_went_along_are_found_by_what_they_were(owner, make_todo, stored, now):
    todo = make_todo("Trip")
    pack = make_todo("Pack", parent=todo.pk)
    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    [event] = stored(data__subtasks__0__title="Pack")
    assert [event.pk for event in stored(data__subtasks__0__id=str(pack.pk))] == [event.pk]
    assert event.data["subtasks"] == [
        {
            "id": str(pack.pk),
            "title": "Pack",
            "changes": {"completed_at": {"before": None, "after": "2026-03-02T09:00:00Z"}},
        }
    ]


def test_a_parent_is_kept_as_it_was(make_todo, edit, stored):
    parent, todo = make_todo("Trip"), make_todo("Pack")
    edit(todo, parent=parent.pk)
    edit(parent, title="Journey")

    [event] = stored(data__parent__after__title="Trip")
    assert event.data["parent"] == {"before": None, "after": {"id": str(parent.pk), "title": "Trip"}}
    assert event.data["changes"] == {"parent": {"before": None, "after": str(parent.pk)}}


def test_what_was_written_comes_back_from_the_archive_as_it_went(owner, make_todo, edit, archive, relay, now):
    todo = make_todo("Milch & Brot ✓ 🥖", labels=["größer"], due_date=FRIDAY, due_time=time(9), description="a.b $c\n")
    make_todo("$set {0} %s", parent=todo.pk)
    edit(todo, labels=["äpfel", "größer"], title="$where", due_date=None)
    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    relay()

    written = {event.pk: event.data for event in Event.objects.journal()}
    assert {event.pk: event.data for event in archive()} == written
    assert len(written) > 4


# Between projects


def test_a_move_tells_each_project_of_the_other_no_more_than_its_id(make_todo, edit, project, work):
    parent = make_todo("Secret plan")
    todo = make_todo("Fire Bob", parent=parent.pk, description="Why", labels=["bob"], priority=1)
    make_todo("Call Bob", parent=todo.pk)

    edit(todo, project=work.pk, title="Sweep", description="How", labels=["broom"], priority=2)

    gone, came = last_event(project), last_event(work)
    assert (gone.subject_title, came.subject_title) == ("Fire Bob", "Sweep")
    for event, others in ((gone, ("Sweep", "How", "broom", "Work")), (came, ("Fire", "Why", "Home", "Secret"))):
        assert not [word for word in others if word in json.dumps(event.data)]
    both = {"before": str(project.pk), "after": str(work.pk)}
    assert gone.data["changes"] == {"project": both}
    assert came.data["changes"]["project"] == both
    assert came.data["changes"]["title"] == {"after": "Sweep"}
    assert came.data["changes"]["parent"] == {"before": str(parent.pk), "after": None}
    assert came.data["parent"]["before"] == {"id": str(parent.pk)}


def test_a_move_keeps_the_project_of_its_own_as_it_was(make_todo, edit, project, work):
    todo = make_todo("Todo")
    make_todo("Along", parent=todo.pk)

    edit(todo, project=work.pk)

    gone, came = last_event(project).data, last_event(work).data
    here, there = {"id": str(project.pk)}, {"id": str(work.pk)}
    assert gone["project"] == {"before": here | {"title": "Home"}, "after": there}
    assert came["project"] == {"before": here, "after": there | {"title": "Work"}}
    along = {"project": {"before": str(project.pk), "after": str(work.pk)}}
    assert [row["changes"] for row in came["subtasks"]] == [row["changes"] for row in gone["subtasks"]] == [along]


def test_a_move_counts_its_subtasks_on_both_sides(make_todo, edit, project, work):
    todo = make_todo("Todo")
    make_todo("Along", parent=todo.pk)

    edit(todo, project=work.pk)

    assert [last_event(holder).subjects for holder in (project, work)] == [2, 2]


# Bounds


def test_a_long_text_is_cut_and_its_length_kept(make_todo, edit, stored, project):
    before, after = "ä" * 100_000, "ö" * 100_001
    todo = make_todo("Todo", description=before)
    edit(todo, description=after)

    [event] = stored(data__changes__description__length__after=100_001)
    assert event.data["changes"]["description"] == {
        "before": f"{before[:LONGEST_TEXT]}…",
        "after": f"{after[:LONGEST_TEXT]}…",
        "length": {"before": 100_000, "after": 100_001},
    }


def test_a_text_that_fits_is_kept_whole(make_todo, edit, project):
    edit(make_todo("Todo"), description="a" * LONGEST_TEXT)

    assert last_event(project).data["changes"]["description"] == {"before": "", "after": "a" * LONGEST_TEXT}


def test_of_very_many_subtasks_the_ids_are_kept(owner, make_todo, project, now, monkeypatch):
    monkeypatch.setattr(commit, "MOST_DOCUMENTS", 2)
    todo = make_todo("Todo")
    subtasks = [make_todo(f"{number}", parent=todo.pk) for number in range(4)]

    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    event = last_event(project)
    assert event.subjects == 5
    assert {row["id"] for row in event.data["subtasks"]} == {str(row.pk) for row in subtasks}
    assert [sorted(row) for row in event.data["subtasks"]] == [["changes", "id", "title"]] * 2 + [["id"]] * 2
