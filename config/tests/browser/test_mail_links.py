"""Mailed links in a real browser: joining, proving an address and choosing a password, with and without JavaScript."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.services.invitations import invite_person
from accounts.services.users import register_user
from config.tests.plugin import NOW, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "another horse battery"


@pytest.fixture
def mara(transactional_db):
    return register_user(email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", role="admin", now=NOW)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_newcomer_signs_up_proves_the_address_and_loses_the_password(
    transactional_db, visit, token_of, complaints, javascript
):
    page = visit("/register/", java_script_enabled=javascript)
    page.get_by_label("Name").fill("Nora")
    page.get_by_label("E-mail").fill("nora@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/today/")

    token = token_of()
    page.goto(f"/email/confirmation/?token={token}")
    assert token not in page.url
    assert token not in page.content()
    assert User.objects.get().email_verified_at is None
    page.get_by_role("button", name="Confirm this address").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()

    page.context.clear_cookies()
    page.goto("/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill("nora@example.org")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_text("If there is an account with this address")).to_be_visible()
    page.goto(f"/password/new/?token={token_of()}")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Save password").click()
    page.get_by_label("E-mail").fill("nora@example.org")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/today/")

    assert complaints == []


def test_a_guest_joins_and_sees_what_is_typed_only_on_demand(mara, mailed, visit, token_of, complaints):
    mailed()
    invite_person(actor=mara, email="guest@example.org", role="user", now=timezone.now())
    page = visit(f"/join/?token={token_of()}", width=390)
    password = page.get_by_label("Password", exact=True)
    password.fill(NEW)
    before = password.get_attribute("type")

    page.get_by_role("button", name="Show what is typed: Password").click()
    shown = password.get_attribute("type")
    page.get_by_label("Name").fill("Gwen")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/today/")

    assert (before, shown) == ("password", "text")
    assert User.objects.with_email("guest@example.org").get().role == "user"
    assert complaints == []


def test_a_password_is_changed_in_the_settings(mara, visit, complaints):
    page = visit("/login/?next=/settings/password/")
    page.get_by_label("E-mail").fill("mara@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.get_by_label("Your password now", exact=True).fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Save password").click()

    expect(page.get_by_text("Your password is changed, and other devices are signed out.")).to_be_visible()
    mara.refresh_from_db()
    assert mara.check_password(NEW)
    assert complaints == []
