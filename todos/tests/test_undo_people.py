"""Taking back who is in a project: what the owner of it did, and no more than they may do now."""

import pytest
from django.core import signing

from activity.models import Event
from todos.models import Membership, Project, ShareInvitation, Todo
from todos.services.projects import create_project, set_favourite
from todos.services.receipts import SALT
from todos.services.sharing import change_role, hand_over, remove_member
from todos.services.todos import create_todo, update_todo

UNDO = "/api/v1/undo/"


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def inner(owner, project, now):
    return create_project(actor=owner, title="Inner", parent=project.pk, now=now)


@pytest.fixture
def home(owner, editor, project, inner, make_todo, now):
    """A project and one in it, where the editor has todos, and the upper one is a favourite of theirs."""
    for place, title in ((project, "Mop"), (inner, "Dig"), (project, "Sweep")):
        make_todo(title, project=place.pk, assignee=editor.pk)
    set_favourite(actor=editor, project_id=project.pk, favourite=True, now=now)
    return f"/api/v1/projects/{project.pk}/"


def state_of():
    """Return who is what where, whose the todos are, and where the projects stand."""
    rows = Membership.objects.order_by("project_id", "user_id")
    return (
        list(rows.values_list("project_id", "user_id", "role", "granted", "is_favourite")),
        sorted(Todo.objects.values_list("pk", "assignee_id")),
        sorted(Project.objects.values_list("pk", "parent_id", "order", "owner_id")),
    )


def change(client, home, kind, editor, inner):
    if kind == "role":
        return client.patch(f"{home}members/{editor.pk}/", {"role": "viewer"})
    if kind == "removal":
        return client.delete(f"{home}members/{editor.pk}/")
    return client.patch(f"/api/v1/projects/{inner.pk}/", {"parent": None})


KINDS = pytest.mark.parametrize("kind", ["role", "removal", "moving out"])


@KINDS
def test_what_an_owner_does_with_members_is_undone_and_the_undoing_too(
    kind, home, client, owner, editor, project, inner, assert_gapless
):
    before = state_of()

    answer = change(client, home, kind, editor, inner)
    changed = state_of()
    undone = client.post(UNDO, {"receipt": answer["Undo-Receipt"]})
    restored = state_of()
    redone = client.post(UNDO, {"receipt": undone["Undo-Receipt"]})

    assert (undone.status_code, redone.status_code) == (200, 200)
    assert changed != before
    assert restored == before
    assert state_of() == changed
    for holder in (project, inner, owner, editor):
        assert_gapless(holder)


@KINDS
def test_a_receipt_serves_once(kind, home, client, editor, inner, assert_problem):
    receipt = change(client, home, kind, editor, inner)["Undo-Receipt"]
    client.post(UNDO, {"receipt": receipt})
    before = state_of()

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert state_of() == before


@KINDS
def test_who_owns_it_no_more_undoes_nothing(kind, home, client, owner, editor, viewer, project, inner, now):
    receipt = change(client, home, kind, editor, inner)["Undo-Receipt"]
    for top in Project.objects.filter(pk__in=[project.pk, inner.pk], parent=None):
        if Membership.objects.filter(project=top, user=viewer).exists():
            hand_over(actor=owner, project_id=top.pk, user_id=viewer.pk, now=now)
    before = state_of()

    answer = client.post(UNDO, {"receipt": receipt})

    assert answer.status_code in (403, 409)
    assert state_of() == before


def test_a_role_that_was_changed_since_stays(home, client, owner, editor, project, now, assert_problem):
    receipt = client.delete(f"{home}members/{editor.pk}/")["Undo-Receipt"]
    Membership.objects.create(project=project, user=editor, role="viewer", granted="viewer")
    before = state_of()

    problem = assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")

    assert problem["detail"] == "“Home” was changed since. Nothing was undone."
    assert state_of() == before


def test_a_todo_that_went_to_another_stays_theirs(home, client, owner, editor, now, assert_problem):
    receipt = client.delete(f"{home}members/{editor.pk}/")["Undo-Receipt"]
    mop = Todo.objects.get(title="Mop")
    update_todo(actor=owner, todo_id=mop.pk, values={"assignee": owner.pk}, now=now)
    before = state_of()

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert state_of() == before


def test_who_got_todos_since_is_not_put_out_by_undoing(home, client, owner, editor, project, now, assert_problem):
    removed = client.delete(f"{home}members/{editor.pk}/")
    back = client.post(UNDO, {"receipt": removed["Undo-Receipt"]})
    create_todo(actor=owner, values={"title": "New", "project": project.pk, "assignee": editor.pk}, now=now)
    before = state_of()

    assert_problem(client.post(UNDO, {"receipt": back["Undo-Receipt"]}), 409, "conflict")
    assert state_of() == before


def test_whose_account_is_shut_does_not_come_back(home, client, editor, assert_problem):
    receipt = client.delete(f"{home}members/{editor.pk}/")["Undo-Receipt"]
    type(editor).objects.filter(pk=editor.pk).update(is_active=False)
    before = state_of()

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert state_of() == before


def test_who_left_the_place_above_is_not_brought_back_by_moving_in(
    home, client, owner, editor, project, inner, now, assert_problem
):
    receipt = client.patch(f"/api/v1/projects/{inner.pk}/", {"parent": None})["Undo-Receipt"]
    remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)
    before = state_of()

    assert_problem(client.post(UNDO, {"receipt": receipt}), 409, "conflict")
    assert state_of() == before


def test_nobody_else_learns_what_was_a_favourite(home, client, api, owner, editor):
    receipt = client.delete(f"{home}members/{editor.pk}/")["Undo-Receipt"]
    client.post(UNDO, {"receipt": receipt})
    theirs = client.get("/api/v1/activity/?limit=200").json()["results"]
    mine = api(editor).get("/api/v1/activity/?limit=200").json()["results"]

    assert str(editor.pk) not in str(signing.loads(receipt, salt=SALT))
    assert "favourite" not in str(theirs)
    assert [row["verb"] for row in mine if row["scope"] == f"user:{editor.pk}" and "favour" in row["verb"]] == [
        "project.favoured",
        "project.unfavoured",
        "project.favoured",
    ]


def test_who_leaves_has_no_way_back_of_their_own(home, api, editor):
    left = api(editor).delete(f"{home}members/{editor.pk}/")

    assert (left.status_code, "Undo-Receipt" in left) == (204, False)


def test_what_was_handed_over_is_another_s_to_give_back(home, client, editor):
    given = client.put(f"{home}owner/", {"owner": str(editor.pk)})

    assert (given.status_code, "Undo-Receipt" in given) == (200, False)


@pytest.fixture
def invited(home, client):
    return client.post(f"{home}invitations/", {"email": "new@example.org", "role": "viewer"})


def test_an_invitation_is_withdrawn_by_undoing(invited, client, owner, assert_problem):
    undone = client.post(UNDO, {"receipt": invited["Undo-Receipt"]})

    assert (undone.status_code, ShareInvitation.objects.count()) == (200, 0)
    assert "Undo-Receipt" not in undone
    assert_problem(client.post(UNDO, {"receipt": invited["Undo-Receipt"]}), 409, "conflict")


def test_an_invitation_that_replaced_another_and_one_withdrawn_cannot_be_undone(invited, home, client):
    again = client.post(f"{home}invitations/", {"email": "new@example.org", "role": "editor"})
    withdrawn = client.delete(f"{home}invitations/{again.json()['id']}/")

    assert (again.status_code, withdrawn.status_code) == (201, 204)
    assert "Undo-Receipt" not in again
    assert "Undo-Receipt" not in withdrawn
    assert "new@example.org" not in str(list(Event.objects.journal().values_list("data", flat=True)))


def test_a_member_of_both_keeps_the_higher_role(home, client, owner, editor, project, inner, now):
    change_role(actor=owner, project_id=inner.pk, user_id=editor.pk, role="editor", now=now)
    before = state_of()

    answer = client.patch(f"{home}members/{editor.pk}/", {"role": "viewer"})
    client.post(UNDO, {"receipt": answer["Undo-Receipt"]})

    assert state_of() == before
