from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
import time_machine

from accounts.keys import keyring
from accounts.tokens import issue_pair, read_access, read_refresh
from config.errors import Unauthenticated

USER = UUID("0196a000-0000-7000-8000-000000000001")
DEVICE = UUID("0196a000-0000-7000-8000-000000000002")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEEP = f"{urlsafe_b64encode(b'[' * 6000).decode()}.e30.e30"
GIVEN = {"user_id": USER, "device_id": DEVICE, "role": "user", "jti": "one", "now": START}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def pair():
    return issue_pair(**GIVEN)


@pytest.fixture
def key(settings):
    return settings.JWT_SECRETS[0]


def payload(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def forged(token: str, key: str = "", algorithm: str = "HS256", headers: dict | None = None, **claims) -> str:
    """Sign changed claims, naming our key unless told otherwise."""
    changed = {name: value for name, value in (payload(token) | claims).items() if value is not None}
    return jwt.encode(changed, key, algorithm=algorithm, headers={"kid": keyring().first.id} | (headers or {}))


def assert_refused(read, token: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        read(token)
    assert refusal.value.message == "The token is not valid or has expired."


def test_a_pair_carries_the_claims_that_are_promised(pair, settings):
    access, refresh = payload(pair.access), payload(pair.refresh)

    us = settings.SIMPLE_JWT["ISSUER"]
    shared = {"sub": str(USER), "sid": str(DEVICE), "role": "user", "iss": us, "aud": us}
    issued = int(START.timestamp())
    assert access == shared | {"typ": "access", "jti": "one-a", "iat": issued, "exp": issued + 600}
    assert refresh == shared | {"typ": "refresh", "jti": "one", "iat": issued, "exp": issued + 30 * 24 * 3600}
    assert jwt.get_unverified_header(pair.access) == {"alg": "HS256", "typ": "JWT", "kid": keyring().first.id}


def test_a_token_is_read_as_it_was_issued(pair):
    access, refresh = read_access(pair.access), read_refresh(pair.refresh)

    assert (access.user_id, access.device_id, access.role, access.jti) == (USER, DEVICE, "user", "one-a")
    assert (refresh.user_id, refresh.device_id, refresh.role, refresh.jti) == (USER, DEVICE, "user", "one")


def test_the_same_arguments_give_the_same_pair(pair, clock):
    clock.shift(timedelta(seconds=5))

    assert issue_pair(**GIVEN) == pair
    assert issue_pair(**(GIVEN | {"jti": "two"})) != pair


@pytest.mark.parametrize(
    ("name", "read", "life"),
    [("access", read_access, timedelta(minutes=10)), ("refresh", read_refresh, timedelta(days=30))],
)
def test_a_token_lives_as_long_as_promised_and_five_seconds_for_clocks_that_differ(pair, clock, name, read, life):
    token = getattr(pair, name)

    clock.move_to(START + life + timedelta(seconds=4))
    assert read(token).user_id == USER

    clock.move_to(START + life + timedelta(seconds=5))
    assert_refused(read, token)


def test_a_token_of_a_server_whose_clock_is_five_seconds_ahead_counts(pair, clock):
    clock.move_to(START - timedelta(seconds=5))
    assert read_access(pair.access).user_id == USER

    clock.move_to(START - timedelta(seconds=6))
    assert_refused(read_access, pair.access)


def test_S13_a_refresh_token_opens_no_door_and_an_access_token_renews_nothing(pair):
    assert_refused(read_access, pair.refresh)
    assert_refused(read_refresh, pair.access)


def test_S17_a_token_without_a_signature_is_refused(pair):
    assert_refused(read_access, forged(pair.access, algorithm="none"))
    header, body, _ = pair.access.split(".")
    assert_refused(read_access, f"{header}.{body}.")


def test_S17_a_token_signed_with_another_key_is_refused(pair, key):
    assert_refused(read_access, forged(pair.access, key[::-1]))


def test_S17_another_algorithm_with_our_key_is_refused(pair, key):
    assert_refused(read_access, forged(pair.access, key, "HS384"))


def test_a_token_whose_claims_were_edited_is_refused(pair):
    header, _, signature = pair.access.split(".")
    body = forged(pair.access, "x" * 64, role="superadmin").split(".")[1]

    assert_refused(read_access, f"{header}.{body}.{signature}")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"exp": None},
        {"jti": None},
        {"sub": None},
        {"sub": "owner"},
        {"sid": None},
        {"sid": 5},
        {"role": None},
        {"typ": None},
        {"typ": "api"},
    ],
)
def test_a_well_signed_token_must_say_who_it_is_for(pair, key, claims):
    assert read_access(forged(pair.access, key)).user_id == USER

    assert_refused(read_access, forged(pair.access, key, **claims))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "x" * 5000, "ä.ö.ü", "eyJhbGciOiJIUzI1NiJ9.bnVsbA.", "\x00", DEEP]
)
def test_what_is_no_token_is_refused(text):
    assert_refused(read_access, text)
    assert_refused(read_refresh, text)
