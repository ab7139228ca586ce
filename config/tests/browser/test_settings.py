"""The settings in a real browser: what is chosen holds at once, and without JavaScript after a click."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.services.users import register_user
from config.tests.plugin import NOW, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def settings_page(visit, transactional_db):
    """Open the settings of a person who has just signed in."""

    def settings_page(**options):
        register_user(email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", now=NOW)
        page = visit("/login/?next=/settings/", **options)
        page.get_by_label("E-mail").fill("mara@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
        return page

    return settings_page


def test_a_theme_holds_as_soon_as_it_is_chosen(settings_page, complaints):
    page = settings_page()

    page.get_by_text("Dark", exact=True).click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert complaints == []


def test_the_theme_can_be_chosen_with_the_keyboard(settings_page):
    page = settings_page()

    page.get_by_role("radio", name="System").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_single_keys_do_nothing_once_they_are_off(settings_page, complaints):
    page = settings_page()

    with page.expect_response("**/settings/appearance/"):
        page.get_by_role("switch", name="Single-key shortcuts").click()
    page.locator("h1").click()
    for key in ("q", "g", "i", "z"):
        page.keyboard.press(key)

    expect(page.locator("html")).to_have_attribute("data-shortcuts", "off")
    expect(page.locator("kbd").first).to_be_hidden()
    assert page.url.endswith("/settings/")
    page.goto("/today/")
    page.locator("h1").click()
    page.keyboard.press("q")
    expect(page.get_by_label("Add a todo")).not_to_be_focused()
    assert complaints == []


def test_the_time_there_follows_the_zone_that_is_chosen(settings_page, complaints):
    page = settings_page()

    page.get_by_label("Time zone").select_option("Asia/Kathmandu")

    there = page.evaluate(
        "new Date().toLocaleTimeString('en-gb', {hour: '2-digit', minute: '2-digit', timeZone: 'Asia/Kathmandu'})"
    )
    expect(page.locator("zone-clock")).to_have_text(f"It is {there} there now.")
    assert complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_the_profile_and_the_appearance_are_saved(settings_page, complaints, javascript):
    page = settings_page(java_script_enabled=javascript)

    page.get_by_label("Name", exact=True).fill("Mara L.")
    page.get_by_label("Time zone").select_option("Europe/Stockholm")
    page.get_by_label("Week starts on").select_option("Sunday")
    page.get_by_label("Language and dates").select_option("en-us")
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator(".toast", has_text="Saved your profile")).to_be_visible()
    if not javascript:
        page.get_by_role("switch", name="Single-key shortcuts").uncheck()
        page.get_by_role("button", name="Save appearance").click()
        expect(page.locator("html")).to_have_attribute("data-shortcuts", "off")

    mara = User.objects.get()
    assert (mara.name, mara.time_zone, mara.week_start, mara.language) == ("Mara L.", "Europe/Stockholm", "SU", "en-us")
    expect(page.locator("html")).to_have_attribute("lang", "en-us")
    assert complaints == []
