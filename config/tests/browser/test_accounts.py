"""A life with an account on the pages, with htmx and without JavaScript: in by mail, kept, shared, left."""

import json
import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.services.mail import sweep_mail
from accounts.services.users import register_user
from config.tests.plugin import NOW, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW_PASSWORD = "seven boats came home"


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page, email, password=PASSWORD):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def follow_mail(page, subject):
    """Let the worker send, and open the link of the newest mail of this subject."""
    sweep_mail(timezone.now())
    text = next(message.body for message in reversed(mail.outbox) if subject in message.subject)
    page.goto("/" + re.findall(r"https?://[^/\s]+/(\S+token=\S+)", text)[0])


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no JavaScript"])
def test_an_account_on_the_pages_from_an_invitation_to_goodbye(visit, complaints, javascript):
    register_user(email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", role="superadmin", now=NOW)
    mara = visit("/login/?next=/users/", java_script_enabled=javascript)
    sign_in(mara, "mara@example.org")
    mara.get_by_role("link", name="Invite").click()
    mara.get_by_label("E-mail").fill("jonas@example.org")
    press(mara, "Send invitation")
    expect(mara.get_by_role("row", name=re.compile("jonas@example.org"))).to_contain_text("Invited")

    # In by the invitation; the address is proven with it
    jonas = visit("/", java_script_enabled=javascript)
    follow_mail(jonas, "invited")
    assert "token" not in jonas.url
    jonas.get_by_label("Name").fill("Jonas Weber")
    jonas.get_by_label("Password", exact=True).fill(PASSWORD)
    press(jonas, "Create account")
    expect(jonas.get_by_role("heading", name="Today", level=1)).to_be_visible()

    # Lost the password on a second browser: the first is signed out
    other = visit("/login/", java_script_enabled=javascript)
    other.get_by_role("link", name="Forgot your password?").click()
    other.get_by_label("E-mail").fill("jonas@example.org")
    press(other, "Mail me a link")
    follow_mail(other, "password")
    other.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    press(other, "Save password")
    jonas.goto("/today/")
    expect(jonas).to_have_url(re.compile("/login/"))
    sign_in(jonas, "jonas@example.org", NEW_PASSWORD)
    expect(jonas.get_by_role("heading", name="Today", level=1)).to_be_visible()

    # Two devices; the other is signed out from here
    other.goto("/login/")
    sign_in(other, "jonas@example.org", NEW_PASSWORD)
    expect(other.get_by_role("heading", name="Today", level=1)).to_be_visible()
    jonas.goto("/settings/")
    expect(jonas.get_by_text("This device")).to_be_visible()
    press(jonas, "Sign out everywhere else")
    expect(jonas.get_by_text("You are signed out everywhere else.")).to_be_visible()
    other.goto("/today/")
    expect(other).to_have_url(re.compile("/login/"))

    # Another address, confirmed at the new one
    jonas.goto("/settings/")
    jonas.locator("section", has=jonas.locator("#profile")).get_by_role("link", name="Change").click()
    jonas.get_by_label("New e-mail").fill("jonas@example.com")
    jonas.locator("main form button[type=submit]").click()
    follow_mail(jonas, "address")
    press(jonas, "Confirm this address")
    jonas.goto("/settings/")
    expect(jonas.get_by_text("jonas@example.com")).to_be_visible()

    # A token for a script, shown once
    jonas.get_by_role("link", name="New token").click()
    jonas.get_by_label("Name").fill("Kitchen display")
    jonas.get_by_label("See todos and labels").check()
    press(jonas, "Make token")
    secret = jonas.locator("code", has_text="st_").first.inner_text()
    answer = jonas.request.get("/api/v1/todos/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status == 200
    jonas.goto("/settings/")
    expect(jonas.get_by_text("Kitchen display")).to_be_visible()
    expect(jonas.get_by_text(secret)).to_have_count(0)

    # The data, and goodbye; then not, then switched off by an admin
    with jonas.expect_download() as download:
        jonas.get_by_role("link", name="Download").click()
    assert json.loads(download.value.path().read_text())["account"]["email"] == "jonas@example.com"
    jonas.get_by_role("link", name="Delete account").click()
    press(jonas, "Delete my account")
    jonas.goto("/settings/")
    jonas.get_by_role("region", name="Danger zone").get_by_role("button", name="Keep my account").click()
    expect(jonas.get_by_role("link", name="Delete account")).to_be_visible()
    mara.goto("/users/?q=jonas")
    mara.get_by_role("link", name="Actions for Jonas Weber").click()
    expect(mara.get_by_role("heading", name="Jonas Weber", level=1)).to_be_visible()
    mara.get_by_role("link", name="Switch off").click()
    mara.locator("main form button[type=submit]").click()
    expect(mara.get_by_text("Switched off").first).to_be_visible()
    jonas.goto("/today/")
    expect(jonas).to_have_url(re.compile("/login/"))
    assert not User.objects.get(email="jonas@example.com").is_active
    assert complaints == []
