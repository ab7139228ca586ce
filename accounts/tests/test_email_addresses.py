"""Addresses: proving one, and taking another; the services and both doors."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from accounts.models import Link, LinkPurpose, Mail, Role, User
from accounts.services.email_addresses import confirm_email, request_email_change, request_verification
from accounts.services.links import digest_of, make_link
from accounts.services.passwords import change_password
from accounts.services.people import change_access
from config.errors import Conflict, DomainError, Invalid, Unauthenticated
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db
API = "/api/v1/auth/email/"
PAGE = "/email/confirmation/"
NEW = "new@example.org"


@pytest.fixture
def verification(owner, now, token_of):
    """Return the secret of the link in the owner's welcome."""
    return token_of(now=now)


@pytest.fixture
def change(owner, now, mailed, token_of):
    """Return the secret of a link that makes `new@example.org` the owner's address."""
    mailed(now)
    request_email_change(actor=owner, email=NEW, ip=None, now=now)
    return token_of(now=now)


def confirm(token, now, actor=None):
    return confirm_email(actor=actor, digest=digest_of(token), now=now)


# Proving it


def test_the_link_of_a_welcome_proves_the_address(owner, now, verification, recorded):
    person = confirm(verification, now)

    assert (person, person.email_verified_at) == (owner, now)
    assert recorded(owner)[-1] == "user.email_verified"
    assert not Link.objects.exists()


def test_a_link_that_is_asked_for_again_proves_it_as_well(owner, now, verification, token_of):
    request_verification(email=" Owner@Example.org", ip=None, now=now)
    second = token_of(now=now)

    confirm(second, now)

    with pytest.raises(Invalid):  # the first went with it
        confirm(verification, now)


def test_a_proven_address_is_mailed_no_further_link(owner, now, verification, mailed):
    confirm(verification, now)
    request_verification(email=owner.email, ip=None, now=now)

    assert mailed(now) == []


def test_S16_a_verification_link_works_once_and_lives_three_days(owner, now, verification):
    with pytest.raises(Invalid):
        confirm(verification, now + timedelta(days=3))
    confirm(verification, now + timedelta(days=2, hours=23))
    with pytest.raises(Invalid):
        confirm(verification, now)


def test_S16_a_verification_link_is_void_after_a_change_of_password(owner, now, verification):
    change_password(actor=owner, current_password=PASSWORD, password="x7 y8 z9 w0", ip=None, now=now, keep=None)

    with pytest.raises(Invalid):
        confirm(verification, now)


def test_S16_a_verification_link_proves_no_address_but_its_own(owner, now, verification):
    User.objects.filter(pk=owner.pk).update(email="other@example.org")

    with pytest.raises(Invalid):
        confirm(verification, now)


def test_S15_a_closed_account_proves_nothing(owner, superadmin, now, token_of, mailed):
    mailed(now)
    request_verification(email=owner.email, ip=None, now=now)
    token = token_of(now=now)
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    with pytest.raises(Invalid):
        confirm(token, now)


# Taking another


def test_a_confirmed_address_takes_the_place_of_the_old_one_which_is_told(owner, now, change, mailed, recorded, pages):
    client = pages(owner)

    person = confirm(change, now, owner)

    [notice] = mailed(now)
    assert (person.email, person.email_verified_at) == (NEW, now)
    assert (notice.to, notice.subject) == (["owner@example.org"], "Your e-mail address was changed")
    assert NEW not in notice.body
    assert recorded(owner)[-1] == "user.email_changed"
    assert client.get("/settings/").status_code == 200


def test_until_then_the_old_address_stays(owner, now, change):
    owner.refresh_from_db()

    assert owner.email == "owner@example.org"


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_a_mistyped_address_does_not_open_the_account_to_whoever_reads_mail_there(owner, stranger, now, change, who):
    with pytest.raises(Unauthenticated):
        confirm(change, now, stranger if who == "stranger" else None)

    assert confirm(change, now, owner).email == NEW


def test_a_second_wish_replaces_the_first(owner, now, change, token_of):
    request_email_change(actor=owner, email="newer@example.org", ip=None, now=now)
    second = token_of(now=now)

    with pytest.raises(Invalid):
        confirm(change, now, owner)
    assert confirm(second, now, owner).email == "newer@example.org"


def test_one_s_own_address_is_no_change(owner, now):
    with pytest.raises(Invalid) as refusal:
        request_email_change(actor=owner, email="OWNER@example.org", ip=None, now=now)

    assert list(refusal.value.fields) == ["email"]


def test_S22_a_taken_address_is_answered_like_any_other_and_gets_no_mail(owner, stranger, now, mailed):
    mailed(now)

    answer = request_email_change(actor=owner, email=stranger.email, ip=None, now=now)

    assert answer is None
    assert mailed(now) == []


def test_an_address_that_was_taken_meanwhile_is_refused_and_the_link_lives(owner, register, now, change):
    register("new")

    with pytest.raises(Conflict) as refusal:
        confirm(change, now, owner)

    owner.refresh_from_db()
    assert list(refusal.value.fields) == ["email"]
    assert owner.email == "owner@example.org"
    assert Link.objects.for_purposes([LinkPurpose.CHANGE_EMAIL]).exists()


def test_S16_a_link_to_another_address_lives_a_day_and_is_void_after_a_change_of_password(owner, now, change):
    with pytest.raises(Invalid):
        confirm(change, now + timedelta(days=1), owner)
    change_password(actor=owner, current_password=PASSWORD, password="x7 y8 z9 w0", ip=None, now=now, keep=None)

    with pytest.raises(Invalid):
        confirm(change, now, owner)


# The pages


def test_opening_the_link_changes_nothing_until_the_button_is_pressed(owner, pages, mailed, token_of):
    client = pages()
    page = client.get(f"{PAGE}?token={token_of()}", follow=True)
    owner.refresh_from_db()
    before = owner.email_verified_at

    answer = client.post(PAGE)

    owner.refresh_from_db()
    assert page.redirect_chain == [(PAGE, 302)]
    assert "owner@example.org" in page.text
    assert before is None
    assert owner.email_verified_at is not None
    assert answer["Location"] == "/login/"
    assert client.post(PAGE).status_code == 422


def test_another_address_takes_its_person_through_the_sign_in(owner, pages, mailed, token_of):
    mailed()
    here, elsewhere = pages(owner), pages()
    here.post("/settings/email/", {"email": NEW})
    token = token_of()

    led = elsewhere.get(f"{PAGE}?token={token}", follow=True)
    elsewhere.post("/login/", {"email": "owner@example.org", "password": PASSWORD, "next": PAGE})
    page = elsewhere.get(PAGE)
    answer = elsewhere.post(PAGE)

    owner.refresh_from_db()
    assert led.redirect_chain[-1] == (f"/login/?next={PAGE}", 302)
    assert "Sign in to the account that this address is for" in led.text
    assert NEW in page.text
    assert answer["Location"] == "/settings/"
    assert owner.email == NEW


def test_another_address_is_not_confirmed_from_another_account(owner, stranger, pages, mailed, token_of):
    mailed()
    pages(owner).post("/settings/email/", {"email": NEW})
    client, token = pages(stranger), token_of()

    page = client.get(f"{PAGE}?token={token}", follow=True)

    assert page.status_code == 403
    assert "You are signed in to another account." in page.text


def test_another_address_takes_a_recent_sign_in(owner, pages):
    client = pages(owner)
    session = client.session
    session["authenticated_at"] -= 3600
    session.save()

    answer = client.post("/settings/email/", {"email": NEW})

    assert answer["Location"].startswith("/confirm/")
    assert not Mail.objects.filter(template="change_email").exists()


def test_a_taken_address_is_said_on_the_page(owner, register, pages, mailed, token_of):
    mailed()
    client = pages(owner)
    client.post("/settings/email/", {"email": NEW})
    client.get(f"{PAGE}?token={token_of()}")
    register("new")

    answer = client.post(PAGE)

    assert answer.status_code == 422
    assert "An account with this e-mail address exists already." in answer.text


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_S22_asking_for_the_link_again_is_answered_alike(owner, pages, api, email):
    page = pages().post("/email/verification/", {"email": email}, follow=True)
    answer = api().post(f"{API}verification/", {"email": email})

    assert "a mail with a link is on its way to it." in page.text
    assert (answer.status_code, answer.content) == (202, b"")


def test_the_settings_say_whether_the_address_is_proven(owner, pages, now):
    client = pages(owner)
    before = client.get("/settings/").text
    User.objects.filter(pk=owner.pk).update(email_verified_at=now)

    after = client.get("/settings/").text

    assert "Not confirmed" in before
    assert "Send the link again" in before
    assert "Not confirmed" not in after


# JSON clients


def test_a_json_client_proves_an_address(owner, api, token_of):
    answer = api().post(f"{API}confirmation/", {"token": token_of()})

    assert answer.status_code == 200
    assert answer.json()["email_verified_at"] is not None


def test_a_json_client_takes_another_address(owner, api, mailed, token_of):
    mailed()
    client = api(owner)

    wrong = client.post(API, {"email": NEW, "password": "wrong"})
    asked = client.post(API, {"email": NEW, "password": PASSWORD})
    token = token_of()
    alone = api().post(f"{API}confirmation/", {"token": token})
    done = client.post(f"{API}confirmation/", {"token": token})

    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["password"])
    assert (asked.status_code, alone.status_code, done.status_code) == (202, 401, 200)
    assert done.json()["email"] == NEW
    assert token not in alone.text


@pytest.mark.parametrize(
    "body", [{}, {"token": ""}, {"token": ["x"]}, {"token": "x" * 101}, {"token": "a\x00b"}, {"token": "x"}]
)
def test_what_is_no_token_is_refused_alike(api, body):
    answer = api().post(f"{API}confirmation/", body)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["token"])


# Races, where two transactions can be open at once


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_S16_a_link_that_is_used_twice_at_once_works_once(register, now):
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: SQLite lets one transaction in at a time")
    person = register("person")
    details = {"purpose": LinkPurpose.CHANGE_EMAIL, "email": NEW, "user": person, "life": timedelta(days=1)}
    token = make_link(**details, now=now)

    def use(_):
        try:
            return confirm(token, now, person)
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(use, range(4)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", "Invalid", "Invalid", "User"]
