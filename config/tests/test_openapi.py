"""The OpenAPI document as it is served."""

import json

import pytest

from config.openapi import SchemaGenerator

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
