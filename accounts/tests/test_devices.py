"""Devices on the pages and in the API: the list, signing out from afar, and what lets nobody in."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Device, Role, Session, User
from accounts.services.api_tokens import create_token
from accounts.services.deletion import request_deletion, sweep_due_deletions
from accounts.services.devices import end_devices, refresh_device, sign_in_browser, sign_in_device, sign_out_device
from accounts.services.expiry import sweep_old_devices
from accounts.services.people import change_access
from accounts.sessions import DEVICE, SessionStore
from accounts.tokens import issue_pair
from accounts.web.entering import enter
from activity.models import Event
from config.errors import Unauthenticated
from config.tests.plugin import FIREFOX, PASSWORD
from todos.tests.test_store_faults import file_database, write_lock  # noqa: F401  fixtures

DEVICES = "/api/v1/auth/devices/"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
    "Mobile/15E148 Safari/604.1"
)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


def is_in(client) -> bool:
    """Say whether a page client, or an API client, still gets in."""
    api = hasattr(client, "credentials")
    return client.get("/api/v1/users/me/" if api else "/settings/").status_code == 200


def login(client, owner, **headers):
    return client.post("/login/", {"email": owner.email, "password": PASSWORD}, headers=headers)


# The list


def test_browsers_and_api_clients_are_in_one_list_the_last_used_first(api, pages, owner, clock):
    api(owner)
    clock.shift(timedelta(minutes=1))
    page = pages(owner)
    clock.shift(timedelta(minutes=1))
    client = api(owner)

    found = client.get(DEVICES).json()

    assert [(row["kind"], row["current"]) for row in found["results"]] == [
        ("api", True),
        ("browser", False),
        ("api", False),
    ]
    browser = found["results"][1]
    assert browser == {
        "id": str(page.device.pk),
        "name": "Firefox on Linux",
        "kind": "browser",
        "ip": "192.0.2.1",
        "created_at": browser["created_at"],
        "last_used_at": browser["created_at"],
        "current": False,
    }


def test_a_page_session_knows_itself_in_the_api_too(pages, owner):
    pages(owner)
    client = pages(owner)

    current = [row["id"] for row in client.get(DEVICES).json()["results"] if row["current"]]

    assert current == [str(client.device.pk)]


def test_S14_an_api_token_neither_sees_devices_nor_signs_them_out(api, pages, owner, now):
    page, script = pages(owner), api()
    token = create_token(actor=owner, name="Watch", scopes=["account"], now=now)
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {token.secret}")
    known = script.get("/api/v1/users/me/").status_code

    answers = [
        script.get(DEVICES),
        script.delete(DEVICES),
        script.delete(f"{DEVICES}{page.device.pk}/"),
        script.post("/api/v1/auth/logout/"),
    ]

    assert (known, [answer.status_code for answer in answers]) == (200, [403] * 4)
    assert is_in(page)


def test_one_sees_ones_own_devices_that_have_not_ended_or_run_out(api, owner, stranger, clock):
    api(stranger)
    ended, idle = api(owner).device, api(owner).device
    clock.shift(settings.DEVICE_IDLE)
    client = api(owner)
    sign_out_device(actor=owner, device_id=ended.pk, now=timezone.now())

    found = client.get(DEVICES).json()["results"]

    assert [row["id"] for row in found] == [str(client.device.pk)]
    assert Device.objects.live().of(owner.pk).filter(pk=idle.pk).exists()


@pytest.mark.parametrize("count", [2, 30])
def test_the_list_of_devices_asks_the_database_once(api, owner, django_assert_max_num_queries, count):
    client = [api(owner) for _ in range(count)][-1]

    with django_assert_max_num_queries(2 if settings.CACHES["tokens"]["BACKEND"].endswith("DatabaseCache") else 1):
        response = client.get(DEVICES)

    assert len(response.json()["results"]) == count


def test_the_settings_show_this_device_first_and_what_each_is(api, pages, owner, clock):
    sign_in_browser(user=owner, label="Safari on iPhone", ip="192.0.2.9", now=timezone.now() - timedelta(days=3))
    page = pages(owner)
    clock.shift(timedelta(hours=2))
    sign_in_device(user=owner, label="curl 8.5", ip=None, now=timezone.now())

    text = page.get("/settings/").text
    section = re.search(r'<section aria-labelledby="devices">.*?</section>', text, re.S)[0]

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", section)).replace("\xa0", " ")
    assert "Firefox on Linux This device 192.0.2.1, active 2 hours ago curl 8.5 active now Sign out" in words
    assert re.search(r"Safari on iPhone 192\.0\.2\.9, active on \d+ \w+ Sign out 3 devices", words)
    assert re.findall(r"icons\.svg#([\w-]+)", section) == ["laptop", "code-xml", "smartphone"]
    assert section.count("/sign-out/") == 3


def test_the_settings_ask_once_for_all_devices(pages, owner):
    def queries(client):
        with CaptureQueriesContext(connection) as seen:
            assert is_in(client)
        return len(seen)

    few = queries(pages(owner))
    many = queries([pages(owner) for _ in range(20)][-1])

    assert many == few


def test_a_name_is_shown_as_text(api, pages, owner):
    sign_in_device(user=owner, label="<b>x</b>", ip=None, now=timezone.now())

    assert "&lt;b&gt;x&lt;/b&gt;" in pages(owner).get("/settings/").text


# Names


def test_an_api_client_may_name_itself(api, owner):
    sent = {"email": owner.email, "password": PASSWORD}

    for name in ({"device_name": "Kitchen tablet"}, {"device_name": ""}, {}):
        response = api().post("/api/v1/auth/login/", sent | name, headers={"User-Agent": "curl/8.5.0"})
        assert response.status_code == 200

    names = list(Device.objects.order_by("pk").values_list("label", flat=True))
    assert names == ["Kitchen tablet", "curl 8.5", "curl 8.5"]


def test_a_name_that_is_too_long_is_refused(api, owner):
    sent = {"email": owner.email, "password": PASSWORD, "device_name": "x" * 101}

    response = api().post("/api/v1/auth/login/", sent)

    assert (response.status_code, list(response.json()["fields"])) == (422, ["device_name"])


def test_a_browser_is_named_by_its_user_agent(client, owner):
    login(client, owner, **{"User-Agent": IPHONE})

    device = Device.objects.get()
    assert (device.label, device.kind, device.ip, device.icon) == (
        "Safari on iPhone",
        "browser",
        "127.0.0.1",
        "smartphone",
    )


# Signing out


def test_a_device_that_is_signed_out_is_refused_on_its_next_request(api, pages, owner, recorded):
    client, other, page = api(owner), api(owner), pages(owner)
    before = [is_in(other), is_in(page)]

    answers = [client.delete(f"{DEVICES}{found.device.pk}/").status_code for found in (other, page)]

    assert (before, answers) == ([True, True], [204, 204])
    assert [is_in(client), is_in(other), is_in(page)] == [True, False, False]
    assert recorded(page.device) == ["device.signed_in", "device.signed_out"]
    assert not Session.objects.filter(device=page.device).exists()


def test_all_others_are_signed_out_with_one_event(api, pages, owner, stranger, recorded):
    client, others, foreign = api(owner), [api(owner), pages(owner), pages(owner)], api(stranger)

    response = client.delete(DEVICES)

    assert response.status_code == 204
    assert [is_in(client), is_in(foreign)] == [True, True]
    assert not any(is_in(other) for other in others)
    event = Event.objects.journal().filter(verb="device.others_signed_out").get()
    assert (event.scope, event.data) == (f"user:{owner.pk}", {"count": 3})
    client.delete(DEVICES)
    assert Event.objects.journal().filter(verb="device.others_signed_out").count() == 1


def test_the_settings_sign_one_device_out(api, pages, owner):
    page, other = pages(owner), api(owner)

    response = page.post(f"/settings/devices/{other.device.pk}/sign-out/", follow=True)

    assert response.redirect_chain == [("/settings/#devices", 302)]
    assert "That device is signed out." in response.text
    assert [is_in(page), is_in(other)] == [True, False]


def test_the_settings_sign_all_others_out(api, pages, owner):
    page, others = pages(owner), [api(owner), pages(owner)]

    response = page.post("/settings/devices/sign-out/", follow=True)

    assert "You are signed out everywhere else." in response.text
    assert is_in(page)
    assert not any(is_in(other) for other in others)


def test_signing_devices_out_asks_who_one_is_when_that_is_long_ago(api, pages, owner, clock):
    page, other = pages(owner), api(owner)
    clock.shift(timedelta(minutes=16))

    answers = [
        page.post("/settings/devices/sign-out/"),
        page.post(f"/settings/devices/{other.device.pk}/sign-out/"),
    ]

    assert [answer["Location"] for answer in answers] == ["/confirm/?next=%2Fsettings%2F"] * 2
    assert Device.objects.live().filter(pk=other.device.pk).exists()


def test_a_foreign_or_made_up_device_is_not_found(api, pages, owner, stranger):
    foreign = api(stranger)
    for key in (foreign.device.pk, uuid4()):
        assert api(owner).delete(f"{DEVICES}{key}/").status_code == 404
        assert pages(owner).post(f"/settings/devices/{key}/sign-out/").status_code == 404

    assert is_in(foreign)


def test_S29_a_link_signs_no_device_out(pages, owner):
    page, other = pages(owner), pages(owner)

    answers = [
        page.get(path).status_code
        for path in ("/settings/devices/sign-out/", f"/settings/devices/{other.device.pk}/sign-out/")
    ]

    assert answers == [405, 405]
    assert is_in(other)


def test_signing_out_on_the_pages_ends_the_device(pages, owner, recorded):
    page, other = pages(owner), pages(owner)

    response = page.post("/logout/")

    page.device.refresh_from_db()
    assert page.device.revoked_at is not None
    assert recorded(page.device) == ["device.signed_in", "device.signed_out"]
    assert [is_in(page), is_in(other)] == [False, True]
    assert response["Location"] == "/login/"


def test_S36_signing_out_clears_the_browser_and_its_copied_cookie_is_worth_nothing(pages, owner, client):
    page = pages(owner)
    client.cookies["sessionid"] = page.cookies["sessionid"].value

    response = page.post("/logout/")

    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response.cookies["sessionid"]["max-age"] == 0
    assert not is_in(client)
    assert not Session.objects.exists()


def test_signing_out_of_the_django_admin_ends_the_device_too(pages, superadmin):
    page = pages(superadmin)
    before = page.get("/admin/").status_code

    response = page.post("/admin/logout/")

    page.device.refresh_from_db()
    assert (before, response["Clear-Site-Data"]) == (200, '"cache", "storage"')
    assert page.device.revoked_at is not None
    assert not is_in(page)


def test_signing_in_anew_on_a_browser_leaves_one_device(pages, owner, stranger):
    page = pages(owner)
    request = RequestFactory(headers={"User-Agent": FIREFOX}).get("/")
    request.session, request.user = SessionStore(page.cookies["sessionid"].value), owner

    enter(request, owner, leads_to="/")
    request.session.save()

    assert Device.objects.live().of(owner.pk).count() == 1
    assert str(Device.objects.live().of(owner.pk).get().pk) == request.session[DEVICE]
    assert not is_in(page)


# What lets nobody in


def test_a_session_whose_device_has_ended_lets_nobody_in_though_its_row_was_kept(pages, owner, now):
    page = pages(owner)

    Device.objects.update(revoked_at=now)

    assert Session.objects.exists()
    assert not is_in(page)


def test_a_session_that_was_saved_after_its_device_ended_lets_nobody_in(pages, owner, now):
    page = pages(owner)
    key = page.cookies["sessionid"].value
    stale = SessionStore(key)
    stale.load()
    end_devices(user=owner, now=now)

    stale["note"] = "a request that was under way"
    stale.create()
    page.cookies["sessionid"] = stale.session_key

    assert not is_in(page)


def test_a_session_whose_device_is_gone_lets_nobody_in(pages, owner):
    page = pages(owner)

    Device.objects.all().delete()

    assert not is_in(page)


def test_S13_a_session_of_a_person_without_a_device_lets_nobody_in(pages, owner):
    page = pages(owner)
    forged = SessionStore()
    forged.update({name: value for name, value in page.session.items() if name != DEVICE})
    forged.save()
    page.cookies["sessionid"] = forged.session_key

    assert SESSION_KEY in forged
    assert not is_in(page)


def test_S13_a_session_is_no_token_and_a_token_no_session(pages, api, owner, client):
    session = pages(owner).cookies["sessionid"].value
    pair = api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD}).json()

    for value in (session, str(Device.objects.first().pk), pair["refresh"]):
        response = api().get("/api/v1/users/me/", headers={"Authorization": f"Bearer {value}"})
        assert response.status_code == 401
    for value in (pair["access"], pair["refresh"], str(Device.objects.first().pk)):
        client.cookies["sessionid"] = value
        assert not is_in(client)


def test_S13_a_browser_device_has_no_tokens_to_refresh(pages, owner):
    device, now = pages(owner).device, timezone.now()
    pair = issue_pair(user_id=owner.pk, device_id=device.pk, role="user", jti="0" * 32, now=now)

    with pytest.raises(Unauthenticated):
        refresh_device(token=pair.refresh, now=now)


def test_S15_a_person_who_is_switched_off_is_refused_with_every_token_and_session(api, pages, owner, superadmin, now):
    pair = api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD}).json()
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    client, page, idle = api(owner), pages(owner), pages(owner)
    before = [is_in(client), is_in(page), api().get(DEVICES, headers=bearer).status_code == 200]

    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=timezone.now())

    assert before == [True, True, True]
    assert [is_in(client), is_in(page), is_in(idle)] == [False, False, False]
    assert api().get(DEVICES, headers=bearer).status_code == 401
    assert api().post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401
    assert login(page, owner).status_code == 422
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=True, now=timezone.now())
    assert [is_in(client), is_in(page), is_in(idle)] == [False, False, False]


def test_S15_a_person_who_is_deleted_is_refused_with_every_token_and_session(api, pages, stranger, now):
    request_deletion(actor=stranger, choices={}, now=now)
    pair = api().post("/api/v1/auth/login/", {"email": stranger.email, "password": PASSWORD}).json()
    page, client = pages(stranger), api(stranger)
    before = [is_in(page), is_in(client)]

    sweep_due_deletions(timezone.now())

    assert before == [True, True]
    assert not User.objects.exists()
    assert [is_in(page), is_in(client)] == [False, False]
    assert api().post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_a_password_that_changed_during_a_sign_in_ends_that_sign_in(owner):
    checked = User.objects.get(pk=owner.pk)
    owner.set_password("another one altogether")
    owner.save()

    with pytest.raises(Unauthenticated):
        sign_in_device(user=checked, label="", ip=None, now=timezone.now())

    assert not Device.objects.exists()


# Cookies


def test_S18_the_cookies_keep_to_their_use(client, owner):
    client.get("/login/")
    response = login(client, owner)

    session, csrf = response.cookies["sessionid"], response.cookies["csrftoken"]
    assert (session["httponly"], session["samesite"], session["path"], session["domain"]) == (True, "Lax", "/", "")
    assert (csrf["httponly"], csrf["samesite"], csrf["path"], csrf["domain"]) == (True, "Lax", "/", "")
    assert session["max-age"] == settings.DEVICE_IDLE.total_seconds()


def test_S18_the_api_sets_no_cookie(api, owner):
    client = api(owner)
    login = client.post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD})

    assert not login.cookies
    assert not client.get(DEVICES).cookies


# The last use


def test_a_browser_in_use_is_noted_every_five_minutes_and_costs_nothing_between(pages, owner, clock):
    page, start = pages(owner), timezone.now()

    seen = []
    for minutes in (1, 3, 1, 4, 1):  # 1, 4, 5, 9 and 10 minutes after the start
        clock.shift(timedelta(minutes=minutes))
        page.get("/settings/", REMOTE_ADDR="192.0.2.77")
        page.device.refresh_from_db()
        seen.append((page.device.last_used_at - start).total_seconds() / 60)

    assert seen == [0, 0, 5, 5, 10]
    assert page.device.ip == "192.0.2.77"


def test_noting_the_use_keeps_the_session_alive(pages, owner, clock):
    page = pages(owner)

    for _ in range(4):
        clock.shift(settings.DEVICE_IDLE - timedelta(minutes=1))
        assert is_in(page)

    clock.shift(settings.DEVICE_IDLE)
    assert not is_in(page)


def test_no_session_or_device_outlives_half_a_year(pages, api, owner, clock):
    page = pages(owner)
    pair = sign_in_device(user=owner, label="", ip=None, now=timezone.now()).pair
    end = timezone.now() + settings.DEVICE_LIFETIME

    while timezone.now() + timedelta(days=20) < end:
        clock.shift(timedelta(days=20))
        assert is_in(page)
        pair = refresh_device(token=pair.refresh, now=timezone.now())
    clock.move_to(end)

    assert not is_in(page)
    assert api().post("/api/v1/auth/refresh/", {"refresh": pair.refresh}).status_code == 401


def test_a_refresh_notes_from_where_it_came(api, owner, clock):
    pair = api().post("/api/v1/auth/login/", {"email": owner.email, "password": PASSWORD}).json()
    clock.shift(timedelta(minutes=2))

    api().post("/api/v1/auth/refresh/", {"refresh": pair["refresh"]}, REMOTE_ADDR="192.0.2.8")

    device = Device.objects.get()
    assert (device.ip, device.last_used_at) == ("192.0.2.8", timezone.now())


def test_while_sqlite_is_locked_a_page_is_shown_though_its_use_cannot_be_noted(write_lock, pages, owner, clock):  # noqa: F811
    page = pages(owner)
    clock.shift(timedelta(minutes=6))

    with write_lock():
        assert is_in(page)

    page.device.refresh_from_db()
    assert page.device.last_used_at < timezone.now()
    assert is_in(page)
    page.device.refresh_from_db()
    assert page.device.last_used_at == timezone.now()


# Sweeping


def test_devices_that_ended_or_ran_out_long_ago_are_swept_and_their_events_stay(owner, now, recorded):
    def device(used: timedelta, ended: timedelta | None = None):
        moment = now - used
        return Device.objects.create(
            user=owner, created_at=moment, last_used_at=moment, revoked_at=None if ended is None else now - ended
        )

    day = timedelta(days=1)
    kept = [device(0 * day), device(119 * day), device(200 * day, 89 * day)]
    kept[2].last_used_at = now - 100 * day
    kept[2].created_at = now - 100 * day
    kept[2].save()
    device(121 * day), device(95 * day, 91 * day)
    signed_in = sign_in_device(user=owner, label="", ip=None, now=now - 400 * day).device

    swept = (sweep_old_devices(now), sweep_old_devices(now))

    assert swept == (3, 0)
    assert set(Device.objects.values_list("pk", flat=True)) == {found.pk for found in kept}
    assert recorded(signed_in) == ["device.signed_in"]
