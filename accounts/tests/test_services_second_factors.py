import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from accounts.limits import SECOND_STEP
from accounts.models import Authenticator, Mail, RecoveryCode
from accounts.services.second_factors import (
    authenticator_in_setup,
    begin_authenticator,
    check_code,
    confirm_authenticator,
    remove_authenticator,
    remove_second_factors,
    renew_recovery_codes,
)
from accounts.services.sign_in import second_step
from accounts.tests.authenticators import App, set_up_app
from config.errors import Conflict, Invalid, RateLimited, Unauthenticated

STEP = timedelta(seconds=30)


@pytest.fixture
def app_and_codes(owner, now):
    return set_up_app(owner, now)


@pytest.fixture
def app(app_and_codes):
    return app_and_codes[0]


@pytest.fixture
def codes(app_and_codes):
    return app_and_codes[1]


def refused(user, code, now):
    with pytest.raises(Unauthenticated):
        check_code(user=user, code=code, now=now)


def notices(user):
    return [mail.data["notice"] for mail in Mail.objects.filter(user=user, template="notice").order_by("pk")]


# Setting up


def test_an_app_counts_from_its_first_code_on(owner, now, recorded):
    begin_authenticator(actor=owner, now=now)
    before = second_step(owner)
    app = App(authenticator_in_setup(user=owner).secret)

    confirm_authenticator(actor=owner, code=app.code(now), now=now)

    assert (before, second_step(owner)) == ((), ("totp", "recovery_code"))
    assert recorded(owner)[-1] == "authenticator.added"
    assert notices(owner) == ["two_factor_on"]


@pytest.mark.parametrize("code", ["000000", "", "12345", "1234567", "١٢٣٤٥٦", "abcdef"])
def test_an_app_that_shows_another_code_does_not_count(owner, now, code):
    begin_authenticator(actor=owner, now=now)

    with pytest.raises(Invalid):
        confirm_authenticator(actor=owner, code=code, now=now)

    assert second_step(owner) == ()


def test_the_secret_has_160_bits_and_is_sealed(owner, now):
    begin_authenticator(actor=owner, now=now)

    setup = authenticator_in_setup(user=owner)
    stored = Authenticator.objects.get().secret
    assert len(App(setup.secret).key) == 20
    assert setup.address == (
        f"otpauth://totp/Simple%20Todos:owner@example.org?secret={setup.secret.replace(' ', '')}&issuer=Simple%20Todos"
    )
    assert setup.secret.replace(" ", "") not in stored


def test_beginning_again_makes_another_secret(owner, now):
    begin_authenticator(actor=owner, now=now)
    first = authenticator_in_setup(user=owner).secret

    begin_authenticator(actor=owner, now=now)

    assert authenticator_in_setup(user=owner).secret != first


def test_an_app_that_counts_is_not_replaced_unproven(owner, app, now):
    with pytest.raises(Conflict):
        begin_authenticator(actor=owner, now=now)

    assert authenticator_in_setup(user=owner) is None


def test_S18_turning_it_on_ends_every_other_device_at_once(owner, now, api, pages):
    here, browser, phone = pages(owner), pages(owner), api(owner)
    begin_authenticator(actor=owner, now=now)
    app = App(authenticator_in_setup(user=owner).secret)

    confirm_authenticator(actor=owner, code=app.code(now), now=now, device_id=here.device.pk)

    assert here.get("/activity/").status_code == 200
    assert browser.get("/activity/").status_code == 302
    assert phone.get("/api/v1/users/me/").status_code == 401


# Codes of the app


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_one_step_off(owner, app, now, steps):
    later = now + 5 * STEP

    check_code(user=owner, code=app.code(later, steps), now=later)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_clock_may_not_be_two_steps_off(owner, app, now, steps):
    later = now + 5 * STEP

    refused(owner, app.code(later, steps), later)


def test_a_code_may_be_typed_with_a_gap(owner, app, now):
    code = app.code(now)

    check_code(user=owner, code=f" {code[:3]} {code[3:]} ", now=now)


def test_S19_a_code_works_once(owner, app, now):
    code = app.code(now)
    check_code(user=owner, code=code, now=now)

    refused(owner, code, now)
    refused(owner, code, now + STEP)


def test_S19_a_code_from_before_the_last_one_is_spent_with_it(owner, app, now):
    later = now + 5 * STEP
    check_code(user=owner, code=app.code(later), now=later)

    refused(owner, app.code(later, -1), later)
    check_code(user=owner, code=app.code(later, 1), now=later)


def test_S19_the_code_that_confirmed_an_app_works_no_more(owner, now):
    begin_authenticator(actor=owner, now=now)
    app = App(authenticator_in_setup(user=owner).secret)
    code = app.code(now)
    confirm_authenticator(actor=owner, code=code, now=now)

    refused(owner, code, now)


def test_a_code_of_somebody_else_is_worth_nothing(owner, stranger, app, now):
    set_up_app(stranger, now)

    refused(stranger, app.code(now), now)


def test_a_key_that_is_gone_closes_the_app_and_not_the_account(owner, app, codes, now, settings):
    settings.SECRET_KEY = "another" * 10

    refused(owner, app.code(now), now)
    check_code(user=owner, code=codes[0], now=now)


def test_S15_a_closed_account_has_no_second_step(owner, app, now):
    owner.is_active = False
    owner.save()

    refused(owner, app.code(now), now)


# The pause


def test_S19_five_failures_pause_the_second_step_even_for_the_right_code(owner, app, now):
    for _ in range(SECOND_STEP.count):
        refused(owner, "000000", now)

    with pytest.raises(RateLimited) as refusal:
        check_code(user=owner, code=app.code(now), now=now)

    assert 0 < refusal.value.retry_after <= SECOND_STEP.window


def test_S19_the_pause_survives_a_rolled_back_transaction(owner, app, now):
    for _ in range(SECOND_STEP.count):
        with pytest.raises(Unauthenticated), transaction.atomic():
            check_code(user=owner, code="000000", now=now)

    with pytest.raises(RateLimited):
        check_code(user=owner, code=app.code(now), now=now)


def test_a_pause_is_told_once(owner, app, now):
    for _ in range(SECOND_STEP.count + 2):
        with pytest.raises((Unauthenticated, RateLimited)):
            check_code(user=owner, code="000000", now=now)

    assert notices(owner) == ["two_factor_on", "locked_out"]


def test_a_pause_ends(owner, app, now, time_machine, settings):
    if "redis" in settings.CACHES["limits"]["BACKEND"]:
        pytest.skip("nobody can move the clock of Redis")
    time_machine.move_to(now, tick=False)
    for _ in range(SECOND_STEP.count):
        refused(owner, "000000", now)
    later = now + timedelta(seconds=SECOND_STEP.window + 1)

    time_machine.move_to(later, tick=False)

    check_code(user=owner, code=app.code(later), now=later)


def test_the_right_code_makes_up_for_wrong_ones(owner, app, now):
    for minute in range(3):
        later = now + timedelta(minutes=minute)
        for _ in range(SECOND_STEP.count - 1):
            refused(owner, "000000", later)
        check_code(user=owner, code=app.code(later), now=later)


def test_a_pause_is_one_persons_own(owner, stranger, app, now):
    other, _ = set_up_app(stranger, now)
    for _ in range(SECOND_STEP.count):
        refused(owner, "000000", now)

    check_code(user=stranger, code=other.code(now), now=now)


# Recovery codes


def test_there_are_ten_recovery_codes_of_125_bits_and_only_digests_are_kept(owner, codes):
    stored = RecoveryCode.objects.of(owner.pk).values_list("digest", flat=True)

    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{5}-){4}[A-Z2-7]{5}", code) for code in codes)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in stored)


def test_S19_a_recovery_code_works_once_ever(owner, codes, now, recorded):
    check_code(user=owner, code=codes[0], now=now)

    refused(owner, codes[0], now)
    refused(owner, codes[0], now + timedelta(days=400))
    assert RecoveryCode.objects.of(owner.pk).count() == 9
    assert recorded(owner)[-1] == "recovery_code.used"
    assert notices(owner)[-1] == "recovery_code_used"


def test_a_recovery_code_is_read_as_people_type_it(owner, codes, now):
    typed = codes[0].lower().replace("-", " ").replace("o", "0").replace("i", "1").replace("b", "8")

    check_code(user=owner, code=typed, now=now)


def test_a_recovery_code_of_somebody_else_is_worth_nothing(owner, stranger, codes, now):
    set_up_app(stranger, now)

    refused(stranger, codes[0], now)


def test_new_recovery_codes_end_the_old_ones(owner, codes, now, recorded):
    new = renew_recovery_codes(actor=owner, now=now)

    refused(owner, codes[0], now)
    check_code(user=owner, code=new[0], now=now)
    assert recorded(owner)[-2:] == ["recovery_codes.made", "recovery_code.used"]
    assert "recovery_codes_made" in notices(owner)


def test_without_a_second_factor_there_is_nothing_to_recover(owner, now):
    with pytest.raises(Conflict):
        renew_recovery_codes(actor=owner, now=now)


# Turning it off


def test_an_app_goes_with_one_of_its_codes_and_takes_the_recovery_codes_along(owner, app, codes, now, recorded):
    remove_authenticator(actor=owner, code=app.code(now), now=now)

    assert second_step(owner) == ()
    assert not RecoveryCode.objects.exists()
    assert recorded(owner)[-1] == "authenticator.removed"
    assert notices(owner)[-1] == "two_factor_off"


def test_an_app_that_is_lost_goes_with_a_recovery_code(owner, codes, now):
    remove_authenticator(actor=owner, code=codes[3], now=now)

    assert second_step(owner) == ()


def test_an_app_stays_without_a_code(owner, app, now):
    with pytest.raises(Unauthenticated):
        remove_authenticator(actor=owner, code="000000", now=now)

    assert "totp" in second_step(owner)


def test_a_reset_takes_every_second_factor_and_the_pause(owner, app, now):
    for _ in range(SECOND_STEP.count):
        refused(owner, "000000", now)

    gone = remove_second_factors(user=owner)

    assert gone == ("totp", "recovery_code")
    assert second_step(owner) == ()
    refused(owner, "000000", now)  # and not RateLimited


# Side by side


@pytest.fixture
def servers():
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: SQLite lets one transaction in at a time")


def together(*acts):
    def run(act):
        try:
            act()
        except (Unauthenticated, RateLimited) as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "in"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_S19_a_code_sent_many_times_at_once_works_once(servers, register, now, kind):
    person = register("person")
    app, codes = set_up_app(person, now)
    code = app.code(now) if kind == "app" else codes[0]

    outcomes = together(*[lambda: check_code(user=person, code=code, now=now)] * 4)

    assert outcomes.count("in") == 1


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_S19_tries_side_by_side_do_not_slip_past_the_pause(servers, register, now):
    person = register("person")
    set_up_app(person, now)

    outcomes = together(*[lambda: check_code(user=person, code="000000", now=now)] * 12)

    assert outcomes.count("Unauthenticated") == SECOND_STEP.count
    assert outcomes.count("RateLimited") == 12 - SECOND_STEP.count
