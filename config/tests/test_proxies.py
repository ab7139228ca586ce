"""Where a request came from: what a proxy of ours says counts, and what anybody else says does not."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.env import Environment
from config.proxies import ClientAddressMiddleware

PROXIES = ["10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48"]


@pytest.fixture
def behind(settings):
    settings.TRUSTED_PROXIES = PROXIES
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def seen(peer: str, **headers: Any):
    """Return the request as a view gets it."""
    found = []

    def view(request):
        found.append(request)
        return HttpResponse()

    ClientAddressMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))
    return found[0]


@pytest.mark.parametrize(
    ("peer", "claim", "client"),
    [
        ("10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.4, 192.0.2.7", "198.51.100.4"),
        ("10.0.0.1", "10.9.9.9,198.51.100.4,10.1.1.1", "198.51.100.4"),
        ("10.0.0.1", "10.2.2.2, 10.3.3.3", "10.2.2.2"),
        ("10.0.0.1", "nonsense, 198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "198.51.100.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4, ", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4:4711", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "::ffff:198.51.100.4", "198.51.100.4"),
        ("2001:db8:ffff::1", "2001:DB8:0:0::9", "2001:db8::9"),
        ("198.51.100.4", "203.0.113.9", "198.51.100.4"),
        ("198.51.100.4", "10.0.0.1", "198.51.100.4"),
        ("192.0.2.8", "203.0.113.9", "192.0.2.8"),
        ("2001:db8:fffe::1", "203.0.113.9", "2001:db8:fffe::1"),
        ("::ffff:198.51.100.4", "203.0.113.9", "198.51.100.4"),
        ("", "203.0.113.9", ""),
    ],
)
def test_S22_the_address_is_that_of_the_first_hop_which_no_proxy_of_ours_vouches_for(behind, peer, claim, client):
    assert seen(peer, HTTP_X_FORWARDED_FOR=claim).META["REMOTE_ADDR"] == client


def test_S22_without_proxies_nobody_is_believed(settings):
    settings.TRUSTED_PROXIES = []

    request = seen("127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert request.META["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize(("peer", "secure"), [("10.0.0.1", True), ("198.51.100.4", False), ("", False)])
def test_S22_https_is_believed_of_a_proxy_alone(behind, peer, secure):
    request = seen(peer, HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_HOST="evil.example")

    assert request.is_secure() is secure
    assert ("HTTP_X_FORWARDED_HOST" in request.META) is secure


@pytest.mark.django_db
def test_S22_a_made_up_address_dodges_no_limit(settings):
    settings.API_RATE_ADDRESS = 3
    client = Client()

    answers = [
        client.get("/api/v1/", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(4)
    ]

    assert answers == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("value", "networks"),
    [
        ("", []),
        ("none", []),
        ("127.0.0.1", ["127.0.0.1"]),
        ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"]),
    ],
)
def test_proxies_are_named_by_address_or_network(value, networks):
    assert Environment({"NAME": value}, strict=True).networks("NAME") == networks


@pytest.mark.parametrize("value", ["proxy", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "*", "127.0.0.1 ::1"])
def test_a_network_that_is_none_or_everybodys_is_refused(value):
    with pytest.raises(SystemExit, match="NAME has"):
        Environment({"NAME": value}, strict=False).networks("NAME")


@pytest.mark.parametrize(("value", "rate"), [("", 7), ("none", None), ("1", 1), ("5000", 5000)])
def test_a_rate_is_a_number_or_none(value, rate):
    assert Environment({"NAME": value}, strict=True).rate("NAME", default=7) == rate


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_rate_that_is_no_number_is_refused(value):
    with pytest.raises(SystemExit, match="NAME is"):
        Environment({"NAME": value}, strict=False).rate("NAME", default=7)
