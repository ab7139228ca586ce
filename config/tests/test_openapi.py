"""The OpenAPI document as it is served."""

import json
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from jsonschema import Draft202012Validator, FormatChecker

from config.openapi import SchemaGenerator
from todos.api import urls as todo_urls

SCHEMA = "/api/v1/schema/"


@pytest.fixture(autouse=True)
def nothing_made(db):
    SchemaGenerator.made.clear()


def test_everybody_gets_the_one_document_that_was_made(api, superadmin):
    first = api().get(SCHEMA)
    [made] = SchemaGenerator.made.values()

    others = [api().get(SCHEMA), api(superadmin).get(SCHEMA)]

    assert {response.content for response in others} == {first.content}
    assert next(iter(SchemaGenerator.made.values())) is made


def test_what_a_client_calls_the_version_is_not_kept(api):
    named = api().get(SCHEMA, {"version": "7"}, headers={"accept": "application/json"})

    assert json.loads(named.content)["info"]["version"] == "1 (7)"
    assert SchemaGenerator.made == {}


@pytest.fixture(scope="module")
def bodies():
    """Return the document, and every body in it: where it is, its schema, and its examples."""
    document = SchemaGenerator().get_schema(public=True)
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            described = {"request": operation.get("requestBody", {}), **operation["responses"]}
            for which, body in described.items():
                for kind, media in body.get("content", {}).items():
                    if kind == "application/problem+json":
                        continue  # one schema, with one example, for all of them
                    examples = [part["value"] for part in media.get("examples", {}).values()]
                    examples += [media["example"]] if "example" in media else []
                    found.append((f"{method} {path} {which} {kind}", media["schema"], examples))
    return document, found


def test_every_body_has_an_example(bodies):
    document, found = bodies

    assert len(found) > 200
    assert document["components"]["schemas"]["Problem"]["examples"]
    assert [where for where, _, examples in found if not examples] == []


def test_every_example_is_as_its_schema_says(bodies):
    document, found = bodies
    wrong = []
    for where, schema, examples in found:
        checker = Draft202012Validator(schema | {"components": document["components"]}, format_checker=FormatChecker())
        wrong += [
            (where, error.json_path, error.message) for example in examples for error in checker.iter_errors(example)
        ]

    assert wrong == []


def test_the_index_names_every_list_of_todos(api):
    index = api().get("/api/v1/").json()

    lists = [
        entry.name for entry in todo_urls.router.urls if entry.name.endswith("-list") and "<" not in str(entry.pattern)
    ]
    assert {reverse(name) for name in lists} <= {urlsplit(address).path for address in index.values()}
