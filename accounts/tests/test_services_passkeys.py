import json
from datetime import timedelta

import pytest
from webauthn import base64url_to_bytes

from accounts.limits import PASSWORD_OF_ADDRESS, SECOND_STEP
from accounts.models import Mail, Passkey, RecoveryCode
from accounts.services.passkeys import (
    Ceremony,
    Site,
    add_passkey,
    check_passkey,
    creation_options,
    remove_passkey,
    rename_passkey,
    request_options,
    sign_in_with_passkey,
)
from accounts.services.sign_in import second_step
from accounts.tests.authenticators import SoftKey, packed, set_up_app
from config.errors import Conflict, Invalid, NotFound, RateLimited, Unauthenticated

SITE = Site("testserver", "http://testserver")


def ceremony(options, site=SITE):
    return Ceremony(site, base64url_to_bytes(options["challenge"]))


def add(user, key, now, name="Laptop", **changes):
    options = creation_options(user=user, site=SITE)
    answer = key.create(options, **changes)
    return add_passkey(actor=user, name=name, credential=answer, ceremony=ceremony(options), now=now)


def sign_in(key, now, answer=None, **changes):
    options = request_options(site=SITE)
    answer = answer or key.get(options, **changes)
    return sign_in_with_passkey(credential=answer, ceremony=ceremony(options), ip="192.0.2.1", now=now)


def check(user, key, now, verified=False, **changes):
    options = request_options(site=SITE, user=user)
    answer = key.get(options, **changes)
    check_passkey(user=user, credential=answer, ceremony=ceremony(options), now=now, verified=verified)


@pytest.fixture
def key(owner, now):
    made = SoftKey()
    add(owner, made, now)
    return made


# Adding and keeping


def test_the_first_passkey_is_a_second_factor_with_recovery_codes(owner, now, recorded):
    codes = add(owner, SoftKey(), now)

    assert len(codes) == RecoveryCode.objects.of(owner.pk).count() == 10
    assert second_step(owner) == ("passkey", "recovery_code")
    assert recorded(Passkey.objects.get()) == ["passkey.added"]
    assert Mail.objects.filter(template="notice").get().data["notice"] == "passkey_added"


def test_another_passkey_brings_no_new_recovery_codes(owner, key, now):
    assert add(owner, SoftKey(), now, name="Blue key") == []
    assert [passkey.name for passkey in Passkey.objects.of(owner.pk)] == ["Laptop", "Blue key"]


def test_S18_the_first_passkey_ends_every_other_device_and_the_next_ends_none(owner, now, pages, api):
    phone = api(owner)
    add(owner, SoftKey(), now)
    assert phone.get("/api/v1/users/me/").status_code == 401
    phone = api(owner)

    add(owner, SoftKey(), now)

    assert phone.get("/api/v1/users/me/").status_code == 200


def test_a_device_is_told_which_passkeys_it_may_not_make_again(owner, key):
    options = creation_options(user=owner, site=SITE)

    assert [known["id"] for known in options["excludeCredentials"]] == [packed(key.id)]
    assert options["user"]["id"] == packed(owner.pk.bytes)
    assert options["rp"]["id"] == "testserver"


def test_a_passkey_belongs_to_one_person(stranger, key, now):
    with pytest.raises(Conflict):
        add(stranger, key, now)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://testserver"},
        {"challenge": packed(b"another challenge")},
        {"type": "webauthn.get"},
    ],
    ids=str,
)
def test_a_passkey_made_elsewhere_is_refused(owner, now, changes):
    with pytest.raises(Invalid):
        add(owner, SoftKey(), now, **changes)

    assert not Passkey.objects.exists()


BROKEN = [
    "",
    "{}",
    "[]",
    "null",
    "1",
    '"x"',
    "{" * 5000,
    '{"id": 1}',
    '{"id":"a","rawId":"a","response":{},"type":"x"}',
]


@pytest.mark.parametrize("answer", BROKEN, ids=lambda text: text[:20])
def test_an_answer_that_is_none_is_refused(owner, key, now, answer):
    options = creation_options(user=owner, site=SITE)

    with pytest.raises(Invalid):
        add_passkey(actor=owner, name="X", credential=answer, ceremony=ceremony(options), now=now)
    with pytest.raises(Unauthenticated):
        sign_in_with_passkey(credential=answer, ceremony=ceremony(options), ip=None, now=now)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("text", ["", "A", "AAAA", "ü", "!", None, 5])
def test_an_answer_with_a_broken_part_is_refused(key, now, part, text):
    options = request_options(site=SITE)
    answer = json.loads(key.get(options))
    answer["response"][part] = text

    with pytest.raises(Unauthenticated):
        sign_in_with_passkey(credential=json.dumps(answer), ceremony=ceremony(options), ip=None, now=now)


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.20", "[::1]"])
def test_an_address_that_is_a_number_has_no_passkeys(owner, host):
    site = Site(host, f"http://{host}:8000")

    with pytest.raises(Conflict) as refusal:
        creation_options(user=owner, site=site)

    assert "number" in refusal.value.message


def test_a_passkey_can_be_renamed(owner, key, now, recorded):
    passkey = Passkey.objects.get()

    rename_passkey(actor=owner, passkey_id=passkey.pk, name="Old laptop", now=now)
    rename_passkey(actor=owner, passkey_id=passkey.pk, name="Old laptop", now=now)

    passkey.refresh_from_db()
    assert passkey.name == "Old laptop"
    assert recorded(passkey) == ["passkey.added", "passkey.renamed"]


def test_the_last_second_factor_takes_the_recovery_codes_along(owner, key, now, recorded):
    passkey = Passkey.objects.get()

    remove_passkey(actor=owner, passkey_id=passkey.pk, now=now)

    assert second_step(owner) == ()
    assert not RecoveryCode.objects.exists()
    assert recorded(passkey)[-1] == "passkey.removed"
    with pytest.raises(Unauthenticated):
        sign_in(key, now)


def test_recovery_codes_stay_while_an_app_does(owner, key, now):
    set_up_app(owner, now)

    remove_passkey(actor=owner, passkey_id=Passkey.objects.get().pk, now=now)

    assert second_step(owner) == ("totp", "recovery_code")


def test_nobody_reaches_a_passkey_of_somebody_else(stranger, key, now):
    passkey = Passkey.objects.get()

    with pytest.raises(NotFound):
        rename_passkey(actor=stranger, passkey_id=passkey.pk, name="Mine", now=now)
    with pytest.raises(NotFound):
        remove_passkey(actor=stranger, passkey_id=passkey.pk, now=now)


# Signing in


def test_a_passkey_signs_in_without_a_password(owner, key, now):
    later = now + timedelta(days=1)

    assert sign_in(key, later) == owner
    passkey = Passkey.objects.get()
    assert (passkey.sign_count, passkey.last_used_at) == (1, later)


def test_without_a_password_the_device_must_have_checked_its_holder(owner, now):
    key = SoftKey(verifies=False)
    add(owner, key, now)

    with pytest.raises(Unauthenticated):
        sign_in(key, now)
    check(owner, key, now)


def test_where_it_replaces_the_password_the_device_must_have_checked_its_holder(owner, now):
    key = SoftKey(verifies=False)
    add(owner, key, now)

    with pytest.raises(Unauthenticated):
        check(owner, key, now, verified=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example"},
        {"challenge": packed(b"another challenge")},
        {"type": "webauthn.create"},
        {"rp_id": "evil.example"},
        {"handle": False},
    ],
    ids=str,
)
def test_an_answer_to_another_question_is_refused(key, now, changes):
    with pytest.raises(Unauthenticated):
        sign_in(key, now, **changes)


def test_an_answer_that_names_another_person_is_refused(key, stranger, now):
    key.handle = stranger.pk.bytes

    with pytest.raises(Unauthenticated):
        sign_in(key, now)


def test_an_answer_signed_by_another_key_is_refused(key, now):
    key.key = SoftKey().key

    with pytest.raises(Unauthenticated):
        sign_in(key, now)


def test_a_copy_of_a_passkey_is_known_by_its_count(key, now):
    for _ in range(3):
        sign_in(key, now)
    key.count = 1

    with pytest.raises(Unauthenticated):
        sign_in(key, now)

    assert Passkey.objects.get().sign_count == 3


def test_S15_a_closed_account_is_refused(owner, key, now):
    owner.is_active = False
    owner.save()

    with pytest.raises(Unauthenticated):
        sign_in(key, now)
    with pytest.raises(Unauthenticated):
        check(owner, key, now)


def test_S22_one_address_cannot_try_for_ever(key, now):
    for _ in range(PASSWORD_OF_ADDRESS.count):
        with pytest.raises(Unauthenticated):
            sign_in(key, now, answer="{}")

    with pytest.raises(RateLimited):
        sign_in(key, now)


# As second step


def test_a_passkey_is_a_second_step(owner, key, now):
    check(owner, key, now)
    check(owner, key, now, handle=False)


def test_a_passkey_of_somebody_else_is_none(owner, stranger, key, now):
    other = SoftKey()
    add(stranger, other, now)

    with pytest.raises(Unauthenticated):
        check(owner, other, now)


def test_S19_failures_with_passkeys_pause_the_second_step_too(owner, key, now):
    other = SoftKey()
    for _ in range(SECOND_STEP.count):
        with pytest.raises(Unauthenticated):
            check(owner, other, now)

    with pytest.raises(RateLimited):
        check(owner, key, now)
