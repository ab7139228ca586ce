"""A year of one account by a JSON client: every door once, in the order of a life."""

import json
import re
from datetime import timedelta
from time import time as clock_now

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from django_otp.oath import TOTP
from rest_framework.test import APIClient

from accounts.models import Authenticator, User
from accounts.sealing import unseal
from accounts.services.deletion import sweep_due_deletions
from accounts.services.mail import sweep_mail
from accounts.services.second_factors import begin_authenticator, confirm_authenticator

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = "a lamp beside the sea", "seven boats came home", "rain on the tin roof"


class Client:
    """A client that speaks JSON and keeps its tokens."""

    def __init__(self) -> None:
        self.http = APIClient()

    def send(self, method, path, body=None, *, expect):
        response = getattr(self.http, method)(f"/api/v1/{path}", body, format="json")
        assert response.status_code == expect, (path, response.content)
        return response.json() if response.content and expect != 204 else None

    def bear(self, token):
        self.http.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def sign_in(self, password, *, expect=200):
        self.http.credentials()
        answer = self.send("post", "auth/login/", {"email": "ada@example.org", "password": password}, expect=expect)
        if expect == 200:
            self.bear(answer["access"])
        return answer


def link_in_mail() -> str:
    """Let the worker send, and return the secret of the newest link."""
    sweep_mail(timezone.now())
    return re.findall(r"[?&]token=([\w-]+)", str(mail.outbox[-1].body))[0]


def code_of(user) -> str:
    totp = TOTP(unseal(Authenticator.objects.get(user=user).secret))
    totp.time = clock_now()
    return f"{totp.token():06}"


def test_a_json_client_lives_with_an_account_from_sign_up_to_goodbye(db):
    with time_machine.travel("2026-03-02 09:00Z", tick=True) as clock:
        ada = Client()
        person = {"email": "ada@example.org", "password": FIRST, "name": "Ada"}
        ada.send("post", "auth/register/", person, expect=201)
        ada.send("post", "auth/email/confirmation/", {"token": link_in_mail()}, expect=200)

        pair = ada.sign_in(FIRST)
        assert ada.send("get", "users/me/", expect=200)["email_verified_at"]
        pair = ada.send("post", "auth/refresh/", {"refresh": pair["refresh"]}, expect=200)
        ada.bear(pair["access"])
        ada.send("patch", "users/me/", {"week_start": "SU", "time_zone": "Europe/Berlin"}, expect=200)
        ada.send("post", "todos/", {"title": "Book the ferry"}, expect=201)

        # Devices
        phone = Client()
        phone.sign_in(FIRST)
        assert len(ada.send("get", "auth/devices/", expect=200)["results"]) == 2
        ada.send("delete", "auth/devices/", expect=204)
        phone.send("get", "todos/", expect=401)

        # A token for a script
        wish = {"name": "Kitchen display", "scopes": ["todos:read"], "password": FIRST}
        token = ada.send("post", "auth/tokens/", wish, expect=201)
        script = Client()
        script.bear(token["secret"])
        assert script.send("get", "todos/", expect=200)["results"][0]["title"] == "Book the ferry"
        script.send("post", "todos/", {"title": "No"}, expect=403)
        script.send("get", "auth/devices/", expect=403)

        # Another password, then a lost one
        phone.sign_in(FIRST)
        ada.send("post", "auth/password/", {"current_password": FIRST, "password": SECOND}, expect=204)
        phone.send("get", "todos/", expect=401)
        ada.send("get", "todos/", expect=200)
        mail.outbox.clear()
        Client().send("post", "auth/password/reset/", {"email": "ada@example.org"}, expect=202)
        reset = {"token": link_in_mail(), "password": THIRD}
        Client().send("post", "auth/password/reset/confirmation/", reset, expect=204)
        ada.send("get", "todos/", expect=401)
        again = reset | {"password": FIRST}
        Client().send("post", "auth/password/reset/confirmation/", again, expect=422)

        # A second factor
        ada.sign_in(THIRD)
        user = User.objects.get()
        begin_authenticator(actor=user, now=timezone.now())
        codes = confirm_authenticator(actor=user, code=code_of(user), now=timezone.now())
        ada.send("get", "todos/", expect=401)
        clock.shift(timedelta(minutes=1))
        challenge = ada.sign_in(THIRD, expect=202)["challenge"]
        ada.bear(challenge)
        ada.send("get", "todos/", expect=401)
        ada.http.credentials()
        answer = {"challenge": challenge, "code": code_of(user)}
        ada.bear(ada.send("post", "auth/login/second-step/", answer, expect=200)["access"])
        challenge = phone.sign_in(THIRD, expect=202)["challenge"]
        phone.send("post", "auth/login/second-step/", answer | {"challenge": challenge}, expect=401)
        phone.send("post", "auth/login/second-step/", {"challenge": challenge, "code": codes[0]}, expect=200)

        # Another address
        mail.outbox.clear()
        ada.send("post", "auth/email/", {"email": "ada@example.com", "password": THIRD}, expect=202)
        ada.send("post", "auth/email/confirmation/", {"token": link_in_mail()}, expect=200)
        assert ada.send("get", "users/me/", expect=200)["email"] == "ada@example.com"

        # Goodbye, taken back and then meant
        exported = b"".join(ada.http.get("/api/v1/users/me/export/").streaming_content)
        assert "Book the ferry" in [todo["title"] for todo in json.loads(exported)["todos"]]
        ada.send("post", "users/me/deletion/", {"password": THIRD}, expect=201)
        ada.send("delete", "users/me/deletion/", expect=204)
        clock.shift(timedelta(days=8))
        assert sweep_due_deletions(timezone.now()) == 0
        challenge = ada.send("post", "auth/login/", {"email": "ada@example.com", "password": THIRD}, expect=202)[
            "challenge"
        ]
        answer = {"challenge": challenge, "code": codes[1]}
        ada.bear(ada.send("post", "auth/login/second-step/", answer, expect=200)["access"])
        ada.send("post", "users/me/deletion/", {"password": THIRD}, expect=201)
        clock.shift(timedelta(days=8))
        assert sweep_due_deletions(timezone.now()) == 1
        assert not User.objects.exists()
