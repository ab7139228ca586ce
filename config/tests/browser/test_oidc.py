"""Signing in over a provider, in a real browser and through the provider's own form."""

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.tests.openid import provider_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(settings, live_server):
    cache.clear()
    with provider_process(sub="mara-1", email="mara@example.org", email_verified=True, name="Mara") as issuer:
        settings.BASE_URL = live_server.url
        settings.REGISTRATION = "open"
        settings.OUTGOING_ALLOWED_HOSTS = [issuer.removeprefix("http://")]
        settings.OIDC_PROVIDERS = {
            "company": {"issuer": issuer, "client_id": "todos", "client_secret": "s3cret", "label": "Company"}
        }
        yield issuer
    cache.clear()


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_person_signs_in_over_the_provider(company, visit, complaints, javascript):
    page = visit("/login/?next=/inbox/", java_script_enabled=javascript)
    # The provider's page takes its looks from elsewhere, where a test run does not get to.
    page.route(lambda url: "://localhost:" not in url, lambda route: route.abort())

    page.get_by_role("button", name="Continue with Company").click()
    page.wait_for_url(f"{company}/oauth2/authorize?*", wait_until="domcontentloaded")
    page.get_by_role("button", name="mara-1").click()

    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    page.goto("/settings/")
    expect(page.get_by_text("mara@example.org signs you in here.")).to_be_visible()
    # What the provider's own page fails to load is its affair; what our policy stops would be ours.
    assert [line for line in complaints if not line.startswith("Failed to load resource")] == []


def test_a_provider_that_is_away_is_said_so_on_the_login_page(company, visit, settings):
    settings.OIDC_PROVIDERS["company"]["issuer"] = "http://localhost:9"
    settings.OUTGOING_ALLOWED_HOSTS = ["localhost:9"]
    page = visit("/login/?next=/inbox/")

    page.get_by_role("button", name="Continue with Company").click()

    expect(page.get_by_text("Company does not answer as it should just now.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()
