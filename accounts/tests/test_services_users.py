from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from accounts import rotation
from accounts.models import Device, Mail, Role, User
from accounts.services.devices import sign_in_device
from accounts.services.people import change_access
from accounts.services.sign_in import check_password
from accounts.services.users import register_user, update_profile
from activity.models import Event
from config.errors import Conflict, DomainError, Forbidden, Invalid, Unauthenticated
from config.tests.plugin import NOW, PASSWORD
from todos.models import Membership, Project


def enter(email, password):
    return check_password(email=email, password=password, ip="192.0.2.1", now=NOW)


def last_event(person) -> Event | None:
    return Event.objects.journal().about(person.pk).order_by("revision").last()


# Signing up


def test_a_new_person_is_a_user_with_an_inbox_and_a_history(register, recorded):
    person = register("new")

    person.refresh_from_db()
    inbox = Project.objects.inbox_of(person.pk).get()
    assert (person.role, person.is_active, person.revision) == (Role.USER, True, 1)
    assert Membership.objects.get(project=inbox).user == person
    assert recorded(person) == ["user.registered"]


@pytest.mark.parametrize("address", ["owner@example.org", "OWNER@Example.ORG", "  owner@example.org "])
def test_an_address_can_be_taken_once_whatever_its_case(register, owner, address):
    with pytest.raises(Conflict) as refusal:
        register("owner", email=address)

    assert list(refusal.value.fields) == ["email"]
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["tiny7", "iloveyou", "12345678", "owner@example.org", ""])
def test_a_weak_password_is_refused_and_nothing_is_kept(register, password):
    with pytest.raises(Invalid) as refusal:
        register("owner", password=password)

    assert list(refusal.value.fields) == ["password"]
    assert password == "" or password not in refusal.value.message
    assert not User.objects.exists()
    assert not Event.objects.journal().exists()


def test_a_password_is_stored_as_bcrypt_at_the_cost_of_the_settings(owner, settings):
    algorithm, _, version, cost, digest = owner.password.split("$")

    assert (algorithm, version, int(cost)) == ("bcrypt_sha256", "2b", settings.BCRYPT_ROUNDS)
    assert len(digest) == 53
    assert PASSWORD not in owner.password


def test_a_password_longer_than_bcrypt_reads_counts_whole(register):
    register("long", password="x7" * 60 + "end")

    with pytest.raises(Unauthenticated):
        enter(email="long@example.org", password="x7" * 60 + "END")


def test_people_are_welcomed_by_mail(register):
    register("new")

    assert Mail.objects.get().template == "welcome"


def test_nobody_is_welcomed_who_did_not_get_in(register):
    with pytest.raises(Invalid):
        register("new", password="short")

    assert not Mail.objects.exists()


def test_the_first_person_runs_a_development_server(register, settings):
    settings.FIRST_USER_IS_SUPERADMIN = True

    roles = [register("first").role, register("second").role]

    assert roles == [Role.SUPERADMIN, Role.USER]


def test_nobody_is_promoted_elsewhere(register):
    assert register("first").role == Role.USER


# One's own profile


def test_a_profile_change_counts_and_tells_before_and_after(owner, now):
    person = update_profile(actor=owner, changes={"name": "Olive", "theme": "dark"}, now=now)

    event = last_event(owner)
    assert (person.name, person.theme, person.revision) == ("Olive", "dark", 2)
    assert (event.verb, event.revision, event.scope) == ("user.updated", 2, f"user:{owner.pk}")
    assert event.data["changes"] == {
        "name": {"before": "Owner", "after": "Olive"},
        "theme": {"before": "", "after": "dark"},
    }


def test_changing_nothing_records_nothing(owner, now, recorded):
    update_profile(actor=owner, changes={"name": "Owner"}, now=now)

    assert recorded(owner) == ["user.registered"]


def test_S10_a_profile_change_reaches_no_other_field(owner, now):
    update_profile(
        actor=owner,
        changes={"role": "superadmin", "is_active": False, "email": "x@example.org", "revision": 99, "name": "Olive"},
        now=now,
    )

    owner.refresh_from_db()
    assert (owner.role, owner.is_active, owner.email, owner.revision) == ("user", True, "owner@example.org", 2)


def test_S15_a_closed_account_changes_nothing(owner, superadmin, now):
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    with pytest.raises(Unauthenticated):
        update_profile(actor=owner, changes={"name": "Olive"}, now=now)


# Races, where two transactions can be open at once


def together(*acts):
    """Run acts at once, each on a connection of its own; return their results or refusals."""

    def run(act):
        try:
            return act()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def servers():
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: SQLite lets one transaction in at a time")


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_two_superadmins_cannot_unseat_each_other_at_once(servers, register, now):
    one, two = register("one", role="superadmin"), register("two", role="superadmin")

    def unseat(actor, other):
        return lambda: change_access(actor=actor, user_id=other.pk, role=Role.USER, is_active=True, now=now)

    outcomes = together(unseat(one, two), unseat(two, one))

    assert sorted(type(outcome) for outcome in outcomes if isinstance(outcome, DomainError)) == [Forbidden]
    assert User.objects.filter(role=Role.SUPERADMIN).count() == 1


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_an_address_taken_in_the_same_moment_is_refused(servers, now):
    def sign_up():
        return register_user(email="new@example.org", password=PASSWORD, name="New", now=now)

    outcomes = together(*[sign_up] * 4)

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
    assert Project.objects.count() == 1


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_a_device_that_signs_in_during_a_closing_does_not_stay(servers, register, superadmin, now):
    person = register("person")

    together(
        lambda: sign_in_device(user=person, label="phone", ip=None, now=now),
        lambda: change_access(actor=superadmin, user_id=person.pk, role=Role.USER, is_active=False, now=now),
    )

    devices = Device.objects.of(person.pk)
    assert not devices.live().exists()
    assert not any(rotation.is_live(device.pk) for device in devices)
