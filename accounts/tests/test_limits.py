"""Every way to try a credential, or to make us mail one, tried until its door closes.

A row says how one try is made, and how many get through; from then on the answer is 429 with
`Retry-After`, also to who would be right. The Django admin has no door of its own: it leads to the
sign-in of the pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts import limits
from accounts.tests.authenticators import set_up_app
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db
API = "/api/v1/auth"
WRONG = "not my password"
PERSON = {"name": "New", "password": PASSWORD}
NEW = PERSON | {"email": "new@example.org"}


class Scene:
    """Who is there: somebody at a browser and at a client, the owner signed in at both."""

    def __init__(self, owner: Any, pages: Any, api: Any) -> None:
        self.email = owner.email
        self.nobody, self.signed_in = Client(), pages(owner)
        self.client = api(owner)
        self.challenge = ""

    def page(self, path: str, address: str = "198.51.100.1", **data: Any) -> Any:
        return self.nobody.post(path, data, REMOTE_ADDR=address)

    def own_page(self, path: str, **data: Any) -> Any:
        return self.signed_in.post(path, data, REMOTE_ADDR="198.51.100.1")

    def api(self, path: str, address: str = "198.51.100.1", **data: Any) -> Any:
        return self.nobody.post(f"{API}/{path}", data, content_type="application/json", REMOTE_ADDR=address)

    def own_api(self, path: str, **data: Any) -> Any:
        return self.client.post(f"/api/v1/{path}", data, REMOTE_ADDR="198.51.100.1")

    def passkey(self) -> Any:
        self.page("/login/passkey/options/")
        return self.page("/login/passkey/", credential="{}")


@dataclass(frozen=True)
class Door:
    """A way to try: the route, one try (with its number), how many are let through, and a try that would be right."""

    route: str
    attempt: Callable[[Scene, int], Any]
    count: int
    right: Callable[[Scene], Any] | None = None
    answers: tuple[int, ...] = (401, 422)


def somebody(number: int) -> str:
    return f"person{number}@example.org"


PAGES = [
    Door(
        "login",
        lambda scene, _: scene.page("/login/", email=scene.email, password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.page("/login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "login",
        lambda scene, number: scene.page("/login/", email=somebody(number), password=WRONG),
        limits.PASSWORD_OF_ADDRESS.count,
        lambda scene: scene.page("/login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "login",
        lambda scene, number: scene.page("/login/", f"192.0.2.{number}", email=scene.email, password=WRONG),
        limits.PASSWORD_OF_ACCOUNT.count,
        lambda scene: scene.page("/login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "passwordless-options",
        lambda scene, _: scene.page("/login/passkey/options/"),
        limits.PASSKEY_OF_ADDRESS.count,
        answers=(200,),
    ),
    Door("passwordless", lambda scene, _: scene.passkey(), limits.PASSWORD_OF_ADDRESS.count, answers=(302,)),
    Door(
        "confirm",
        lambda scene, _: scene.own_page("/confirm/", password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.own_page("/confirm/", password=PASSWORD),
    ),
    Door(
        "password-change",
        lambda scene, _: scene.own_page("/settings/password/", current_password=WRONG, password="a new long one"),
        limits.PASSWORD.count,
        lambda scene: scene.own_page("/settings/password/", current_password=PASSWORD, password="a new long one"),
    ),
    Door(
        "register",
        lambda scene, _: scene.page("/register/", **PERSON, email=scene.email),
        limits.MAIL_FROM.count,
        lambda scene: scene.page("/register/", **NEW),
    ),
    Door(
        "password-reset",
        lambda scene, _: scene.page("/password/reset/", email=scene.email),
        limits.MAIL_TO.count,
        answers=(302,),
    ),
    Door(
        "password-reset",
        lambda scene, number: scene.page("/password/reset/", email=somebody(number)),
        limits.MAIL_FROM.count,
        answers=(302,),
    ),
    Door(
        "email-verification",
        lambda scene, _: scene.page("/email/verification/", email=scene.email),
        limits.MAIL_TO.count,
        answers=(302,),
    ),
    Door(
        "email-change",
        lambda scene, _: scene.own_page("/settings/email/", email="new@example.org"),
        limits.MAIL_TO.count,
        answers=(302,),
    ),
    Door(
        "password-reset-confirmation",
        lambda scene, number: scene.nobody.get(f"/password/new/?token={number}"),
        limits.LINK_OF_ADDRESS.count,
    ),
    Door(
        "email-confirmation",
        lambda scene, number: scene.nobody.get(f"/email/confirmation/?token={number}"),
        limits.LINK_OF_ADDRESS.count,
    ),
    Door(
        "join",
        lambda scene, number: scene.nobody.get(f"/join/?token={number}"),
        limits.LINK_OF_ADDRESS.count,
    ),
]
CLIENTS = [
    Door(
        "api-login",
        lambda scene, _: scene.api("login/", email=scene.email, password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.api("login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "api-login",
        lambda scene, number: scene.api("login/", email=somebody(number), password=WRONG),
        limits.PASSWORD_OF_ADDRESS.count,
        lambda scene: scene.api("login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "api-login",
        lambda scene, number: scene.api("login/", f"192.0.2.{number}", email=scene.email, password=WRONG),
        limits.PASSWORD_OF_ACCOUNT.count,
        lambda scene: scene.api("login/", email=scene.email, password=PASSWORD),
    ),
    Door(
        "api-password",
        lambda scene, _: scene.own_api("auth/password/", current_password=WRONG, password="a new long one"),
        limits.PASSWORD.count,
        lambda scene: scene.own_api("auth/password/", current_password=PASSWORD, password="a new long one"),
    ),
    Door(
        "api-email",
        lambda scene, _: scene.own_api("auth/email/", email="new@example.org", password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.own_api("auth/email/", email="new@example.org", password=PASSWORD),
    ),
    Door(
        "api-token-list",
        lambda scene, _: scene.own_api("auth/tokens/", name="x", scopes=["account"], password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.own_api("auth/tokens/", name="x", scopes=["account"], password=PASSWORD),
    ),
    Door(
        "api-deletion",
        lambda scene, _: scene.own_api("users/me/deletion/", password=WRONG),
        limits.PASSWORD.count,
        lambda scene: scene.own_api("users/me/deletion/", password=PASSWORD),
    ),
    Door(
        "api-register",
        lambda scene, _: scene.api("register/", **PERSON, email=scene.email),
        limits.MAIL_FROM.count,
        lambda scene: scene.api("register/", **NEW),
        answers=(409,),
    ),
    Door(
        "api-register",
        lambda scene, number: scene.api("register/", **NEW, invitation=f"made-up-{number}"),
        limits.LINK_OF_ADDRESS.count,
    ),
    Door(
        "api-password-reset",
        lambda scene, _: scene.api("password/reset/", email=scene.email),
        limits.MAIL_TO.count,
        answers=(202,),
    ),
    Door(
        "api-email-verification",
        lambda scene, _: scene.api("email/verification/", email=scene.email),
        limits.MAIL_TO.count,
        answers=(202,),
    ),
    Door(
        "api-password-reset-confirmation",
        lambda scene, number: scene.api("password/reset/confirmation/", token=f"{number}", password="a new long one"),
        limits.LINK_OF_ADDRESS.count,
    ),
    Door(
        "api-email-confirmation",
        lambda scene, number: scene.api("email/confirmation/", token=f"made-up-{number}"),
        limits.LINK_OF_ADDRESS.count,
    ),
    Door(
        "api-refresh",
        lambda scene, number: scene.api("refresh/", refresh=f"made.up.{number}"),
        limits.REFRESH_OF_ADDRESS.count,
    ),
    Door(
        "api-me",
        lambda scene, number: scene.nobody.get("/api/v1/users/me/", headers={"authorization": f"Bearer st_{number}"}),
        limits.API_TOKEN_OF_ADDRESS.count,
    ),
]
SECOND_STEPS = [
    Door(
        "second-step",
        lambda scene, _: scene.page("/login/second-step/", code="000000"),
        limits.SECOND_STEP.count,
    ),
    Door(
        "confirm",
        lambda scene, _: scene.own_page("/confirm/", password=PASSWORD, code="000000"),
        limits.SECOND_STEP.count,
    ),
    Door(
        "two-factor-removal",
        lambda scene, _: scene.own_page("/settings/two-factor/removal/", code="000000"),
        limits.SECOND_STEP.count,
    ),
    Door(
        "api-second-step",
        lambda scene, _: scene.api("login/second-step/", challenge=scene.challenge, code="000000"),
        limits.SECOND_STEP.count,
    ),
]
OPEN_OTHERWISE = {
    "second-step-options",
    "provider",  # counted as PROVIDER in test_oidc: there is none by default
    "shared",  # counted by link and address in test_public_links
    "api-public-access",
}
"""Doors for strangers that take no credential of a person."""


@pytest.fixture(autouse=True)
def no_budgets(settings):
    """Let no other limit strike first."""
    settings.API_RATE_USER = settings.API_RATE_ADDRESS = None


@pytest.fixture
def scene(owner, pages, api):
    return Scene(owner, pages, api)


@pytest.fixture
def between_steps(owner, scene, pages, now):
    """The owner has two factors, and did the first step on a page and on the API."""
    set_up_app(owner, now)
    scene.signed_in = pages(owner)
    assert scene.page("/login/", email=owner.email, password=PASSWORD)["Location"].startswith("/login/second-step/")
    scene.challenge = scene.api("login/", email=owner.email, password=PASSWORD).json()["challenge"]
    return scene


def try_until_it_closes(door: Door, scene: Scene) -> Any:
    answers = [door.attempt(scene, number).status_code for number in range(door.count)]
    assert set(answers) <= set(door.answers)
    return door.attempt(scene, door.count)


def assert_closed(response: Any, kind: str) -> None:
    assert response.status_code == 429
    assert response["Content-Type"].startswith(kind)
    assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("door", PAGES, ids=lambda door: f"{door.route}-{door.count}")
def test_S22_tries_are_limited_at_each_door_of_the_pages(door, scene):
    assert_closed(try_until_it_closes(door, scene), "text/html")
    if door.right:
        assert_closed(door.right(scene), "text/html")


@pytest.mark.parametrize("door", CLIENTS, ids=lambda door: f"{door.route}-{door.count}")
def test_S22_tries_are_limited_at_each_door_of_the_api(door, scene):
    assert_closed(try_until_it_closes(door, scene), "application/problem+json")
    if door.right:
        assert_closed(door.right(scene), "application/problem+json")


@pytest.mark.parametrize("door", SECOND_STEPS, ids=lambda door: door.route)
def test_S22_tries_at_the_second_step_are_limited_at_each_door(door, between_steps):
    kind = "application/problem+json" if door.route.startswith("api-") else "text/html"

    assert_closed(try_until_it_closes(door, between_steps), kind)
    for other in SECOND_STEPS:
        assert other.attempt(between_steps, 0).status_code == 429


def test_S22_one_address_gets_only_so_many_invitations(admin, pages, api):
    invitation = {"email": "new@example.org", "role": "user"}
    for _ in range(limits.MAIL_TO.count):
        assert pages(admin).post("/users/invite/", invitation).status_code == 302

    assert_closed(pages(admin).post("/users/invite/", invitation), "text/html")
    assert_closed(api(admin).post("/api/v1/invitations/", invitation), "application/problem+json")


def test_S22_pages_and_api_count_together(scene):
    for number in range(limits.PASSWORD.count):
        PAGES[0].attempt(scene, number) if number % 2 else CLIENTS[0].attempt(scene, number)

    assert_closed(PAGES[0].attempt(scene, 0), "text/html")
    assert_closed(CLIENTS[0].attempt(scene, 0), "application/problem+json")


def test_S22_what_was_typed_stays_on_the_page_of_a_door_that_closed(scene):
    response = try_until_it_closes(PAGES[0], scene)

    assert f'value="{scene.email}"' in response.text
    assert "Too many tries" in response.text
    assert WRONG not in response.text


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/login/?next=/admin/accounts/user/"])
def test_S22_the_admin_has_no_sign_in_of_its_own(superadmin, path):
    client = Client()

    response = client.post(path, {"username": superadmin.email, "password": PASSWORD}, follow=True)

    assert response.redirect_chain[-1][0].startswith("/login/?next=/admin/")
    assert "sessionid" not in client.cookies


def test_S22_every_door_that_is_open_to_strangers_is_in_the_table():
    found = set()
    for route, view, values in walk(get_resolver("config.urls").url_patterns):
        api_view = getattr(view, "cls", None)
        stranger_may = not api_view.authentication_classes if api_view else not getattr(view, "login_required", True)
        if stranger_may and "POST" in allowed(route, values):
            found.add(route)

    assert found - OPEN_OTHERWISE <= {door.route for door in PAGES + CLIENTS + SECOND_STEPS}
    assert {"login", "api-login", "register", "api-refresh", *OPEN_OTHERWISE} <= found


def walk(patterns: Any, namespace: str = "") -> Any:
    for entry in patterns:
        if isinstance(entry, URLPattern):
            if not namespace:
                yield entry.name, entry.callback, {name: example(name) for name in entry.pattern.converters}
        else:
            yield from walk(entry.url_patterns, entry.namespace or namespace)


def example(name: str) -> str:
    return "any" if name in ("provider", "token") else "0196a000-0000-7000-8000-000000000000"


def allowed(route: str, values: dict[str, str]) -> str:
    return str(Client().generic("TRACE", reverse(route, kwargs=values)).headers.get("Allow", ""))
