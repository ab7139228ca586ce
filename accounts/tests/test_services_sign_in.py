from datetime import timedelta
from statistics import median
from time import process_time

import pytest
from django.contrib.auth.hashers import make_password

from accounts.hashers import BCryptHasher
from accounts.limits import PASSWORD as TRIES
from accounts.limits import PASSWORD_OF_ACCOUNT, PASSWORD_OF_ADDRESS
from accounts.models import LinkPurpose, Mail, User
from accounts.services.links import digest_of, make_link
from accounts.services.passwords import reset_password
from accounts.services.sign_in import check_password
from config.errors import RateLimited, Unauthenticated
from config.tests.plugin import NOW, PASSWORD


def enter(email, password=PASSWORD, ip="192.0.2.1"):
    return check_password(email=email, password=password, ip=ip, now=NOW)


def refused(email, password="not it", ip="192.0.2.1"):  # noqa: S107
    with pytest.raises(Unauthenticated) as refusal:
        enter(email, password, ip)
    return refusal.value.message


@pytest.fixture
def hashes(settings):
    """Count how often the slow work is done."""
    settings.PASSWORD_HASHERS = ["accounts.tests.test_services_sign_in.CountingHasher"]
    CountingHasher.count = 0
    return CountingHasher


class CountingHasher(BCryptHasher):
    count = 0

    def encode(self, password, salt):
        type(self).count += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("address", ["owner@example.org", "OWNER@example.org", " owner@example.org"])
def test_the_right_password_lets_in(owner, address):
    assert enter(address) == owner


def test_S22_unknown_closed_and_password_less_people_look_alike_and_cost_a_hash(owner, register, hashes):
    closed, without = register("closed"), register("without")
    closed.is_active = False
    closed.save()
    without.set_unusable_password()
    without.save()
    answers, costs = set(), []

    for name, password in {"owner": "wrong", "closed": PASSWORD, "without": PASSWORD, "nobody": PASSWORD}.items():
        hashes.count = 0
        answers.add(refused(f"{name}@example.org", password))
        costs.append(hashes.count)

    assert len(answers) == 1
    assert costs == [1, 1, 1, 1]


def median_cost(act):
    """Return the processor time of an act: other work on the machine does not count."""
    costs = []
    for _ in range(5):
        start = process_time()
        act()
        costs.append(process_time() - start)
    return median(costs)


def test_S22_known_and_unknown_people_take_as_long(register, settings):
    settings.BCRYPT_ROUNDS = 10
    register("known"), register("closed"), register("without")
    User.objects.filter(email="closed@example.org").update(is_active=False)
    User.objects.filter(email="without@example.org").update(password=make_password(None))

    costs = {
        name: median_cost(lambda name=name: refused(f"{name}@example.org"))
        for name in ("known", "closed", "without", "nobody")
    }

    assert max(costs.values()) / min(costs.values()) < 1.25, costs


def test_signing_in_costs_the_hash_and_little_else(register, settings, api):
    settings.BCRYPT_ROUNDS = 10
    person = register("person")
    sent = {"email": person.email, "password": PASSWORD}
    api().post("/api/v1/auth/login/", sent)

    hashing = median_cost(lambda: person.check_password(PASSWORD))
    signing_in = median_cost(lambda: api().post("/api/v1/auth/login/", sent))

    assert signing_in / hashing < 1.5


def test_S22_a_hash_of_a_lower_cost_takes_as_long_as_one_for_nobody(owner, hashes, settings):
    settings.BCRYPT_ROUNDS = 6
    hashes.count = 0

    refused(owner.email)

    assert hashes.count == 1 + (2**2 - 1)  # at 4, and what is missing to 6


def test_a_password_is_hashed_again_when_the_cost_has_risen(owner, settings):
    settings.BCRYPT_ROUNDS = 5

    enter(owner.email)

    owner.refresh_from_db()
    assert owner.password.startswith("bcrypt_sha256$$2b$05$")
    assert enter(owner.email) == owner


@pytest.mark.parametrize("name", ["owner", "nobody"])
def test_S22_too_many_wrong_passwords_close_an_account_to_an_address_before_any_hash(owner, hashes, name):
    email = f"{name}@example.org"
    for _ in range(TRIES.count):
        refused(email)
    hashes.count = 0

    with pytest.raises(RateLimited) as refusal:
        enter(email.upper())

    assert 0 < refusal.value.retry_after <= TRIES.window
    assert hashes.count == 0
    assert enter(owner.email, ip="192.0.2.2") == owner


def test_the_right_password_makes_up_for_wrong_ones(owner):
    for _ in range(3):
        for _ in range(TRIES.count - 1):
            refused(owner.email)
        enter(owner.email)


def test_S22_one_address_cannot_try_a_password_on_many_people(owner):
    for number in range(PASSWORD_OF_ADDRESS.count):
        refused(f"person{number}@example.org")

    with pytest.raises(RateLimited):
        enter(owner.email)


def test_S22_many_addresses_cannot_try_many_passwords_on_one_person(owner):
    for number in range(PASSWORD_OF_ACCOUNT.count):
        refused(owner.email, ip=f"198.51.100.{number}")

    with pytest.raises(RateLimited):
        enter(owner.email, ip="192.0.2.9")


def test_a_made_password_is_none(owner):
    owner.password = make_password(None)
    owner.save()

    refused(owner.email, "")
    refused(owner.email, owner.password)


def exhaust(email):
    for number in range(PASSWORD_OF_ACCOUNT.count):
        refused(email, ip=f"198.51.100.{number}")


def test_who_is_tried_too_often_is_told_once_and_nobody_unknown_is(owner):
    exhaust(owner.email)
    exhaust("nobody@example.org")

    with pytest.raises(RateLimited):
        enter(owner.email)

    assert list(Mail.objects.filter(template="notice").values_list("to", "data__notice")) == [
        (owner.email, "password_paused")
    ]


def test_a_new_password_by_mail_ends_the_pause(owner):
    exhaust(owner.email)
    secret = make_link(
        purpose=LinkPurpose.RESET_PASSWORD, email=owner.email, user=owner, life=timedelta(hours=1), now=NOW
    )

    reset_password(digest=digest_of(secret), password="another horse battery", ip="192.0.2.1", now=NOW)

    assert enter(owner.email, "another horse battery") == owner


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(owner):
    for _ in range(PASSWORD_OF_ADDRESS.count + 1):
        assert enter(owner.email) == owner


def test_S22_who_guesses_at_many_accounts_gains_nothing_by_an_own_one(owner):
    for number in range(PASSWORD_OF_ADDRESS.count):
        refused(f"person{number}@example.org")
        if number % 10 == 0 and number < PASSWORD_OF_ADDRESS.count - 1:
            enter(owner.email)

    with pytest.raises(RateLimited):
        enter("another@example.org")
