from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches

from accounts.models import Device, Mail, Role, Session
from accounts.services.devices import (
    refresh_device,
    sign_in_device,
    sign_out_device,
)
from accounts.services.expiry import sweep_expired_cache, sweep_expired_sessions
from accounts.services.people import change_access
from accounts.tokens import issue_pair, read_refresh
from activity.models import Event
from config.errors import NotFound, Unauthenticated


@pytest.fixture
def sign_in(owner, now):
    def sign_in(user=owner, label="Firefox", ip="192.0.2.7"):
        return sign_in_device(user=user, label=label, ip=ip, now=now)

    return sign_in


def me(api, access):
    return api().get("/api/v1/users/me/", headers={"Authorization": f"Bearer {access}"}).status_code


@pytest.fixture
def live(now):
    """Move the clock to `now`: tokens are read by the real one."""
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def test_a_device_signs_in_with_an_event(sign_in, owner, recorded):
    signed_in = sign_in()

    device = signed_in.device
    event = Event.objects.journal().about(device.pk).get()
    owner.refresh_from_db()
    assert (device.user, device.label, device.ip) == (owner, "Firefox", "192.0.2.7")
    assert (event.verb, event.scope, event.revision) == ("device.signed_in", f"user:{owner.pk}", owner.revision)
    assert (event.subject_title, event.data) == ("Firefox", {"ip": "192.0.2.7"})


def test_a_long_label_is_cut_and_an_empty_one_still_reads(sign_in):
    assert len(sign_in(label="x" * 500).device.label) == 200

    unnamed = sign_in(label="").device

    assert Event.objects.journal().about(unnamed.pk).get().subject_title == "a device"


def test_a_closed_account_signs_no_device_in(sign_in, owner, superadmin, now):
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    with pytest.raises(Unauthenticated):
        sign_in()

    assert not Device.objects.exists()


def test_a_refresh_gives_a_new_pair_for_the_same_device(sign_in, now, live):
    signed_in = sign_in()

    pair = refresh_device(token=signed_in.pair.refresh, now=now)

    assert pair != signed_in.pair
    assert read_refresh(pair.refresh).device_id == signed_in.device.pk


def test_two_tabs_that_refresh_at_once_get_the_same_pair(sign_in, now, live):
    token = sign_in().pair.refresh

    first = refresh_device(token=token, now=now)
    second = refresh_device(token=token, now=now + timedelta(seconds=9))

    assert first == second
    assert refresh_device(token=second.refresh, now=now + timedelta(seconds=9)) != second


def test_a_token_used_twice_ends_the_device_though_the_answer_is_an_error(sign_in, now, live, api, recorded):
    signed_in = sign_in()
    pair = refresh_device(token=signed_in.pair.refresh, now=now)

    with pytest.raises(Unauthenticated, match="used twice"):
        refresh_device(token=signed_in.pair.refresh, now=now + timedelta(seconds=11), ip="198.51.100.4")

    signed_in.device.refresh_from_db()
    assert signed_in.device.revoked_at == now + timedelta(seconds=11)
    assert recorded(signed_in.device) == ["device.signed_in", "device.reuse_detected"]
    notice = Mail.objects.get(template="notice")
    assert (notice.to, notice.data) == (
        "owner@example.org",
        {"notice": "token_reuse", "device": "Firefox", "ip": "198.51.100.4"},
    )
    assert me(api, pair.access) == 401
    with pytest.raises(Unauthenticated, match="signed out"):
        refresh_device(token=pair.refresh, now=now + timedelta(seconds=12))


def test_a_copy_ends_its_own_device_alone(sign_in, now, live, api):
    other, robbed = sign_in(), sign_in()
    refresh_device(token=robbed.pair.refresh, now=now)

    with pytest.raises(Unauthenticated):
        refresh_device(token=robbed.pair.refresh, now=now + timedelta(seconds=11))

    assert me(api, other.pair.access) == 200


def test_S13_a_token_of_one_person_does_not_turn_the_device_of_another(sign_in, stranger, now, live):
    signed_in = sign_in()
    jti = read_refresh(signed_in.pair.refresh).jti
    mixed = issue_pair(user_id=stranger.pk, device_id=signed_in.device.pk, role="user", jti=jti, now=now)

    with pytest.raises(Unauthenticated):
        refresh_device(token=mixed.refresh, now=now)

    assert refresh_device(token=signed_in.pair.refresh, now=now)


def test_a_refresh_carries_the_role_of_today(sign_in, owner, superadmin, now, live):
    change_access(actor=superadmin, user_id=owner.pk, role=Role.ADMIN, is_active=True, now=now)

    pair = refresh_device(token=sign_in().pair.refresh, now=now)

    assert read_refresh(pair.refresh).role == "admin"


def test_the_last_use_is_noted_by_the_minute(sign_in, now, live):
    signed_in = sign_in()
    live.shift(timedelta(seconds=61))

    pair = refresh_device(token=signed_in.pair.refresh, now=now + timedelta(seconds=60))
    signed_in.device.refresh_from_db()
    soon = signed_in.device.last_used_at
    refresh_device(token=pair.refresh, now=now + timedelta(seconds=61))
    signed_in.device.refresh_from_db()

    assert (soon, signed_in.device.last_used_at) == (now, now + timedelta(seconds=61))


def test_signing_out_counts_from_the_next_request(sign_in, owner, now, live, api, recorded):
    signed_in = sign_in()
    before = me(api, signed_in.pair.access)

    sign_out_device(actor=owner, device_id=signed_in.device.pk, now=now)

    assert (before, me(api, signed_in.pair.access)) == (200, 401)
    assert recorded(signed_in.device) == ["device.signed_in", "device.signed_out"]
    with pytest.raises(Unauthenticated):
        refresh_device(token=signed_in.pair.refresh, now=now)


def test_signing_out_again_records_nothing(sign_in, owner, now, recorded):
    device = sign_in().device

    for _ in range(2):
        sign_out_device(actor=owner, device_id=device.pk, now=now)

    assert recorded(device) == ["device.signed_in", "device.signed_out"]


def test_one_signs_out_ones_own_devices_alone(sign_in, stranger, now, live, api):
    signed_in = sign_in()

    with pytest.raises(NotFound):
        sign_out_device(actor=stranger, device_id=signed_in.device.pk, now=now)

    assert me(api, signed_in.pair.access) == 200


def test_signing_out_by_the_api_ends_this_device_and_no_other(api, owner):
    client, other = api(owner), api(owner)

    response = client.post("/api/v1/auth/logout/")

    assert (response.status_code, response.content) == (204, b"")
    assert client.get("/api/v1/users/me/").status_code == 401
    assert other.get("/api/v1/users/me/").status_code == 200


def test_an_access_check_reads_no_row_of_a_person(api, owner, django_assert_max_num_queries):
    client = api(owner)

    with django_assert_max_num_queries(2) as seen:
        client.get("/api/v1/labels/")

    statements = [query["sql"] for query in seen.captured_queries]
    assert not [sql for sql in statements if "accounts_user" in sql or "accounts_device" in sql]


def test_expired_page_sessions_are_swept(pages, owner, now):
    pages(owner), pages(owner)
    expired = Session.objects.first()
    expired.expire_date = now - timedelta(seconds=1)
    expired.save()
    Session.objects.exclude(pk=expired.pk).update(expire_date=now + timedelta(seconds=1))

    assert (sweep_expired_sessions(now), sweep_expired_sessions(now)) == (1, 0)
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_expired_rows_of_embedded_caches_are_swept_and_the_rest_kept(settings, live, now):
    if not settings.CACHES["tokens"]["BACKEND"].endswith("DatabaseCache"):
        pytest.skip("Redis expires its own keys")
    for name in ("tokens", "default"):  # the second keeps notes as HTML
        caches[name].set("short", 1, timeout=60)
        caches[name].set("long", 1, timeout=3600)

    swept = sweep_expired_cache(now + timedelta(seconds=120))

    assert swept == 2
    assert [caches[name].get("long") for name in ("tokens", "default")] == [1, 1]
