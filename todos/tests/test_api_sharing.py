"""The doors to who is in a project, and what whoever loses one sees no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from activity.models import Event
from todos.models import Membership, Project
from todos.services.comments import add_comment
from todos.services.feeds import create_feed
from todos.services.notifications import notify
from todos.services.projects import create_project
from todos.services.reminders import create_reminder
from todos.services.sharing import change_role, remove_member
from todos.tests.test_api_queries import STORE

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def path(project):
    return f"/api/v1/projects/{project.pk}/members/"


# Members


def test_every_member_sees_who_is_in_a_project_and_what_they_are(api, owner, editor, viewer, path):
    rows = api(viewer).get(path).json()["results"]

    assert [(row["id"], row["name"], row["role"]) for row in rows] == [
        (str(owner.pk), "Owner", "owner"),
        (str(editor.pk), "Editor", "editor"),
        (str(viewer.pk), "Viewer", "viewer"),
    ]


def test_where_a_role_comes_from_is_told(api, owner, editor, project, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)

    rows = api(editor).get(f"/api/v1/projects/{below.pk}/members/").json()["results"]

    assert [(row["name"], row["granted"], row["inherited"]) for row in rows] == [
        ("Owner", "owner", "owner"),
        ("Editor", None, "editor"),
    ]


def test_S12_addresses_are_for_the_owner_alone(api, owner, editor, viewer, path):
    shown = {person.name: api(person).get(path) for person in (owner, editor, viewer)}

    assert {row["email"] for row in shown["Owner"].json()["results"]} == {owner.email, editor.email, viewer.email}
    for person in (editor, viewer):
        assert "example.org" not in shown[person.name].text
        assert "example.org" not in api(person).get(f"{path}{owner.pk}/").text
    assert api(owner).get(f"{path}{editor.pk}/").json()["email"] == editor.email


def test_a_role_is_changed_by_its_owner_under_the_tag_that_was_seen(api, owner, viewer, path, assert_problem):
    client, member = api(owner), f"{path}{viewer.pk}/"
    seen = client.get(member)["ETag"]

    changed = client.patch(member, {"role": "editor"}, headers={"If-Match": seen})
    late = client.patch(member, {"role": "viewer"}, headers={"If-Match": seen})

    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert changed["ETag"] != seen
    assert assert_problem(late, 412, "stale")["current"] == changed.json()


def test_a_member_is_put_out_under_the_tag_that_was_seen(api, owner, viewer, path, assert_problem):
    client, member = api(owner), f"{path}{viewer.pk}/"

    late = client.delete(member, headers={"If-Match": '"0.0"'})
    gone = client.delete(member, headers={"If-Match": client.get(member)["ETag"]})

    assert_problem(late, 412, "stale")
    assert gone.status_code == 204
    assert client.get(member).status_code == 404


def test_a_member_leaves(api, viewer, path):
    assert api(viewer).delete(f"{path}{viewer.pk}/").status_code == 204
    assert api(viewer).get(path).status_code == 404


def test_leaving_what_comes_from_above_is_told_where_to(api, owner, viewer, project, now, assert_problem):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)

    refused = api(viewer).delete(f"/api/v1/projects/{below.pk}/members/{viewer.pk}/")

    body = assert_problem(refused, 409, "conflict")
    assert body["detail"] == "You are in this project through “Home”. Leave that one."


def test_a_project_is_handed_over_under_the_tag_that_was_seen(api, owner, editor, project, assert_problem):
    client, path = api(owner), f"/api/v1/projects/{project.pk}/"
    seen = client.get(path)["ETag"]

    late = client.put(f"{path}owner/", {"owner": str(editor.pk)}, headers={"If-Match": '"0"'})
    done = client.put(f"{path}owner/", {"owner": str(editor.pk)}, headers={"If-Match": seen})

    assert assert_problem(late, 412, "stale")["current"]["role"] == "owner"
    assert (done.status_code, done.json()["owner"], done.json()["role"]) == (200, str(editor.pk), "editor")
    assert api(editor).get(path).json()["role"] == "owner"


@pytest.mark.parametrize("role", ["owner", "admin", "", None, 3, ["editor"]])
def test_S10_no_role_but_those_two_is_given(api, owner, viewer, path, role):
    refused = api(owner).patch(f"{path}{viewer.pk}/", {"role": role})

    assert refused.status_code == 422
    assert "role" in refused.json()["fields"]


def test_S10_nothing_else_of_a_member_is_written(api, owner, viewer, path):
    body = {"role": "viewer", "user": str(owner.pk), "name": "X", "email": "x@example.org", "revision": 99}

    api(owner).patch(f"{path}{viewer.pk}/", body)

    viewer.refresh_from_db()
    assert (viewer.name, viewer.email) == ("Viewer", "viewer@example.org")
    assert Membership.objects.get(user=viewer, project__is_inbox=False).revision < 99


def test_S02_an_heir_named_in_a_body_is_checked_like_one_in_a_path(api, owner, stranger, project, assert_problem):
    refused = api(owner).put(f"/api/v1/projects/{project.pk}/owner/", {"owner": str(stranger.pk)})

    assert_problem(refused, 422, "invalid", "owner")


@pytest.mark.parametrize("id", ["owner@example.org", "..%2f..%2fusers", "1", "%00", "0196a000-0000-7000-8000"])
def test_S05_odd_ids_are_no_members(api, owner, path, id):
    assert api(owner).get(f"{path}{id}/").status_code == 404


def test_S05_members_of_what_one_does_not_see_are_not_found_by_any_id(api, stranger, owner, path):
    client = api(stranger)

    answers = [client.get(path), client.get(f"{path}{owner.pk}/"), client.delete(f"{path}{stranger.pk}/")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_S06_a_project_is_not_put_under_that_of_another_nor_shared_by_it(api, editor, owner, project, now):
    mine = create_project(actor=editor, title="Mine", now=now)

    moved = api(editor).patch(f"/api/v1/projects/{mine.pk}/", {"parent": str(project.pk)})

    assert moved.status_code in (403, 404)
    assert not Membership.objects.filter(project=mine, user=owner).exists()


def test_S06_a_project_that_moves_has_the_members_of_where_it_goes(owner, editor, project, work, api):
    response = api(owner).patch(f"/api/v1/projects/{work.pk}/", {"parent": str(project.pk)})

    assert response.status_code == 200
    assert Membership.objects.get(project=work, user=editor).role == "editor"

    api(owner).patch(f"/api/v1/projects/{work.pk}/", {"parent": None})

    assert not Membership.objects.filter(project=work, user=editor).exists()


# Losing access


def test_S08_whoever_loses_a_project_sees_nothing_of_it_any_more(api, owner, editor, project, make_todo, pages, now):
    todo = make_todo("Buy milk", due_date=(now + timedelta(days=1)).date())
    notify(user_id=editor.pk, kind="mention", key="k", now=now, actor_id=owner.pk, project=project, todo=todo)
    add_comment(actor=owner, todo_id=todo.pk, text="Oat, please", now=now)
    create_reminder(actor=editor, todo_id=todo.pk, values={"remind_at": now + timedelta(hours=1)}, now=now)
    feed = f"/feeds/{create_feed(actor=editor, now=now).secret}.ics"
    client, browser = api(editor), pages(editor)
    doors = [
        "projects/",
        "todos/",
        "notifications/",
        f"todos/{todo.pk}/reminders/",
        "activity/",
        f"todos/{todo.pk}/comments/",
        f"projects/{project.pk}/members/",
    ]
    addresses = [f"/api/v1/{door}" for door in doors] + [feed, f"/projects/{project.pk}/", f"/todos/{todo.pk}/"]
    secrets = ("Home", "Buy milk", "Oat, please", str(todo.pk), str(editor.pk))

    def look():
        return {address: _body(client if address.startswith("/api/") else browser, address) for address in addresses}

    before = look()
    remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)
    after = look()

    for address in addresses:
        assert any(secret in before[address] for secret in secrets), address
        assert not any(secret in after[address] for secret in secrets[:3]), address


def _body(client, address):
    response = client.get(address)
    return (response.getvalue() if response.streaming else response.content).decode()


def test_S15_a_member_who_is_switched_off_does_nothing_more(api, owner, editor, project, path, superadmin, now):
    client = api(editor)
    User.objects.filter(pk=editor.pk).update(is_active=False)

    assert client.delete(f"{path}{editor.pk}/").status_code in (401, 404)
    assert Membership.objects.filter(project=project, user=editor).exists()


def test_S11_a_lower_role_counts_at_once(api, owner, editor, project, todo, now):
    client = api(editor)

    change_role(actor=owner, project_id=project.pk, user_id=editor.pk, role="viewer", now=now)

    assert client.patch(f"/api/v1/todos/{todo.pk}/", {"title": "Changed"}).status_code == 403


def test_members_cost_the_same_however_many_there_are(
    api, owner, editor, register, project, path, django_assert_num_queries
):
    client = api(owner)
    with django_assert_num_queries(STORE + 2):
        client.get(path)

    for index in range(8):
        Membership.objects.create(project=project, user=register(f"m{index}"), role="viewer", granted="viewer")

    with django_assert_num_queries(STORE + 2):
        assert len(client.get(path).json()["results"]) == 10


def test_history_says_who_joined_and_left_without_an_address(api, owner, editor, project, now):
    remove_member(actor=editor, project_id=project.pk, user_id=editor.pk, now=now)

    event = Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()
    told = api(owner).get("/api/v1/activity/").json()["results"]
    assert event.verb == "project.left"
    assert "project.left" in [row["verb"] for row in told]
    assert "example.org" not in str(event.data)
    assert Project.objects.filter(pk=project.pk).exists()
