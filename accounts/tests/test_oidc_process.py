"""Signing in over a provider that others made, in a process of its own."""

from urllib.parse import urlsplit

import pytest
import requests
from django.core.cache import cache

from accounts.models import Identity, User
from accounts.tests.openid import provider_process


@pytest.fixture(scope="module")
def issuer():
    with provider_process(sub="mara-1", email="mara@example.org", email_verified=True, name="Mara") as running:
        yield running


@pytest.fixture
def company(issuer, settings, db):
    cache.clear()
    settings.REGISTRATION = "open"
    settings.OUTGOING_ALLOWED_HOSTS = [issuer.removeprefix("http://")]
    settings.OIDC_PROVIDERS = {
        "company": {"issuer": issuer, "client_id": "todos", "client_secret": "s3cret", "label": "Company"}
    }
    yield
    cache.clear()


def sign_in(client, subject="mara-1"):
    """Do what a person does in their browser, from the login page on."""
    address = client.post("/login/company/", {"next": "/inbox/"}).context["url"]
    there = requests.post(address, {"sub": subject}, allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    return client.get(f"{back.path}?{back.query}")


def test_somebody_new_signs_up_and_comes_back(company, pages):
    first, second = sign_in(pages()), sign_in(pages())

    user = User.objects.get()
    assert (first["Location"], second["Location"]) == ("/inbox/", "/inbox/")
    assert (user.email, user.name) == ("mara@example.org", "Mara")
    assert Identity.objects.get().subject == "mara-1"


def test_S21_a_person_whom_it_does_not_vouch_for_is_refused(company, pages):
    response = sign_in(pages(), subject="somebody@example.org")

    assert response["Location"] == "/login/?next=%2Finbox%2F"
    assert not User.objects.exists()
