"""Passwords: which will do, changing them, and a new one by mail; the services and both doors."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import ApiToken, Device, Identity, Link, Mail, Role, User
from accounts.services.api_tokens import create_token
from accounts.services.devices import sign_in_device
from accounts.services.email_addresses import confirm_email, request_email_change
from accounts.services.links import digest_of, sweep_expired_links
from accounts.services.passwords import change_password, check_new_password, request_reset, reset_password
from accounts.services.people import change_access
from accounts.services.sign_in import check_password
from config.errors import Invalid, RateLimited, Unauthenticated
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another horse battery"
API = "/api/v1/auth/password/"
PAGE = "/password/new/"


@pytest.fixture
def reset_token(owner, now, mailed, token_of):
    """Return the secret of a reset link of the owner, mailed at NOW."""
    mailed(now)
    request_reset(email=owner.email, ip=None, now=now)
    return token_of(now=now)


def change(person, now, **changes):
    values = {"current_password": PASSWORD, "password": NEW, "ip": None, "keep": None}
    return change_password(actor=person, now=now, **(values | changes))


def reset(token, now, password=NEW):
    return reset_password(digest=digest_of(token), password=password, ip=None, now=now)


def opens(email, password, now) -> bool:
    try:
        return bool(check_password(email=email, password=password, ip=None, now=now))
    except Unauthenticated:
        return False


# Which will do (OWASP ASVS 5.0 §6.2)


@pytest.mark.parametrize(
    "password",
    [
        "Tr0ub4d0r",
        "correct horse battery",
        "пароль из слов",
        "🐎🔋📎✅🐎🔋📎✅",
        " leading and trailing ",
        "x7" * 128,
        "a" * 7 + "Ω9",
    ],
)
def test_any_letters_will_do_at_any_length_that_a_person_types(password):
    check_new_password(password, User(name="Mara Lindqvist", email="mara@example.org"))


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short77", "too short"),
        ("x7" * 128 + "x", "longer than 256"),
        ("password123", "too common"),
        ("iloveyou", "too common"),
        ("mara@example.org", "too similar"),
        ("lindqvist", "too similar"),
        ("Mara-Lindqvist-2026", "names"),
        ("SimpleTodos!1", "names"),
        ("todo todo todo", "names"),
        ("testserver2026", "names"),
    ],
)
def test_what_is_short_common_or_made_of_names_around_it_will_not(password, sentence):
    with pytest.raises(Invalid) as refusal:
        check_new_password(password, User(name="Mara Lindqvist", email="mara@example.org"))

    assert sentence in refusal.value.message
    assert list(refusal.value.fields) == ["password"]


def test_no_end_of_a_long_password_is_cut_off(register, now):
    register("long", password="x7" * 127 + "ab")

    assert not opens("long@example.org", "x7" * 127 + "ac", now)
    assert opens("long@example.org", "x7" * 127 + "ab", now)


# Changing it


def test_a_changed_password_is_the_only_one_and_its_person_is_told(owner, now, recorded, mailed):
    mailed(now)

    person = change(owner, now)

    assert (opens(owner.email, PASSWORD, now), opens(owner.email, NEW, now)) == (False, True)
    assert person.password_changed_at == now
    assert recorded(owner)[-1] == "user.password_changed"
    assert [message.subject for message in mailed(now)] == ["Your password was changed"]


def test_a_changed_password_ends_every_device_but_the_one_that_asks(owner, api, pages):
    this, other, browser = api(owner), api(owner), pages(owner)

    answer = this.post(API, {"current_password": PASSWORD, "password": NEW})

    assert answer.status_code == 204
    assert [client.get("/api/v1/users/me/").status_code for client in (this, other)] == [200, 401]
    assert browser.get("/settings/").status_code == 302


def test_a_browser_that_changes_the_password_stays_signed_in(owner, pages, api):
    this, other, client = pages(owner), pages(owner), api(owner)
    before = this.session.session_key

    answer = this.post("/settings/password/", {"current_password": PASSWORD, "password": NEW})

    assert answer["Location"] == "/settings/#security"
    assert this.get("/settings/").status_code == 200
    assert this.session.session_key != before
    assert other.get("/settings/").status_code == 302
    assert client.get("/api/v1/users/me/").status_code == 401


def test_changing_the_password_takes_a_recent_sign_in(owner, pages):
    client = pages(owner)
    session = client.session
    session["authenticated_at"] -= 3600
    session.save()

    answer = client.get("/settings/password/")

    assert answer["Location"] == "/confirm/?next=%2Fsettings%2Fpassword%2F"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"current_password": "wrong"}, "current_password"), ({"password": "password123"}, "password")],
)
def test_a_wrong_or_a_weak_password_changes_nothing(owner, api, changes, field):
    sent = {"current_password": PASSWORD, "password": NEW} | changes

    answer = api(owner).post(API, sent)

    before = owner.password
    owner.refresh_from_db()
    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert owner.password == before


def test_S22_the_old_password_is_not_to_be_guessed_at_this_door(owner, now):
    for _ in range(5):
        with pytest.raises(Invalid):
            change(owner, now, current_password="wrong")

    with pytest.raises(RateLimited):
        change(owner, now)


def test_S15_a_closed_account_changes_no_password(owner, superadmin, now):
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    with pytest.raises(Unauthenticated):
        change(owner, now)


def test_who_signs_in_without_a_password_is_led_to_the_mail(register, pages, now, token_of, mailed):
    person = register("person", password=None)
    mailed()
    client = pages(person)

    page = client.get("/settings/password/")
    client.post("/password/reset/", {"email": person.email})
    reset(token_of(), now)

    assert "You sign in without a password" in page.text
    assert opens(person.email, NEW, now)


# A new one by mail


def test_a_reset_by_mail_ends_every_device_and_tells(owner, now, reset_token, mailed, recorded):
    device = sign_in_device(user=owner, label="", ip=None, now=now).device

    person = reset(reset_token, now)

    assert (opens(owner.email, PASSWORD, now), opens(owner.email, NEW, now)) == (False, True)
    assert person.password_changed_at == now
    assert not Device.objects.live().filter(pk=device.pk).exists()
    assert recorded(owner)[-1] == "user.password_reset"
    assert [message.subject for message in mailed(now)] == ["Your password was changed"]


def test_a_reset_proves_the_address(owner, now, reset_token):
    assert owner.email_verified_at is None

    assert reset(reset_token, now).email_verified_at == now


def test_what_was_set_up_before_the_address_was_proven_goes_with_a_reset(owner, now, reset_token):
    create_token(actor=owner, name="Planted", scopes=["account"], now=now)
    Identity.objects.create(user=owner, provider="x", subject="1", created_at=now, last_used_at=now)

    reset(reset_token, now)

    assert not ApiToken.objects.exists()
    assert not Identity.objects.exists()


def test_what_was_set_up_at_a_proven_address_stays(owner, now, reset_token):
    User.objects.filter(pk=owner.pk).update(email_verified_at=now)
    create_token(actor=owner, name="Mine", scopes=["account"], now=now)

    reset(reset_token, now)

    assert ApiToken.objects.exists()


def test_a_weak_password_leaves_the_link_alive(now, reset_token):
    with pytest.raises(Invalid) as refusal:
        reset(reset_token, now, password="password123")

    assert list(refusal.value.fields) == ["password"]
    assert reset(reset_token, now)


def test_S16_a_reset_link_works_once(now, reset_token):
    reset(reset_token, now)

    with pytest.raises(Invalid, match="This link was used"):
        reset(reset_token, now)


def test_S16_a_reset_link_lives_an_hour(owner, now, reset_token):
    almost, after = now + timedelta(minutes=59), now + timedelta(hours=1)

    with pytest.raises(Invalid, match="has run out"):
        reset(reset_token, after)

    assert sweep_expired_links(almost) == 0
    assert reset(reset_token, almost)


def test_S16_a_link_that_ran_out_is_swept(now, reset_token):
    assert sweep_expired_links(now + timedelta(hours=1)) == 1
    assert Link.objects.get().purpose == "verify_email"


@pytest.mark.parametrize("change_of", ["password", "address", "another link"])
def test_S16_a_reset_link_is_void_after_a_change_of(owner, now, reset_token, token_of, mailed, change_of):
    match change_of:
        case "password":
            change(owner, now)
        case "address":
            request_email_change(actor=owner, email="new@example.org", ip=None, now=now)
            confirm_email(actor=owner, digest=digest_of(token_of(now=now)), now=now)
        case "another link":
            request_reset(email=owner.email, ip=None, now=now)
            reset(token_of(now=now), now)

    with pytest.raises(Invalid):
        reset(reset_token, now)
    assert not Link.objects.exists()


def test_S16_a_link_that_still_waits_to_be_mailed_is_void_too(owner, now, mailed):
    mailed(now)
    request_reset(email=owner.email, ip=None, now=now)
    request_email_change(actor=owner, email="evil@example.org", ip=None, now=now)

    change(owner, now)

    assert not any("token=" in message.body for message in mailed(now))
    assert not Link.objects.exists()


def test_S16_a_link_for_one_thing_does_not_do_for_another(owner, now, token_of):
    verification = token_of(now=now)

    with pytest.raises(Invalid):
        reset(verification, now)


def test_S15_a_closed_account_gets_no_new_password(owner, superadmin, now, reset_token):
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    with pytest.raises(Invalid):
        reset(reset_token, now)


def test_S20_a_reset_signs_nobody_in(owner, now, pages, mailed, token_of):
    mailed()
    client = pages()
    client.post("/password/reset/", {"email": owner.email})
    client.get(f"{PAGE}?token={token_of()}")

    answer = client.post(PAGE, {"password": NEW})

    assert answer["Location"] == "/login/"
    assert "_auth_user_id" not in client.session
    assert client.get("/settings/").status_code == 302


# Its pages


def test_looking_at_a_link_spends_nothing_and_takes_its_secret_out_of_sight(owner, now, pages, reset_token):
    with time_machine.travel(now, tick=False):
        scanner, client = pages(), pages()
        for _ in range(3):
            scanner.get(f"{PAGE}?token={reset_token}", follow=True)

        answer = client.get(f"{PAGE}?token={reset_token}")
        page = client.get(answer["Location"])

        assert answer["Location"] == PAGE
        assert reset_token not in page.text
        assert reset_token not in str(dict(client.session))
        assert client.post(PAGE, {"password": NEW})["Location"] == "/login/"


def test_the_page_of_a_new_password_says_its_rules_and_keeps_a_refused_link(owner, now, pages, reset_token):
    with time_machine.travel(now, tick=False):
        client = pages()
        page = client.get(f"{PAGE}?token={reset_token}", follow=True)
        refused = client.post(PAGE, {"password": "password123"})

        assert "At least eight characters" in page.text
        assert 'autocomplete="new-password"' in page.text
        assert refused.status_code == 422
        assert "too common" in refused.text
        assert "password123" not in refused.text
        assert client.post(PAGE, {"password": NEW}).status_code == 302


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?token=", f"{PAGE}?token=made-up", f"{PAGE}?token=%00"])
def test_a_dead_link_says_how_to_get_another(pages, path):
    client = pages()

    page = client.get(path)

    assert page.status_code == 422
    assert "/password/reset/" in page.text
    assert not client.cookies.get("sessionid")


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_S22_asking_for_a_link_is_answered_alike(owner, pages, api, email):
    page = pages().post("/password/reset/", {"email": email}, follow=True)
    answer = api().post(f"{API}reset/", {"email": email})

    assert "If there is an account with this address, a mail with a link is on its way to it." in page.text
    assert (answer.status_code, answer.content) == (202, b"")
    assert Mail.objects.filter(to=email, template="reset_password", user=None).count() == 2


def test_S22_links_cannot_be_asked_for_without_end(owner, pages, api):
    client = pages()
    for _ in range(5):
        client.post("/password/reset/", {"email": owner.email})

    page = client.post("/password/reset/", {"email": owner.email})
    answer = api().post(f"{API}reset/", {"email": owner.email.upper()})

    assert (page.status_code, answer.status_code) == (429, 429)
    assert int(answer["Retry-After"]) > 0


def test_a_json_client_resets_a_password(owner, now, api, mailed, token_of):
    mailed()
    client = api()
    client.post(f"{API}reset/", {"email": owner.email})
    token = token_of()

    weak = client.post(f"{API}reset/confirmation/", {"token": token, "password": "password123"})
    done = client.post(f"{API}reset/confirmation/", {"token": token, "password": NEW})
    again = client.post(f"{API}reset/confirmation/", {"token": token, "password": NEW})

    assert (weak.status_code, done.status_code, again.status_code) == (422, 204, 422)
    assert list(again.json()["fields"]) == ["token"]
    assert token not in again.text
    assert opens(owner.email, NEW, now)
