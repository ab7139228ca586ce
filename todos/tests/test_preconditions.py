"""If-Match at every write: whoever has not seen the present state changes nothing and is told what it is."""

import pytest
from drf_spectacular.generators import SchemaGenerator

from todos.services.labels import create_label


@pytest.fixture
def things(todo, project, owner, now):
    label = create_label(actor=owner, name="errands", now=now)
    return {
        "todos": (todo, {"title": "New"}),
        "projects": (project, {"title": "New"}),
        "labels": (label, {"name": "new"}),
    }


KINDS = ("todos", "projects", "labels")
WRITES = [
    *(("patch", f"/api/v1/{kind}/{{id}}/") for kind in KINDS),
    ("delete", "/api/v1/todos/{id}/"),
    ("delete", "/api/v1/labels/{id}/"),
    ("post", "/api/v1/todos/{id}/completion/"),
    ("delete", "/api/v1/todos/{id}/completion/"),
    ("post", "/api/v1/todos/{id}/restoration/"),
    ("put", "/api/v1/todos/{id}/position/"),
    ("post", "/api/v1/projects/{id}/archive/"),
    ("delete", "/api/v1/projects/{id}/archive/"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_stale_write_is_told_the_present_state(method, path, things, owner, api, assert_problem, history):
    kind = path.split("/")[3]
    thing, change = things[kind]
    client, address = api(owner), f"/api/v1/{kind}/{thing.pk}/"
    seen = client.get(address)
    before = history(thing) if hasattr(thing, "scope") else history(owner)
    body = {"after": None} if path.endswith("position/") else change

    answer = getattr(client, method)(path.format(id=thing.pk), body, headers={"If-Match": '"1.000000"'})

    problem = assert_problem(answer, 412, "stale")
    assert problem["current"] == seen.json()
    assert answer["ETag"] == seen["ETag"]
    assert (history(thing) if hasattr(thing, "scope") else history(owner)) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["tag", "bare", "any", "list"])
def test_who_has_seen_the_present_state_may_change_it(kind, form, things, owner, api):
    thing, change = things[kind]
    client, address = api(owner), f"/api/v1/{kind}/{thing.pk}/"
    tag = client.get(address)["ETag"]
    revision = str(client.get(address).json()["revision"])
    given = {"tag": tag, "bare": f'"{revision}"', "any": "*", "list": f'"0.000000", {tag}'}[form]

    answer = client.patch(address, change, headers={"If-Match": given})

    assert answer.status_code == 200
    assert answer["ETag"] != tag
    assert client.get(address)["ETag"] == answer["ETag"]


def test_a_weak_tag_never_matches(things, owner, api):
    thing, change = things["labels"]
    client, address = api(owner), f"/api/v1/labels/{thing.pk}/"

    answer = client.patch(address, change, headers={"If-Match": "W/" + client.get(address)["ETag"]})

    assert answer.status_code == 412


def test_of_two_who_saw_the_same_one_overwrites_nothing(todo, owner, editor, api):
    address = f"/api/v1/todos/{todo.pk}/"
    tag = api(owner).get(address)["ETag"]

    first = api(owner).patch(address, {"title": "Buy oat milk"}, headers={"If-Match": tag})
    second = api(editor).patch(address, {"title": "Buy soy milk"}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["current"]["title"] == "Buy oat milk"
    assert second["ETag"] == first["ETag"]


def test_a_stranger_with_a_stale_tag_learns_nothing(todo, stranger, api, assert_problem):
    answer = api(stranger).patch(f"/api/v1/todos/{todo.pk}/", {"title": "x"}, headers={"If-Match": '"1.000000"'})

    assert "current" not in assert_problem(answer, 404, "not_found")


def test_an_admin_is_told_who_a_person_is_by_now(admin, stranger, api, assert_problem):
    client, address = api(admin), f"/api/v1/users/{stranger.pk}/"

    answer = client.patch(address, {"name": "New"}, headers={"If-Match": '"0"'})

    assert assert_problem(answer, 412, "stale")["current"] == client.get(address).json()


def test_who_has_not_seen_their_account_as_it_is_overwrites_nothing(owner, api, assert_problem):
    client, address = api(owner), "/api/v1/users/me/"
    seen = client.get(address)
    renamed = client.patch(address, {"name": "First"}, headers={"If-Match": seen["ETag"]})

    answer = client.patch(address, {"name": "Second"}, headers={"If-Match": seen["ETag"]})

    assert (renamed.status_code, renamed["ETag"] == seen["ETag"]) == (200, False)
    now = client.get(address)
    assert assert_problem(answer, 412, "stale")["current"] == now.json() == renamed.json()
    assert answer["ETag"] == now["ETag"] == renamed["ETag"]


def test_an_admin_ends_the_ways_in_of_who_they_saw(admin, stranger, api, assert_problem):
    client, address = api(admin), f"/api/v1/users/{stranger.pk}/"
    reset = f"{address}sign-in-reset/"

    stale = client.post(reset, headers={"If-Match": '"0"'})
    fresh = client.post(reset, headers={"If-Match": client.get(address)["ETag"]})

    assert assert_problem(stale, 412, "stale")["current"]["id"] == str(stranger.pk)
    assert fresh.status_code == 204


# JSON Merge Patch (RFC 7396)


MERGE = "application/merge-patch+json"


@pytest.mark.parametrize("kind", ["application/json", MERGE])
def test_null_clears_each_field_that_may_be_empty_and_what_is_left_out_stays(kind, make_todo, owner, api):
    given = {
        "due_date": "2026-03-09",
        "due_time": "09:30:00",
        "start_date": "2026-03-02",
        "deadline": "2026-03-20",
        "duration_minutes": 30,
        "assignee": str(owner.pk),
        "parent": str(make_todo("Shopping").pk),
    }
    client = api(owner)
    todo = make_todo("Buy milk", description="Two.", labels=["shop"])
    address = f"/api/v1/todos/{todo.pk}/"
    assert client.patch(address, given).json().items() >= given.items()

    for name in ("due_time", "due_date", "start_date", "deadline", "duration_minutes", "assignee", "parent"):
        before = client.get(address).json()
        after = client.patch(address, f'{{"{name}": null}}', content_type=kind).json()
        same = before.keys() - {name, "revision", "updated_at"}
        assert after[name] is None
        assert {key: after[key] for key in same} == {key: before[key] for key in same}


@pytest.mark.parametrize("name", ["title", "project"])
def test_null_is_refused_where_there_is_always_a_value(name, todo, owner, api, assert_problem):
    answer = api(owner).patch(f"/api/v1/todos/{todo.pk}/", f'{{"{name}": null}}', content_type=MERGE)

    assert_problem(answer, 422, "invalid", name)


def test_an_array_is_replaced_as_a_whole(make_todo, owner, api):
    todo = make_todo(labels=["shop", "quick"])

    answer = api(owner).patch(f"/api/v1/todos/{todo.pk}/", '{"labels": ["slow"]}', content_type=MERGE)

    assert answer.json()["labels"] == ["slow"]


@pytest.mark.parametrize("patch", ["[]", '"title"', "3", "null"])
def test_a_patch_that_is_no_object_is_refused(patch, todo, owner, api):
    answer = api(owner).patch(f"/api/v1/todos/{todo.pk}/", patch, content_type=MERGE)

    assert answer.status_code == 422


def test_an_id_of_ones_own_is_taken_once(owner, api, project):
    id = "0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77"
    client = api(owner)
    bodies = {
        "todos": {"title": "Buy milk", "project": str(project.pk)},
        "projects": {"title": "Garden"},
        "labels": {"name": "phone"},
    }

    for kind, body in bodies.items():
        made = client.post(f"/api/v1/{kind}/", body | {"id": id})
        again = client.post(f"/api/v1/{kind}/", body | {"id": id})

        assert (made.status_code, again.status_code) == (201, 409)
        assert made.json()["id"] == id
        assert made["Location"].endswith(f"/api/v1/{kind}/{id}/")


# Every operation, as the OpenAPI document has it


NEW, SECRET, LEAVES, MANY = (
    "It makes something new: nothing was seen that it could overwrite.",
    "A secret or a code says which state it is for, or it only ends what a secret opened.",
    "What goes or is answered never changes before that.",
    "It is for many, each with a tag of its own where it matters, or for all there are.",
)
TWICE = "It sets one thing to what it says: twice is once, and no state of it gets lost."
NO_TAG = {
    ("POST", "/api/v1/auth/register/"): NEW,
    ("POST", "/api/v1/auth/login/"): NEW,
    ("POST", "/api/v1/auth/login/second-step/"): SECRET,
    ("POST", "/api/v1/auth/refresh/"): SECRET,
    ("POST", "/api/v1/auth/logout/"): SECRET,
    ("DELETE", "/api/v1/auth/devices/"): MANY,
    ("DELETE", "/api/v1/auth/devices/{id}/"): LEAVES,
    ("POST", "/api/v1/auth/tokens/"): NEW,
    ("DELETE", "/api/v1/auth/tokens/{token_id}/"): LEAVES,
    ("POST", "/api/v1/auth/password/"): SECRET,
    ("POST", "/api/v1/auth/password/reset/"): NEW,
    ("POST", "/api/v1/auth/password/reset/confirmation/"): SECRET,
    ("POST", "/api/v1/auth/email/"): SECRET,
    ("POST", "/api/v1/auth/email/confirmation/"): SECRET,
    ("POST", "/api/v1/auth/email/verification/"): SECRET,
    ("POST", "/api/v1/users/"): NEW,
    ("POST", "/api/v1/users/me/deletion/"): SECRET,
    ("DELETE", "/api/v1/users/me/deletion/"): TWICE,
    ("POST", "/api/v1/invitations/"): NEW,
    ("DELETE", "/api/v1/invitations/{id}/"): LEAVES,
    ("POST", "/api/v1/todos/"): NEW,
    ("POST", "/api/v1/todos/quick/"): NEW,
    ("POST", "/api/v1/todos/bulk/"): MANY,
    ("POST", "/api/v1/todos/{todo_id}/attachments/"): NEW,
    ("POST", "/api/v1/todos/{todo_id}/comments/"): NEW,
    ("POST", "/api/v1/todos/{todo_id}/relations/"): NEW,
    ("POST", "/api/v1/todos/{todo_id}/reminders/"): NEW,
    ("POST", "/api/v1/projects/"): NEW,
    ("POST", "/api/v1/projects/{project_id}/invitations/"): NEW,
    ("DELETE", "/api/v1/projects/{project_id}/invitations/{id}/"): LEAVES,
    ("POST", "/api/v1/projects/{project_id}/links/"): NEW,
    ("DELETE", "/api/v1/projects/{project_id}/links/{id}/"): LEAVES,
    ("POST", "/api/v1/sections/"): NEW,
    ("POST", "/api/v1/labels/"): NEW,
    ("POST", "/api/v1/filters/"): NEW,
    ("POST", "/api/v1/imports/"): NEW,
    ("DELETE", "/api/v1/imports/{id}/"): "It stops what goes on by itself, however far that is.",
    ("POST", "/api/v1/feeds/"): NEW,
    ("DELETE", "/api/v1/feeds/{id}/"): LEAVES,
    ("DELETE", "/api/v1/share-invitations/{id}/"): LEAVES,
    ("POST", "/api/v1/share-invitations/{id}/acceptance/"): LEAVES,
    ("PUT", "/api/v1/notifications/{id}/read/"): TWICE,
    ("DELETE", "/api/v1/notifications/{id}/read/"): TWICE,
    ("POST", "/api/v1/notifications/reading/"): MANY,
    ("POST", "/api/v1/public/{token}/access/"): SECRET,
    ("DELETE", "/api/v1/trash/"): MANY,
    ("POST", "/api/v1/undo/"): SECRET,
}
"""Why a write takes no If-Match. One that is in here must not; a new one must, or say here why it doesn't."""
ANONYMOUS = {
    "/api/v1/auth/register/",
    "/api/v1/auth/login/",
    "/api/v1/auth/login/second-step/",
    "/api/v1/auth/refresh/",
    "/api/v1/auth/password/reset/",
    "/api/v1/auth/password/reset/confirmation/",
    "/api/v1/auth/email/verification/",
    "/api/v1/auth/email/confirmation/",
    "/api/v1/public/{token}/access/",
}
"""Doors that know nobody to keep a key for; what they are sent works once, or is harmless twice."""
LOGOUT = "/api/v1/auth/logout/"


@pytest.fixture(scope="module")
def writes():
    """Return the header parameters of each operation that changes something, by method and path."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        (method.upper(), path): {row["name"] for row in operation.get("parameters", ()) if row["in"] == "header"}
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get"
    }


def test_each_write_takes_if_match_or_has_a_reason_not_to(writes):
    assert {write for write, headers in writes.items() if "If-Match" not in headers} == NO_TAG.keys()


def test_each_post_of_a_person_takes_a_key(writes):
    found = {
        path for (method, path), headers in writes.items() if method == "POST" and "Idempotency-Key" not in headers
    }

    assert found == ANONYMOUS | {LOGOUT}
