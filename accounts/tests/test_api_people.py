from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Device, Mail, User

PATH = "/api/v1/users/"
pytestmark = pytest.mark.django_db
NEW = {"email": "new@example.org", "name": "New", "role": "user"}


def path(person) -> str:
    return f"{PATH}{person.pk}/"


def emails(client, **query) -> list[str]:
    response = client.get(PATH, query)
    assert response.status_code == 200, response.content
    return [row["email"].split("@")[0] for row in response.json()["results"]]


def test_a_person_has_the_shape_that_clients_rely_on(api, admin, owner, now):
    response = api(admin).get(path(owner))

    assert response.json() == {
        "id": str(owner.pk),
        "url": f"http://testserver{path(owner)}",
        "email": "owner@example.org",
        "name": "Owner",
        "role": "user",
        "is_active": True,
        "email_verified_at": None,
        "last_seen_at": None,
        "created_at": "2026-03-02T09:00:00Z",
    }
    assert response["ETag"] == f'"{owner.revision}"'


def test_a_person_was_last_seen_when_one_of_their_devices_was(api, admin, owner, now):
    for hours in (3, 1, 2):
        at = now + timedelta(hours=hours)
        Device.objects.create(user=owner, created_at=now, last_used_at=at, revoked_at=at)

    assert api(admin).get(path(owner)).json()["last_seen_at"] == "2026-03-02T12:00:00Z"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["admin", "off", "owner", "stranger"]),
        ({"search": "STRANG"}, ["stranger"]),
        ({"search": "example.org", "role": "admin"}, ["admin"]),
        ({"role": "user"}, ["off", "owner", "stranger"]),
        ({"is_active": "false"}, ["off"]),
        ({"is_active": "true"}, ["admin", "owner", "stranger"]),
        ({"search": "100%"}, []),
        ({"search": "' OR 1=1 --"}, []),
    ],
)
def test_people_are_found(api, admin, owner, stranger, register, query, found):
    off = register("off")
    User.objects.filter(pk=off.pk).update(is_active=False)

    assert emails(api(admin), **query) == found


@pytest.mark.parametrize("query", [{"role": "boss"}, {"is_active": "maybe"}, {"search": "x" * 101}, {"search": "\x00"}])
def test_a_question_that_makes_no_sense_is_refused(api, admin, query):
    assert api(admin).get(PATH, query).status_code == 422


def test_pages_neither_skip_nor_repeat(api, admin, owner, stranger, superadmin):
    client = api(admin)
    found, url = [], f"{PATH}?limit=1"
    while url:
        page = client.get(url).json()
        found += [row["name"] for row in page["results"]]
        url = page["next"]

    assert found == ["Admin", "Owner", "Stranger", "Superadmin"]


def test_four_people_and_forty_cost_one_statement_beside_the_token(api, admin, now):
    client = api(admin)
    client.get(PATH)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PATH, {"limit": 200}).status_code == 200
        return len([query for query in captured if "accounts_user" in query["sql"]])

    costs = [cost()]
    people = User.objects.bulk_create(
        User(email=f"p{number}@example.org", name="P", created_at=now, updated_at=now) for number in range(40)
    )
    Device.objects.bulk_create(Device(user=person, created_at=now, last_used_at=now) for person in people)
    costs.append(cost())

    assert costs == [1, 1]


def test_a_person_is_created_and_mailed(api, admin):
    response = api(admin).post(PATH, NEW)

    person = User.objects.with_email("new@example.org").get()
    assert response.status_code == 201
    assert response["Location"] == response.json()["url"] == f"http://testserver{path(person)}"
    assert Mail.objects.get(user=person).template == "account_created"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"email": "owner@example.org"}, 409, "email"),
        ({"email": "no address"}, 422, "email"),
        ({"name": ""}, 422, "name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"role": "boss"}, 422, "role"),
        ({"role": None}, 422, "role"),
        ({"role": "superadmin"}, 403, None),
    ],
)
def test_a_person_who_cannot_be_is_refused(api, admin, owner, change, status, field):
    response = api(admin).post(PATH, NEW | change)

    assert response.status_code == status
    assert list(response.json().get("fields", {})) == ([field] if field else [])
    assert not User.objects.filter(name="New").exists()


def test_S10_a_creation_sets_no_more_than_it_should(api, admin, now):
    api(admin).post(
        PATH,
        NEW | {"id": str(admin.pk), "password": "x", "is_active": False, "revision": 9, "email_verified_at": now},
    )

    person = User.objects.with_email("new@example.org").get()
    assert (person.is_active, person.revision, person.email_verified_at) == (True, 1, None)
    assert not person.has_usable_password()


def test_S10_a_change_sets_no_more_than_it_should(api, superadmin, owner):
    before = User.objects.values().get(pk=owner.pk)

    response = api(superadmin).patch(
        path(owner), {"password": "x", "revision": 99, "id": str(superadmin.pk), "theme": "dark", "created_at": None}
    )

    assert response.status_code == 200
    assert User.objects.values().get(pk=owner.pk) == before


def test_S10_nobody_raises_themselves_by_their_profile(api, owner):
    response = api(owner).patch(
        "/api/v1/users/me/", {"role": "superadmin", "is_active": False, "email": "x@example.org"}
    )

    owner.refresh_from_db()
    assert response.status_code == 200
    assert (owner.role, owner.is_active, owner.email) == ("user", True, "owner@example.org")


def test_a_change_answers_with_the_new_state_and_signs_out(api, admin, owner):
    client = api(owner)

    response = api(admin).patch(path(owner), {"role": "admin", "name": "Olive"})

    assert (response.json()["role"], response.json()["name"]) == ("admin", "Olive")
    assert client.get("/api/v1/users/me/").status_code == 401


@pytest.mark.parametrize(("tag", "status"), [('"1"', 200), ('"0"', 412), ('W/"1"', 412), ("*", 200)])
def test_a_change_can_name_the_state_it_was_made_on(api, admin, owner, tag, status):
    response = api(admin).patch(path(owner), {"name": "Olive"}, headers={"If-Match": tag})

    assert response.status_code == status


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_active": False}, {"name": "X"}, {"email": "x@example.org"}])
def test_an_admin_changes_nothing_of_a_superadmin(api, admin, superadmin, change):
    response = api(admin).patch(path(superadmin), change)

    assert response.status_code == 403
    assert User.objects.get(pk=superadmin.pk).revision == superadmin.revision


def test_the_last_superadmin_stays(api, superadmin):
    response = api(superadmin).patch(path(superadmin), {"role": "admin"})

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_who_is_not_there_is_not_found(api, admin, project):
    client, nowhere = api(admin), f"{PATH}{project.pk}/"

    answers = [client.get(nowhere), client.patch(nowhere, {"name": "X"}), client.post(f"{nowhere}sign-in-reset/")]

    assert [response.status_code for response in answers] == [404, 404, 404]


def test_S20_a_reset_ends_the_password(api, admin, owner):
    assert api(admin).post(f"{path(owner)}sign-in-reset/").status_code == 204

    owner.refresh_from_db()
    assert not owner.has_usable_password()


def test_S15_a_demoted_admin_manages_nobody_from_the_next_request_on(api, admin, superadmin, owner):
    client = api(admin)
    assert client.get(PATH).status_code == 200

    api(superadmin).patch(path(admin), {"role": "user"})

    assert client.get(PATH).status_code == 401
    assert client.patch(path(owner), {"name": "X"}).status_code == 401
