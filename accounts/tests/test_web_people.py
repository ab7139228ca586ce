import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Device, Mail, User
from accounts.services.invitations import invite_person
from accounts.services.people import edit_person
from accounts.web.people import INVITED

PATH = "/users/"
pytestmark = pytest.mark.django_db


def path(person, action="") -> str:
    return f"{PATH}{person.pk}/{action}"


@pytest.fixture
def desk(admin, pages):
    return pages(admin)


@pytest.fixture
def off(register, admin, now):
    person = register("gone")
    return edit_person(actor=admin, person_id=person.pk, changes={"is_active": False}, now=now)


@pytest.fixture
def invitation(admin):
    return invite_person(actor=admin, email="samir@example.com", role="user", now=timezone.now())


def shown(client, **query) -> set[str]:
    response = client.get(PATH, query)
    assert response.status_code == 200
    names = ("admin@example.org", "owner@example.org", "gone@example.org", "samir@example.com")
    table = response.text.partition('id="people"')[2]
    return {name.partition("@")[0] for name in names if name in table}


# The list


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"admin", "owner", "gone", "samir"}),
        ({"state": "active"}, {"admin", "owner"}),
        ({"state": "off"}, {"gone"}),
        ({"state": "invited"}, {"samir"}),
        ({"state": "everything"}, {"admin", "owner", "gone", "samir"}),
        ({"search": "own"}, {"owner"}),
        ({"search": "SAMIR"}, {"samir"}),
        ({"search": "nobody"}, set()),
        ({"role": "admin"}, {"admin"}),
        ({"role": "user", "state": "active"}, {"owner"}),
        ({"role": "boss"}, {"admin", "owner", "gone", "samir"}),
        ({"search": "\x00"}, {"admin", "owner", "gone", "samir"}),
    ],
)
def test_people_and_the_invited_are_found(desk, owner, off, invitation, query, found):
    assert shown(desk, **query) == found


def test_the_chips_say_how_many(desk, owner, off, invitation):
    text = " ".join(desk.get(PATH).text.split())

    for label in ("All 4", "Active 2", "Invited 1", "Switched off 1"):
        assert label in text


def test_pages_keep_the_search(desk, now):
    User.objects.bulk_create(
        User(email=f"person{number:03}@example.org", name="P", created_at=now, updated_at=now) for number in range(60)
    )

    first = desk.get(PATH, {"search": "person", "state": "active"})

    page = first.context["page"]
    assert "&amp;search=person&amp;state=active" in first.text
    second = desk.get(PATH, {"search": "person", "state": "active", "cursor": page.next})
    assert len(second.context["page"].rows) == 10


def test_invitations_stand_above_the_first_page_alone(desk, admin):
    for number in range(INVITED + 1):
        invite_person(actor=admin, email=f"i{number:02}@example.com", role="user", now=timezone.now())

    everybody, invited = desk.get(PATH), desk.get(PATH, {"state": "invited"})

    assert len(everybody.context["invited"]) == INVITED
    assert len(invited.context["invited"]) == INVITED + 1


def test_four_people_and_forty_cost_the_same(desk, owner, now):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(PATH)
        return len(captured)

    cost()
    few = cost()
    people = User.objects.bulk_create(
        User(email=f"p{number}@example.org", name="P", created_at=now, updated_at=now) for number in range(40)
    )
    Device.objects.bulk_create(Device(user=person, created_at=now, last_used_at=now) for person in people)

    assert cost() == few


def test_what_people_call_themselves_is_shown_as_text(desk, register):
    register("x", name="<script>alert(1)</script>")

    for response in (desk.get(PATH), desk.get(path(User.objects.get(email="x@example.org")))):
        assert "<script>alert" not in response.text
        assert "&lt;script&gt;alert" in response.text


@pytest.mark.parametrize(("role", "offered"), [("user", False), ("admin", True), ("superadmin", True)])
def test_the_menu_leads_admins_to_people(pages, register, role, offered):
    client = pages(register("reader", role=role))

    assert ('href="/users/"' in client.get("/activity/").text) is offered


# One person


def test_an_admin_changes_what_a_person_is_called(desk, owner):
    form = {"name": "Olive", "email": owner.email, "role": "user", "revision": owner.revision}

    response = desk.post(path(owner), form)

    owner.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, path(owner))
    assert owner.name == "Olive"


def test_a_form_that_was_loaded_before_another_change_overwrites_nothing(desk, owner, superadmin, now):
    form = {"name": "Olive", "email": owner.email, "role": "user", "revision": owner.revision}
    edit_person(actor=superadmin, person_id=owner.pk, changes={"role": "admin"}, now=now)

    response = desk.post(path(owner), form)

    owner.refresh_from_db()
    assert response.status_code == 422
    assert "changed since you loaded it" in response.text
    assert (owner.name, owner.role) == ("Owner", "admin")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "admin@example.org"}, "An account with this e-mail address exists already."),
        ({"email": "owner"}, "Enter a valid email address."),
        ({"name": ""}, "This field is required."),
        ({"role": "superadmin"}, "Select a valid choice."),
    ],
)
def test_a_refused_change_says_why(desk, owner, change, sentence):
    response = desk.post(path(owner), {"name": "Olive", "email": owner.email, "role": "user"} | change)

    owner.refresh_from_db()
    assert response.status_code == 422
    assert sentence in response.text
    assert (owner.name, owner.role, owner.email) == ("Owner", "user", "owner@example.org")


def test_an_admin_looks_at_a_superadmin_and_is_offered_nothing(desk, superadmin):
    response = desk.get(path(superadmin))

    assert "Only a superadmin changes this account." in response.text
    assert 'name="email"' not in response.text
    assert "Switch off" not in response.text


def test_S10_a_superadmin_is_not_changed_by_what_an_admin_posts(desk, superadmin):
    answers = [
        desk.post(path(superadmin), {"name": "X", "email": superadmin.email, "role": "user"}),
        desk.post(path(superadmin, "deactivation/")),
        desk.post(path(superadmin, "sign-in-reset/")),
    ]

    superadmin.refresh_from_db()
    assert [response.status_code for response in answers] == [422, 403, 403]
    assert (superadmin.name, superadmin.is_active, superadmin.role) == ("Superadmin", True, "superadmin")
    assert superadmin.has_usable_password()


def test_ones_own_role_and_address_are_fixed(desk, admin):
    response = desk.post(path(admin), {"name": "Ada", "email": "x@example.org", "role": "user"})

    admin.refresh_from_db()
    assert response.status_code == 302
    assert (admin.name, admin.email, admin.role) == ("Ada", "admin@example.org", "admin")


@pytest.mark.parametrize(("role", "offered"), [("admin", False), ("superadmin", True)])
def test_only_superadmins_are_offered_to_switch_themselves_off(pages, register, role, offered):
    person = register("self", role=role)

    assert ("Switch off" in pages(person).get(path(person)).text) is offered


def test_switching_off_asks_first_and_switching_on_does_not(desk, owner):
    asked = desk.get(path(owner, "deactivation/"))
    owner.refresh_from_db()
    assert (asked.status_code, owner.is_active) == (200, True)

    desk.post(path(owner, "deactivation/"))
    owner.refresh_from_db()
    assert not owner.is_active

    desk.post(path(owner, "reactivation/"))
    owner.refresh_from_db()
    assert owner.is_active


def test_a_reset_asks_first(desk, owner):
    asked = desk.get(path(owner, "sign-in-reset/"))
    owner.refresh_from_db()
    assert owner.email in asked.text
    assert owner.has_usable_password()

    desk.post(path(owner, "sign-in-reset/"))
    owner.refresh_from_db()
    assert not owner.has_usable_password()
    assert Mail.objects.filter(user=owner, template="reset_password").exists()


def test_the_last_superadmin_is_told_why_they_stay(pages, superadmin):
    response = pages(superadmin).post(path(superadmin, "deactivation/"), follow=True)

    superadmin.refresh_from_db()
    assert superadmin.is_active
    assert "This is the last active superadmin." in response.text


def test_the_history_shows_what_admins_did_and_nothing_of_the_persons_own(desk, admin, owner, api, now):
    edit_person(actor=admin, person_id=owner.pk, changes={"name": "Olive"}, now=now)
    api(owner).patch("/api/v1/users/me/", {"theme": "dark"})
    api(owner).post("/api/v1/labels/", {"name": "secret-label"})

    history = desk.get(path(owner)).text.partition("History of the account")[2]

    assert "renamed <b>Owner</b> to <b>Olive</b>" in history
    assert "joined" in history
    assert "profile" not in history
    assert "secret-label" not in history
    assert "signed in" not in history


def test_the_person_reads_in_their_timeline_who_did_it(admin, owner, pages, now):
    edit_person(actor=admin, person_id=owner.pk, changes={"name": "Olive"}, now=now)

    feed = " ".join(pages(owner).get("/activity/?who=everyone").text.split())

    assert "<b>Admin</b> renamed <b>Owner</b> to <b>Olive</b>" in feed


# A new person


def test_a_person_is_created_and_leads_back_to_the_list(desk):
    response = desk.post("/users/new/", {"name": "Nora", "email": "nora@example.org", "role": "admin"})

    person = User.objects.with_email("nora@example.org").get()
    assert (response.status_code, response["Location"]) == (302, PATH)
    assert (person.name, person.role, person.has_usable_password()) == ("Nora", "admin", False)


@pytest.mark.parametrize("change", [{"email": "admin@example.org"}, {"name": ""}, {"role": "superadmin"}])
def test_a_refused_person_keeps_what_was_typed(desk, change):
    sent = {"name": "Nora", "email": "nora@example.org", "role": "admin"} | change

    response = desk.post("/users/new/", sent)

    assert response.status_code == 422
    assert f'value="{sent["email"]}"' in response.text
    assert User.objects.count() == 1
