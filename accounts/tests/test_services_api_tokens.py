from datetime import timedelta
from hashlib import sha256

import pytest

from accounts.models import ApiToken, Mail
from accounts.scopes import SCOPES, expanded, scope_needed
from accounts.services.api_tokens import MOST, bearer_of, create_token, revoke_token
from activity.models import Event
from config.errors import Conflict, Invalid, NotFound, RateLimited, Unauthenticated

pytestmark = pytest.mark.django_db
IP = "192.0.2.7"


@pytest.fixture
def make(owner, now):
    def make(name="Backup", *, actor=owner, scopes=("todos:read",), **options):
        return create_token(actor=actor, name=name, scopes=scopes, now=now, **options)

    return make


# Scopes


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["todos:read"], ["todos:read"]),
        (["projects:*"], ["projects:read", "projects:write"]),
        (["projects:write", "projects:*", "todos:read"], ["todos:read", "projects:read", "projects:write"]),
        (["account", "activity:read", "account"], ["activity:read", "account"]),
        (["admin", "account:*", "*", ""], []),
    ],
)
def test_scopes_are_kept_each_once_and_written_out(given, meant):
    assert expanded(given) == meant


@pytest.mark.parametrize(
    ("part", "method", "scope"),
    [
        ("todos", "GET", "todos:read"),
        ("todos", "HEAD", "todos:read"),
        ("todos", "OPTIONS", "todos:read"),
        ("todos", "POST", "todos:write"),
        ("projects", "PATCH", "projects:write"),
        ("activity", "DELETE", "activity:write"),
        ("account", "GET", "account"),
        ("account", "PATCH", "account"),
    ],
)
def test_reading_and_writing_take_their_own_scopes(part, method, scope):
    assert scope_needed(part, method) == scope
    assert "activity:write" not in SCOPES


# Making


def test_a_token_has_256_bits_and_only_its_digest_is_kept(make):
    made = make(scopes=["projects:*"])

    row = ApiToken.objects.values().get()
    assert made.secret.startswith("st_")
    assert len(made.secret) == 3 + 43
    assert (row["prefix"], row["digest"]) == (made.secret[:11], sha256(made.secret.encode()).hexdigest())
    assert row["scopes"] == ["projects:read", "projects:write"]
    assert made.secret not in str(row)
    assert make().secret != made.secret


def test_S31_a_secret_is_in_no_event_and_no_mail(make, owner):
    made = make("Home Assistant")

    event = Event.objects.journal().about(made.token.pk).get()
    mail = Mail.objects.filter(user=owner, template="notice").get()
    assert (event.verb, event.subject_title, event.scope) == (
        "api_token.created",
        "Home Assistant",
        f"user:{owner.pk}",
    )
    assert mail.data == {"notice": "api_token_made", "about": "Home Assistant"}
    for kept in (event.data, mail.data):
        assert made.secret not in str(kept)
        assert made.token.digest not in str(kept)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"expires_at": timedelta(0)}, "expires_at"),
        ({"expires_at": timedelta(days=-1)}, "expires_at"),
    ],
)
def test_a_token_needs_a_scope_and_an_end_in_the_future(make, now, options, field):
    if "expires_at" in options:
        options = {"expires_at": now + options["expires_at"]}

    with pytest.raises(Invalid) as refusal:
        make(**options)

    assert list(refusal.value.fields) == [field]
    assert not ApiToken.objects.exists()


def test_a_person_has_so_many_tokens_and_no_more(owner, make, now):
    ApiToken.objects.bulk_create(
        ApiToken(user=owner, name="x", prefix="st_", digest=str(number), created_at=now) for number in range(MOST)
    )

    with pytest.raises(Conflict):
        make()


# Knowing again


def test_a_secret_leads_to_its_person_and_scopes(make, owner, now):
    made = make(scopes=["account"])

    token = bearer_of(secret=made.secret, ip=IP, now=now)

    assert (token.pk, token.user_id, token.user.role, token.scopes) == (made.token.pk, owner.pk, "user", ["account"])


def test_a_secret_costs_one_query_and_a_note_of_its_use_once_a_minute(make, now, django_assert_num_queries):
    made = make()
    for after, queries in ((0, 2), (59, 1), (60, 2), (61, 1)):
        with django_assert_num_queries(queries):
            bearer_of(secret=made.secret, ip=IP, now=now + timedelta(seconds=after))

    made.token.refresh_from_db()
    assert (made.token.last_used_at, made.token.last_used_ip) == (now + timedelta(seconds=60), IP)


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s + "x", lambda s: s.lower(), lambda s: "st_", str.strip]
)
def test_a_secret_that_is_not_quite_right_is_refused(make, now, change):
    secret = change(make().secret)
    if change is str.strip:
        secret = f"{secret}\x00"

    with pytest.raises(Unauthenticated):
        bearer_of(secret=secret, ip=IP, now=now)


def test_S13_a_digest_opens_nothing(make, now):
    made = make()

    with pytest.raises(Unauthenticated):
        bearer_of(secret=f"st_{made.token.digest}", ip=IP, now=now)
    with pytest.raises(Unauthenticated):
        bearer_of(secret=made.token.digest, ip=IP, now=now)


def test_S15_an_expired_token_is_refused_from_that_moment_on(make, now):
    made = make(expires_at=now + timedelta(hours=1))
    bearer_of(secret=made.secret, ip=IP, now=now + timedelta(minutes=59))

    with pytest.raises(Unauthenticated):
        bearer_of(secret=made.secret, ip=IP, now=now + timedelta(hours=1))


def test_S22_wrong_tokens_of_one_address_are_counted_and_right_ones_never(make, now):
    made = make()

    for _ in range(20):
        with pytest.raises(Unauthenticated):
            bearer_of(secret="st_wrong", ip=IP, now=now)
    with pytest.raises(RateLimited):
        bearer_of(secret="st_wrong", ip=IP, now=now)

    assert bearer_of(secret=made.secret, ip=IP, now=now) == made.token
    with pytest.raises(Unauthenticated):
        bearer_of(secret="st_wrong", ip="192.0.2.8", now=now)


# Taking back


def test_a_revoked_token_is_gone_at_once(make, owner, now, recorded):
    made = make()

    revoke_token(actor=owner, token_id=made.token.pk, now=now)

    with pytest.raises(Unauthenticated):
        bearer_of(secret=made.secret, ip=IP, now=now)
    assert recorded(made.token) == ["api_token.created", "api_token.revoked"]


def test_nobody_revokes_the_token_of_another(make, stranger, superadmin, now):
    made = make()

    for actor in (stranger, superadmin):
        with pytest.raises(NotFound):
            revoke_token(actor=actor, token_id=made.token.pk, now=now)

    assert ApiToken.objects.filter(pk=made.token.pk).exists()
