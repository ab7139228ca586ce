"""Who gets what at which door: every role against every method of every route.

The doors are found by walking the URL conf and asking each which methods it allows, so a new
route needs a row here, and a row needs its route. Pages are entered with a session, the API with
a token. Each row asks about what belongs to the `owner`, in whose project `editor` and `viewer`
are; a platform role opens nobody's todos.

Answers: a status, `in` for the redirect to the sign-in page, `go` for another redirect.
"""

from urllib.parse import urlsplit

import pytest
from django.contrib import admin as django_admin
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from activity.models import Event
from config.tests.plugin import PASSWORD
from todos.services.labels import create_label

ROLES = ("anonymous", "stranger", "viewer", "editor", "owner", "admin", "superadmin")

API = """
route                 method  anonymous stranger viewer editor owner admin superadmin
api-root              GET     200       200      200    200    200   200   200
schema                GET     200       200      200    200    200   200   200
swagger               GET     200       200      200    200    200   200   200
redoc                 GET     200       200      200    200    200   200   200
api-register          POST    201       201      201    201    201   201   201
api-login             POST    200       200      200    200    200   200   200
api-refresh           POST    200       200      200    200    200   200   200
api-logout            POST    401       204      204    204    204   204   204
api-me                GET     401       200      200    200    200   200   200
api-me                PATCH   401       200      200    200    200   200   200
api-activity          GET     401       200      200    200    200   200   200
api-todo-list         GET     401       200      200    200    200   200   200
api-todo-list         POST    401       404      403    201    201   404   404
api-todo-detail       GET     401       404      200    200    200   404   404
api-todo-detail       PATCH   401       404      403    200    200   404   404
api-todo-detail       DELETE  401       404      403    204    204   404   404
api-todo-completion   POST    401       404      403    200    200   404   404
api-todo-completion   DELETE  401       404      403    200    200   404   404
api-todo-restoration  POST    401       404      403    200    200   404   404
api-todo-position     PUT     401       404      403    200    200   404   404
api-project-list      GET     401       200      200    200    200   200   200
api-project-list      POST    401       201      201    201    201   201   201
api-project-detail    GET     401       404      200    200    200   404   404
api-project-detail    PATCH   401       404      403    200    200   404   404
api-project-archive   POST    401       404      403    403    200   404   404
api-project-archive   DELETE  401       404      403    403    200   404   404
api-label-list        GET     401       200      200    200    200   200   200
api-label-list        POST    401       201      201    201    201   201   201
api-label-detail      GET     401       404      404    404    200   404   404
api-label-detail      PATCH   401       404      404    404    200   404   404
api-label-detail      DELETE  401       404      404    404    204   404   404
"""

PAGES = """
route                 method  anonymous stranger viewer editor owner admin superadmin
register              GET     200       go       go     go     go    go    go
register              POST    go        go       go     go     go    go    go
login                 GET     200       go       go     go     go    go    go
login                 POST    go        go       go     go     go    go    go
logout                POST    in        go       go     go     go    go    go
theme                 POST    in        go       go     go     go    go    go
settings              GET     in        200      200    200    200   200   200
start                 GET     in        go       go     go     go    go    go
today                 GET     in        200      200    200    200   200   200
inbox                 GET     in        200      200    200    200   200   200
completed             GET     in        200      200    200    200   200   200
trash                 GET     in        200      200    200    200   200   200
activity              GET     in        200      200    200    200   200   200
projects              GET     in        200      200    200    200   200   200
project-new           GET     in        200      200    200    200   200   200
project-new           POST    in        go       go     go     go    go    go
project               GET     in        404      200    200    200   404   404
project-edit          GET     in        404      200    200    200   404   404
project-edit          POST    in        404      403    go     go    404   404
project-archive       POST    in        404      403    403    go    404   404
project-unarchive     POST    in        404      403    403    go    404   404
label                 GET     in        404      404    404    200   404   404
todos                 POST    in        404      403    go     go    404   404
todo                  GET     in        404      200    200    200   404   404
todo                  POST    in        404      403    go     go    404   404
todo-edit             GET     in        404      go     go     go    404   404
todo-completion       POST    in        404      403    go     go    404   404
todo-reopening        POST    in        404      403    go     go    404   404
todo-deletion         POST    in        404      403    go     go    404   404
todo-restoration      POST    in        404      403    go     go    404   404
"""

# What a superadmin gets in the Django admin; everyone else is led away from all of it.
ADMIN = """
model             changelist add  change delete history
accounts.user     200        403  200    403    200
accounts.device   200        403  200    403    200
activity.event    200        403  200    403    200
todos.project     200        403  200    403    200
todos.todo        200        403  200    403    200
todos.label       200        403  200    403    200
"""


def table(text):
    header, *rows = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


ROWS = table(API) + table(PAGES)


@pytest.fixture
def cast(owner, viewer, editor, stranger, admin, superadmin):
    return {
        "anonymous": None,
        "stranger": stranger,
        "viewer": viewer,
        "editor": editor,
        "owner": owner,
        "admin": admin,
        "superadmin": superadmin,
    }


@pytest.fixture
def label(owner, now):
    return create_label(actor=owner, name="errands", now=now)


@pytest.fixture
def address(todo, project, label):
    """Say where a route leads for what belongs to the owner."""
    ids = {"todo": todo.pk, "project": project.pk, "label": label.pk}

    def address(route):
        subject = next((name for name in ids if f"-{name}-" in f"-{route}-"), None)
        needs = subject and not route.endswith("-list") and route not in ("project-new",)
        return reverse(route, args=[ids[subject]] if needs else [])

    return address


@pytest.fixture
def body(todo, project, api, owner):
    """Say what each door is sent."""
    person = {"email": "new@example.org", "password": PASSWORD, "name": "New"}
    bodies = {
        "api-register": person,
        "api-login": {"email": owner.email, "password": PASSWORD},
        "api-me": {"name": "Another name"},
        "api-todo-list": {"title": "Buy bread", "project": str(project.pk)},
        "api-todo-detail": {"title": "Buy bread"},
        "api-todo-position": {"after": None},
        "api-project-list": {"title": "Garden"},
        "api-project-detail": {"title": "Garden"},
        "api-label-list": {"name": "phone"},
        "api-label-detail": {"name": "phone"},
        "register": person,
        "login": {"email": owner.email, "password": PASSWORD},
        "theme": {"theme": "dark"},
        "project-new": {"title": "Garden", "colour": "green"},
        "project-edit": {"title": "Garden", "colour": "green", "revision": project.revision},
        "todos": {"title": "Buy bread", "project": str(project.pk)},
        "todo": {"title": "Buy bread", "priority": 4, "project": str(project.pk), "revision": todo.revision},
    }

    def body(route):
        if route == "api-refresh":
            login = api().post("/api/v1/auth/login/", bodies["api-login"])
            return {"refresh": login.json()["refresh"]}
        return bodies.get(route)

    return body


def told(response) -> str:
    if not 300 <= response.status_code < 400:
        return str(response.status_code)
    return "in" if urlsplit(response["Location"]).path == "/login/" and "next=" in response["Location"] else "go"


class _Undo(Exception):
    pass


def undone(act):
    """Return what `act` returns, and take back what it did."""
    found = None
    try:
        with transaction.atomic():
            found = act()
            raise _Undo
    except _Undo:
        return found


def ask(client, row, address, body):
    kind = "application/json" if row in API_ROWS else None
    send = getattr(client, row["method"].lower())
    data = body(row["route"]) if row["method"] != "GET" else None
    options = {"format": "json"} if kind and row["method"] != "GET" else {}
    return send(address(row["route"]), data, **options)


API_ROWS = table(API)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['method']} {row['route']}")
def test_each_role_gets_its_answer_at_each_door(row, cast, address, body, api, pages):
    expected = {role: row[role] for role in ROLES}
    enter = api if row in API_ROWS else pages

    answers = {
        role: told(undone(lambda person=person: ask(enter(person), row, address, body)))
        for role, person in cast.items()
    }

    assert answers == expected


@pytest.mark.parametrize(
    "row", [row for row in API_ROWS if row["method"] == "GET"], ids=lambda row: f"{row['method']} {row['route']}"
)
def test_a_session_of_the_pages_reads_the_api_alike(row, cast, address, pages):
    answers = {role: told(pages(person).get(address(row["route"]))) for role, person in cast.items()}

    expected = {role: row[role] for role in ROLES}
    assert answers == expected


@pytest.mark.parametrize("row", [row for row in API_ROWS if row["anonymous"] == "401"], ids=lambda row: row["route"])
def test_the_api_answers_nobody_with_a_problem(row, address, body, api):
    response = ask(api(), row, address, body)

    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("row", [row for row in ROWS if row["anonymous"] == "in"], ids=lambda row: row["route"])
def test_a_page_leads_nobody_to_the_sign_in_and_back(row, address, body, pages):
    response = ask(pages(), row, address, body)

    assert response["Location"] == f"/login/?next={address(row['route'])}"


@pytest.mark.parametrize("row", [row for row in ROWS if row["stranger"] == "404"], ids=lambda row: row["route"])
def test_s34_what_is_hidden_looks_like_what_does_not_exist(row, stranger, address, body, api, pages, todo, project):
    enter = api if row in API_ROWS else pages
    nowhere = "0196a000-0000-7000-8000-000000000000"
    path, sent = address(row["route"]), body(row["route"])

    hidden = ask(enter(stranger), row, lambda _: path, lambda _: sent)
    for key in (str(todo.pk), str(project.pk)):
        path = path.replace(key, nowhere)
        sent = sent and {name: nowhere if value == key else value for name, value in sent.items()}
    missing = ask(enter(stranger), row, lambda _: path, lambda _: sent)

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert without_id(hidden) == without_id(missing)


def without_id(response) -> str:
    return response.text.replace(response["X-Request-ID"], "")


# Nothing is left out


def walk(patterns, namespace=""):
    for entry in patterns:
        if isinstance(entry, URLPattern):
            yield namespace, entry.name
        else:
            yield from walk(entry.url_patterns, entry.namespace or namespace)


ROUTES = [name for namespace, name in walk(get_resolver("config.urls").url_patterns) if not namespace]


def test_every_route_has_a_name_of_its_own():
    assert None not in ROUTES
    assert len(ROUTES) == len(set(ROUTES))


def test_every_namespace_is_tested_as_a_whole():
    assert {namespace for namespace, _ in walk(get_resolver("config.urls").url_patterns)} == {"", "admin"}


def test_every_method_of_every_route_has_its_row(owner, address, api, pages):
    allowed = set()
    for route in ROUTES:
        client = api(owner) if address(route).startswith("/api/") else pages(owner)
        # No door answers TRACE: each refuses it and says what it allows instead (RFC 9110 §15.5.6).
        refusal = client.generic("TRACE", address(route))
        assert refusal.status_code == 405, route
        allowed |= {(route, method) for method in refusal["Allow"].split(", ")}

    rows = [(row["route"], row["method"]) for row in ROWS]
    assert len(rows) == len(set(rows))
    assert {door for door in allowed if door[1] not in ("HEAD", "OPTIONS")} == set(rows)


# Django admin


@pytest.fixture
def admin_doors(cast, api, todo, project, label):
    """The path of each view of each model, as `(model, view)`."""
    rows = {"user": cast["owner"], "device": api(cast["owner"]).device, "event": Event.objects.journal().first()}
    rows |= {"todo": todo, "project": project, "label": label}
    doors = {}
    for model in django_admin.site._registry:
        for view in ("changelist", "add", "change", "delete", "history"):
            route = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
            needs = view not in ("changelist", "add")
            doors[model._meta.label_lower, view] = reverse(
                route, args=[rows[model._meta.model_name].pk] if needs else []
            )
    return doors


def test_a_superadmin_reads_everything_and_changes_accounts_alone(cast, admin_doors, pages):
    client = pages(cast["superadmin"])

    answers = {door: told(client.get(path)) for door, path in admin_doors.items()}

    expected = {(row["model"], view): row[view] for row in table(ADMIN) for view in row if view != "model"}
    assert answers == expected
    assert told(client.get("/admin/")) == "200"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "superadmin"])
def test_nobody_else_enters_the_django_admin(role, cast, admin_doors, pages):
    client = pages(cast[role])
    own = ["/admin/", "/admin/accounts/", "/admin/password_change/", "/admin/jsi18n/", "/admin/no-such-page/"]

    answers = {path: client.get(path) for path in [*own, *admin_doors.values()]}

    assert {response.status_code for response in answers.values()} == {302}
    assert {urlsplit(response["Location"]).path for response in answers.values()} <= {"/admin/login/", "/login/"}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "superadmin"])
def test_nobody_else_writes_through_the_django_admin(role, cast, pages):
    stranger = cast["stranger"]

    response = pages(cast[role]).post(
        f"/admin/accounts/user/{stranger.pk}/change/", {"role": "superadmin", "is_active": "on"}
    )

    stranger.refresh_from_db()
    assert response.status_code == 302
    assert stranger.role == "user"
