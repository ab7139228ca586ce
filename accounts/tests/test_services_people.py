import pytest
from django.contrib.auth.hashers import is_password_usable

from accounts import rotation
from accounts.models import ApiToken, Authenticator, Device, Identity, Mail, Passkey, RecoveryCode, Role, User
from accounts.policies import leaving_self
from accounts.services.people import change_access, create_person, edit_person, reset_sign_in
from accounts.tests.test_services_users import servers, together  # noqa: F401
from activity.models import Event
from config.errors import Conflict, Forbidden, NotFound, Stale, Unauthenticated
from config.tests.plugin import PASSWORD
from todos.models import Project

pytestmark = pytest.mark.django_db


def last_event(person) -> Event | None:
    return Event.objects.journal().about(person.pk).order_by("revision").last()


# Roles and closed accounts


@pytest.mark.parametrize(
    ("role", "is_active", "verb", "changed"),
    [
        (Role.ADMIN, True, "user.role_changed", {"role": {"before": "user", "after": "admin"}}),
        (Role.USER, False, "user.deactivated", {"is_active": {"before": True, "after": False}}),
    ],
)
def test_a_superadmin_changes_access_with_an_event(stranger, superadmin, now, role, is_active, verb, changed):
    person = change_access(actor=superadmin, user_id=stranger.pk, role=role, is_active=is_active, now=now)

    event = last_event(stranger)
    assert (person.role, person.is_active) == (role, is_active)
    assert (event.verb, event.actor_id, event.data["changes"]) == (verb, superadmin.pk, changed)


def test_a_reactivated_person_comes_in_again(stranger, superadmin, now, recorded):
    for is_active in (False, True):
        change_access(actor=superadmin, user_id=stranger.pk, role=Role.USER, is_active=is_active, now=now)

    assert User.objects.active().filter(pk=stranger.pk).exists()
    assert recorded(stranger)[-2:] == ["user.deactivated", "user.reactivated"]


def test_setting_what_holds_already_records_nothing(stranger, superadmin, now, recorded):
    change_access(actor=superadmin, user_id=stranger.pk, role=Role.USER, is_active=True, now=now)

    assert recorded(stranger) == ["user.registered"]


@pytest.mark.parametrize(("role", "is_active"), [(Role.ADMIN, True), (Role.USER, False)])
def test_S15_a_change_of_access_ends_every_device_at_once(stranger, superadmin, api, now, role, is_active):
    client = api(stranger)
    assert client.get("/api/v1/users/me/").status_code == 200

    change_access(actor=superadmin, user_id=stranger.pk, role=role, is_active=is_active, now=now)

    assert client.get("/api/v1/users/me/").status_code == 401
    assert not rotation.is_live(client.device.pk)
    assert not Device.objects.live().of(stranger.pk).exists()


def test_a_change_of_access_ends_nobody_elses_device(stranger, owner, superadmin, api, now):
    client = api(owner)

    change_access(actor=superadmin, user_id=stranger.pk, role=Role.ADMIN, is_active=True, now=now)

    assert client.get("/api/v1/users/me/").status_code == 200


def test_S15_a_closed_account_loses_its_page_session(stranger, superadmin, pages, now):
    client = pages(stranger)
    assert client.get("/activity/").status_code == 200

    change_access(actor=superadmin, user_id=stranger.pk, role=Role.USER, is_active=False, now=now)

    assert client.get("/activity/")["Location"] == "/login/?next=/activity/"


def test_nobody_can_be_changed_who_is_not_there(superadmin, project, now):
    with pytest.raises(NotFound):
        change_access(actor=superadmin, user_id=project.pk, role=Role.ADMIN, is_active=True, now=now)


@pytest.mark.parametrize(("role", "is_active"), [(Role.USER, True), (Role.SUPERADMIN, False)])
def test_the_last_superadmin_stays(superadmin, register, now, role, is_active):
    gone = register("gone", role="superadmin")
    change_access(actor=superadmin, user_id=gone.pk, role=Role.SUPERADMIN, is_active=False, now=now)

    with pytest.raises(Conflict):
        change_access(actor=superadmin, user_id=superadmin.pk, role=role, is_active=is_active, now=now)

    superadmin.refresh_from_db()
    assert superadmin.is_staff


def test_a_superadmin_may_go_while_another_stays(superadmin, register, now):
    register("second", role="superadmin")

    person = change_access(actor=superadmin, user_id=superadmin.pk, role=Role.USER, is_active=True, now=now)

    assert not person.is_staff


# Who may manage whom


@pytest.mark.parametrize(
    ("actor", "person", "allowed"),
    [
        ("stranger", "owner", False),
        ("admin", "owner", True),
        ("admin", "second_admin", True),
        ("admin", "superadmin", False),
        ("superadmin", "owner", True),
        ("superadmin", "admin", True),
        ("superadmin", "second_superadmin", True),
    ],
)
def test_admins_manage_all_but_superadmins(request, register, now, actor, person, allowed):
    actor = request.getfixturevalue(actor)
    kind = person.removeprefix("second_")
    person = register("second", role=kind) if person != kind else request.getfixturevalue(person)
    acts = [
        lambda: edit_person(actor=actor, person_id=person.pk, changes={"name": "Renamed"}, now=now),
        lambda: edit_person(actor=actor, person_id=person.pk, changes={"is_active": False}, now=now),
        lambda: edit_person(actor=actor, person_id=person.pk, changes={"is_active": True}, now=now),
        lambda: reset_sign_in(actor=actor, person_id=person.pk, now=now),
    ]

    for act in acts:
        if allowed:
            act()
        else:
            with pytest.raises(Forbidden):
                act()

    person.refresh_from_db()
    assert person.name == ("Renamed" if allowed else person.email.split("@")[0].title())
    assert is_password_usable(person.password) is not allowed


@pytest.mark.parametrize(
    ("actor", "role", "allowed"),
    [
        ("stranger", Role.USER, False),
        ("admin", Role.USER, True),
        ("admin", Role.ADMIN, True),
        ("admin", Role.SUPERADMIN, False),
        ("superadmin", Role.SUPERADMIN, True),
    ],
)
def test_a_role_is_given_by_those_who_may(request, owner, now, actor, role, allowed):
    actor = request.getfixturevalue(actor)
    acts = [
        lambda: create_person(actor=actor, email="new@example.org", name="New", role=role, now=now),
        lambda: edit_person(actor=actor, person_id=owner.pk, changes={"role": role}, now=now),
    ]

    for act in acts:
        if allowed:
            assert act().role == role
        else:
            with pytest.raises(Forbidden):
                act()

    assert User.objects.filter(role=role, email__in=["new@example.org", owner.email]).exists() is (
        allowed or role == Role.USER
    )


@pytest.mark.parametrize("changes", [{"role": "user"}, {"role": "superadmin"}, {"is_active": False}])
def test_an_admin_changes_neither_their_own_role_nor_state(admin, superadmin, now, recorded, changes):
    with pytest.raises(Forbidden):
        edit_person(actor=admin, person_id=admin.pk, changes=changes, now=now)

    admin.refresh_from_db()
    assert (admin.role, admin.is_active, recorded(admin)) == ("admin", True, ["user.registered"])


def test_S20_nobody_resets_their_own_sign_in_or_moves_their_own_address_by_the_admins_door(superadmin, register, now):
    register("second", role="superadmin")

    with pytest.raises(Forbidden):
        reset_sign_in(actor=superadmin, person_id=superadmin.pk, now=now)
    with pytest.raises(Forbidden):
        edit_person(actor=superadmin, person_id=superadmin.pk, changes={"email": "x@example.org"}, now=now)

    superadmin.refresh_from_db()
    assert (superadmin.email, superadmin.check_password(PASSWORD)) == ("superadmin@example.org", True)


def test_S15_an_admin_who_was_switched_off_manages_nobody(admin, superadmin, owner, now):
    edit_person(actor=superadmin, person_id=admin.pk, changes={"is_active": False}, now=now)

    with pytest.raises(Unauthenticated):
        edit_person(actor=admin, person_id=owner.pk, changes={"name": "X"}, now=now)
    with pytest.raises(Unauthenticated):
        create_person(actor=admin, email="new@example.org", name="New", role=Role.USER, now=now)


def test_the_last_superadmin_may_not_close_the_account_and_another_may(superadmin, register, owner, now):
    with pytest.raises(Conflict):
        leaving_self(actor=superadmin)
    assert leaving_self(actor=owner) == owner

    register("second", role="superadmin")

    assert leaving_self(actor=superadmin) == superadmin


# Creating


def test_a_created_person_has_an_inbox_and_chooses_a_password_by_mail(admin, now, recorded):
    person = create_person(actor=admin, email=" New@Example.org", name=" New ", role=Role.USER, now=now)

    person.refresh_from_db()
    event = last_event(person)
    mails = list(Mail.objects.filter(user=person).values_list("template", "to", "data"))
    assert (person.email, person.name, person.email_verified_at) == ("new@example.org", "New", None)
    assert not is_password_usable(person.password)
    assert Project.objects.inbox_of(person.pk).exists()
    assert recorded(person) == ["user.created"]
    assert (event.actor_id, event.scope) == (admin.pk, f"user:{person.pk}")
    assert mails == [("account_created", "new@example.org", {})]


def test_an_address_that_is_taken_makes_no_second_account(admin, owner, now):
    with pytest.raises(Conflict) as refusal:
        create_person(actor=admin, email="OWNER@example.org", name="Twin", role=Role.USER, now=now)

    assert list(refusal.value.fields) == ["email"]
    assert User.objects.filter(name="Twin").count() == 0


# Editing


def test_a_change_is_one_event_of_the_person_by_the_admin_with_before_and_after(admin, stranger, now, recorded):
    changes = {"name": "Strange", "role": "admin", "is_active": True, "email": "stranger@example.org"}

    edit_person(actor=admin, person_id=stranger.pk, changes=changes, now=now)

    event = last_event(stranger)
    assert recorded(stranger) == ["user.registered", "user.role_changed"]
    assert (event.actor_id, event.actor_name, event.scope) == (admin.pk, "Admin", f"user:{stranger.pk}")
    assert event.data["changes"] == {
        "name": {"before": "Stranger", "after": "Strange"},
        "role": {"before": "user", "after": "admin"},
    }


def test_a_new_name_leaves_the_devices_alone(admin, stranger, api, now, recorded):
    client = api(stranger)

    edit_person(actor=admin, person_id=stranger.pk, changes={"name": "Strange"}, now=now)

    assert client.get("/api/v1/users/me/").json()["name"] == "Strange"
    assert recorded(stranger)[-1] == "user.edited"


def test_a_new_address_is_unverified_and_the_old_one_is_told(admin, stranger, now):
    User.objects.filter(pk=stranger.pk).update(email_verified_at=now)
    Mail.objects.all().delete()

    edit_person(actor=admin, person_id=stranger.pk, changes={"email": "Strange@Example.org"}, now=now)

    stranger.refresh_from_db()
    mails = {mail.to: (mail.template, mail.data.get("notice")) for mail in Mail.objects.filter(user=stranger)}
    assert (stranger.email, stranger.email_verified_at) == ("strange@example.org", None)
    assert mails == {
        "stranger@example.org": ("notice", "email_changed_by_admin"),
        "strange@example.org": ("verify_email", None),
    }


def test_a_new_address_gets_the_link_that_the_old_one_had(admin, stranger, now):
    person = create_person(actor=admin, email="typo@example.org", name="New", role=Role.USER, now=now)
    reset_sign_in(actor=admin, person_id=stranger.pk, now=now)

    edit_person(actor=admin, person_id=person.pk, changes={"email": "new@example.org"}, now=now)
    edit_person(actor=admin, person_id=stranger.pk, changes={"email": "strange@example.org"}, now=now)

    links = Mail.objects.exclude(template="notice").filter(user__in=[person, stranger])
    assert set(links.values_list("to", "template")) == {
        ("new@example.org", "account_created"),
        ("strange@example.org", "reset_password"),
    }


def test_an_address_of_another_changes_nothing(admin, stranger, owner, now, recorded):
    with pytest.raises(Conflict) as refusal:
        edit_person(actor=admin, person_id=stranger.pk, changes={"email": owner.email, "name": "X"}, now=now)

    stranger.refresh_from_db()
    assert list(refusal.value.fields) == ["email"]
    assert (stranger.email, stranger.name) == ("stranger@example.org", "Stranger")
    assert recorded(stranger) == ["user.registered"]


def test_S10_what_is_a_persons_own_is_not_written_by_admins(superadmin, stranger, now):
    before = User.objects.values().get(pk=stranger.pk)

    edit_person(
        actor=superadmin,
        person_id=stranger.pk,
        changes={"password": "x", "revision": 99, "email_verified_at": now, "theme": "dark", "created_at": now},
        now=now,
    )

    assert User.objects.values().get(pk=stranger.pk) == before


def test_a_change_on_a_state_that_was_not_seen_is_refused(admin, stranger, now):
    with pytest.raises(Stale):
        edit_person(actor=admin, person_id=stranger.pk, changes={"name": "X"}, now=now, if_match=frozenset({"0"}))

    seen = frozenset({stranger.etag})
    assert edit_person(actor=admin, person_id=stranger.pk, changes={"name": "X"}, now=now, if_match=seen).name == "X"


# Resetting a sign-in


def test_S20_a_reset_takes_every_way_in_and_mails_a_new_one(admin, stranger, api, pages, now, recorded):
    client, browser = api(stranger), pages(stranger)
    Authenticator.objects.create(user=stranger, secret="x", created_at=now, confirmed_at=now)
    RecoveryCode.objects.create(user=stranger, digest="0" * 64)
    Passkey.objects.create(user=stranger, name="Key", credential_id=b"1", public_key=b"2", created_at=now)
    Identity.objects.create(user=stranger, provider="p", subject="s", created_at=now, last_used_at=now)
    ApiToken.objects.create(user=stranger, name="Script", prefix="st_", digest="0" * 64, created_at=now)
    Mail.objects.all().delete()

    reset_sign_in(actor=admin, person_id=stranger.pk, now=now)

    stranger.refresh_from_db()
    kept = [
        model.__name__ for model in (Authenticator, RecoveryCode, Passkey, Identity, ApiToken) if model.objects.exists()
    ]
    mails = Mail.objects.filter(user=stranger, to=stranger.email)
    assert kept == []
    assert not is_password_usable(stranger.password)
    assert client.get("/api/v1/users/me/").status_code == 401
    assert browser.get("/activity/").status_code == 302
    assert {(mail.template, mail.data.get("notice")) for mail in mails} == {
        ("notice", "sign_in_reset"),
        ("reset_password", None),
    }
    assert recorded(stranger)[-1] == "user.sign_in_reset"
    assert last_event(stranger).actor_id == admin.pk


def test_a_reset_touches_nobody_else(admin, stranger, owner, api, now):
    client = api(owner)
    ApiToken.objects.create(user=owner, name="Script", prefix="st_", digest="0" * 64, created_at=now)

    reset_sign_in(actor=admin, person_id=stranger.pk, now=now)

    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    assert ApiToken.objects.count() == 1
    assert client.get("/api/v1/users/me/").status_code == 200


def test_an_account_that_is_switched_off_is_not_reset(admin, stranger, now):
    edit_person(actor=admin, person_id=stranger.pk, changes={"is_active": False}, now=now)

    with pytest.raises(Conflict):
        reset_sign_in(actor=admin, person_id=stranger.pk, now=now)


# Races, where two transactions can be open at once


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_superadmins_who_unseat_each_other_in_a_ring_wait_for_no_one_and_leave_one(
    servers,  # noqa: F811
    register,
    now,
    attempt,
):
    ring = [register(name, role="superadmin") for name in ("one", "two", "three", "four")]

    def unseat(actor, other):
        return lambda: change_access(actor=actor, user_id=other.pk, role=Role.USER, is_active=True, now=now)

    outcomes = together(*[unseat(actor, ring[(place + 1) % 4]) for place, actor in enumerate(ring)])

    assert all(isinstance(outcome, User | Forbidden | Conflict) for outcome in outcomes)
    assert User.objects.active().filter(role=Role.SUPERADMIN).exists()


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_an_account_created_twice_in_the_same_moment_is_there_once(servers, register, now):  # noqa: F811
    admin = register("admin", role="admin")

    def create():
        return create_person(actor=admin, email="new@example.org", name="New", role=Role.USER, now=now)

    outcomes = together(*[create] * 4)

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3
