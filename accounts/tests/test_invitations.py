"""Who may sign up, and joining when asked; the services and both doors."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Invitation, Link, Mail, Role, User
from accounts.services.invitations import (
    accept_invitation,
    invite_person,
    resend_invitation,
    withdraw_invitation,
)
from accounts.services.links import digest_of, sweep_expired_links
from accounts.services.people import change_access
from accounts.services.users import sign_up
from activity.models import Event
from config.errors import Conflict, Forbidden, Invalid, NotFound
from config.tests.plugin import PASSWORD
from todos.models import Project

pytestmark = pytest.mark.django_db
GUEST = "guest@example.org"
PERSON = {"email": "nora@example.org", "password": PASSWORD, "name": "Nora"}
API = "/api/v1/invitations/"


@pytest.fixture
def invite(admin, now, mailed, token_of):
    """Invite the guest, and return the invitation and the secret of its link."""
    mailed(now)

    def invite(actor=admin, role="user", now=now):
        found = invite_person(actor=actor, email=GUEST, role=role, now=now)
        return found, token_of(now=now)

    return invite


def accept(token, now, **changes):
    values = {"email": GUEST, "password": PASSWORD, "name": "Gwen"} | changes
    return accept_invitation(digest=digest_of(token), now=now, **values)


# Who may sign up


@pytest.mark.parametrize(
    ("registration", "sentence"), [("invite", "New people come by invitation here."), ("closed", "takes no new people")]
)
def test_nobody_signs_up_where_that_is_shut(settings, pages, api, now, registration, sentence):
    settings.REGISTRATION = registration

    page = pages().get("/register/")
    posted = pages().post("/register/", PERSON)
    answer = api().post("/api/v1/auth/register/", PERSON)
    with pytest.raises(Forbidden):
        sign_up(**PERSON, ip=None, now=now)

    assert sentence in page.text
    assert '<input type="password"' not in page.text
    assert posted.status_code == 422
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert sentence in answer.json()["detail"]
    assert not User.objects.exists()


@pytest.mark.parametrize(("registration", "links"), [("open", True), ("invite", False), ("closed", False)])
def test_the_sign_in_leads_to_the_sign_up_only_where_it_is_open(settings, pages, registration, links):
    settings.REGISTRATION = registration

    assert ("/register/" in pages().get("/login/").text) is links


# Asking


def test_an_invited_person_joins_with_a_proven_address_and_the_role(invite, admin, now, recorded, mailed):
    invitation, token = invite(role="admin")

    person = accept(token, now)

    [welcome] = mailed(now)
    about = (
        Event.objects.journal().filter(scope=f"user:{admin.pk}", verb__startswith="invitation.").order_by("revision")
    )
    assert (person.email, person.role, person.email_verified_at) == (GUEST, "admin", now)
    assert Project.objects.inbox_of(person.pk).exists()
    assert "token=" not in welcome.body
    assert [event.verb for event in about] == ["invitation.sent", "invitation.accepted"]
    assert recorded(invitation) == ["invitation.sent"]
    assert not Invitation.objects.exists()
    assert not Link.objects.filter(invitation=invitation.pk).exists()


@pytest.mark.parametrize(
    ("who", "role", "may"),
    [
        ("admin", "user", True),
        ("admin", "admin", True),
        ("admin", "superadmin", False),
        ("superadmin", "superadmin", True),
        ("owner", "user", False),
    ],
)
def test_nobody_gives_a_role_above_their_own(request, now, who, role, may):
    actor = request.getfixturevalue(who)

    if may:
        assert invite_person(actor=actor, email=GUEST, role=role, now=now).role == role
    else:
        with pytest.raises(Forbidden):
            invite_person(actor=actor, email=GUEST, role=role, now=now)


def test_an_address_with_an_account_is_not_invited(admin, owner, now):
    with pytest.raises(Conflict) as refusal:
        invite_person(actor=admin, email="OWNER@example.org", role="user", now=now)

    assert list(refusal.value.fields) == ["email"]


@pytest.mark.parametrize("again", [invite_person, resend_invitation])
def test_asking_again_renews_the_invitation_and_ends_its_first_link(invite, admin, now, token_of, again):
    invitation, first = invite()
    later = now + timedelta(days=6)
    details = {"email": GUEST, "role": "user"} if again is invite_person else {"invitation_id": invitation.pk}

    again(actor=admin, now=later, **details)

    second = token_of(now=later)
    with pytest.raises(Invalid):
        accept(first, later)
    assert Invitation.objects.get().expires_at == later + timedelta(days=7)
    assert accept(second, later + timedelta(days=6))


def test_an_admin_does_not_touch_the_invitation_of_a_superadmin(superadmin, admin, now):
    found = invite_person(actor=superadmin, email=GUEST, role="superadmin", now=now)

    for act in (
        lambda: withdraw_invitation(actor=admin, invitation_id=found.pk, now=now),
        lambda: resend_invitation(actor=admin, invitation_id=found.pk, now=now),
        lambda: invite_person(actor=admin, email=GUEST, role="user", now=now),
    ):
        with pytest.raises(Forbidden):
            act()


def test_S16_a_withdrawn_invitation_lets_nobody_in(invite, admin, now, recorded):
    invitation, token = invite()

    withdraw_invitation(actor=admin, invitation_id=invitation.pk, now=now)

    with pytest.raises(Invalid):
        accept(token, now)
    assert recorded(invitation) == ["invitation.sent", "invitation.withdrawn"]


def test_S16_an_invitation_that_is_withdrawn_before_it_is_mailed_is_not_mailed(admin, now, mailed):
    mailed(now)
    found = invite_person(actor=admin, email=GUEST, role="user", now=now)

    withdraw_invitation(actor=admin, invitation_id=found.pk, now=now)

    assert mailed(now) == []


def test_withdrawing_what_is_not_there_is_not_found(admin, now, owner):
    with pytest.raises(NotFound):
        withdraw_invitation(actor=admin, invitation_id=owner.pk, now=now)


# Joining


def test_S16_an_invitation_works_once_and_lives_a_week(invite, now):
    _, token = invite()

    with pytest.raises(Invalid):
        accept(token, now + timedelta(days=7))
    accept(token, now + timedelta(days=6, hours=23))
    with pytest.raises(Invalid):
        accept(token, now)


def test_an_invitation_that_ran_out_is_swept(invite, now):
    invite()

    assert sweep_expired_links(now + timedelta(days=7)) >= 2
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"), [({"email": "else@example.org"}, "email"), ({"password": "short77"}, "password")]
)
def test_a_refused_answer_leaves_the_invitation_alive(invite, now, changes, field):
    _, token = invite()

    with pytest.raises(Invalid) as refusal:
        accept(token, now, **changes)

    assert list(refusal.value.fields) == [field]
    assert accept(token, now)


@pytest.mark.parametrize(("role", "is_active"), [(Role.USER, True), (Role.ADMIN, False)])
def test_S15_an_invitation_ends_with_the_rights_of_who_sent_it(superadmin, invite, admin, now, role, is_active):
    _, token = invite()
    change_access(actor=superadmin, user_id=admin.pk, role=role, is_active=is_active, now=now)

    with pytest.raises(Invalid):
        accept(token, now)


def test_where_nobody_may_join_nobody_is_asked_nor_let_in(invite, admin, now, settings):
    _, token = invite()
    settings.REGISTRATION = "closed"

    with pytest.raises(Forbidden):
        accept(token, now)
    with pytest.raises(Forbidden):
        invite_person(actor=admin, email="other@example.org", role="user", now=now)


# The pages


def test_a_guest_joins_on_the_pages_and_comes_straight_in(admin, pages, settings, mailed, token_of):
    settings.REGISTRATION = "invite"
    mailed()
    pages(admin).post("/users/invite/", {"email": GUEST, "role": "user"})
    client, token = pages(), token_of()

    page = client.get(f"/join/?token={token}", follow=True)
    refused = client.post("/join/", {"name": "Gwen", "password": "password123"})
    answer = client.post(
        "/join/", {"name": "Gwen", "password": PASSWORD, "email": "evil@example.org", "role": "superadmin"}
    )

    person = User.objects.with_email(GUEST).get()
    assert page.redirect_chain == [("/join/", 302)]
    assert GUEST in page.text
    assert token not in page.text
    assert refused.status_code == 422
    assert answer["Location"] == "/"
    assert client.session["_auth_user_id"] == str(person.pk)
    assert person.role == "user"


@pytest.mark.parametrize(
    ("who", "roles"), [("admin", ["user", "admin"]), ("superadmin", ["user", "admin", "superadmin"])]
)
def test_the_form_offers_the_roles_that_one_may_give(request, pages, who, roles):
    page = pages(request.getfixturevalue(who)).get("/users/invite/")

    assert [role for role in Role.values if f'value="{role}"' in page.text] == [
        role for role in Role.values if role in roles
    ]


# JSON clients


def test_a_json_client_invites_lists_withdraws_and_joins(admin, api, settings, mailed, token_of):
    settings.REGISTRATION = "invite"
    mailed()
    client = api(admin)

    invited = client.post(API, {"email": GUEST, "role": "user"})
    listed = client.get(API)
    token = token_of()
    joined = api().post("/api/v1/auth/register/", PERSON | {"email": GUEST, "invitation": token})
    again = api().post("/api/v1/auth/register/", PERSON | {"email": GUEST, "invitation": token})
    other = client.post(API, {"email": "other@example.org"})
    gone = client.delete(f"{API}{other.json()['id']}/")

    assert (invited.status_code, invited.json()["email"], invited.json()["role"]) == (201, GUEST, "user")
    assert [row["id"] for row in listed.json()["results"]] == [invited.json()["id"]]
    assert (joined.status_code, joined.json()["email"]) == (201, GUEST)
    assert (again.status_code, list(again.json()["fields"])) == (422, ["token"])
    assert (other.status_code, gone.status_code) == (201, 204)
    assert client.get(API).json()["results"] == []
    assert token not in invited.text + listed.text


def test_one_invitation_and_five_cost_the_list_the_same(admin, api, django_assert_max_num_queries):
    client, costs = api(admin), []
    for number in range(5):
        invite_person(actor=admin, email=f"{number}@example.org", role="user", now=timezone.now())
        with django_assert_max_num_queries(3) as seen:
            assert len(client.get(API).json()["results"]) == number + 1
        costs.append(len(seen))

    assert len(set(costs)) == 1


def test_mail_of_an_invitation_names_who_invites(admin, now, invite, mailed):
    Mail.objects.all().delete()
    invite_person(actor=admin, email="other@example.org", role="user", now=now)

    [message] = mailed(now)

    assert "Admin invites you to Simple Todos on testserver" in message.body
