"""The second step at the doors: pages, API, Django admin."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.limits import PASSWORD as TRIES
from accounts.limits import SECOND_STEP
from accounts.models import Device, Session
from accounts.services.devices import sign_in_device
from accounts.tests.authenticators import SoftKey, set_up_app
from activity.models import Event
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, SECOND = "/api/v1/auth/login/", "/api/v1/auth/login/second-step/"


@pytest.fixture
def clock(time_machine):
    """Stand still, so that a code is the same when it is made and when it is checked."""
    time_machine.move_to(timezone.now(), tick=False)
    return time_machine


@pytest.fixture
def app_and_codes(owner, clock):
    return set_up_app(owner, timezone.now())


@pytest.fixture
def app(app_and_codes):
    return app_and_codes[0]


@pytest.fixture
def codes(app_and_codes):
    return app_and_codes[1]


def code_of(app):
    return app.code(timezone.now())


def me(client):
    return client.session.get("_auth_user_id")


def first_step(client, owner, leads_to="/completed/"):
    return client.post("/login/", {"email": owner.email, "password": PASSWORD, "next": leads_to})


# Pages


def test_the_password_alone_leads_to_the_second_step_and_not_in(pages, owner, app):
    client = pages()

    response = first_step(client, owner)

    assert response["Location"] == "/login/second-step/?next=%2Fcompleted%2F"
    assert me(client) is None
    assert not Device.objects.of(owner.pk).exists()
    assert client.get("/completed/")["Location"] == "/login/?next=/completed/"


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_comes_in_and_leads_on(pages, owner, app, codes, kind):
    client = pages()
    first_step(client, owner)

    response = client.post(
        "/login/second-step/", {"code": code_of(app) if kind == "app" else codes[0], "next": "/completed/"}
    )

    assert response["Location"] == "/completed/"
    assert me(client) == str(owner.pk)
    assert client.session["device"] == str(Device.objects.of(owner.pk).get().pk)
    assert "between_steps" not in client.session


def test_the_session_changes_at_each_step_so_that_none_can_be_planted(pages, owner, app):
    client = pages()
    session = client.session
    session["planted"] = True
    session.save()
    keys = [session.session_key]

    first_step(client, owner)
    keys.append(client.session.session_key)
    client.post("/login/second-step/", {"code": code_of(app)})
    keys.append(client.session.session_key)

    assert len(set(keys)) == 3
    assert Session.objects.count() == 1


def test_a_wrong_code_is_refused_in_place(pages, owner, app):
    client = pages()
    first_step(client, owner)

    response = client.post("/login/second-step/", {"code": "000000"})

    assert response.status_code == 422
    assert "That did not prove it is you." in response.text
    assert "000000" not in response.text
    assert me(client) is None


def test_S19_five_failures_answer_429_with_the_time_to_wait(pages, owner, app):
    client = pages()
    first_step(client, owner)
    for _ in range(SECOND_STEP.count):
        assert client.post("/login/second-step/", {"code": "000000"}).status_code == 422

    response = client.post("/login/second-step/", {"code": code_of(app)})

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= SECOND_STEP.window
    assert me(client) is None


def test_S19_another_browser_and_the_api_share_the_pause(pages, api, owner, app):
    for _ in range(SECOND_STEP.count):
        client = pages()
        first_step(client, owner)
        client.post("/login/second-step/", {"code": "000000"})
    challenge = api().post(LOGIN, {"email": owner.email, "password": PASSWORD}).json()["challenge"]

    response = api().post(SECOND, {"challenge": challenge, "code": code_of(app)})

    assert response.status_code == 429


def test_without_the_first_step_there_is_no_second(pages, owner, app):
    client = pages()

    answers = [
        client.get("/login/second-step/?next=/completed/"),
        client.post("/login/second-step/?next=/completed/", {"code": code_of(app)}),
    ]

    assert {answer["Location"] for answer in answers} == {"/login/?next=%2Fcompleted%2F"}
    assert client.post("/login/second-step/options/").status_code == 401
    assert me(client) is None


def test_the_second_step_waits_ten_minutes(pages, owner, app, clock):
    client = pages()
    first_step(client, owner)

    clock.shift(timedelta(minutes=10, seconds=1))
    response = client.post("/login/second-step/", {"code": code_of(app)})

    assert response["Location"].startswith("/login/")
    assert me(client) is None


@pytest.mark.parametrize("change", ["password", "state"])
def test_S15_a_first_step_is_void_once_the_account_changed(pages, owner, app, change):
    client = pages()
    first_step(client, owner)
    if change == "password":
        owner.set_password("another correct horse")
    else:
        owner.is_active = False
    owner.save(update_fields=["password", "is_active"])

    response = client.post("/login/second-step/", {"code": code_of(app)})

    assert response["Location"].startswith("/login/")
    assert me(client) is None


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/"])
def test_S21_the_second_step_never_leads_to_another_site(pages, owner, app, url):
    client = pages()
    first_step(client, owner, leads_to=url)

    response = client.post("/login/second-step/", {"code": code_of(app), "next": url})

    assert response["Location"] == "/"


def test_S22_too_many_passwords_answer_429_on_the_page(pages, owner):
    for _ in range(TRIES.count):
        assert pages().post("/login/", {"email": owner.email, "password": "wrong"}).status_code == 422

    response = first_step(pages(), owner)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= TRIES.window
    assert PASSWORD not in response.text


# The Django admin


def test_S20_the_django_admin_has_no_sign_in_of_its_own(pages, superadmin, clock):
    set_up_app(superadmin, timezone.now())
    client = pages()

    response = client.post(
        "/admin/login/?next=/admin/", {"username": superadmin.email, "password": PASSWORD, "next": "/admin/"}
    )

    assert response["Location"] == "/login/?next=/admin/"
    assert me(client) is None
    assert first_step(client, superadmin, "/admin/")["Location"].startswith("/login/second-step/")
    assert client.get("/admin/").status_code == 302


def test_who_may_not_enter_the_django_admin_is_told_so_and_not_led_in_circles(pages, owner, superadmin):
    client = pages(owner)

    assert client.get("/admin/login/?next=/admin/").status_code == 403
    assert pages(superadmin).get("/admin/login/?next=/admin/", follow=True).redirect_chain[-1] == ("/admin/", 302)


# The API


def challenge_of(api, owner):
    response = api().post(LOGIN, {"email": owner.email, "password": PASSWORD})
    return response.json()["challenge"]


def test_the_api_answers_a_password_with_a_challenge(api, owner, app):
    response = api().post(LOGIN, {"email": owner.email, "password": PASSWORD})

    body = response.json()
    assert response.status_code == 202
    assert sorted(body) == ["challenge", "expires_in", "methods"]
    assert (body["methods"], body["expires_in"]) == (["totp", "recovery_code"], 300)
    assert not Device.objects.of(owner.pk).exists()


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_the_second_call_signs_a_device_in(api, owner, app, codes, kind):
    code = code_of(app) if kind == "app" else codes[0]

    response = api().post(SECOND, {"challenge": challenge_of(api, owner), "code": code})

    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert (response.status_code, sorted(response.json())) == (200, ["access", "refresh"])
    assert client.get("/api/v1/users/me/").json()["email"] == owner.email


def test_S20_a_challenge_signs_in_once(api, owner, app, codes):
    challenge = challenge_of(api, owner)
    api().post(SECOND, {"challenge": challenge, "code": codes[0]})

    response = api().post(SECOND, {"challenge": challenge, "code": codes[1]})

    assert response.status_code == 401
    assert Device.objects.of(owner.pk).count() == 1


def test_a_challenge_outlives_a_mistyped_code(api, owner, app):
    challenge = challenge_of(api, owner)

    answers = [api().post(SECOND, {"challenge": challenge, "code": code}) for code in ("000000", code_of(app))]

    assert [answer.status_code for answer in answers] == [401, 200]


def test_a_challenge_ends_after_five_minutes(api, owner, app, clock):
    challenge = challenge_of(api, owner)

    clock.shift(timedelta(minutes=5, seconds=10))
    response = api().post(SECOND, {"challenge": challenge, "code": code_of(app)})

    assert response.status_code == 401


@pytest.mark.parametrize("change", ["password", "state"])
def test_S15_a_challenge_is_void_once_the_account_changed(api, owner, app, change):
    challenge = challenge_of(api, owner)
    if change == "password":
        owner.set_password("another correct horse")
    else:
        owner.is_active = False
    owner.save(update_fields=["password", "is_active"])

    response = api().post(SECOND, {"challenge": challenge, "code": code_of(app)})

    assert response.status_code == 401
    assert not Device.objects.of(owner.pk).exists()


def test_S13_a_challenge_opens_nothing_else_and_nothing_else_is_a_challenge(api, owner, app):
    challenge = challenge_of(api, owner)
    pair = sign_in_device(user=owner, label="", ip=None, now=timezone.now()).pair
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {challenge}")

    answers = [
        client.get("/api/v1/users/me/"),
        api().post("/api/v1/auth/refresh/", {"refresh": challenge}),
        *[api().post(SECOND, {"challenge": token, "code": code_of(app)}) for token in (pair.access, pair.refresh, "x")],
    ]

    assert {answer.status_code for answer in answers} == {401}


def test_a_challenge_of_somebody_else_takes_none_of_my_codes(api, owner, stranger, app):
    other, _ = set_up_app(stranger, timezone.now())

    response = api().post(SECOND, {"challenge": challenge_of(api, owner), "code": code_of(other)})

    assert response.status_code == 401


def test_a_challenge_tells_nothing_of_the_password(api, owner, app):
    claims = tokens.ChallengeToken(challenge_of(api, owner)).payload

    assert sorted(claims) == ["aud", "exp", "iat", "iss", "jti", "proof", "sub", "typ"]
    assert claims["proof"] not in (owner.password, owner.get_session_auth_hash())


@pytest.mark.parametrize("name", ["password", "code"])
def test_S20_basic_credentials_are_accepted_nowhere(api, owner, app, name):
    secret = PASSWORD if name == "password" else code_of(app)
    client = api()
    client.credentials(HTTP_AUTHORIZATION="Basic " + b64encode(f"{owner.email}:{secret}".encode()).decode())

    assert client.get("/api/v1/users/me/").status_code == 401
    assert client.get("/api/v1/todos/").status_code == 401


# Passkeys, without a browser


def options_of(client, path, sent=None):
    return client.post(path, sent or {}).json()


@pytest.fixture
def key(owner, pages):
    """Add a passkey over the page; returns it."""
    client, made = pages(owner), SoftKey()
    options = options_of(client, "/settings/passkeys/options/")
    client.post("/settings/passkeys/", {"name": "Laptop", "credential": made.create(options)})
    return made


def test_a_passkey_comes_straight_in(pages, owner, key):
    client = pages()
    options = options_of(client, "/login/passkey/options/")

    response = client.post("/login/passkey/", {"credential": key.get(options), "next": "/completed/"})

    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert response["Location"] == "/completed/"
    assert me(client) == str(owner.pk)


def test_a_passkey_is_the_second_step_of_a_password(pages, owner, key):
    client = pages()
    first_step(client, owner)
    options = options_of(client, "/login/second-step/options/")

    response = client.post("/login/second-step/", {"credential": key.get(options), "next": "/completed/"})

    assert len(options["allowCredentials"]) == 1
    assert response["Location"] == "/completed/"
    assert me(client) == str(owner.pk)


def test_an_answer_counts_once_and_for_its_own_question(pages, owner, key):
    client = pages()
    answer = key.get(options_of(client, "/login/passkey/options/"))
    client.post("/login/passkey/", {"credential": answer})
    client.post("/logout/")
    again = client.post("/login/passkey/", {"credential": answer})
    first_step(client, owner)
    elsewhere = key.get(options_of(client, "/login/passkey/options/"))

    crossed = client.post("/login/second-step/", {"credential": elsewhere})

    assert again["Location"].startswith("/login/")
    assert crossed.status_code == 422
    assert me(client) is None


def test_a_question_waits_five_minutes(pages, key, clock):
    client = pages()
    answer = key.get(options_of(client, "/login/passkey/options/"))

    clock.shift(timedelta(minutes=5, seconds=1))
    response = client.post("/login/passkey/", {"credential": answer}, follow=True)

    assert "That took too long." in response.text
    assert me(client) is None


def test_S15_a_passkey_of_a_closed_account_comes_nowhere(pages, owner, key):
    client = pages()
    answer = key.get(options_of(client, "/login/passkey/options/"))
    owner.is_active = False
    owner.save()

    response = client.post("/login/passkey/", {"credential": answer}, follow=True)

    assert "That passkey does not sign anyone in here." in response.text
    assert me(client) is None


def test_an_address_that_is_a_number_offers_no_passkeys_and_says_why(pages, owner):
    client = pages(owner)
    host = {"HTTP_HOST": "127.0.0.1:8000"}

    assert "app-passkey" not in pages().get("/login/", **host).text
    assert "you opened this site by a number" in client.get("/settings/passkeys/", **host).text
    assert client.post("/settings/passkeys/options/", **host).status_code == 409


@pytest.mark.parametrize("credential", ["", "{}", "x" * 20_000])
def test_an_answer_that_is_none_leads_back_to_the_sign_in(pages, credential):
    client = pages()
    client.post("/login/passkey/options/")

    response = client.post("/login/passkey/", {"credential": credential, "next": "/completed/"})

    assert response["Location"] == "/login/?next=%2Fcompleted%2F"


# Proving it once more


@pytest.fixture
def later(pages, owner, clock):
    """A person who signed in an hour ago."""
    client = pages(owner)
    clock.shift(timedelta(hours=1))
    return client


def test_what_changes_the_sign_in_asks_for_a_recent_one(later):
    assert later.get("/settings/two-factor/")["Location"] == "/confirm/?next=%2Fsettings%2Ftwo-factor%2F"
    assert later.get("/settings/passkeys/")["Location"] == "/confirm/?next=%2Fsettings%2Fpasskeys%2F"
    assert later.post("/settings/two-factor/codes/")["Location"] == "/confirm/?next=%2Fsettings%2F"


def test_the_password_confirms_and_leads_on(later):
    before = later.session.session_key

    response = later.post("/confirm/", {"password": PASSWORD, "next": "/settings/two-factor/"})

    assert response["Location"] == "/settings/two-factor/"
    assert later.get("/settings/two-factor/").status_code == 200
    assert later.session.session_key != before


def test_a_wrong_password_confirms_nothing(later):
    assert later.post("/confirm/", {"password": "wrong"}).status_code == 422
    assert later.get("/settings/two-factor/").status_code == 302


def test_S22_confirming_counts_the_same_tries_as_signing_in(later, pages, owner):
    for _ in range(TRIES.count):
        later.post("/confirm/", {"password": "wrong"})

    assert later.post("/confirm/", {"password": PASSWORD}).status_code == 429
    assert first_step(pages(), owner).status_code == 429


def test_with_a_second_factor_the_password_alone_confirms_nothing(pages, owner, app, clock):
    client = pages(owner)
    clock.shift(timedelta(hours=1))

    answers = [
        client.post("/confirm/", {"password": PASSWORD}),
        client.post("/confirm/", {"password": PASSWORD, "code": "000000"}),
        client.post("/confirm/", {"code": code_of(app)}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert client.post("/confirm/", {"password": PASSWORD, "code": code_of(app)}).status_code == 302


def test_without_a_password_a_code_confirms(pages, owner, app, clock):
    client = _without_password(pages, owner, clock)

    assert "password" not in client.get("/confirm/").context["form"].fields
    assert client.post("/confirm/", {"code": code_of(app)}).status_code == 302


def test_with_neither_one_signs_in_again(pages, owner, clock):
    client = _without_password(pages, owner, clock)

    page = client.get("/confirm/")

    assert "Sign out and come in again" in page.text
    assert client.post("/confirm/", {}).status_code in (200, 422)
    assert client.get("/settings/two-factor/").status_code == 302


def _without_password(pages, owner, clock):
    owner.set_unusable_password()
    owner.save(update_fields=["password"])
    client = pages(owner)
    clock.shift(timedelta(hours=1))
    return client


@pytest.mark.parametrize("verifies", [True, False])
def test_a_passkey_confirms_in_place_of_everything_if_the_device_checked_its_holder(pages, owner, key, clock, verifies):
    client = pages(owner)
    clock.shift(timedelta(hours=1))
    key.verifies = verifies
    answer = key.get(options_of(client, "/confirm/options/"))

    response = client.post("/confirm/", {"credential": answer, "next": "/settings/passkeys/"})

    assert response.status_code == (302 if verifies else 422)


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/"])
def test_S21_confirming_never_leads_to_another_site(later, url):
    assert later.post("/confirm/", {"password": PASSWORD, "next": url})["Location"] == "/"


# Settings


def test_an_app_is_set_up_on_the_pages(pages, owner, clock):
    from accounts.tests.authenticators import App

    client = pages(owner)
    page = client.post("/settings/two-factor/", follow=True)
    app = App(page.context["setup"].secret)

    response = client.post("/settings/two-factor/setup/", {"code": code_of(app)})

    assert "<svg" in page.text
    assert "style=" not in page.text
    assert page.context["setup"].secret in page.text
    assert len(response.context["codes"]) == 10
    assert all(code in response.text for code in response.context["codes"])
    assert "no-store" in response["Cache-Control"]
    settings = client.get("/settings/").text
    assert "10 of 10 recovery codes left." in settings
    assert response.context["codes"][0] not in settings


def test_a_wrong_first_code_is_refused_in_place(pages, owner):
    client = pages(owner)
    client.post("/settings/two-factor/")

    response = client.post("/settings/two-factor/setup/", {"code": "000000"})

    assert response.status_code == 422
    assert "That is not the code of the app just now." in response.text


def test_the_app_is_removed_with_a_code(pages, owner, app):
    client = pages(owner)

    refused = client.post("/settings/two-factor/removal/", {"code": "000000"})
    removed = client.post("/settings/two-factor/removal/", {"code": code_of(app)})

    assert refused.status_code == 422
    assert removed["Location"] == "/settings/#security"
    assert "recovery codes left" not in client.get("/settings/").text


def test_new_recovery_codes_are_shown_once(pages, owner, codes):
    client = pages(owner)

    response = client.post("/settings/two-factor/codes/")

    new = response.context["codes"]
    assert not set(new) & set(codes)
    assert client.get("/settings/two-factor/codes/").status_code == 405
    assert new[0] not in client.get("/settings/two-factor/").text


def test_passkeys_are_added_renamed_and_removed(pages, owner, key):
    client = pages(owner)
    page = client.get("/settings/passkeys/")
    [passkey] = page.context["passkeys"]

    client.post(f"/settings/passkeys/{passkey.pk}/", {"name": "<b>Old</b>"})
    renamed = client.get("/settings/passkeys/").text
    client.post(f"/settings/passkeys/{passkey.pk}/deletion/")

    assert "&lt;b&gt;Old&lt;/b&gt;" in renamed
    assert "<b>Old" not in renamed
    assert client.get("/settings/passkeys/").context["passkeys"] == []


def test_no_secret_is_in_any_event(pages, owner, key, app, codes):
    told = json.dumps(list(Event.objects.journal().values_list("data", flat=True)))

    assert not any(code in told for code in codes)
    assert "secret" not in told
