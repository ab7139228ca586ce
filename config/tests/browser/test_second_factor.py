"""The second step in a real browser: an app that shows codes, and a virtual device that keeps passkeys."""

import time
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import Session
from accounts.services.users import register_user
from accounts.sessions import SessionStore
from accounts.tests.authenticators import App
from config.tests.browser.test_accessibility import RULES
from config.tests.plugin import PASSWORD

STEP = 30
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mara(transactional_db):
    return register_user(email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", now=datetime.now(UTC))


@pytest.fixture
def device():
    """Give a page's browser a device that keeps passkeys and checks its holder (W3C WebAuthn §11)."""

    def device(page):
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    return device


@pytest.fixture
def sound(complaints):
    """Ask axe about each page on the way."""

    def sound(page):
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options=RULES | {"preload": False}).response["violations"]
        assert [(page.url, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    return sound


class Codes:
    """An app's codes, each typed once. A server takes those of the steps beside the present one, so nobody waits."""

    def __init__(self, secret):
        self.app, self.last = App(secret), 0

    def next(self):
        self.last = max(self.last + 1, int(time.time()) // STEP - 1)
        return self.app.code(datetime.fromtimestamp(self.last * STEP, UTC))


def first_step(page):
    page.goto("/login/")
    page.get_by_label("E-mail").fill("mara@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def is_in(page):
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme", "javascript"), [(1280, "light", True), (390, "dark", True), (1280, "dark", False)]
)
def test_an_app_and_its_recovery_codes(visit, mara, sound, complaints, width, scheme, javascript):
    page = visit("/login/", width=width, scheme=scheme, java_script_enabled=javascript, reduced_motion="reduce")
    check = sound if javascript else lambda page: None
    first_step(page)
    is_in(page)

    page.goto("/settings/#security")
    page.get_by_role("link", name="Set up").click()
    check(page)
    page.get_by_role("button", name="Set up an app").click()
    check(page)
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    codes = Codes(page.locator("code.secret").inner_text())
    page.get_by_role("textbox", name="Code").fill(codes.next())
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    check(page)
    recovery = page.locator(".codes code").all_inner_texts()
    assert len(recovery) == 10
    page.get_by_role("link", name="I kept them").click()
    expect(page.get_by_text("10 of 10 recovery codes left.")).to_be_visible()
    check(page)

    page.context.clear_cookies()
    first_step(page)
    check(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not prove it is you.")
    check(page)
    page.get_by_role("textbox", name="Code").fill(codes.next())
    page.get_by_role("button", name="Continue").click()
    is_in(page)

    page.context.clear_cookies()
    first_step(page)
    page.get_by_role("textbox", name="Code").fill(recovery[0].lower())
    page.get_by_role("button", name="Continue").click()
    is_in(page)
    page.goto("/settings/two-factor/")
    expect(page.get_by_text("9 of 10 left.")).to_be_visible()
    check(page)
    page.get_by_role("textbox", name="Code").fill(recovery[1])
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("Two-factor codes are off.")).to_be_visible()
    # The refused code was answered 422, which the browser notes.
    assert [line for line in complaints if "422" not in line] == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_passkey_alone_and_after_a_password(visit, mara, device, sound, complaints, width, scheme):
    page = visit("/login/", width=width, scheme=scheme, reduced_motion="reduce")
    browser, authenticator = device(page)
    first_step(page)
    is_in(page)

    page.goto("/settings/passkeys/")
    sound(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    page.goto("/settings/passkeys/")
    expect(page.get_by_label("Name of the passkey “Laptop”")).to_be_visible()
    sound(page)
    page.get_by_label("Name", exact=True).fill("Again")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("alert")).to_have_text("That device has a passkey for this account already.")
    page.get_by_label("Name of the passkey “Laptop”").fill("Old laptop")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Name of the passkey “Old laptop”")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/login/?next=/completed/")
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Completed", level=1)).to_be_visible()

    page.context.clear_cookies()
    first_step(page)
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)

    browser.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.context.clear_cookies()
    page.goto("/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey came back.")
    assert complaints == []


def test_a_passkey_confirms_what_is_an_hour_old(visit, mara, device, sound, complaints):
    page = visit()
    device(page)
    first_step(page)
    is_in(page)
    page.goto("/settings/passkeys/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    [row] = Session.objects.exclude(device=None)
    session = SessionStore(row.session_key)
    session["authenticated_at"] -= 3600
    session.save()

    page.goto("/settings/passkeys/")
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Passkeys", level=1)).to_be_visible()
    page.get_by_role("button", name="Remove “Laptop”").click()
    expect(page.get_by_text("Removed the passkey.")).to_be_visible()
    assert complaints == []
