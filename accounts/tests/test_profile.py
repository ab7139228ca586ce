"""One's own profile and how the pages look: what is saved, and that the pages follow it."""

import re
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User, validate_time_zone
from accounts.web.profile import time_zones
from todos.services.todos import complete_todo

pytestmark = pytest.mark.django_db
PROFILE = {"name": "Olive Owner", "time_zone": "Europe/Berlin", "week_start": "SU", "language": "en-us"}
ME = "/api/v1/users/me/"


def saved(user, *names):
    return User.objects.values(*names).get(pk=user.pk)


# The profile's section


def test_the_settings_show_the_profile_as_it_is(pages, owner):
    text = pages(owner).get("/settings/").text

    assert 'value="Owner"' in text
    assert "owner@example.org" in text
    assert '<option value="UTC" selected>UTC</option>' in text
    assert '<option value="MO" selected>Monday</option>' in text
    assert '<option value="en-gb" selected>' in text


def test_a_profile_is_saved_as_a_whole_and_told_once(pages, owner, recorded):
    client = pages(owner)

    response = client.post("/settings/profile/", PROFILE)

    assert (response.status_code, response["Location"]) == (302, "/settings/#profile")
    assert saved(owner, *PROFILE) == PROFILE
    assert recorded(owner).count("user.updated") == 1
    assert "Saved your profile." in client.get("/settings/").text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("name", "   ", "This field is required."),
        ("name", "x" * 101, "at most 100 characters"),
        ("name", "a\x00b", "Null characters are not allowed."),
        ("time_zone", "Mars/Olympus", "is not an IANA time zone"),
        ("time_zone", "../../etc/passwd", "is not an IANA time zone"),
        ("week_start", "TU", "Select a valid choice."),
        ("language", "de", "Select a valid choice."),
    ],
)
def test_a_profile_that_does_not_hold_is_kept_as_typed_and_saves_nothing(pages, owner, field, value, sentence):
    sent = PROFILE | {"name": "Typed before"} | {field: value}

    response = pages(owner).post("/settings/profile/", sent)

    assert response.status_code == 422
    assert sentence in response.text
    assert 'aria-invalid="true"' in response.text
    assert field == "name" or 'value="Typed before"' in response.text
    assert saved(owner, "name", "time_zone") == {"name": "Owner", "time_zone": "UTC"}


def test_S10_a_profile_form_reaches_no_other_field(pages, owner):
    fields = ("email", "role", "is_active", "password", "theme")
    before = saved(owner, *fields)

    pages(owner).post(
        "/settings/profile/",
        PROFILE | {"email": "x@example.org", "role": "superadmin", "is_active": "", "password": "x", "theme": "dark"},
    )

    assert saved(owner, *fields) == before


def test_S23_a_name_is_shown_as_text(pages, owner):
    client = pages(owner)

    client.post("/settings/profile/", PROFILE | {"name": '"><svg onload=alert(1)>'})

    assert "<svg onload" not in client.get("/settings/").text


@pytest.mark.parametrize("door", ["page", "api"])
def test_S25_a_name_is_one_line(pages, api, owner, door):
    name = "Olive\r\nBcc: all@example.org\u2028x"
    if door == "page":
        pages(owner).post("/settings/profile/", PROFILE | {"name": name})
    else:
        api(owner).patch(ME, {"name": name})

    assert saved(owner, "name") == {"name": "Olive Bcc: all@example.org x"}


# Time zones


def test_zones_stand_by_region_under_the_name_of_their_place():
    regions = dict(time_zones("Europe/Berlin"))

    assert ("Europe/Berlin", "Berlin") in regions["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in regions["America"]
    assert "Other" not in regions


def test_a_zone_by_an_older_name_stays_chosen():
    assert dict(time_zones("US/Eastern"))["Other"] == [("US/Eastern", "US/Eastern")]


def test_every_zone_on_offer_is_one_that_can_be_saved():
    offered = [name for _, zones in time_zones("")[1:] for name, _ in zones]

    assert len(offered) > 400
    for name in offered:
        validate_time_zone(name)


@pytest.mark.parametrize(
    ("zone", "language", "sentence"),
    [
        ("Europe/Berlin", "en-gb", "It is 15:41 there now."),
        ("America/New_York", "en-us", "It is 9:41 AM there now."),
    ],
)
def test_the_time_there_is_told_in_ones_own_way(pages, owner, zone, language, sentence):
    client = pages(owner)
    client.post("/settings/profile/", PROFILE | {"time_zone": zone, "language": language})

    with time_machine.travel("2026-03-10T14:41:00Z" if zone == "Europe/Berlin" else "2026-03-10T13:41:00Z"):
        text = client.get("/settings/").text

    assert sentence in text


# Language and dates


@pytest.fixture
def dated(make_todo, owner):
    """Todos with a day and a time, one of them done."""
    make_todo("Call the roofer", due_date=date(2026, 3, 10), due_time=time(14, 5))
    make_todo("Order seeds", due_date=date(2026, 3, 24))
    make_todo("Renew the lease", due_date=date(2028, 1, 2))
    done = make_todo("Send the letter")
    complete_todo(actor=owner, todo_id=done.pk, now=datetime(2026, 3, 9, 21, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("language", "heading", "clock", "near", "far", "told"),
    [
        ("en-gb", "Tuesday, 10 March", "Today, 14:05", "Tue 24 Mar", "2 Jan 2028", ("Yesterday", "21:07")),
        ("en-us", "Tuesday, March 10", "Today, 2:05 PM", "Tue, Mar 24", "Jan 2, 2028", ("Yesterday", "9:07 PM")),
    ],
)
def test_every_date_and_time_of_a_page_follows_the_language(
    pages, owner, project, dated, language, heading, clock, near, far, told
):
    User.objects.filter(pk=owner.pk).update(language=language)

    with time_machine.travel("2026-03-10T09:00:00Z", tick=False):
        client = pages(owner)
        today, home, activity = (
            client.get(path).text for path in ("/today/", f"/projects/{project.pk}/", "/activity/")
        )

    for page in (today, home, activity):
        assert f'<html lang="{language}"' in page
    assert heading in today
    assert clock in today
    for text in (near, far):
        assert f">{text}</time>" in home
    for text in told:
        assert re.search(rf">\s*{text}\s*<", activity)


def test_the_language_of_one_person_is_not_the_next_ones(pages, owner, stranger):
    User.objects.filter(pk=owner.pk).update(language="en-us")

    pages(owner).get("/today/")

    assert '<html lang="en-gb"' in pages(stranger).get("/today/").text
    assert '<html lang="en-gb"' in pages().get("/login/").text


def test_an_edited_date_stands_in_its_field_as_browsers_take_it(pages, owner, make_todo):
    User.objects.filter(pk=owner.pk).update(language="en-us")
    todo = make_todo(due_date=date(2026, 12, 1), due_time=time(14, 5))

    text = pages(owner).get(f"/todos/{todo.pk}/").text

    assert 'value="2026-12-01"' in text
    assert 'value="14:05"' in text


def test_the_api_speaks_iso_whatever_the_language(api, owner, make_todo):
    User.objects.filter(pk=owner.pk).update(language="en-us", time_zone="America/New_York")
    todo = make_todo(due_date=date(2026, 12, 1), due_time=time(14, 5))

    found = api(owner).get(f"/api/v1/todos/{todo.pk}/").json()

    assert (found["due_date"], found["due_time"][:5]) == ("2026-12-01", "14:05")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", found["created_at"])


# Appearance


def test_appearance_is_saved_without_javascript(pages, owner):
    client = pages(owner)

    response = client.post("/settings/appearance/", {"theme": "dark"})

    assert (response.status_code, response["Location"]) == (302, "/settings/#appearance")
    assert saved(owner, "theme", "shortcuts") == {"theme": "dark", "shortcuts": False}
    page = client.get("/settings/").text
    assert 'data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page


def test_with_htmx_the_document_and_its_button_learn_of_it_at_once(pages, owner):
    response = pages(owner).post(
        "/settings/appearance/", {"theme": "light", "shortcuts": "on"}, headers={"hx-request": "true"}
    )

    assert response.status_code == 200
    assert response["HX-Trigger"] == '{"appearance": {"theme": "light", "shortcuts": "on"}}'
    assert 'hx-swap-oob="true"' in response.text
    assert "Theme: light" in response.text
    assert saved(owner, "theme", "shortcuts") == {"theme": "light", "shortcuts": True}


def test_a_theme_that_there_is_not_is_refused(pages, owner):
    response = pages(owner).post("/settings/appearance/", {"theme": "sepia"})

    assert response.status_code == 422
    assert saved(owner, "theme", "shortcuts") == {"theme": "", "shortcuts": True}


# The API


def test_a_client_reads_and_sets_all_of_it(api, owner):
    wanted = PROFILE | {"theme": "dark", "shortcuts": False}

    changed = api(owner).patch(ME, wanted)

    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in wanted} == wanted
    assert {name: api(owner).get(ME).json()[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", ["a"]),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", 7),
        ("time_zone", None),
        ("week_start", "TU"),
        ("week_start", 1),
        ("language", "de"),
        ("language", {}),
        ("theme", "sepia"),
        ("theme", None),
        ("shortcuts", "perhaps"),
        ("shortcuts", None),
    ],
)
def test_a_client_is_told_which_field_does_not_hold(api, owner, field, value):
    response = api(owner).patch(ME, {field: value, "name": "Olive"} if field != "name" else {field: value})

    assert response.status_code == 422
    assert list(response.json()["fields"]) == [field]
    assert saved(owner, "name") == {"name": "Owner"}


def test_the_settings_ask_no_more_of_the_database_when_there_is_more_to_show(pages, owner):
    client = pages(owner)
    client.get("/settings/")
    with CaptureQueriesContext(connection) as few:
        client.get("/settings/")
    for _ in range(5):
        pages(owner)

    with CaptureQueriesContext(connection) as many:
        client.get("/settings/")

    assert len(many) == len(few)
