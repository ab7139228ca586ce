"""Taking a change back by its receipt."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing

from activity.models import Event
from todos.models import Comment, Label, Project, Todo
from todos.services.receipts import SALT

TODOS = "/api/v1/todos/"
UNDO = "/api/v1/undo/"
PASSING = {"revision", "updated_at"}


def state_of(*projects):
    """Return all that todos are, but what counts their changes."""
    rows = Todo.objects.in_projects(project.pk for project in projects).order_by("pk")
    names = sorted({field.attname for field in Todo._meta.concrete_fields} - PASSING)
    labels = {row.pk: sorted(row.labels.values_list("pk", flat=True)) for row in rows}
    return [
        (dict(zip(names, values, strict=True)), labels[values[names.index("id")]])
        for values in rows.values_list(*names)
    ]


def address(todo, part=""):
    return f"{TODOS}{todo.pk}/{part}"


def last_event(todo):
    return Event.objects.journal().about(todo.pk).order_by("-id").first()


@pytest.fixture
def home(make_todo):
    """A todo with all fields, two subtasks and a neighbour."""
    milk = make_todo(
        "Buy milk",
        description="Two.",
        priority=2,
        due_date="2026-03-09",
        due_time="09:30",
        time_zone="Europe/Berlin",
        labels=["shop", "quick"],
    )
    Todo.objects.get(pk=milk.pk)
    oat = make_todo("Oat", parent=milk.pk)
    make_todo("One litre", parent=oat.pk)
    make_todo("Buy bread")
    return milk


CHANGES = {
    "title": ("patch", "", {"title": "Buy oat milk"}),
    "several fields": ("patch", "", {"title": "x", "priority": 1, "due_date": None, "description": "y" * 50_000}),
    "labels": ("patch", "", {"labels": ["shop", "new"]}),
    "labels off": ("patch", "", {"labels": []}),
    "assignee": ("patch", "", {"assignee": "OWNER"}),
    "another project": ("patch", "", {"project": "WORK", "title": "At work", "labels": ["new"]}),
    "completion": ("post", "completion/", None),
    "deletion": ("delete", "", None),
    "last place": ("put", "position/", {"after": "BREAD"}),
}


@pytest.fixture
def change(api, owner, work, project):
    def change(todo, method, part, body):
        given = {"OWNER": str(owner.pk), "WORK": str(work.pk)}
        given["BREAD"] = str(Todo.objects.get(title="Buy bread").pk)
        body = body and {
            name: given.get(value, value) if isinstance(value, str) else value for name, value in body.items()
        }
        return getattr(api(owner), method)(address(todo, part), body)

    return change


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_undone_and_the_undoing_too(kind, home, change, api, owner, project, work, assert_gapless):
    before = state_of(project, work)

    answer = change(home, *CHANGES[kind])
    changed = state_of(project, work)
    undone = api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})
    restored = state_of(project, work)
    redone = api(owner).post(UNDO, {"receipt": undone["Undo-Receipt"]})

    assert answer.status_code in (200, 204)
    assert (undone.status_code, redone.status_code) == (200, 200)
    assert changed != before
    assert restored == before
    assert without_moments(state_of(project, work)) == without_moments(changed)
    for holder in (project, work, owner):
        assert_gapless(holder)


def without_moments(state):
    return [
        ({name: value and True if name.endswith("_at") else value for name, value in row.items()}, labels)
        for row, labels in state
    ]


def test_the_completion_of_a_subtask_earlier_stays(home, change, api, owner, project, work, now):
    litre = Todo.objects.get(title="One litre")
    change(litre, "post", "completion/", None)
    before = state_of(project)

    answer = change(home, "post", "completion/", None)
    api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert state_of(project) == before


@pytest.mark.parametrize("kind", ["reopening", "restoration"])
def test_what_took_something_back_is_undone_to_the_digit(kind, home, change, api, owner, project):
    first, second = {"reopening": ("post", "delete"), "restoration": ("delete", "post")}[kind]
    parts = {"reopening": ("completion/", "completion/"), "restoration": ("", "restoration/")}[kind]
    change(home, first, parts[0], None)
    before = state_of(project)

    answer = change(home, second, parts[1], None)
    undone = api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert undone.status_code == 200
    assert state_of(project) == before


def test_what_is_undone_is_told_as_the_opposite(home, change, api, owner, recorded):
    for _, part, method in (("", "completion/", "post"), ("", "", "delete")):
        answer = change(home, method, part, None)
        api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})
    answer = change(home, "patch", "", {"title": "New"})
    api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})

    sentences = [row["sentence"] for row in api(owner).get(f"/api/v1/activity/?subject={home.pk}").json()["results"]]
    assert recorded(home)[1:] == [
        "todo.completed",
        "todo.completion_undone",
        "todo.deleted",
        "todo.restored",
        "todo.updated",
        "todo.updated",
    ]
    assert "You renamed “New” to “Buy milk”" in sentences
    assert "You took back the completion of “Buy milk” and 2 subtasks" in sentences


def test_a_new_todo_goes_to_the_trash_and_its_new_labels_go(api, owner, project):
    made = api(owner).post(TODOS, {"title": "Buy milk", "project": str(project.pk), "labels": ["new"]})

    undone = api(owner).post(UNDO, {"receipt": made["Undo-Receipt"]})

    assert [row["id"] for row in undone.json()["todos"]] == [made.json()["id"]]
    assert Todo.objects.get().deleted_at is not None


def test_a_label_that_was_made_along_goes_unless_another_todo_bears_it(home, make_todo, change, api, owner):
    first = change(home, "patch", "", {"labels": ["new"]})
    api(owner).post(UNDO, {"receipt": first["Undo-Receipt"]})
    assert not Label.objects.filter(name="new").exists()

    second = change(home, "patch", "", {"labels": ["new"]})
    change(make_todo("Other"), "patch", "", {"labels": ["new"]})
    undone = api(owner).post(UNDO, {"receipt": second["Undo-Receipt"]})

    assert undone.status_code == 200
    assert Label.objects.filter(name="new").exists()


def test_the_making_and_renaming_of_a_label_are_undone(api, owner):
    client = api(owner)
    made = client.post("/api/v1/labels/", {"name": "phone"})
    renamed = client.patch(made.json()["url"], {"name": "call", "colour": "red"})

    back = client.post(UNDO, {"receipt": renamed["Undo-Receipt"]})
    assert (back.status_code, Label.objects.get().name) == (200, "phone")

    assert client.post(UNDO, {"receipt": made["Undo-Receipt"]}).status_code == 409
    again = client.post("/api/v1/labels/", {"name": "mail"})
    assert client.post(UNDO, {"receipt": again["Undo-Receipt"]}).status_code == 200
    assert [label.name for label in Label.objects.all()] == ["phone"]


def test_a_deleted_label_comes_back_on_the_todos_that_bore_it(home, make_todo, api, owner, project, assert_gapless):
    client, label = api(owner), Label.objects.get(name="shop")
    client.patch(f"/api/v1/labels/{label.pk}/", {"colour": "red"})
    columns = ("id", "name", "colour", "owner", "created_at")
    before = state_of(project), Label.objects.order_by("pk").values_list(*columns).get(pk=label.pk)
    answer = client.delete(f"/api/v1/labels/{label.pk}/")

    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert undone.status_code == 200
    assert (state_of(project), Label.objects.values_list(*columns).get(pk=label.pk)) == before
    assert_gapless(owner)


def test_a_label_of_thousands_of_todos_comes_back_on_all_of_them_and_goes_again(
    api, owner, project, work, now, assert_gapless
):
    client = api(owner)
    label = Label.objects.get(pk=client.post("/api/v1/labels/", {"name": "many"}).json()["id"])
    for place, count in ((project, 2300), (work, 3)):
        many = {"project": place, "title": "x", "order": "a0", "revision": 1, "created_at": now, "updated_at": now}
        label.todos.add(*Todo.objects.bulk_create(Todo(**many) for _ in range(count)))
    before = state_of(project, work)

    answer = client.delete(f"/api/v1/labels/{label.pk}/")
    taken_off = Event.objects.journal().of_kinds(["label.taken_off_todos"]).order_by("pk")
    assert [(event.subjects, len(event.data["todos"])) for event in taken_off] == [
        (count, count) for count in (1000, 1000, 300, 3)
    ]
    bare = state_of(project, work)
    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})
    assert (undone.status_code, state_of(project, work)) == (200, before)
    redone = client.post(UNDO, {"receipt": undone["Undo-Receipt"]})

    assert (redone.status_code, state_of(project, work)) == (200, bare)
    assert bare != before
    assert not Label.objects.filter(pk=label.pk).exists()
    for holder in (project, work, owner):
        assert_gapless(holder)


def test_a_label_that_came_back_and_is_on_another_todo_stays(home, make_todo, api, owner, assert_problem):
    client, label = api(owner), Label.objects.get(name="shop")
    answer = client.delete(f"/api/v1/labels/{label.pk}/")
    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})
    make_todo("Another", labels=["shop"])

    assert_problem(client.post(UNDO, {"receipt": undone["Undo-Receipt"]}), 409, "conflict")
    assert Label.objects.get(pk=label.pk).todos.count() == 2


def test_a_deleted_label_whose_name_was_taken_stays_deleted(home, api, owner):
    client, label = api(owner), Label.objects.get(name="shop")
    answer = client.delete(f"/api/v1/labels/{label.pk}/")
    client.post("/api/v1/labels/", {"name": "Shop"})

    assert client.post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 409
    assert not Label.objects.filter(pk=label.pk).exists()


def test_a_renamed_label_gets_its_name_back_on_every_todo(home, api, owner, project, assert_gapless):
    client, label = api(owner), Label.objects.get(name="shop")
    answer = client.patch(f"/api/v1/labels/{label.pk}/", {"name": "market"})

    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert undone.status_code == 200
    assert client.get(address(home)).json()["labels"] == ["quick", "shop"]
    assert_gapless(project)
    assert_gapless(owner)


# Todos that repeat


@pytest.fixture
def daily(api, owner, project, now):
    """A daily todo with a subtask that is done."""
    with time_machine.travel(now, tick=False):
        client = api(owner)
        made = client.post(
            TODOS,
            {
                "title": "Water",
                "project": str(project.pk),
                "due_date": "2026-03-02",
                "start_date": "2026-03-01",
                "recurrence": ["RRULE:FREQ=DAILY"],
            },
        )
        drip = client.post(TODOS, {"title": "Drip", "parent": made.json()["id"]})
        client.post(f"{drip.json()['url']}completion/")
    return Todo.objects.get(pk=made.json()["id"])


@pytest.mark.parametrize("part", ["completion/", "skip/"])
def test_the_completion_of_a_todo_that_repeats_is_undone(
    part, daily, api, owner, project, recorded, assert_gapless, now
):
    with time_machine.travel(now, tick=False):
        client, before = api(owner), state_of(project)

        gone_on = client.post(address(daily, part))
        after = state_of(project)
        undone = client.post(UNDO, {"receipt": gone_on["Undo-Receipt"]})
        assert undone.status_code == 200
        assert (gone_on.json()["due_date"], state_of(project)) == ("2026-03-03", before)

        redone = client.post(UNDO, {"receipt": undone["Undo-Receipt"]})
        assert (redone.status_code, state_of(project)) == (200, after)
    expected = {
        "completion/": ["completed", "completion_undone", "completed"],
        "skip/": ["skipped", "updated", "updated"],
    }
    assert recorded(daily)[1:] == [f"todo.{verb}" for verb in expected[part]]
    assert_gapless(project)


def test_a_completion_that_was_undone_and_done_again_can_be_reopened(daily, api, owner, project, now):
    with time_machine.travel(now, tick=False):
        client = api(owner)
        gone_on = client.post(address(daily, "completion/"))
        undone = client.post(UNDO, {"receipt": gone_on["Undo-Receipt"]})
        client.post(UNDO, {"receipt": undone["Undo-Receipt"]})

        reopened = client.delete(address(daily, "completion/"))

    assert (reopened.status_code, reopened.json()["due_date"]) == (200, "2026-03-02")


# What stands in the way


def refused(answer, title="Buy milk"):
    body = answer.json()
    return answer.status_code == 409 and title in body["detail"] and "Nothing was undone" in body["detail"]


def test_a_newer_change_stands_in_the_way_and_is_named(home, change, api, owner, editor, project):
    answer = change(home, "patch", "", {"title": "Buy oat milk"})
    api(editor).patch(address(home), {"priority": 3})
    before = state_of(project)

    assert refused(api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}), "Buy oat milk")
    assert state_of(project) == before


def test_a_newer_change_of_a_subtask_stands_in_the_way_too(home, change, api, owner, project):
    answer = change(home, "post", "completion/", None)
    change(Todo.objects.get(title="Oat"), "delete", "completion/", None)
    before = state_of(project)

    assert refused(api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}), "Oat")
    assert state_of(project) == before


def test_a_change_of_another_todo_does_not(home, change, api, owner, make_todo):
    answer = change(home, "patch", "", {"title": "Buy oat milk"})
    make_todo("Something else")

    assert api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 200


def test_a_receipt_serves_once(home, change, api, owner):
    answer = change(home, "patch", "", {"title": "Buy oat milk"})

    statuses = [api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code for _ in range(2)]

    assert statuses == [200, 409]


def test_a_new_todo_with_something_new_on_it_stays(api, owner, project, make_todo, now):
    client = api(owner)
    for add in ("subtask", "comment"):
        made = client.post(TODOS, {"title": "Buy milk", "project": str(project.pk)})
        todo = Todo.objects.get(pk=made.json()["id"])
        if add == "subtask":
            make_todo("Oat", parent=todo.pk)
        else:
            Comment.objects.create(
                todo=todo, project=project, text="Hi", author=owner, revision=0, created_at=now, updated_at=now
            )

        assert refused(client.post(UNDO, {"receipt": made["Undo-Receipt"]})), add


def test_a_new_subtask_keeps_a_todo_where_it_moved(home, change, api, owner, work, make_todo):
    answer = change(home, "patch", "", {"project": "WORK"})
    make_todo("New", parent=home.pk, project=work.pk)

    assert refused(api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}))


def test_a_parent_that_is_gone_stands_in_the_way(home, change, api, owner):
    oat = Todo.objects.get(title="Oat")
    answer = change(oat, "delete", "", None)
    change(home, "delete", "", None)

    answer = api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert answer.status_code == 409
    assert "under" in answer.json()["detail"]


def test_an_assignee_who_left_stands_in_the_way(home, change, api, owner, editor, project):
    api(owner).patch(address(home), {"assignee": str(editor.pk)})
    answer = change(home, "patch", "", {"assignee": None})
    project.memberships.filter(user=editor).delete()

    assert api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 409


def test_a_label_that_is_gone_stands_in_the_way(home, change, api, owner):
    answer = change(home, "patch", "", {"labels": []})
    Label.objects.filter(name="shop").delete()

    assert api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}).status_code == 409


# Whose receipt it is


def test_S13_the_receipt_of_another_is_none(home, change, api, owner, editor, project):
    answer = change(home, "patch", "", {"title": "x"})

    response = api(editor).post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert (response.status_code, list(response.json()["fields"])) == (422, ["receipt"])
    assert Todo.objects.get(pk=home.pk).title == "x"


@pytest.mark.parametrize("receipt", ["", "x", "a:b:c", "é", None])
def test_what_is_no_receipt_is_refused(receipt, api, owner):
    assert api(owner).post(UNDO, {"receipt": receipt}).status_code == 422


def test_a_receipt_of_another_kind_is_refused(api, owner):
    forged = signing.dumps([str(owner.pk), "todos", 9_999_999_999, []], salt="other")

    assert api(owner).post(UNDO, {"receipt": forged}).status_code == 422


def test_S34_who_left_the_project_meanwhile_is_told_as_a_stranger(home, api, editor, project, assert_problem):
    answer = api(editor).patch(address(home), {"title": "x"})
    project.memberships.filter(user=editor).delete()

    assert_problem(api(editor).post(UNDO, {"receipt": answer["Undo-Receipt"]}), 404, "not_found")


def test_S07_who_may_only_read_by_now_may_not_undo(home, api, editor, project, assert_problem):
    answer = api(editor).patch(address(home), {"title": "x"})
    project.memberships.filter(user=editor).update(role="viewer")

    assert_problem(api(editor).post(UNDO, {"receipt": answer["Undo-Receipt"]}), 403, "forbidden")


def test_an_archived_project_stays_as_it_is(home, change, api, owner, project, now, assert_problem):
    answer = change(home, "patch", "", {"title": "x"})
    Project.objects.filter(pk=project.pk).update(archived_at=now)

    assert_problem(api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}), 409, "conflict")


def test_after_ten_minutes_it_is_too_late(home, change, api, owner, now, assert_problem):
    with time_machine.travel(now, tick=False):
        answer = change(home, "patch", "", {"title": "x"})
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        assert_problem(api(owner).post(UNDO, {"receipt": answer["Undo-Receipt"]}), 410, "gone")


def test_what_changes_nothing_has_no_receipt(home, change):
    assert "Undo-Receipt" not in change(home, "patch", "", {"title": "Buy milk"})
    assert "Undo-Receipt" not in change(home, "patch", "", {"title": ""})


def test_a_receipt_is_short_and_tells_no_title(home, change):
    receipt = change(home, "patch", "", {"title": "x"})["Undo-Receipt"]

    assert len(receipt) < 250
    assert "milk" not in str(signing.loads(receipt, salt=SALT))
