"""One thing done to many todos in a call."""

from datetime import date
from uuid import uuid4

import pytest

from activity.models import Event
from todos.models import Label, Project, Todo
from todos.services import todos
from todos.services.projects import create_project

BULK = "/api/v1/todos/bulk/"
UNDO = "/api/v1/undo/"


@pytest.fixture
def bulk(api, owner):
    """Ask for it: `bulk("complete", [todo, …], atomic=False)`."""

    def bulk(action, rows, *, actor=owner, **options):
        ids = [str(getattr(row, "pk", row)) for row in rows]
        return api(actor).post(BULK, {"action": action, "ids": ids, **options})

    return bulk


@pytest.fixture
def three(make_todo):
    return [make_todo(title) for title in ("One", "Two", "Three")]


def statuses(answer):
    return [row["status"] for row in answer.json()["results"]]


def fresh(rows):
    return [Todo.objects.with_label_names().get(pk=row.pk) for row in rows]


ACTIONS = {
    "priority": ({"priority": 1}, lambda row: row.priority == 1),
    "date": ({"due_date": "2026-03-09", "due_time": "09:30"}, lambda row: row.due_date == date(2026, 3, 9)),
    "label": ({"labels": ["shop"]}, lambda row: row.label_names == ["shop"]),
    "assign": ({"assignee": "OWNER"}, lambda row: row.assignee_id == row.project.owner_id),
    "complete": ({}, lambda row: row.completed),
    "delete": ({}, lambda row: row.deleted_at is not None),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_reaches_each_todo_and_is_undone_as_one(action, three, bulk, api, owner, project, assert_gapless):
    values, is_done = ACTIONS[action]
    values = {name: str(owner.pk) if value == "OWNER" else value for name, value in values.items()}

    answer = bulk(action, three, **values)

    assert answer.status_code == 200
    assert all(map(is_done, fresh(three)))
    told = [(row["id"], row["revision"], row["etag"]) for row in answer.json()["results"]]
    assert told == [(str(row.pk), row.revision, row.etag) for row in fresh(three)]
    assert_gapless(project)

    undone = api(owner).post(UNDO, {"receipt": answer.json()["undo_receipt"]})
    assert undone.status_code == 200
    assert not any(map(is_done, fresh(three)))
    assert answer["Undo-Receipt"] == answer.json()["undo_receipt"]
    assert_gapless(project)


def test_what_was_completed_deleted_or_labelled_can_be_taken_back(three, bulk):
    for action, back, values in (
        ("complete", "reopen", {}),
        ("delete", "restore", {}),
        ("label", "unlabel", {"labels": ["@Shop"]}),
    ):
        before = [(row.completed_at, row.deleted_at, row.label_names) for row in fresh(three)]

        assert statuses(bulk(action, three, **values)) == [200] * 3
        assert statuses(bulk(back, three, **values)) == [200] * 3
        assert [(row.completed_at, row.deleted_at, row.label_names) for row in fresh(three)] == before


def test_labels_come_to_those_that_are_there(make_todo, bulk):
    rows = [make_todo("One", labels=["home"]), make_todo("Two", labels=["Shop"])]

    bulk("label", rows, labels=["shop", "new"])
    assert [set(row.label_names) for row in fresh(rows)] == [{"home", "new", "Shop"}, {"new", "Shop"}]
    bulk("unlabel", rows, labels=["SHOP", "none"])

    assert [row.label_names for row in fresh(rows)] == [["home", "new"], ["new"]]


def test_a_todo_bears_at_most_fifty_labels(make_todo, bulk):
    row = make_todo("One", labels=[f"label {number}" for number in range(49)])

    assert bulk("label", [row], labels=["a", "b"]).status_code == 422
    assert bulk("label", [row], labels=["a", "LABEL 1"]).status_code == 200


def test_they_move_in_the_order_given_with_what_is_under_them(three, make_todo, bulk, project, work, assert_gapless):
    sub = make_todo("Sub", parent=three[0].pk)

    answer = bulk("move", [three[2], three[0], sub], project=str(work.pk))

    moved = Todo.objects.in_project(work.pk).in_order()
    assert statuses(answer) == [200] * 3
    assert [row.title for row in moved] == ["Three", "One", "Sub"]
    assert fresh([sub])[0].parent_id == three[0].pk
    for holder in (project, work):
        assert_gapless(holder)


def test_a_subtask_that_its_parent_took_along_is_not_changed_twice(make_todo, bulk, project, recorded, assert_gapless):
    parent = make_todo("Parent")
    child = make_todo("Child", parent=parent.pk)

    answer = bulk("complete", [parent, child])

    assert statuses(answer) == [200, 200]
    assert recorded(child) == ["todo.created"]
    assert [row["revision"] for row in answer.json()["results"]] == [4, 4]
    assert_gapless(project)


def test_todos_of_several_projects_change_at_once(make_todo, work, project, bulk, api, owner, assert_gapless):
    rows = [make_todo("One"), make_todo("Two", project=work.pk), make_todo("Three")]

    answer = bulk("priority", rows, priority=2)

    assert statuses(answer) == [200] * 3
    assert api(owner).post(UNDO, {"receipt": answer.json()["undo_receipt"]}).status_code == 200
    for holder in (project, work):
        assert_gapless(holder)


def test_one_that_repeats_goes_on(make_todo, bulk):
    daily = make_todo("Water", due_date=date(2026, 3, 2), recurrence=["RRULE:FREQ=DAILY"])

    assert statuses(bulk("complete", [daily])) == [200]
    assert fresh([daily])[0].completed_at is None
    assert fresh([daily])[0].due_date > date(2026, 3, 2)


# All or nothing, or each for itself


@pytest.fixture
def mixed(three, make_todo, register, now):
    """Three of the owner's, one of them in the trash, and one of a stranger's project."""
    other = register("other")
    secret = create_project(actor=other, title="Secret", now=now)
    hidden = todos.create_todo(actor=other, values={"title": "Hidden", "project": secret.pk}, now=now)
    todos.delete_todo(actor=three[1].project.owner, todo_id=three[1].pk, now=now)
    return [three[0], three[1], hidden, three[2]]


def test_all_or_nothing_is_nothing_when_one_can_not_be_changed(mixed, bulk, project, assert_problem, history):
    before = history(project)

    answer = bulk("priority", mixed, priority=1)

    body = assert_problem(answer, 409, "conflict")
    assert body["detail"] == "Nothing was changed: 2 of 4 todos could not be."
    assert [(row["id"], row["status"]) for row in body["results"]] == [(str(mixed[1].pk), 409), (str(mixed[2].pk), 404)]
    assert {row.priority for row in fresh(mixed)} == {4}
    assert "Undo-Receipt" not in answer
    assert history(project) == before


def test_each_for_itself_changes_those_that_can_be(mixed, bulk, project, assert_gapless):
    answer = bulk("priority", mixed, priority=1, atomic=False)

    assert answer.status_code == 200
    assert statuses(answer) == [200, 409, 404, 200]
    assert [row.priority for row in fresh(mixed)] == [1, 4, 4, 1]
    assert [row["problem"]["code"] for row in answer.json()["results"] if "problem" in row] == ["conflict", "not_found"]
    assert_gapless(project)


@pytest.mark.parametrize("atomic", [True, False])
def test_one_that_fails_midway_leaves_no_trace(atomic, make_todo, bulk, project, work, api, owner, assert_gapless):
    """The second is refused only when it is moved: its parent is below it."""
    first, second = make_todo("First"), make_todo("Second")
    below = make_todo("Below", parent=second.pk)

    answer = bulk("move", [first, second], parent=str(below.pk), atomic=atomic)

    assert answer.status_code == (422 if atomic else 200)
    assert statuses(answer) == ([422] if atomic else [200, 422])
    parents = [row.parent_id for row in fresh([first, second])]
    assert parents == [None if atomic else below.pk, None]
    assert_gapless(project)
    if not atomic:
        assert api(owner).post(UNDO, {"receipt": answer.json()["undo_receipt"]}).status_code == 200
        assert fresh([first])[0].parent_id is None


def test_one_that_fails_after_it_wrote_takes_that_back(make_todo, bulk, project, work, now, assert_gapless):
    """A move is counted in the project that is left before the parent is found wanting."""
    rows = [make_todo("One"), make_todo("Two")]
    there = make_todo("There", project=work.pk)
    deep = there
    for level in range(8):
        deep = make_todo(f"Level {level}", project=work.pk, parent=deep.pk)
    make_todo("Sub", parent=rows[0].pk)

    answer = bulk("move", rows, project=str(work.pk), parent=str(deep.pk), atomic=False)

    assert statuses(answer) == [422, 200]
    assert [row.project_id for row in fresh(rows)] == [project.pk, work.pk]
    for holder in (project, work):
        assert_gapless(holder)


# Tags


def test_each_may_come_with_the_tag_that_was_seen(three, api, owner, assert_problem):
    client = api(owner)
    tags = [client.get(f"/api/v1/todos/{row.pk}/")["ETag"] for row in three]
    items = [
        {"id": str(three[0].pk), "etag": tags[0]},
        {"id": str(three[1].pk), "etag": tags[1].strip('"')},
        {"id": str(three[2].pk), "etag": "1.000000"},
    ]

    refused = client.post(BULK, {"action": "complete", "items": items})
    partly = client.post(BULK, {"action": "complete", "items": items, "atomic": False})

    [result] = assert_problem(refused, 412, "stale")["results"]
    assert result["problem"]["current"] == client.get(f"/api/v1/todos/{three[2].pk}/").json()
    assert statuses(partly) == [200, 200, 412]


def test_tags_are_those_from_before_all_of_it(make_todo, api, owner):
    parent = make_todo("Parent")
    child = make_todo("Child", parent=parent.pk)
    items = [{"id": str(row.pk), "etag": row.etag} for row in fresh([parent, child])]

    assert statuses(api(owner).post(BULK, {"action": "complete", "items": items})) == [200, 200]


# Who may


def test_a_viewer_changes_nothing_and_a_stranger_sees_nothing(three, bulk, viewer, stranger, assert_problem):
    assert_problem(bulk("complete", three, actor=viewer), 403, "forbidden")
    hidden = assert_problem(bulk("complete", three, actor=stranger), 404, "not_found")
    nothing = assert_problem(bulk("complete", [uuid4() for _ in three], actor=stranger), 404, "not_found")

    strip = [{"id": None} | {"problem": row["problem"]["detail"]} for row in hidden["results"]]
    assert strip == [{"id": None} | {"problem": row["problem"]["detail"]} for row in nothing["results"]]
    assert hidden["detail"] == nothing["detail"]


def test_S34_a_target_that_is_not_ones_own_does_not_exist(three, bulk, mixed, assert_problem, viewer, work):
    assert_problem(bulk("move", [three[0]], project=str(mixed[2].project_id)), 404, "not_found")
    assert_problem(bulk("move", [three[0]], project=str(uuid4())), 404, "not_found")


def test_nothing_changes_in_an_archived_project(three, bulk, project, now, assert_problem):
    Project.objects.filter(pk=project.pk).update(archived_at=now)

    assert_problem(bulk("complete", three), 409, "conflict")


# What is asked


def test_an_empty_selection_is_refused(bulk, api, owner, assert_problem):
    assert_problem(bulk("complete", []), 422, "invalid", "ids")
    assert_problem(api(owner).post(BULK, {"action": "complete", "items": []}), 422, "invalid", "ids")
    assert_problem(api(owner).post(BULK, {"action": "complete"}), 422, "invalid", "ids")


def test_twice_the_same_counts_once(three, bulk, recorded):
    answer = bulk("complete", [three[0], three[0], three[1], three[0]])

    assert [row["id"] for row in answer.json()["results"]] == [str(three[0].pk), str(three[1].pk)]
    assert recorded(three[0]) == ["todo.created", "todo.completed"]


@pytest.mark.parametrize("count", [501, 10_000])
def test_S33_more_than_five_hundred_are_refused(count, bulk, api, owner, assert_problem, django_assert_max_num_queries):
    ids = [str(uuid4()) for _ in range(count)]
    client = api(owner)

    with django_assert_max_num_queries(3):
        assert_problem(client.post(BULK, {"action": "complete", "ids": ids}), 422, "invalid", "ids")
    assert client.post(BULK, {"action": "complete", "items": [{"id": id} for id in ids]}).status_code == 422


@pytest.mark.parametrize(
    ("action", "values", "field"),
    [
        ("priority", {}, "priority"),
        ("priority", {"priority": 5}, "priority"),
        ("label", {}, "labels"),
        ("label", {"labels": []}, "labels"),
        ("label", {"labels": ["a,b"]}, None),
        ("date", {}, "due_date"),
        ("date", {"due_date": "soon"}, "due_date"),
        ("move", {}, "project"),
        ("assign", {}, "assignee"),
        ("assign", {"assignee": str(uuid4())}, None),
        ("complete", {"priority": 1}, "priority"),
        ("explode", {}, "action"),
    ],
)
def test_what_does_not_go_together_is_refused(action, values, field, three, bulk, assert_problem):
    answer = bulk(action, three, **values)

    assert_problem(answer, 422, "invalid", *([field] if field else []))
    assert not Event.objects.journal().of_kinds(["todo.updated", "todo.labelled"]).exists()
    assert not Label.objects.exists()


@pytest.mark.parametrize("ids", ["x", {"a": 1}, [1], [None], [["a"]], ["\x00"]])
def test_S27_any_input_is_answered(ids, api, owner):
    assert api(owner).post(BULK, {"action": "complete", "ids": ids}).status_code in (404, 422)


def test_doing_what_is_done_changes_nothing(three, bulk, project, history):
    bulk("complete", three)
    before = history(project)

    answer = bulk("complete", three)

    assert statuses(answer) == [200] * 3
    assert answer.json()["undo_receipt"] is None
    assert history(project) == before
