"""What went wrong, as an answer of the API and as a page."""

import logging

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client
from django.urls import include, path
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from config import errors
from config.http import STATUS

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
SECRET = "inner-detail-of-a-fault"
MISTAKES = {
    "fault": RuntimeError(SECRET),
    "malformed": SuspiciousOperation(SECRET),
    "denied": PermissionDenied(SECRET),
    "missing": Http404(SECRET),
    "busy": OperationalError(SECRET),
    "away": InterfaceError(SECRET),
    "throttled": Throttled(wait=7),
    "fields": errors.Invalid("Look again.", fields={"title": ["Too long."]}),
    "field": errors.Invalid.field("title", "Too long."),
    "later": errors.Unavailable("Come back.", retry_after=5),
    "nested": serializers.ValidationError({"labels": {"0": ["Too long."]}, "title": ["Missing.", "Really."]}),
    "bare": serializers.ValidationError("Nothing fits."),
} | {kind.code: kind("A sentence for people.") for kind in errors.DomainError.__subclasses__()}


class Failing(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request, name):
        raise MISTAKES[name]


@login_not_required
def failing(request, name):
    raise MISTAKES[name]


urlpatterns = [
    path("api/v1/fail/<name>/", Failing.as_view()),
    path("fail/<name>/", failing),
    path("", include("config.urls")),
]
handler400 = "config.http.bad_request"
handler403 = "config.http.forbidden"
handler404 = "config.http.not_found"
handler500 = "config.http.server_error"


@pytest.fixture
def quiet():
    """A client that answers as a server does: faults become pages."""
    return Client(raise_request_exception=False)


def test_each_kind_of_refusal_has_a_status():
    assert {kind.code for kind in errors.DomainError.__subclasses__()} == set(STATUS)


@pytest.mark.parametrize(("code", "status"), STATUS.items())
def test_the_api_answers_a_refusal_as_problem_details(quiet, code, status):
    response = quiet.get(f"/api/v1/fail/{code}/")

    body = response.json()
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert body.pop("request_id") == response["X-Request-ID"]
    assert body == {
        "type": "about:blank",
        "title": response.reason_phrase,
        "status": status,
        "detail": "A sentence for people.",
        "code": code,
    }


@pytest.mark.parametrize(("code", "status"), [item for item in STATUS.items() if item[0] != "not_found"])
def test_a_page_says_a_refusal_in_the_same_sentence(quiet, code, status):
    response = quiet.get(f"/fail/{code}/")

    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert "A sentence for people." in response.text


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("malformed", 400, "malformed"),
        ("denied", 403, "forbidden"),
        ("missing", 404, "not_found"),
        ("busy", 503, "unavailable"),
        ("away", 503, "unavailable"),
        ("throttled", 429, "rate_limited"),
        ("fault", 500, "error"),
    ],
)
def test_S34_the_api_tells_nothing_of_what_broke_inside(quiet, name, status, code):
    response = quiet.get(f"/api/v1/fail/{name}/")

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert (response.json()["status"], response.json()["code"]) == (status, code)
    assert_discreet(response)


@pytest.mark.parametrize(
    ("name", "status"),
    [("malformed", 400), ("denied", 403), ("missing", 404), ("busy", 503), ("away", 503), ("fault", 500)],
)
def test_S34_a_page_tells_nothing_of_what_broke_inside(quiet, name, status):
    response = quiet.get(f"/fail/{name}/")

    assert response.status_code == status
    assert "Go to my todos" in response.text
    assert "data-problem" in response.text
    assert_discreet(response)


def assert_discreet(response):
    for word in (SECRET, "Traceback", "RuntimeError", "/config/", ".py", "site-packages", "SELECT"):
        assert word not in response.text


def test_a_fault_is_logged_with_its_trace(quiet, caplog):
    quiet.get("/api/v1/fail/fault/")

    [record] = [record for record in caplog.records if record.exc_info]
    assert record.levelno == logging.ERROR
    assert SECRET in str(record.exc_info[1])


@pytest.mark.parametrize("path", ["/no-such-page/", "/api/v1/no-such-thing/", "/todos/%00/", "/fail"])
def test_an_unknown_address_is_not_found(quiet, path):
    response = quiet.get(path)

    assert response.status_code == 404
    assert (response["Content-Type"] == "application/problem+json") == path.startswith("/api/")


def test_the_id_of_the_request_stands_on_the_page_and_in_the_problem(quiet):
    headers = {"X-Request-ID": "support-case-4711"}

    page = quiet.get("/fail/fault/", headers=headers)
    problem = quiet.get("/api/v1/fail/fault/", headers=headers)

    assert "support-case-4711" in page.text
    assert problem.json()["request_id"] == "support-case-4711"


@pytest.mark.parametrize(("name", "seconds"), [("later", "5"), ("busy", "2"), ("throttled", "7")])
def test_the_api_says_when_to_come_back(quiet, name, seconds):
    assert quiet.get(f"/api/v1/fail/{name}/")["Retry-After"] == seconds


def test_a_page_says_when_to_come_back(quiet):
    assert quiet.get("/fail/later/")["Retry-After"] == "5"


def test_who_is_not_known_is_asked_for_a_token(quiet):
    assert quiet.get("/api/v1/fail/unauthenticated/")["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("fields", {"title": ["Too long."]}),
        ("field", {"title": ["Too long."]}),
        ("nested", {"labels.0": ["Too long."], "title": ["Missing.", "Really."]}),
        ("bare", {"non_field_errors": ["Nothing fits."]}),
    ],
)
def test_messages_stand_by_the_path_of_their_field(quiet, name, fields):
    response = quiet.get(f"/api/v1/fail/{name}/")

    assert (response.status_code, response.json()["fields"]) == (422, fields)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 422),
        ('{"title": NaN}', "application/json", 400),
        ("[" * 5_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ("title=x", "application/x-www-form-urlencoded", 415),
        ("[]", "application/json", 422),
        ('"x"', "application/json", 422),
        ("null", "application/json", 422),
        ("{}", "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_of_the_caller(api, owner, body, kind, status):
    response = api(owner).post("/api/v1/todos/", body, content_type=kind)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status


def test_a_developer_sees_a_problem_as_a_page(quiet):
    response = quiet.get("/api/v1/fail/conflict/", headers={"accept": "text/html"})

    assert (response.status_code, response["Content-Type"]) == (409, "text/html; charset=utf-8")
    assert "A sentence for people." in response.text


def test_a_method_that_is_not_allowed_names_those_that_are(api, owner):
    response = api(owner).delete("/api/v1/users/me/")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, PATCH, HEAD, OPTIONS"


def test_a_form_without_its_token_gets_a_page():
    response = Client(enforce_csrf_checks=True).post("/login/", {"email": "a@example.org"})

    assert response.status_code == 403
    assert "This page was open too long" in response.text
