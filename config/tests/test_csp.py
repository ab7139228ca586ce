import pytest


def directives(response) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


def sources(policy) -> set[str]:
    return {value for values in policy.values() for value in values}


@pytest.mark.parametrize("path", ["/login/", "/register/", "/no-such-page/", "/api/v1/", "/api/v1/docs/"])
def test_every_answer_allows_nothing_but_our_own_files(pages, path):
    policy = directives(pages().get(path))

    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & sources(policy)


def test_redoc_has_a_policy_of_its_own_without_foreign_hosts(pages):
    policy = directives(pages().get("/api/v1/redoc/"))

    assert policy["worker-src"] == ["'self'", "blob:"]
    assert [value for value in policy["style-src"] if value.startswith("'sha256-")]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & sources(policy)
    assert not [value for value in sources(policy) if "//" in value]


@pytest.mark.parametrize("path", ["/login/", "/api/v1/"])
def test_every_answer_carries_the_other_rules_of_browserss(pages, path):
    response = pages().get(path)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
