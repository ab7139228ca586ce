"""API tokens at the doors: making them by API and on the page, and bringing them."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken
from accounts.services.api_tokens import create_token
from accounts.services.people import edit_person
from config.tests.plugin import PASSWORD

PATH = "/api/v1/auth/tokens/"
ME = "/api/v1/users/me/"
SENT = {"name": "Backup", "scopes": ["todos:read", "projects:*"], "password": PASSWORD}
pytestmark = pytest.mark.django_db


@pytest.fixture
def token(owner, now):
    return create_token(actor=owner, name="Backup", scopes=["account"], now=now)


@pytest.fixture
def bring():
    def bring(header: str, **options):
        return APIClient(headers={"Authorization": header}, **options)

    return bring


# Making and revoking by API


def test_a_new_token_shows_its_secret_once_and_works(api, owner, bring):
    client = api(owner)

    made = client.post(PATH, SENT)

    listed = client.get(PATH)
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert made.json()["secret"].startswith(made.json()["prefix"])
    assert made.json()["scopes"] == ["todos:read", "projects:read", "projects:write"]
    assert [row["name"] for row in listed.json()] == ["Backup"]
    assert made.json()["secret"] not in listed.text
    assert bring(f"Bearer {made.json()['secret']}").get("/api/v1/todos/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"scopes": "todos:read"}, "scopes"),
        ({"scopes": ["account"] * 21}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"password": "wrong"}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_a_refused_token_says_why(api, owner, change, field):
    response = api(owner).post(PATH, SENT | change)

    assert response.status_code == 422
    assert list(response.json()["fields"]) == [field]
    assert not ApiToken.objects.exists()


def test_a_stolen_access_token_makes_no_lasting_one(api, owner):
    response = api(owner).post(PATH, {"name": "Backup", "scopes": ["account"]})

    assert response.status_code == 422
    assert not ApiToken.objects.exists()


def test_S10_a_new_token_is_nobody_elses_and_chooses_no_secret(api, owner, stranger):
    api(owner).post(
        PATH, SENT | {"user": str(stranger.pk), "secret": "st_x", "digest": "0", "last_used_at": "2020-01-01"}
    )

    token = ApiToken.objects.get()
    assert (token.user, token.last_used_at) == (owner, None)
    assert token.digest != "0"


def test_a_token_is_revoked_and_refused_from_then_on(api, owner, token, bring):
    script = bring(f"Bearer {token.secret}")
    assert script.get(ME).status_code == 200

    assert api(owner).delete(f"{PATH}{token.token.pk}/").status_code == 204

    assert script.get(ME).status_code == 401


def test_S31_no_door_shows_a_secret_again(api, pages, owner, token):
    texts = [api(owner).get(PATH).text, pages(owner).get("/settings/").text, api(owner).get("/api/v1/activity/").text]

    for text in texts:
        assert token.token.digest not in text
        assert token.secret not in text


# Bringing them


@pytest.mark.parametrize(
    "header",
    [
        "Bearer st_",
        "Bearer st_wrong",
        "Bearer st_" + "ä" * 43,
        "Bearer st_" + "x" * 5000,
        "bearer st_\x00",
    ],
)
def test_S13_what_is_no_token_of_ours_is_refused(bring, header):
    response = bring(header).get(ME)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response["Content-Type"] == "application/problem+json"


def test_S13_a_token_is_no_access_token_and_the_other_way_round(api, owner, token, bring):
    jwt = api(owner)._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")

    assert bring(f"Bearer st_{jwt}").get(ME).status_code == 401
    assert bring(f"Bearer {token.secret.removeprefix('st_')}").get(ME).status_code == 401
    assert bring(f"Bearer {token.secret}").post("/api/v1/auth/refresh/", {"refresh": token.secret}).status_code == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWT"])
def test_S13_a_token_counts_as_a_bearer_alone(token, bring, scheme):
    assert bring(f"{scheme} {token.secret}").get(ME).status_code == 401


def test_S14_a_session_beside_a_token_lends_it_nothing(pages, owner, token):
    client = pages(owner)

    response = client.get("/api/v1/todos/", headers={"Authorization": f"Bearer {token.secret}"})

    assert response.status_code == 403


def test_a_refusal_names_the_scope_that_is_missing(token, bring):
    response = bring(f"Bearer {token.secret}").get("/api/v1/todos/")

    assert response.status_code == 403
    assert "todos:read" in response.json()["detail"]


def test_S15_a_token_ends_with_its_time_and_rests_with_its_person(owner, superadmin, bring, now):
    expired = create_token(actor=owner, name="x", scopes=["account"], now=now, expires_at=now + timedelta(hours=1))
    lasting = create_token(actor=owner, name="y", scopes=["account"], now=now)

    assert bring(f"Bearer {expired.secret}").get(ME).status_code == 401
    for is_active, status in ((False, 401), (True, 200)):
        edit_person(actor=superadmin, person_id=owner.pk, changes={"is_active": is_active}, now=now)
        assert bring(f"Bearer {lasting.secret}").get(ME).status_code == status


def test_S22_wrong_tokens_are_slowed_down_by_address_and_right_ones_are_not(token, bring):
    wrong = bring("Bearer st_wrong", REMOTE_ADDR="192.0.2.9")
    answers = [wrong.get(ME).status_code for _ in range(21)]

    slowed = wrong.get(ME)

    assert answers == [401] * 20 + [429]
    assert int(slowed["Retry-After"]) > 0
    assert bring(f"Bearer {token.secret}", REMOTE_ADDR="192.0.2.9").get(ME).status_code == 200


def test_a_token_costs_one_statement_and_one_more_a_minute(owner, bring, now):
    made = create_token(actor=owner, name="x", scopes=["todos:read"], now=now)
    script = bring(f"Bearer {made.secret}")

    def cost() -> int:
        captures = [CaptureQueriesContext(connection) for connection in connections.all()]
        for capture in captures:
            capture.__enter__()
        response = script.get("/api/v1/todos/")
        for capture in captures:
            capture.__exit__(None, None, None)
        assert response.status_code == 200
        return sum(len(capture) for capture in captures)

    first = cost()

    assert (first, cost()) == (3, 2)  # the token, the note of its use, the todos


def test_the_log_names_the_person_and_not_the_secret(token, owner, bring, caplog):
    bring(f"Bearer {token.secret}").get(ME)

    [line] = [record for record in caplog.records if record.name == "simple_todos.request"]
    assert line.user_id == str(owner.pk)
    assert token.secret not in caplog.text


# The page


FORM = {"name": "Home Assistant", "scopes": ["todos:read", "todos:write"], "lifetime": "30"}


def test_a_token_of_the_page_is_shown_once_and_never_lies_in_the_session(pages, owner, bring):
    client = pages(owner)

    response = client.post("/settings/tokens/new/", FORM)
    stored = dict(client.session)
    first, second = client.get("/settings/"), client.get("/settings/")

    token = ApiToken.objects.get()
    secret = first.context["new_token"]["secret"]
    assert response["Location"] == "/settings/#tokens"
    assert "new_token" in stored
    assert secret not in str(stored)
    assert secret in first.text
    assert "no-store" in first["Cache-Control"]
    assert secret not in second.text
    assert (token.name, token.scopes) == ("Home Assistant", ["todos:read", "todos:write"])
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert bring(f"Bearer {secret}").get("/api/v1/todos/").status_code == 200


def test_a_token_may_last(pages, owner):
    pages(owner).post("/settings/tokens/new/", FORM | {"lifetime": ""})

    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["admin"]}, "Choose at least one."),
        ({"lifetime": "forever"}, "Select a valid choice."),
    ],
)
def test_a_refused_token_of_the_page_says_why(pages, owner, change, sentence):
    response = pages(owner).post("/settings/tokens/new/", FORM | change)

    assert response.status_code == 422
    assert sentence in response.text
    assert not ApiToken.objects.exists()


def test_making_a_token_takes_a_recent_sign_in(pages, owner):
    client = pages(owner)
    session = client.session
    session["authenticated_at"] = timezone.now().timestamp() - 3600
    session.save()

    response = client.post("/settings/tokens/new/", FORM)

    assert response["Location"].startswith("/confirm/?next=")
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_on_the_page(pages, owner, token):
    response = pages(owner).post(f"/settings/tokens/{token.token.pk}/revocation/")

    assert response["Location"] == "/settings/#tokens"
    assert not ApiToken.objects.exists()


def test_the_settings_list_what_is_there_and_what_is_over(pages, owner, now):
    create_token(actor=owner, name="Old <b>script</b>", scopes=["account"], now=now, expires_at=now + timedelta(days=1))

    text = pages(owner).get("/settings/").text

    assert "Old &lt;b&gt;script&lt;/b&gt;" in text
    assert "Expired on" in text
