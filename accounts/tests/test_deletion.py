"""Leaving and staying, on the pages and over the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from accounts import rotation
from accounts.models import Deletion, User
from accounts.registry import DELETE
from accounts.scopes import SCOPES
from accounts.services.api_tokens import create_token
from accounts.services.deletion import request_deletion, sweep_due_deletions
from accounts.services.devices import sign_in_device
from config.tests.plugin import PASSWORD
from todos.models import Project
from todos.services.projects import create_project

URL = "/api/v1/users/me/deletion/"
PAGE = "/settings/delete/"


# The API


def test_the_api_says_what_needs_a_choice(owner, editor, project, api):
    assert api(owner).get(URL).json() == {
        "requested_at": None,
        "purge_after": None,
        "shared": [{"id": str(project.pk), "title": "Home", "heirs": [{"id": str(editor.pk), "name": "Editor"}]}],
    }


def test_the_api_takes_the_wish_and_takes_it_back(owner, editor, project, api):
    client = api(owner)

    asked = client.post(URL, {"password": PASSWORD, "choices": {str(project.pk): str(editor.pk)}})
    seen = client.get(URL)
    kept = [client.delete(URL) for _ in range(2)]

    assert asked.status_code == 201
    assert asked.json()["purge_after"] == seen.json()["purge_after"] is not None
    assert [answer.status_code for answer in kept] == [204, 204]
    assert client.get(URL).json()["purge_after"] is None


def test_the_device_that_asks_stays_signed_in_and_others_do_not(owner, api):
    here, there = api(owner), api(owner)

    here.post(URL, {"password": PASSWORD})

    assert (here.get(URL).status_code, there.get(URL).status_code) == (200, 401)


@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_the_api_asks_for_the_password(owner, api, password):
    body = {} if password is None else {"password": password}

    answer = api(owner).post(URL, body)

    assert answer.status_code == 422
    assert "password" in answer.json()["fields"]
    assert not Deletion.objects.exists()


def test_S22_the_password_cannot_be_guessed_here(owner, api):
    client = api(owner)

    codes = [client.post(URL, {"password": "wrong"}).status_code for _ in range(7)]

    assert codes[0] == 422
    assert codes[-1] == 429
    assert client.post(URL, {"password": PASSWORD}).status_code == 429


def test_who_has_no_password_needs_none(owner, api):
    client = api(owner)
    User.objects.update(password=make_password(None))

    assert client.post(URL, {}).status_code == 201


@pytest.mark.parametrize("choices", [{}, {"nothing": DELETE}, [], "delete", {"a": {"b": 1}}, {"a": "x" * 40}])
def test_choices_that_say_nothing_are_refused(owner, editor, api, choices):
    answer = api(owner).post(URL, {"password": PASSWORD, "choices": choices})

    assert answer.status_code == 422
    assert not Deletion.objects.exists()


def test_S14_a_token_neither_asks_nor_keeps(owner, api, now):
    made = create_token(actor=owner, name="cron", scopes=SCOPES, now=now)
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")

    codes = [client.get(URL), client.post(URL, {"password": PASSWORD}), client.delete(URL)]

    assert [answer.status_code for answer in codes] == [403, 403, 403]
    assert not Deletion.objects.exists()


def test_S15_within_the_grace_api_tokens_rest_and_the_person_signs_in(owner, api, now):
    made = create_token(actor=owner, name="cron", scopes=SCOPES, now=now)
    script, client = api(), api(owner)
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")
    codes = [script.get("/api/v1/users/me/").status_code]

    client.post(URL, {"password": PASSWORD})
    codes.append(script.get("/api/v1/users/me/").status_code)
    signed_in = api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD})
    client.delete(URL)
    codes.append(script.get("/api/v1/users/me/").status_code)

    assert codes == [200, 401, 200]
    assert signed_in.status_code == 200


def test_S15_a_deleted_person_is_refused_on_every_path(owner, api, pages, now):
    made = create_token(actor=owner, name="cron", scopes=SCOPES, now=now)
    device = sign_in_device(user=owner, label="phone", ip=None, now=now)
    client, browser, script = api(owner), pages(owner), api()
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {made.secret}")
    request_deletion(actor=owner, choices={}, now=now, keep=client.device.pk)

    sweep_due_deletions(now + timedelta(days=8))

    assert client.get(URL).status_code == 401
    assert script.get("/api/v1/users/me/").status_code == 401
    assert api().post("/api/v1/auth/refresh/", {"refresh": device.pair.refresh}).status_code == 401
    assert api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD}).status_code == 401
    assert browser.get("/settings/").status_code == 302
    assert not rotation.is_live(client.device.pk)


# The pages


def test_the_page_asks_what_becomes_of_each_shared_project(owner, editor, viewer, project, pages):
    page = pages(owner).get(PAGE).text

    assert page.count("<select") == 1
    for choice in (">Home<", "Hand over to Editor", "Hand over to Viewer", "Delete it for everyone"):
        assert choice in page


def test_leaving_and_staying_on_the_pages(owner, viewer, editor, project, pages):
    client, elsewhere = pages(owner), pages(owner)

    asked = client.post(PAGE, {str(project.pk): str(viewer.pk)})
    banner, again = client.get("/settings/").text, client.get(PAGE).text
    choices = Deletion.objects.get().choices
    kept = client.post("/settings/keep/")

    assert asked["Location"] == kept["Location"] == "/settings/#danger"
    assert choices == {str(project.pk): str(viewer.pk)}
    assert "Your account will be deleted on" in banner
    assert banner.count("Keep my account") == 2
    assert "<h1>Your account will be deleted</h1>" in again
    assert elsewhere.get("/settings/").status_code == 302
    assert not Deletion.objects.exists()
    assert "will be deleted" not in client.get("/settings/").text


def test_a_page_without_a_choice_says_so(owner, editor, project, pages):
    response = pages(owner).post(PAGE, {})

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert not Deletion.objects.exists()


def test_leaving_takes_a_recent_sign_in(owner, pages):
    client = pages(owner)
    session = client.session
    session["authenticated_at"] = 0
    session.save()

    answers = [client.get(PAGE), client.post(PAGE)]

    assert [answer["Location"] for answer in answers] == [
        "/confirm/?next=%2Fsettings%2Fdelete%2F",
        "/confirm/?next=%2Fsettings%2F",
    ]
    assert not Deletion.objects.exists()


def test_the_last_superadmin_reads_why_not(superadmin, pages):
    response = pages(superadmin).post(PAGE)

    assert response.status_code == 422
    assert "last active superadmin" in response.text


def test_S23_a_project_with_a_strange_name_stays_text(owner, register, pages, now):
    from todos.models import Membership

    project = create_project(actor=owner, title="<script>x</script>", now=now)
    Membership.objects.create(project=project, user=register("ann", name="<b>Ann</b>"), role="editor")

    page = pages(owner).get(PAGE).text

    assert "<script>x" not in page
    assert "<b>Ann" not in page


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_projects(
    owner, editor, pages, now, django_assert_max_num_queries
):
    from todos.models import Membership

    client = pages(owner)
    for number in range(10):
        project = create_project(actor=owner, title=f"Project {number}", now=now)
        Membership.objects.create(project=project, user=editor, role="editor")
    client.get(PAGE)

    with django_assert_max_num_queries(9):
        page = client.get(PAGE).text

    assert page.count("<select") == 11
    assert Project.objects.owned_by(owner.pk).count() == 12
    assert User.objects.count() == 2
