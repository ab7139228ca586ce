import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import User
from activity.models import Event


@pytest.fixture
def desk(superadmin, pages):
    return pages(superadmin)


def change(desk, person, **values):
    path = f"/admin/accounts/user/{person.pk}/change/"
    return desk.post(path, {"role": person.role, "is_active": "on"} | values, follow=True)


def notices(response) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def test_a_superadmin_changes_a_role_through_the_service(desk, superadmin, stranger, recorded):
    response = change(desk, stranger, role="admin")

    stranger.refresh_from_db()
    event = Event.objects.journal().about(stranger.pk).order_by("revision").last()
    assert (stranger.role, stranger.revision) == ("admin", 2)
    assert (event.verb, event.actor_id) == ("user.role_changed", superadmin.pk)
    assert [level for level, _ in notices(response)] == ["success"]


def test_a_superadmin_closes_an_account_and_its_devices(desk, stranger, api, recorded):
    client = api(stranger)

    change(desk, stranger, is_active="")

    stranger.refresh_from_db()
    assert not stranger.is_active
    assert recorded(stranger)[-1] == "user.deactivated"
    assert client.get("/api/v1/users/me/").status_code == 401


def test_the_last_superadmin_is_kept_with_one_clear_message(desk, superadmin, recorded):
    response = change(desk, superadmin, role="user")

    superadmin.refresh_from_db()
    assert superadmin.role == "superadmin"
    assert recorded(superadmin) == ["user.registered"]
    assert notices(response) == [
        ("error", "Nothing was changed. This is the last active superadmin. Name another one first.")
    ]
    assert not LogEntry.objects.exists()


def test_what_is_a_persons_own_cannot_be_written(desk, stranger):
    before = User.objects.values().get(pk=stranger.pk)

    change(desk, stranger, email="x@example.org", name="X", time_zone="Asia/Tokyo", revision="9", password="x")

    assert User.objects.values().get(pk=stranger.pk) == before


def test_a_password_hash_is_not_shown(desk, stranger):
    response = desk.get(f"/admin/accounts/user/{stranger.pk}/change/")

    assert response.status_code == 200
    assert "bcrypt" not in response.text


@pytest.mark.parametrize("action", ["add/", "{}/delete/"])
def test_accounts_are_neither_made_nor_removed_here(desk, stranger, action):
    response = desk.post(f"/admin/accounts/user/{action.format(stranger.pk)}", {"post": "yes", "role": "user"})

    assert response.status_code == 403
    assert User.objects.filter(pk=stranger.pk).exists()


def test_devices_are_read_only(desk, stranger, api):
    device = api(stranger).device

    answers = [
        desk.post(f"/admin/accounts/device/{path}", {"label": "mine", "post": "yes"}).status_code
        for path in ("add/", f"{device.pk}/change/", f"{device.pk}/delete/")
    ]

    device.refresh_from_db()
    assert answers == [403, 403, 403]
    assert (device.label, device.revoked_at) == ("test", None)


def test_events_are_read_only(desk, stranger):
    event = Event.objects.journal().about(stranger.pk).get()

    answers = [
        desk.post(f"/admin/activity/event/{path}", {"verb": "user.x", "post": "yes"}).status_code
        for path in ("add/", f"{event.pk}/change/", f"{event.pk}/delete/")
    ]

    event.refresh_from_db(using="default")
    assert answers == [403, 403, 403]
    assert event.verb == "user.registered"


@pytest.mark.parametrize("path", ["accounts/user/?q=stranger", "accounts/device/?q=test", "activity/event/?q=stranger"])
def test_lists_are_searched(desk, stranger, owner, api, path):
    api(stranger)

    response = desk.get(f"/admin/{path}")

    assert response.status_code == 200
    assert "stranger" in response.text.lower()
