from datetime import timedelta

import pytest

from activity.models import Event
from config.errors import Conflict, Invalid, NotFound
from todos.models import Label, Membership, Todo
from todos.services.labels import create_label, delete_label, update_label
from todos.services.todos import update_todo

HOUR = timedelta(hours=1)


@pytest.fixture
def home(owner, now):
    return create_label(actor=owner, name="home", now=now)


@pytest.fixture
def put(now):
    """Put labels on a todo: `put(todo, "home", by=editor)`."""

    def put(todo, *names, by):
        return update_todo(actor=by, todo_id=todo.pk, values={"labels": list(names)}, now=now)

    return put


def names_of(todo):
    return Todo.objects.with_label_names().get(pk=todo.pk).label_names


def test_a_new_label_is_its_makers_own_with_one_event(owner, now, history, assert_gapless):
    label = create_label(actor=owner, name="  deep   work ", colour="sky", now=now)

    assert (label.name, label.colour, label.owner_id) == ("deep work", "sky", owner.pk)
    assert history(owner)[-1][1] == "label.created"
    assert_gapless(owner)


@pytest.mark.parametrize(("typed", "stored"), [("@home", "home"), ("@ home", "home"), (" @home ", "home"), ("é", "é")])
def test_a_label_is_stored_without_its_sign(owner, now, typed, stored):
    assert create_label(actor=owner, name=typed, now=now).name == stored


@pytest.mark.parametrize(
    "name", ["", " ", "@", "a,b", "a@b", "@@a", "#a", "a#", "x" * 61, "a\x00b", "a\x7fb", "a\u202eb"]
)
def test_a_bad_name_is_refused(owner, todo, put, now, name):
    with pytest.raises(Invalid) as alone:
        create_label(actor=owner, name=name, now=now)
    with pytest.raises(Invalid) as on_a_todo:
        put(todo, "fine", name, by=owner)

    assert (list(alone.value.fields), list(on_a_todo.value.fields)) == (["name"], ["labels"])
    assert not Label.objects.exists()
    assert names_of(todo) == []


@pytest.mark.parametrize(("one", "other"), [("home", "HOME"), ("Éclair", "éclair"), ("straße", "STRASSE")])
def test_a_name_is_taken_in_any_case(owner, stranger, now, one, other):
    create_label(actor=owner, name=one, now=now)

    with pytest.raises(Conflict):
        create_label(actor=owner, name=other, now=now)

    assert create_label(actor=stranger, name=other, now=now).owner_id == stranger.pk


def test_a_chosen_label_id_that_is_taken_is_a_conflict(stranger, home, now, assert_gapless):
    with pytest.raises(Conflict):
        create_label(actor=stranger, name="mine", id=home.pk, now=now)

    assert Label.objects.get(pk=home.pk).name == "home"
    assert_gapless(stranger)


def test_renaming_changes_the_name_on_every_todo(owner, todo, home, put, now, history):
    put(todo, "home", by=owner)

    update_label(actor=owner, label_id=home.pk, values={"name": "house", "colour": "red"}, now=now + HOUR)

    assert names_of(todo) == ["house"]
    assert Label.objects.get().updated_at == now + HOUR
    assert history(owner)[-1][1] == "label.updated"


def test_a_label_may_change_the_case_of_its_own_name(owner, home, now):
    assert update_label(actor=owner, label_id=home.pk, values={"name": "Home"}, now=now).name == "Home"


def test_renaming_to_a_taken_name_changes_nothing(owner, home, now, assert_gapless):
    create_label(actor=owner, name="work", now=now)

    with pytest.raises(Conflict):
        update_label(actor=owner, label_id=home.pk, values={"name": "WORK"}, now=now)

    assert Label.objects.get(pk=home.pk).name == "home"
    assert_gapless(owner)


def test_changing_nothing_records_nothing(owner, home, now, history):
    before = history(owner)

    update_label(actor=owner, label_id=home.pk, values={"name": "@home", "colour": "green"}, now=now)

    assert history(owner) == before


def test_deleting_takes_a_label_off_every_todo(owner, todo, home, put, now, history, assert_gapless):
    put(todo, "home", by=owner)

    delete_label(actor=owner, label_id=home.pk, now=now)

    assert names_of(todo) == []
    assert history(owner)[-1][1] == "label.deleted"
    assert_gapless(owner)


def test_S04_another_persons_label_is_not_found(editor, stranger, home, now):
    for person in (editor, stranger):
        with pytest.raises(NotFound):
            update_label(actor=person, label_id=home.pk, values={"name": "x"}, now=now)
        with pytest.raises(NotFound):
            delete_label(actor=person, label_id=home.pk, now=now)

    assert Label.objects.get().name == "home"


# On todos


def test_labelling_takes_the_label_there_is_and_makes_the_missing_one(owner, todo, home, put, recorded, history):
    labelled = put(todo, "HOME", "errand", by=owner)

    assert labelled.label_names == names_of(todo) == ["errand", "home"]
    assert recorded(todo) == ["todo.created", "todo.labelled"]
    assert [verb for _, verb in history(owner)][-2:] == ["label.created", "label.created"]
    assert Label.objects.of(owner.pk).count() == 2


def test_the_event_of_labelling_says_before_and_after(owner, todo, put):
    put(todo, "a", "b", by=owner)
    put(todo, "b", "c", by=owner)

    event = Event.objects.journal().about(todo.pk).order_by("-revision").first()
    assert event.data["changes"] == {"labels": {"before": ["a", "b"], "after": ["b", "c"]}}


def test_the_same_labels_in_another_case_or_order_change_nothing(owner, todo, put, recorded):
    put(todo, "a", "b", by=owner)

    put(todo, "B", "a", "A", by=owner)

    assert recorded(todo) == ["todo.created", "todo.labelled"]


def test_a_label_of_another_member_stays_theirs(owner, editor, todo, home, put):
    put(todo, "home", by=owner)

    put(todo, "Home", "urgent", by=editor)

    owners = {label.name: label.owner_id for label in Todo.objects.get(pk=todo.pk).labels.all()}
    assert owners == {"home": owner.pk, "urgent": editor.pk}
    assert not Label.objects.of(editor.pk).filter(name__iexact="home").exists()


def test_an_edit_of_text_and_labels_is_one_event(owner, todo, now, recorded, assert_gapless):
    update_todo(actor=owner, todo_id=todo.pk, values={"title": "Bread", "labels": ["shop"]}, now=now)

    assert recorded(todo) == ["todo.created", "todo.updated"]
    assert_gapless(todo.project)
    assert_gapless(owner)


def test_label_names_come_in_one_order_after_writing_and_reading(make_todo, owner, put):
    todo = make_todo(labels=["b", "A", "a2", "Ä", "zz", "Zy"])

    assert todo.label_names == names_of(todo)


# What a change of a label does to the todos that bear it


def tag_of(todo):
    return Todo.objects.get(pk=todo.pk).etag


def events_of(project):
    rows = Event.objects.journal().in_scopes([project.scope]).filter(subject_type="label").order_by("revision")
    return [(row.verb, row.data["changes"]["labels"], [todo["id"] for todo in row.data["todos"]]) for row in rows]


def test_renaming_counts_as_a_change_of_each_project_with_todos_that_bear_the_label(
    owner, todo, make_todo, work, home, put, now, assert_gapless
):
    second, there, plain = make_todo(), make_todo(project=work.pk), make_todo()
    for bearer in (todo, second, there):
        put(bearer, "home", by=owner)
    tags = {row.pk: tag_of(row) for row in (todo, second, there, plain)}

    update_label(actor=owner, label_id=home.pk, values={"name": "house"}, now=now + HOUR)

    assert {pk for pk, tag in tags.items() if tag != tag_of(Todo(pk=pk))} == {todo.pk, second.pk, there.pk}
    names = {"before": ["home"], "after": ["house"]}
    assert events_of(todo.project) == [("label.renamed_on_todos", names, [str(todo.pk), str(second.pk)])]
    assert events_of(work) == [("label.renamed_on_todos", names, [str(there.pk)])]
    for holder in (todo.project, work, owner):
        assert_gapless(holder)
    assert Todo.objects.get(pk=there.pk).revision == work.revision


def test_deleting_counts_as_a_change_of_the_todos_that_bore_the_label(
    owner, editor, todo, home, put, now, assert_gapless
):
    put(todo, "home", by=owner)
    tag = tag_of(todo)

    delete_label(actor=owner, label_id=home.pk, now=now)

    assert tag_of(todo) != tag
    gone = {"before": ["home"], "after": []}
    assert events_of(todo.project) == [("label.taken_off_todos", gone, [str(todo.pk)])]
    assert_gapless(todo.project)


def test_another_colour_changes_no_todo(owner, todo, home, put, now):
    put(todo, "home", by=owner)
    tag = tag_of(todo)

    update_label(actor=owner, label_id=home.pk, values={"colour": "red"}, now=now)

    assert tag_of(todo) == tag
    assert events_of(todo.project) == []


@pytest.mark.parametrize("left", ["viewer", ""])
def test_S07_a_new_name_reaches_no_project_that_one_may_no_longer_edit(editor, todo, put, now, left, assert_gapless):
    put(todo, "theirs", by=editor)
    label = Label.objects.of(editor.pk).get()
    members = Membership.objects.of(editor.pk).filter(project=todo.project)
    members.update(role=left) if left else members.delete()

    update_label(actor=editor, label_id=label.pk, values={"name": "read my advert"}, now=now)

    assert names_of(todo) == []
    gone = {"before": ["theirs"], "after": []}
    assert [(verb, names) for verb, names, _ in events_of(todo.project)] == [("label.taken_off_todos", gone)]
    assert_gapless(todo.project)


def test_S04_a_label_tells_nothing_of_the_todos_of_others(editor, stranger, todo, home, put, owner, api):
    put(todo, "home", by=owner)

    for person in (editor, stranger):
        client = api(person)
        assert client.get(f"/api/v1/labels/{home.pk}/").status_code == 404
        assert client.get("/api/v1/labels/").json()["results"] == []
    assert api(stranger).get("/api/v1/todos/?label=home").json()["results"] == []
    assert api(stranger).post("/api/v1/labels/", {"name": "home"}).status_code == 201
    shown = api(editor).get(f"/api/v1/todos/{todo.pk}/").json()
    assert shown["labels"] == ["home"]
    assert str(home.pk) not in str(shown)
