"""Whatever the OpenAPI document allows, and what it does not: no 5xx, no answer it has not promised."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings

from config.wsgi import application
from todos.services.labels import create_label
from todos.services.todos import delete_todo

schemathesis = pytest.importorskip("schemathesis", reason="only requirements/dev.txt has it")
checks = schemathesis.checks
promised = pytest.importorskip("schemathesis.specs.openapi.checks", reason="only requirements/dev.txt has it")

# Loaded here: schemathesis cannot take it from a fixture.
document = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
open_doors = document.include(path_regex="/auth/(register|login|refresh)/")
behind_sign_in = document.exclude(path_regex="/auth/|/schema/")
PROMISES = [
    checks.not_a_server_error,
    promised.content_type_conformance,
    promised.response_headers_conformance,
    promised.response_schema_conformance,
    promised.status_code_conformance,
]
bounded = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def known(owner, project, make_todo, now):
    """Ids that exist, by the resource that they are of."""
    parent = make_todo("Parent", labels=["home"])
    todo = make_todo("Child", parent=parent.pk)
    delete_todo(actor=owner, todo_id=make_todo("Trashed").pk, now=now)
    return {"todos": todo.pk, "projects": project.pk, "labels": create_label(actor=owner, name="x", now=now).pk}


@behind_sign_in.parametrize()
@bounded
def test_every_operation_keeps_its_promises(case, known, bearer):
    point_at(case, known)

    case.call_and_validate(headers=bearer, checks=PROMISES)


@open_doors.parametrize()
@bounded
def test_the_open_doors_keep_their_promises(case, db):
    case.call_and_validate(checks=PROMISES)


@behind_sign_in.parametrize()
@settings(bounded, max_examples=2)
def test_without_a_good_token_every_operation_refuses(case, db):
    response = case.call(headers={"Authorization": "Bearer none"})

    case.validate_response(response, checks=PROMISES)
    assert response.status_code in (401, 404, 405)  # no route at an id that is none


@pytest.fixture
def bearer(api, owner):
    return {"Authorization": api(owner)._credentials["HTTP_AUTHORIZATION"]}


def point_at(case, known):
    """Put an id that exists in the path, in every other case that has an id there."""
    try:
        drawn = UUID(str(case.path_parameters["id"]))
    except (KeyError, TypeError, ValueError):
        return
    if drawn.int % 2 == 0:
        case.path_parameters["id"] = str(known[case.path.strip("/").split("/")[2]])
