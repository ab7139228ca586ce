"""Whatever a client sends: one clear problem, nothing changed, nothing given away."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.keys import keyring
from accounts.models import Role
from accounts.services.people import change_access
from activity.models import Event
from config.ids import uuid7
from todos.models import Label, Project, Todo

TODOS = "/api/v1/todos/"
SECRETS = ("Traceback", "SELECT", "psycopg", "sqlite", "/site-packages/", "DETAIL:", "eyJ")


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def refused(client, todo, assert_problem):
    """Check that a response is a problem, changed nothing and gives nothing away."""

    def state():
        return [
            list(model.objects.order_by("pk").values()) for model in (Todo, Project, Label, Todo.labels.through, Event)
        ]

    before = state()

    def refused(response, status, code, *fields):
        body = assert_problem(response, status, code, *fields)
        assert state() == before
        text = response.content.decode()
        assert not [secret for secret in SECRETS if secret in text]
        return body

    return refused


# Bodies


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'title': 'x'}",
        b'{"title": "x",}',
        b'{"title": NaN}',
        b'{"title": "x", "priority": Infinity}',
        b'{"title": "\xff\xfe"}',
        b'{"title": "\\ud800"}',
        b"\xef\xbb\xbf\x00",
        b'{"title":' + b"[" * 100_000,
        b'{"title": "x", "parent":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        b"title=x",
    ],
)
def test_S33_a_body_that_is_no_json_is_malformed(client, refused, body):
    refused(client.post(TODOS, data=body, content_type="application/json"), 400, "malformed")


@pytest.mark.parametrize("body", ["[]", '"title"', "1", "null", "[{}]"])
def test_a_body_that_is_no_object_is_invalid(client, todo, refused, body):
    for response in (
        client.post(TODOS, data=body, content_type="application/json"),
        client.patch(f"{TODOS}{todo.pk}/", data=body, content_type="application/json"),
        client.post("/api/v1/projects/", data=body, content_type="application/json"),
        APIClient().post("/api/v1/auth/login/", data=body, content_type="application/json"),
    ):
        refused(response, 422, "invalid", "non_field_errors")


def test_S33_a_body_that_does_not_end_is_too_large(client, refused):
    body = b'{"title": "x", "description": "' + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1) + b'"}'

    refused(client.post(TODOS, data=body, content_type="application/json"), 413, "too_large")


BAD_VALUES = [
    ("title", ""),
    ("title", "  "),
    ("title", None),
    ("title", {}),
    ("title", ["x"]),
    ("title", True),
    ("title", "x" * 501),
    ("title", "x" * 1_000_000),
    ("title", "a\x00b"),
    ("title", "\u200b"),
    ("title", "\u202e \u2060"),
    ("description", "x" * 50_001),
    ("description", "\x00"),
    ("description", {"$ne": None}),
    ("priority", 0),
    ("priority", 5),
    ("priority", -1),
    ("priority", 10**30),
    ("priority", "high"),
    ("priority", True),
    ("priority", 1.5),
    ("due_date", "tomorrow"),
    ("due_date", "2026-02-30"),
    ("due_date", "2026-03-02T10:00:00Z"),
    ("due_date", 20260302),
    ("due_date", ["2026-03-02"]),
    ("due_time", "25:00"),
    ("due_time", "noon"),
    ("due_time", 9),
    ("due_time", "09:00"),
    ("time_zone", "Mars/Olympus"),
    ("time_zone", "../../etc/passwd"),
    ("time_zone", "Europe/Berlin\x00"),
    ("project", "inbox"),
    ("project", None),
    ("project", 1.5),
    ("project", {"id": 1}),
    ("parent", "top"),
    ("parent", "0" * 1000),
    ("labels", "home"),
    ("labels", {"home": True}),
    ("labels", [""]),
    ("labels", [None]),
    ("labels", [["home"]]),
    ("labels", ["a,b"]),
    ("labels", ["a@b"]),
    ("labels", ["x" * 61]),
    ("labels", ["a\x00b"]),
    ("labels", [str(number) for number in range(51)]),
]


@pytest.mark.parametrize(("field", "value"), BAD_VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_of_the_wrong_kind_is_named_and_changes_nothing(client, todo, refused, field, value):
    created = client.post(TODOS, {"title": "New"} | {field: value})
    edited = client.patch(f"{TODOS}{todo.pk}/", {field: value})

    for response in (created, edited):
        assert response.status_code == 422, response.content
        (named,) = response.json()["fields"]
        assert named.partition(".")[0] == field
        refused(response, 422, "invalid", named)


@pytest.mark.parametrize("field", ["description", "priority", "time_zone", "labels", "recurrence"])
def test_a_new_todo_has_nothing_to_take_away(client, refused, field):
    refused(client.post(TODOS, {"title": "New", field: None}), 422, "invalid", field)


@pytest.mark.parametrize("value", ["x", "", None, 10**40, -1, [], {}])
def test_an_id_that_is_no_uuid_is_invalid(client, refused, value):
    refused(client.post(TODOS, {"title": "New", "id": value}), 422, "invalid", "id")


def test_a_title_is_required(client, refused):
    refused(client.post(TODOS, {}), 422, "invalid", "title")


@pytest.mark.parametrize("after", ["first", 1.5, [], {}, True])
def test_a_place_is_a_todo_or_null(client, todo, refused, after):
    refused(client.put(f"{TODOS}{todo.pk}/position/", {"after": after}), 422, "invalid", "after")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("projects", {}, "title"),
        ("projects", {"title": " "}, "title"),
        ("projects", {"title": "x" * 201}, "title"),
        ("projects", {"title": "x", "colour": "beige"}, "colour"),
        ("projects", {"title": "x", "colour": ["red"]}, "colour"),
        ("labels", {}, "name"),
        ("labels", {"name": "a,b"}, "name"),
        ("labels", {"name": "x" * 61}, "name"),
        ("labels", {"name": "x", "colour": {}}, "colour"),
    ],
)
def test_projects_and_labels_name_what_is_wrong(client, refused, path, body, field):
    refused(client.post(f"/api/v1/{path}/", body), 422, "invalid", field)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password", "name"]),
        ({"email": "x", "password": "correct horse battery", "name": "X"}, ["email"]),
        ({"email": "x@example.org", "password": "short", "name": "X"}, ["password"]),
        ({"email": "x@example.org", "password": "password123", "name": "X"}, ["password"]),
        ({"email": "x@example.org", "password": "x" * 257, "name": "X"}, ["password"]),
        ({"email": "x@example.org", "password": "a\x00b" * 5, "name": "X"}, ["password"]),
        ({"email": "x@example.org", "password": "correct horse battery", "name": "x" * 101}, ["name"]),
        ({"email": ["x"], "password": {}, "name": None}, ["email", "password", "name"]),
    ],
)
def test_signing_up_names_what_is_wrong(db, refused, body, fields):
    refused(APIClient().post("/api/v1/auth/register/", body), 422, "invalid", *fields)


def test_an_address_that_is_taken_is_a_conflict_in_any_case(refused, owner):
    body = {"email": "OWNER@example.org", "password": "correct horse battery", "name": "Again"}

    refused(APIClient().post("/api/v1/auth/register/", body), 409, "conflict", "email")


def test_a_password_in_a_refused_request_is_not_answered_back(refused, owner):
    body = {"email": "owner@example.org", "password": "wrong horse battery"}

    response = APIClient().post("/api/v1/auth/login/", body)

    refused(response, 401, "unauthenticated")
    assert b"wrong horse" not in response.content


# Ids of others


@pytest.fixture
def foreign(stranger, now):
    """A project and a todo of somebody else."""
    from todos.services.projects import create_project
    from todos.services.todos import create_todo

    project = create_project(actor=stranger, title="Secret project", now=now)
    return create_todo(actor=stranger, values={"title": "Secret todo", "project": project.pk}, now=now)


@pytest.fixture
def on_a_todo(client):
    def on_a_todo(pk, project_pk=None, label_pk=None):
        url = f"{TODOS}{pk}/"
        project, label = f"/api/v1/projects/{project_pk or pk}/", f"/api/v1/labels/{label_pk or pk}/"
        return [
            client.get(url),
            client.patch(url, {"title": "Mine"}),
            client.delete(url),
            client.post(f"{url}completion/"),
            client.delete(f"{url}completion/"),
            client.post(f"{url}restoration/"),
            client.put(f"{url}position/", {"after": None}),
            client.get(project),
            client.patch(project, {"title": "Mine"}),
            client.post(f"{project}archive/"),
            client.delete(f"{project}archive/"),
            client.get(label),
            client.patch(label, {"name": "mine"}),
            client.delete(label),
        ]

    return on_a_todo


def test_S34_what_is_not_mine_answers_like_what_does_not_exist(client, foreign, stranger, on_a_todo, now, request):
    from todos.services.labels import create_label

    label = create_label(actor=stranger, name="secret", now=now)
    refused = request.getfixturevalue("refused")

    theirs = on_a_todo(foreign.pk, foreign.project_id, label.pk)
    unknown = on_a_todo(uuid7())

    for mine_not, nowhere in zip(theirs, unknown, strict=True):
        refused(mine_not, 404, "not_found")
        same = {"request_id": ""}
        assert mine_not.json() | same == nowhere.json() | same


@pytest.mark.parametrize("pk", ["1", "x", "0" * 32, "../projects", "%00", "null", "🎈"])
def test_an_id_of_no_shape_is_not_found(client, refused, pk):
    refused(client.get(f"{TODOS}{pk}/"), 404, "not_found")


def test_S02_ids_in_a_body_are_checked_like_ids_in_a_path(client, foreign, todo, request):
    refused = request.getfixturevalue("refused")
    url = f"{TODOS}{todo.pk}/"

    for response, status, fields in [
        (client.post(TODOS, {"title": "x", "project": foreign.project_id}), 404, ()),
        (client.post(TODOS, {"title": "x", "parent": foreign.pk}), 404, ()),
        (client.post(TODOS, {"title": "x", "project": todo.project_id, "parent": foreign.pk}), 422, ("parent",)),
        (client.patch(url, {"project": foreign.project_id}), 404, ()),
        (client.patch(url, {"parent": foreign.pk}), 422, ("parent",)),
        (client.put(f"{url}position/", {"after": foreign.pk}), 422, ("after",)),
        (client.post(TODOS, {"title": "x", "id": foreign.pk}), 409, ("id",)),
        (client.post("/api/v1/projects/", {"title": "x", "id": foreign.project_id}), 409, ()),
    ]:
        body = refused(response, status, {404: "not_found", 422: "invalid", 409: "conflict"}[status], *fields)
        assert "Secret" not in str(body)


def test_S03_filters_find_nothing_of_others(client, foreign, stranger):
    for query in (
        {"project": foreign.project_id},
        {"parent": foreign.pk},
    ):
        assert client.get(TODOS, query).json()["results"] == []
    for query in (
        {"scope": f"project:{foreign.project_id}"},
        {"subject": foreign.pk},
        {"actor": stranger.pk},
    ):
        assert client.get("/api/v1/activity/", query).json()["results"] == []


# Queries


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("completed=maybe", "completed"),
        ("completed=1", "completed"),
        ("trashed=yes", "trashed"),
        ("project=inbox", "project"),
        ("project=1", "project"),
        ("parent=x", "parent"),
        ("priority=0", "priority"),
        ("priority=5", "priority"),
        ("priority=NaN", "priority"),
        ("priority=1e999999999", "priority"),
        ("priority=high", "priority"),
        ("due_before=soon", "due_before"),
        ("due_after=2026-02-30", "due_after"),
        ("due_date=99999-01-01", "due_date"),
        ("label=a%00b", "label"),
        ("ordering=name", "ordering"),
        ("ordering=", "ordering"),
        ("group_by=title", "group_by"),
        ("search=" + "a" * 201, "search"),
        ("search=a%00b", "search"),
        ("filter=p1%26", "filter"),
        ("filter=%00", "filter"),
        ("filter=p1&time_zone=Mars/Base", "time_zone"),
        ("ordering=completed_at", "ordering"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1e2", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=99999999999999999999", "limit"),
    ],
)
def test_a_query_that_makes_no_sense_is_named(client, refused, query, field):
    refused(client.get(f"{TODOS}?{query}"), 422, "invalid", field)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("activity", "subject=x", "subject"),
        ("activity", "actor=1", "actor"),
        ("activity", "verb=%00", "verb"),
        ("projects", "archived=maybe", "archived"),
        ("projects", "cursor=x", "cursor"),
        ("labels", "limit=x", "limit"),
    ],
)
def test_a_query_of_other_lists_that_makes_no_sense_is_named(client, refused, path, query, field):
    refused(client.get(f"/api/v1/{path}/?{query}"), 422, "invalid", field)


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


ID = str(uuid7())
DAY = "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    ("ordering", "given"),
    [
        ("-created_at", "x"),
        ("-created_at", "é"),
        ("-created_at", "!!!!"),
        ("-created_at", "bnVsbA"),
        ("-created_at", cursor()),
        ("-created_at", cursor("n")),
        ("-created_at", cursor("x", DAY, ID)),
        ("-created_at", cursor(["n"], DAY, ID)),
        ("-created_at", cursor("n", DAY)),
        ("-created_at", cursor("n", DAY, ID, ID)),
        ("-created_at", cursor("n", DAY, "x")),
        ("-created_at", cursor("n", "soon", ID)),
        ("-created_at", cursor("n", 1, ID)),
        ("-created_at", cursor("n", True, ID)),
        ("-created_at", cursor("n", None, ID)),
        ("-created_at", cursor("n", {"$gt": ""}, ID)),
        ("-created_at", cursor("n", DAY, 1.5)),
        ("-created_at", cursor("n", DAY, 2**70)),
        ("order", cursor("n", "a\x00", ID)),
        ("order", cursor("n", ["a0"], ID)),
        ("due_date", cursor("n", "2026-13-01", "09:00:00", 1, "a0", ID)),
        ("due_date", cursor("n", "2026-03-01", "25:00:00", 1, "a0", ID)),
        ("due_date", cursor("n", "2026-03-01", "09:00:00", "high", "a0", ID)),
        ("priority", cursor("n", {}, "2026-03-01", "09:00:00", "a0", ID)),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(client, refused, ordering, given):
    refused(client.get(TODOS, {"ordering": ordering, "cursor": given}), 422, "invalid", "cursor")


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64 - 1, -(2**63), -1])
@pytest.mark.parametrize("direction", ["n", "p"])
def test_a_cursor_with_a_huge_number_is_answered(client, todo, number, direction):
    given = cursor(direction, number, "2026-03-01", "09:00:00", "a0", ID)

    response = client.get(TODOS, {"ordering": "priority", "cursor": given})

    assert response.status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_at_the_end_of_time_is_answered_where_the_database_knows_it(client, todo, moment):
    response = client.get(TODOS, {"cursor": cursor("n", moment, ID)})

    assert response.status_code in (200, 422)


# Negotiation


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml"])
def test_a_body_that_is_not_json_is_an_unsupported_media_type(client, refused, kind):
    refused(client.post(TODOS, data=b"title=x", content_type=kind), 415, "unsupported_media_type")


def test_a_method_that_a_resource_has_not_is_not_allowed(client, todo, refused):
    url = f"{TODOS}{todo.pk}/"

    for response in (
        client.delete(TODOS),
        client.put(url, {"title": "x"}),
        client.post(url),
        client.get(f"{url}completion/"),
        client.delete("/api/v1/activity/"),
        client.trace(TODOS),
    ):
        refused(response, 405, "method_not_allowed")


def test_an_answer_that_cannot_be_given_is_not_acceptable(client, refused):
    refused(client.get(TODOS, HTTP_ACCEPT="text/csv"), 406, "not_acceptable")


def test_a_path_that_does_not_exist_is_not_found(client, refused):
    refused(client.get("/api/v1/nothing/"), 404, "not_found")


# Tokens


def signed(device, owner, *, key=None, algorithm="HS256", **claims):
    now = datetime.now(UTC)
    payload = {
        "sub": str(owner.pk),
        "sid": str(device.pk),
        "role": "user",
        "jti": "0" * 32,
        "typ": "access",
        "iss": settings.SIMPLE_JWT["ISSUER"],
        "aud": settings.SIMPLE_JWT["ISSUER"],
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    payload = {name: value for name, value in (payload | claims).items() if value is not None}
    named = {"kid": keyring().first.id}
    return jwt.encode(payload, settings.JWT_SECRETS[0] if key is None else key, algorithm=algorithm, headers=named)


HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
FORGED = {
    "expired": {"exp": HOUR_AGO},
    "never expiring": {"exp": None},
    "another key": {"key": "k" * 64},
    "no algorithm": {"key": "", "algorithm": "none"},
    "another algorithm": {"algorithm": "HS384"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "for another service": {"aud": "https://evil.example"},
    "for no service": {"aud": None},
    "a refresh token": {"typ": "refresh"},
    "no type": {"typ": None},
    "no person": {"sub": None},
    "a person of no shape": {"sub": "owner"},
    "no device": {"sid": None},
    "an unknown device": {"sid": str(uuid7())},
    "no id": {"jti": None},
    "no role": {"role": None},
}


def test_a_token_signed_like_ours_is_taken(client, owner):
    bearer = f"Bearer {signed(client.device, owner)}"

    assert APIClient().get(TODOS, HTTP_AUTHORIZATION=bearer).status_code == 200


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
def test_S17_a_forged_or_expired_token_is_refused(client, owner, refused, claims):
    token = signed(client.device, owner, **claims)

    refused(APIClient().get(TODOS, HTTP_AUTHORIZATION=f"Bearer {token}"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer \xff\xfe", "Basic b3duZXI6eA=="]
)
def test_an_authorization_of_no_shape_is_refused(refused, value):
    refused(APIClient().post(TODOS, {"title": "x"}, HTTP_AUTHORIZATION=value), 401, "unauthenticated")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 5000, None, 1, {}, ["x"]])
def test_a_refresh_token_of_no_shape_is_refused(refused, token):
    response = APIClient().post("/api/v1/auth/refresh/", {"refresh": token})

    assert response.status_code in (401, 422)
    if response.status_code == 401:
        refused(response, 401, "unauthenticated")
    else:
        refused(response, 422, "invalid", "refresh")


def test_S13_kinds_of_token_cannot_be_mixed_up(owner, refused):
    pair = {"email": "owner@example.org", "password": "correct horse battery"}
    pair = APIClient().post("/api/v1/auth/login/", pair).json()

    as_access = APIClient().get(TODOS, HTTP_AUTHORIZATION=f"Bearer {pair['refresh']}")
    as_refresh = APIClient().post("/api/v1/auth/refresh/", {"refresh": pair["access"]})

    assert (as_access.status_code, as_refresh.status_code) == (401, 401)
    assert APIClient().get(TODOS, HTTP_AUTHORIZATION=f"Bearer {pair['access']}").status_code == 200


def test_S15_a_deactivated_person_is_refused_at_once(owner, superadmin, now, assert_problem):
    account = {"email": "owner@example.org", "password": "correct horse battery"}
    pair = APIClient().post("/api/v1/auth/login/", account).json()

    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    bearer = f"Bearer {pair['access']}"
    assert_problem(APIClient().get(TODOS, HTTP_AUTHORIZATION=bearer), 401, "unauthenticated")
    assert_problem(APIClient().post(TODOS, {"title": "x"}, HTTP_AUTHORIZATION=bearer), 401, "unauthenticated")
    assert_problem(APIClient().post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}), 401, "unauthenticated")
    assert_problem(APIClient().post("/api/v1/auth/login/", account), 401, "unauthenticated")


def test_nobody_is_let_in_without_a_token(refused):
    for path in ("todos", "projects", "labels", "activity", "users/me"):
        refused(APIClient().get(f"/api/v1/{path}/"), 401, "unauthenticated")


@pytest.mark.parametrize("time", ["09:30+02:00", "09:30Z", "09:30:00-05:00"])
def test_a_time_with_an_offset_is_refused_rather_than_cut(api, owner, time):
    body = {"title": "Call", "due_date": "2026-12-01", "due_time": time}

    response = api(owner).post("/api/v1/todos/", body)

    assert (response.status_code, list(response.json()["fields"])) == (422, ["due_time"])
