"""Projects in projects: who may put them there, what goes along to the archive and the trash, and comes back."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from config.ids import uuid7
from todos.models import Membership, Project, Todo
from todos.models.fields import OrderKeyField
from todos.services import projects
from todos.services.projects import (
    archive_project,
    create_project,
    reorder_project,
    set_favourite,
    unarchive_project,
    update_project,
)
from todos.services.todos import create_todo, delete_todo, update_todo
from todos.services.trash import delete_project, restore_project

HOUR, MONTH = timedelta(hours=1), timedelta(days=30)


@pytest.fixture
def make(owner, now):
    """Create projects of the owner's: `make("Launch", parent=work)`."""

    def make(title, *, parent=None, actor=owner):
        return create_project(actor=actor, title=title, now=now, parent=parent and parent.pk)

    return make


@pytest.fixture
def hang(owner, now):
    def hang(project, parent, *, actor=owner):
        values = {"parent": parent and parent.pk}
        return update_project(actor=actor, project_id=project.pk, values=values, now=now)

    return hang


@pytest.fixture
def chain(make):
    """Return three projects in one another."""
    top = make("Top")
    middle = make("Middle", parent=top)
    return top, middle, make("Bottom", parent=middle)


def roles(project):
    rows = Membership.objects.filter(project=project)
    return {row.user.name: row.role for row in rows.select_related("user")}


def states(chosen, field):
    return [getattr(Project.objects.get(pk=row.pk), field) is not None for row in chosen]


def titles(owner, parent=None):
    return [row.title for row in Project.objects.siblings(owner.pk, parent and parent.pk).in_order()]


# Creating below another


def test_whoever_may_edit_a_project_puts_others_into_it_and_they_are_its_owners(
    owner, editor, viewer, project, make, history, assert_gapless
):
    below = make("Garden", parent=project, actor=editor)

    assert (below.owner_id, below.parent_id) == (owner.pk, project.pk)
    assert roles(below) == {"Owner": "owner", "Editor": "editor", "Viewer": "viewer"}
    assert history(below) == [(1, "project.created"), (2, "project.members_changed")]
    assert_gapless(below)


def test_a_project_goes_below_no_foreign_archived_or_trashed_one_nor_into_the_inbox(
    owner, viewer, stranger, project, make, now
):
    archived, trashed = make("Archived"), make("Trashed")
    archive_project(actor=owner, project_id=archived.pk, now=now)
    delete_project(actor=owner, project_id=trashed.pk, now=now)
    inbox = Project.objects.inbox_of(owner.pk).get()

    for actor, parent, refusal in (
        (viewer, project, Forbidden),
        (stranger, project, NotFound),
        (owner, Project(pk=uuid7()), NotFound),
        (owner, archived, Conflict),
        (owner, trashed, NotFound),
        (owner, inbox, Invalid),
    ):
        with pytest.raises(refusal):
            make("Garden", parent=parent, actor=actor)

    assert not Project.objects.filter(title="Garden").exists()


def test_S32_projects_nest_only_so_deep(make, hang):
    tree = [make("1")]
    while len(tree) < projects.DEEPEST:
        tree.append(make(str(len(tree) + 1), parent=tree[-1]))
    other = make("Other")
    make("Below the other", parent=other)

    with pytest.raises(Invalid) as created:
        make("Deeper", parent=tree[-1])
    with pytest.raises(Invalid) as moved:
        hang(other, tree[-2])

    assert list(created.value.fields) == list(moved.value.fields) == ["parent"]
    assert hang(other, tree[-3]).parent == tree[-3]


# Moving


def test_a_project_moves_with_all_below_it_and_comes_last_there(owner, chain, make, hang, now, history, assert_gapless):
    _, middle, bottom = chain
    other = make("Other")
    make("First", parent=other)

    hang(middle, other)

    assert titles(owner, other) == ["First", "Middle"]
    bottom.refresh_from_db()
    assert (bottom.parent_id, bottom.revision) == (middle.pk, 1)
    assert history(middle) == [(1, "project.created"), (2, "project.updated")]
    assert_gapless(middle)


def test_what_moves_is_seen_by_the_members_of_where_it_goes(editor, viewer, project, chain, hang, assert_gapless):
    _, middle, bottom = chain

    hang(middle, project)
    below = [roles(middle), roles(bottom)]
    hang(middle, None)

    assert below == [{"Owner": "owner", "Editor": "editor", "Viewer": "viewer"}] * 2
    assert [roles(middle), roles(bottom)] == [{"Owner": "owner"}] * 2
    assert_gapless(middle)
    assert_gapless(bottom)


def test_S32_a_project_hangs_neither_below_itself_nor_below_what_is_in_it(chain, hang):
    top = chain[0]

    for parent in chain:
        with pytest.raises(Invalid):
            hang(top, parent)

    assert Project.objects.get(pk=top.pk).parent_id is None


def test_S06_moving_a_project_takes_its_owner_and_a_place_of_theirs(
    owner, editor, viewer, stranger, project, make, hang, now
):
    own, theirs = make("Own"), make("Theirs", actor=editor)
    inside = make("Inside", parent=project, actor=editor)
    Membership.objects.create(project=theirs, user=owner, role="editor", granted="editor")

    for actor, moved, parent, refusal in (
        (editor, inside, None, Forbidden),
        (editor, inside, theirs, Forbidden),
        (editor, theirs, project, Forbidden),
        (viewer, inside, None, Forbidden),
        (stranger, inside, None, NotFound),
        (owner, own, theirs, Forbidden),
        (stranger, own, theirs, NotFound),
        (owner, own, Project(pk=uuid7()), NotFound),
    ):
        with pytest.raises(refusal):
            hang(moved, parent, actor=actor)

    assert Project.objects.get(pk=inside.pk).parent_id == project.pk
    assert hang(inside, None).parent_id is None


def test_an_archived_project_neither_moves_nor_takes_in(owner, chain, make, hang, now):
    other = make("Other")
    archive_project(actor=owner, project_id=other.pk, now=now)

    with pytest.raises(Conflict):
        hang(other, chain[0])
    with pytest.raises(Conflict):
        hang(chain[0], other)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), max_size=12))
def test_S32_no_moves_ever_make_a_circle(owner, now, assert_gapless, moves):
    tree = [create_project(actor=owner, title=str(number), now=now) for number in range(6)]

    for moved, parent in moves:
        values = {"parent": None if parent is None else tree[parent].pk}
        try:
            update_project(actor=owner, project_id=tree[moved].pk, values=values, now=now)
        except DomainError as error:
            assert isinstance(error, Invalid)  # noqa: PT017  nothing else may stand in the way

    parents = dict(Project.objects.values_list("pk", "parent_id"))
    for row in tree:
        above = [row.pk]
        while parent := parents[above[-1]]:
            assert parent not in above
            above.append(parent)
        assert_gapless(row)


# Order and favourites


@pytest.mark.parametrize(
    ("moved", "place", "expected"),
    [
        (0, {"after": 1}, "BAC"),
        (0, {"after": 2}, "BCA"),
        (2, {"after": None}, "CAB"),
        (2, {"before": 1}, "ACB"),
        (0, {"before": None}, "BCA"),
        (1, {"after": 0}, "ABC"),
    ],
)
def test_a_project_goes_after_or_before_another_beside_it(owner, make, now, moved, place, expected, history):
    top = make("Top")
    trio = [make(title, parent=top) for title in "ABC"]
    place = {side: None if index is None else trio[index].pk for side, index in place.items()}

    reorder_project(actor=owner, project_id=trio[moved].pk, now=now, **place)

    assert titles(owner, top) == list(expected)
    moves = [] if expected == "ABC" else [(2, "project.reordered")]
    assert [event for row in trio for event in history(row)[1:]] == moves


def test_projects_are_ordered_by_their_owner_among_those_beside_them(owner, editor, project, chain, make, now):
    beside = make("Beside", parent=project)

    with pytest.raises(Forbidden):
        reorder_project(actor=editor, project_id=beside.pk, now=now, after=None)
    for place in (
        {"after": chain[0].pk},
        {"before": uuid7()},
        {"after": beside.pk},
        {},
        {"after": None, "before": None},
    ):
        with pytest.raises(Invalid):
            reorder_project(actor=owner, project_id=beside.pk, now=now, **place)
    with pytest.raises(Forbidden):
        reorder_project(actor=owner, project_id=Project.objects.inbox_of(owner.pk).get().pk, now=now, after=None)


def test_keys_of_projects_that_grew_too_long_are_spread_out(owner, make, now, monkeypatch, assert_gapless):
    monkeypatch.setattr(OrderKeyField, "LONGEST", 4)
    top = make("Top")
    low, high, other = (make(title, parent=top) for title in "ABC")

    for turn in range(20):
        reorder_project(actor=owner, project_id=(high, other)[turn % 2].pk, now=now, after=low.pk)
        assert titles(owner, top) == list(("ABC", "ACB")[turn % 2])

    keys = Project.objects.siblings(owner.pk, top.pk).values_list("order", flat=True)
    assert len(set(keys)) == 3
    assert max(map(len, keys)) <= 4
    for row in (low, high, other):
        assert_gapless(row)


def test_each_member_has_favourites_of_their_own(owner, viewer, project, now, history, assert_gapless):
    for favourite in (True, True):
        set_favourite(actor=viewer, project_id=project.pk, favourite=favourite, now=now)

    def favourites(person):
        rows = Project.objects.with_role(person.pk)
        return [row.title for row in rows if row.is_favourite]

    assert (favourites(viewer), favourites(owner)) == (["Home"], [])
    assert [verb for _, verb in history(viewer)].count("project.favoured") == 1
    viewer.refresh_from_db()
    assert Membership.objects.get(user=viewer, project=project).own_revision == viewer.revision
    assert_gapless(viewer)
    assert_gapless(project)

    set_favourite(actor=viewer, project_id=project.pk, favourite=False, now=now)
    assert favourites(viewer) == []


# The archive


def test_an_archive_takes_all_below_along_and_gives_back_what_it_took(owner, chain, make, now, history, assert_gapless):
    top, _, bottom = chain
    before = make("Aside before", parent=top)
    archive_project(actor=owner, project_id=before.pk, now=now)

    archive_project(actor=owner, project_id=top.pk, now=now)
    aside = states([*chain, before], "archived_at")
    unarchive_project(actor=owner, project_id=top.pk, now=now)

    assert aside == [True] * 4
    assert states([*chain, before], "archived_at") == [False, False, False, True]
    assert [verb for _, verb in history(bottom)] == ["project.created", "project.archived", "project.unarchived"]
    for row in (*chain, before):
        assert_gapless(row)


def test_a_project_comes_back_only_into_one_that_is_back(owner, chain, now):
    archive_project(actor=owner, project_id=chain[0].pk, now=now)

    with pytest.raises(Conflict):
        unarchive_project(actor=owner, project_id=chain[1].pk, now=now)


def test_what_is_in_the_trash_goes_to_the_archive_with_what_is_above(owner, chain, now):
    top, middle, _ = chain
    delete_project(actor=owner, project_id=middle.pk, now=now)
    archive_project(actor=owner, project_id=top.pk, now=now)

    restored = restore_project(actor=owner, project_id=middle.pk, now=now)

    assert restored.archived_at is not None


# The trash


def test_a_project_goes_to_the_trash_with_everything_in_it_and_comes_back_as_it_was(
    owner, editor, project, make, make_todo, now, assert_gapless
):
    below = make("Below", parent=project)
    open_todo, done = make_todo("Open", labels=["home"]), make_todo("Done", project=below.pk)
    gone = make_todo("Gone")
    update_todo(actor=owner, todo_id=done.pk, values={"priority": 1}, now=now)
    delete_todo(actor=owner, todo_id=gone.pk, now=now)
    before = list(Todo.objects.order_by("pk").values())

    delete_project(actor=owner, project_id=project.pk, now=now + HOUR)
    hidden = [Todo.objects.visible_to(person.pk).count() for person in (owner, editor)]
    unseen = [list(Project.objects.visible_to(person.pk).exclude(is_inbox=True)) for person in (owner, editor)]
    restore_project(actor=owner, project_id=project.pk, now=now + 2 * HOUR)

    assert (hidden, unseen) == ([0, 0], [[], []])
    assert list(Todo.objects.order_by("pk").values()) == before
    assert {todo.pk for todo in Todo.objects.visible_to(editor.pk)} == {open_todo.pk, done.pk, gone.pk}
    assert roles(below)["Editor"] == "editor"
    for row in (project, below):
        assert_gapless(row)


def test_a_project_comes_back_with_those_that_went_along_and_no_others(owner, chain, make, now):
    top, _, bottom = chain
    delete_project(actor=owner, project_id=bottom.pk, now=now)

    delete_project(actor=owner, project_id=top.pk, now=now)
    restore_project(actor=owner, project_id=top.pk, now=now)

    assert states(chain, "deleted_at") == [False, False, True]


def test_what_was_in_a_project_still_in_the_trash_comes_back_to_the_top(
    owner, editor, project, make, now, assert_gapless
):
    below = make("Below", parent=project)
    delete_project(actor=owner, project_id=project.pk, now=now)

    restored = restore_project(actor=owner, project_id=below.pk, now=now)

    assert (restored.parent_id, restored.deleted_at) == (None, None)
    assert roles(below) == {"Owner": "owner"}
    assert titles(owner) == ["Inbox", "Home", "Below"]
    assert_gapless(below)


def test_deleting_and_restoring_twice_does_it_once(owner, project, now, history):
    for service in (delete_project, delete_project, restore_project, restore_project):
        service(actor=owner, project_id=project.pk, now=now)

    assert [verb for _, verb in history(project)] == ["project.created", "project.deleted", "project.restored"]


def test_only_the_owner_deletes_and_restores_and_others_do_not_see_what_is_in_the_trash(
    owner, editor, viewer, stranger, project, todo, now
):
    for person, refusal in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        for service in (delete_project, restore_project):
            with pytest.raises(refusal):
                service(actor=person, project_id=project.pk, now=now)
    delete_project(actor=owner, project_id=project.pk, now=now)
    for person in (editor, viewer, stranger):
        for service in (delete_project, restore_project):
            with pytest.raises(NotFound):
                service(actor=person, project_id=project.pk, now=now)

    for write in (
        lambda: update_project(actor=owner, project_id=project.pk, values={"title": "New"}, now=now),
        lambda: archive_project(actor=owner, project_id=project.pk, now=now),
        lambda: set_favourite(actor=owner, project_id=project.pk, favourite=True, now=now),
        lambda: create_todo(actor=owner, values={"title": "New", "project": project.pk}, now=now),
        lambda: update_todo(actor=editor, todo_id=todo.pk, values={"title": "New"}, now=now),
    ):
        with pytest.raises(NotFound):
            write()


def test_the_inbox_stays(owner, now):
    inbox = Project.objects.inbox_of(owner.pk).get()

    with pytest.raises(Forbidden):
        delete_project(actor=owner, project_id=inbox.pk, now=now)


def test_a_project_comes_back_for_thirty_days(owner, project, now):
    delete_project(actor=owner, project_id=project.pk, now=now)

    with pytest.raises(Conflict):
        restore_project(actor=owner, project_id=project.pk, now=now + MONTH)
    assert restore_project(actor=owner, project_id=project.pk, now=now + MONTH - HOUR).deleted_at is None


def test_S08_what_happened_in_a_project_in_the_trash_is_told_to_nobody(owner, editor, project, todo, now, api):
    def told(person):
        rows = api(person).get("/api/v1/activity/").json()["results"]
        return [row for row in rows if row["scope"] == project.scope]

    before = [len(told(person)) for person in (owner, editor)]
    delete_project(actor=owner, project_id=project.pk, now=now)

    assert min(before) >= 2
    assert [told(person) for person in (owner, editor)] == [[], []]
