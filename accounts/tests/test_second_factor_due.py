import pytest
from django.utils import timezone

from accounts.services.second_factors import authenticator_in_setup
from accounts.tests.authenticators import App
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(pages):
    """Come in by the login page, as `enter` lets people in."""

    def signed_in(user):
        client = pages()
        client.post("/login/", {"email": user.email, "password": PASSWORD})
        return client

    return signed_in


@pytest.mark.parametrize(
    ("setting", "asked"),
    [("optional", []), ("admins", ["admin", "superadmin"]), ("everyone", ["owner", "admin", "superadmin"])],
)
def test_who_must_have_a_second_factor_gets_no_further_than_setting_it_up(
    settings, signed_in, owner, admin, superadmin, setting, asked
):
    settings.SECOND_FACTOR = setting

    shut = []
    for name, user in {"owner": owner, "admin": admin, "superadmin": superadmin}.items():
        client = signed_in(user)
        answers = [
            client.get(path) for path in ("/today/", "/settings/", "/settings/export/", "/users/", "/api/v1/todos/")
        ]
        if answers[0].status_code == 302:
            assert [answer.status_code for answer in answers] == [302, 302, 302, 302, 403]
            assert {answer["Location"] for answer in answers[:4]} == {"/settings/two-factor/"}
            shut.append(name)
        else:
            assert answers[0].status_code == 200

    assert shut == asked


def test_the_django_admin_stays_shut_until_then(settings, signed_in, superadmin):
    settings.SECOND_FACTOR = "admins"

    response = signed_in(superadmin).get("/admin/accounts/user/")

    assert response["Location"] == "/settings/two-factor/"


def test_everything_opens_once_there_is_one(settings, signed_in, admin):
    settings.SECOND_FACTOR = "admins"
    client = signed_in(admin)
    client.post("/settings/two-factor/")
    app = App(authenticator_in_setup(user=admin).secret)
    assert client.get("/users/").status_code == 302

    client.post("/settings/two-factor/setup/", {"code": app.code(timezone.now())})

    assert client.get("/users/").status_code == 200
    assert "second_factor_due" not in client.session


def test_htmx_is_led_there_as_a_whole_page(settings, signed_in, admin):
    settings.SECOND_FACTOR = "everyone"

    response = signed_in(admin).get("/today/", headers={"HX-Request": "true"})

    assert (response.status_code, response["HX-Redirect"]) == (204, "/settings/two-factor/")


def test_one_can_still_sign_out(settings, signed_in, owner):
    settings.SECOND_FACTOR = "everyone"
    client = signed_in(owner)

    client.post("/logout/")

    assert "_auth_user_id" not in client.session


def test_S20_the_api_signs_nobody_in_who_lacks_it(settings, api, owner):
    settings.SECOND_FACTOR = "everyone"

    response = api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert not owner.devices.exists()
