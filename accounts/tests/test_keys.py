"""The keys of tokens: what each may prove, how they are changed, and what others may know of them."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.keys import keyring
from accounts.tokens import issue_pair, read_access, read_refresh
from config.errors import Unauthenticated

JWKS = "/.well-known/jwks.json"
USER = UUID("0196a000-0000-7000-8000-000000000001")
DEVICE = UUID("0196a000-0000-7000-8000-000000000002")
OLD, NEW, ALIEN = ("one-secret-" * 6, "two-secret-" * 6, "no-secret-of-ours-" * 4)


@cache
def pair_of_keys(number: int):
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def keys(settings):
    """Set which keys the server has: `keys(secrets=[…], pairs=[…])`."""

    def keys(*, secrets=(), pairs=()):
        settings.JWT_SECRETS, settings.JWT_KEY_PAIRS = list(secrets), [pair_of_keys(number) for number in pairs]

    return keys


def issue():
    return issue_pair(user_id=USER, device_id=DEVICE, role="user", jti="one", now=datetime.now(UTC))


def header(token: str) -> dict:
    return jwt.get_unverified_header(token)


def claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def assert_refused(token: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        read_access(token)
    assert refusal.value.message == "The token is not valid or has expired."


def encoded(data: dict) -> str:
    return urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


# Changing keys


def test_without_pairs_tokens_are_signed_hs256_with_the_name_of_the_secret(keys):
    keys(secrets=[OLD])
    name = header(issue().access)["kid"]

    assert header(issue().access) == {"alg": "HS256", "typ": "JWT", "kid": keyring().first.id}
    assert OLD not in name
    keys(secrets=[NEW])
    assert header(issue().access)["kid"] != name


def test_a_pair_signs_rs256_and_its_name_is_the_thumbprint_of_rfc_7638(keys):
    keys(secrets=[OLD], pairs=[1])

    token = issue().access

    public = jwt.algorithms.RSAAlgorithm.to_jwk(pair_of_keys(1).public_key(), as_dict=True)
    members = {name: public[name] for name in ("e", "kty", "n")}
    thumbprint = sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
    assert header(token)["alg"] == "RS256"
    assert urlsafe_b64decode(header(token)["kid"] + "=") == thumbprint


def test_the_thumbprint_is_that_of_the_example_in_rfc_7638(settings):
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    public = jwt.algorithms.RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": "AQAB"})

    class Pair:
        def public_key(self):
            return public

    settings.JWT_KEY_PAIRS = [Pair()]

    assert keyring().first.id == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert keyring().first.public == {
        "kty": "RSA", "n": modulus, "e": "AQAB", "kid": keyring().first.id, "alg": "RS256", "use": "sig"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"secrets": [OLD]}, {"secrets": [NEW, OLD]}),
        ({"secrets": [OLD]}, {"secrets": [OLD], "pairs": [1]}),
        ({"secrets": [OLD], "pairs": [1]}, {"secrets": [OLD], "pairs": [2, 1]}),
        ({"secrets": [OLD], "pairs": [1]}, {"pairs": [1]}),
        ({"pairs": [1]}, {"secrets": [NEW], "pairs": [2, 1]}),
    ],
    ids=["a new secret", "from a secret to a pair", "a new pair", "the secret leaves", "both at once"],
)
def test_changing_keys_signs_nobody_out(keys, before, after):
    keys(**before)
    old = issue()

    keys(**after)

    assert read_access(old.access).user_id == read_refresh(old.refresh).user_id == USER
    assert read_access(issue().access).user_id == USER


def test_the_first_key_signs(keys):
    keys(secrets=[OLD], pairs=[2, 1])
    signed = header(issue().access)["kid"]

    keys(pairs=[2])

    assert signed == keyring().first.id


def test_a_key_that_is_gone_proves_nothing(keys):
    keys(secrets=[OLD], pairs=[1])
    by_pair = issue().access
    keys(secrets=[OLD])
    by_secret = issue().access

    keys(secrets=[NEW], pairs=[2])

    assert_refused(by_pair)
    assert_refused(by_secret)


def test_the_same_arguments_give_the_same_pair_with_a_key_pair_too(keys):
    keys(pairs=[1])
    moment = datetime.now(UTC)
    given = {"user_id": USER, "device_id": DEVICE, "role": "user", "jti": "one", "now": moment}

    assert issue_pair(**given) == issue_pair(**given)


# What a token cannot choose


@pytest.mark.parametrize("keys_now", [{"secrets": [OLD]}, {"secrets": [OLD], "pairs": [1]}], ids=["secret", "pair"])
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_S17_a_token_without_a_signature_is_refused(keys, keys_now, algorithm):
    keys(**keys_now)
    token = issue().access
    head, body, signature = token.split(".")
    plain = encoded(header(token) | {"alg": algorithm})

    assert_refused(f"{plain}.{body}.")
    assert_refused(f"{plain}.{body}.{signature}")
    assert_refused(f"{head}.{body}.")


@pytest.mark.parametrize(
    "secret",
    [
        lambda public: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        lambda public: public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        lambda public: public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        lambda public: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        lambda public: urlsafe_b64decode(keyring().key_set()["keys"][0]["n"] + "=="),
        lambda public: json.dumps(keyring().first.public).encode(),
    ],
    ids=["PEM", "PKCS1", "DER", "PEM without its last line", "modulus", "JWK"],
)
def test_S17_the_public_key_is_no_secret_to_sign_with(keys, secret):
    keys(secrets=[OLD], pairs=[1])
    token = issue().access
    head = encoded(header(token) | {"alg": "HS256"})
    body = token.split(".")[1]

    signature = hmac.digest(secret(pair_of_keys(1).public_key()), f"{head}.{body}".encode(), "sha256")

    assert_refused(f"{head}.{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_S17_a_pair_serves_its_one_algorithm(keys, algorithm):
    keys(pairs=[1])
    token = issue().access

    forged = jwt.encode(claims(token), pair_of_keys(1), algorithm=algorithm, headers={"kid": keyring().first.id})

    assert_refused(forged)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_S17_a_secret_serves_its_one_algorithm(keys, algorithm):
    keys(secrets=[OLD])
    token = issue().access

    assert_refused(jwt.encode(claims(token), OLD, algorithm=algorithm, headers={"kid": keyring().first.id}))


def test_S17_one_of_our_keys_does_not_prove_what_another_signed(keys):
    keys(secrets=[NEW, OLD], pairs=[1, 2])
    token = issue().access
    names = list(keyring().keys)

    forged = [jwt.encode(claims(token), OLD, algorithm="HS256", headers={"kid": name}) for name in names]

    for wrong in forged[:3]:
        assert_refused(wrong)
    assert read_access(forged[3]).user_id == USER


@pytest.mark.parametrize(
    "kid",
    ["", "0", "../../../../dev/null", "/dev/null", "/etc/hostname", "https://evil.example/jwks.json", "\x00",
     "' UNION SELECT 'x", "__class__", None, 0, 1.5, True, [], ["a"], {}, {"a": 1}],
)  # fmt: skip
@pytest.mark.parametrize("secret", ["", ALIEN], ids=["empty", "alien"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_S17_the_name_of_a_key_chooses_no_file_address_or_query(keys, kid, secret):
    keys(secrets=[OLD], pairs=[1])
    body = encoded(claims(issue().access))
    head = encoded({"alg": "HS256", "typ": "JWT", "kid": kid})

    signature = hmac.digest(secret.encode(), f"{head}.{body}".encode(), "sha256")

    assert_refused(f"{head}.{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_S17_a_token_that_names_no_key_is_refused(keys):
    keys(secrets=[OLD])

    assert_refused(jwt.encode(claims(issue().access), OLD, algorithm="HS256"))


@pytest.mark.parametrize("name", ["ours", "theirs"])
def test_S17_keys_that_a_token_brings_along_are_not_used(keys, name):
    keys(secrets=[OLD])
    theirs = pair_of_keys(9)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(theirs.public_key(), as_dict=True)
    carried = {"jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/cert.pem", "jwk": public}
    carried |= {"x5c": ["MIIB"], "kid": keyring().first.id if name == "ours" else "theirs"}

    assert_refused(jwt.encode(claims(issue().access), theirs, algorithm="RS256", headers=carried))


def test_S17_an_extension_that_must_be_understood_and_is_not_is_refused(keys):
    keys(secrets=[OLD])
    headers = {"kid": keyring().first.id, "crit": ["exotic"], "exotic": 1}

    assert_refused(jwt.encode(claims(issue().access), OLD, algorithm="HS256", headers=headers))


# What others may know


def test_the_key_set_is_empty_while_a_secret_signs(keys, client):
    keys(secrets=[OLD])

    response = client.get(JWKS)

    assert (response.status_code, response.json()) == (200, {"keys": []})
    assert response["Content-Type"] == "application/jwk-set+json"


def test_every_pair_is_published_and_nothing_private(keys, client):
    keys(secrets=[OLD], pairs=[2, 1])

    response = client.get(JWKS)

    found = response.json()["keys"]
    assert [key["kid"] for key in found] == list(keyring().keys)[:2]
    assert all(set(key) == {"kty", "n", "e", "kid", "alg", "use"} for key in found)
    assert OLD not in response.text


def test_anyone_may_read_the_key_set_and_keep_it_for_five_minutes(keys, client):
    keys(pairs=[1])

    response = client.get(JWKS)  # this test has no database: none is asked

    assert response["Cache-Control"] == "public, max-age=300"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies


def test_a_stranger_checks_our_tokens_by_the_key_set_alone(keys, client, settings):
    keys(secrets=[OLD], pairs=[1])
    token = issue().access

    published = jwt.PyJWKSet.from_dict(client.get(JWKS).json())
    us = settings.SIMPLE_JWT["ISSUER"]
    found = jwt.decode(token, published[header(token)["kid"]], issuer=us, audience=us)

    assert found["sub"] == str(USER)
