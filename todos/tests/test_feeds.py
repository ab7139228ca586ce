"""Calendars at secret addresses: what is in them, who reads them, and until when."""

import gzip
import json
import time as clock
from datetime import date, time, timedelta
from urllib.parse import urlsplit

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Deletion, User
from accounts.services.export import export_account
from config.errors import RateLimited
from config.tests.test_logging import written
from todos.models import CalendarFeed, Membership, Project, Todo
from todos.services import feeds
from todos.services.feeds import MOST, UNKNOWN_OF_ADDRESS, create_feed, feed_at, revoke_feed
from todos.services.projects import archive_project
from todos.services.todos import complete_todo, create_todo, delete_todo

__all__ = ["written"]
pytestmark = pytest.mark.django_db
URL = "/api/v1/feeds/"


@pytest.fixture
def subscribe(owner, now):
    """Make a feed and return its path."""

    def subscribe(actor=owner, project=None):
        made = create_feed(actor=actor, now=now, project_id=project and project.pk)
        return f"/feeds/{made.secret}.ics"

    return subscribe


def read(path, **headers):
    response = Client().get(path, headers=headers)
    assert response.status_code == 200, response
    return icalendar.Calendar.from_ical(b"".join(response.streaming_content))


def titles(path) -> list[str]:
    found = read(path)
    return sorted(str(part["summary"]) for part in found.walk("VTODO") + found.walk("VEVENT"))


# Making them


def test_S31_the_address_is_shown_once_and_the_secret_kept_as_a_digest(api, owner, make_todo):
    make_todo("Buy bread")
    client = api(owner)

    made = client.post(URL, {}).json()

    address = made.pop("address")
    assert client.get(URL).json()["results"] == [made]
    assert titles(urlsplit(address).path) == ["Buy bread"]
    row = CalendarFeed.objects.get()
    secret = address.rpartition("/")[2].removesuffix(".ics")
    assert secret.startswith(row.prefix)
    assert secret not in str(CalendarFeed.objects.values().get())


def test_a_revoked_feed_opens_nothing(api, owner, subscribe, recorded):
    path = subscribe()
    feed = CalendarFeed.objects.get()

    assert api(owner).delete(f"{URL}{feed.pk}/").status_code == 204

    assert Client().get(path).status_code == 404
    assert recorded(feed) == ["feed.created", "feed.revoked"]


def test_nobody_makes_more_than_twenty(api, owner, subscribe):
    for _ in range(MOST):
        subscribe()

    assert api(owner).post(URL, {}).status_code == 409


def test_S02_a_feed_of_a_project_that_one_does_not_see_is_refused(api, stranger, project):
    assert api(stranger).post(URL, {"project": str(project.pk)}).status_code == 404


# What is in them


def test_a_persons_feed_has_what_waits_wherever_they_are(subscribe, owner, make_todo, work, now):
    make_todo("Here")
    make_todo("There", project=work.pk)
    create_todo(actor=owner, values={"title": "Inbox"}, now=now)
    done = make_todo("Done")
    complete_todo(actor=owner, todo_id=done.pk, now=now)
    delete_todo(actor=owner, todo_id=make_todo("Gone").pk, now=now)
    path = subscribe()
    assert titles(path) == ["Here", "Inbox", "There"]  # done long before the server's clock

    archive_project(actor=owner, project_id=work.pk, now=now)

    assert titles(path) == ["Here", "Inbox"]


def test_what_was_done_lately_is_in_it_as_done(subscribe, owner, todo):
    complete_todo(actor=owner, todo_id=todo.pk, now=timezone.now())

    [task] = read(subscribe()).walk("VTODO")

    assert task["status"] == "COMPLETED"


def test_a_projects_feed_has_that_project_archived_or_not(subscribe, owner, project, make_todo, work, now):
    make_todo("Here")
    make_todo("There", project=work.pk)
    path = subscribe(project=project)
    archive_project(actor=owner, project_id=project.pk, now=now)

    assert titles(path) == ["Here"]
    assert str(read(path)["x-wr-calname"]) == "Home"


def test_a_feed_holds_todos_with_their_zones_and_addresses(subscribe, make_todo):
    todo = make_todo("Call", due_date=date(2026, 7, 2), due_time=time(9), time_zone="Europe/Berlin", labels=["a", "b"])

    found = read(subscribe())

    [task] = found.walk("VTODO")
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Berlin"]
    assert (str(task["uid"]), str(task["url"])) == (str(todo.pk), f"http://testserver/todos/{todo.pk}/")
    assert task["due"].dt.isoformat() == "2026-07-02T09:00:00+02:00"
    assert list(task["categories"].cats) == ["a", "b"]


def test_as_events_it_has_what_is_dated(subscribe, make_todo):
    make_todo("Some day")
    make_todo("Call", due_date=date(2026, 7, 2))

    found = read(f"{subscribe()}?as=events")

    assert [str(event["summary"]) for event in found.walk("VEVENT")] == ["Call"]
    assert found.walk("VTODO") == []


def test_S25_titles_inject_no_line(subscribe, make_todo, owner, now):
    make_todo("Milk\r\nBEGIN:VALARM\r\nATTACH:http://evil.example/", description="a\rATTACH:b\u2028ATTACH:c\x85d")

    response = Client().get(subscribe())

    lines = b"".join(response.streaming_content).decode().replace("\r\n ", "").splitlines()
    assert not [line for line in lines if line.startswith(("BEGIN:VALARM", "ATTACH"))]


def test_S03_a_feed_tells_nothing_of_what_its_person_does_not_see(subscribe, viewer, project, make_todo, stranger, now):
    make_todo("Shared")
    create_todo(actor=stranger, values={"title": "Secret"}, now=now)

    assert titles(subscribe(viewer)) == ["Shared"]


# Until when


def test_S08_a_project_that_one_left_ends_its_feed_and_leaves_the_others(subscribe, viewer, project, make_todo):
    make_todo("Shared")
    of_project, of_person = subscribe(viewer, project), subscribe(viewer)
    before = Client().get(of_person)["ETag"]

    Membership.objects.filter(user=viewer, project=project).delete()

    assert Client().get(of_project).status_code == 404
    assert titles(of_person) == []
    assert Client().get(of_person, headers={"If-None-Match": before}).status_code == 200


def test_S11_a_project_in_the_trash_ends_its_feed(subscribe, project):
    path = subscribe(project=project)

    Project.objects.filter(pk=project.pk).update(deleted_at=project.created_at)

    assert Client().get(path).status_code == 404


def test_S15_a_closed_account_and_one_about_to_go_end_every_feed(subscribe, owner, viewer, now):
    paths = [subscribe(owner), subscribe(viewer)]

    User.objects.filter(pk=owner.pk).update(is_active=False)
    Deletion.objects.create(user=viewer, requested_at=now, purge_after=now)

    assert [Client().get(path).status_code for path in paths] == [404, 404]


def test_S34_an_unknown_secret_looks_like_any_page_that_does_not_exist(subscribe):
    subscribe()
    unknown = Client().get(f"/feeds/{feeds.MARK}{'x' * 43}.ics")
    nowhere = Client().get("/no/such/page/")

    def shown(response):
        return response.status_code, response.text.replace(response["X-Request-ID"], "")

    assert shown(unknown) == shown(nowhere)


def test_S22_an_address_guesses_only_so_often(subscribe, now):
    for _ in range(UNKNOWN_OF_ADDRESS.count):
        assert Client().get("/feeds/guess.ics").status_code == 404

    assert Client().get("/feeds/guess.ics").status_code == 429


def test_a_feed_is_read_only_so_often(subscribe, now, monkeypatch):
    secret = subscribe().removeprefix("/feeds/").removesuffix(".ics")
    for _ in range(feeds.READS_OF_FEED.count):
        feed_at(secret=secret, ip="192.0.2.1", now=now)

    with pytest.raises(RateLimited):
        feed_at(secret=secret, ip="192.0.2.2", now=now)


@pytest.mark.parametrize("style", ["json", "text"])
def test_S31_the_secret_reaches_no_log_line(subscribe, written, style):
    path, stream = subscribe(), written(style)

    for ask in (Client().get, Client().post):
        ask(path)
        ask(f"{path}?as=events")

    assert stream.getvalue().count("/feeds/[secret].ics") >= 4
    assert path[len("/feeds/feed_") + 6 : -4] not in stream.getvalue()


def test_S31_an_export_holds_feeds_without_their_secrets(subscribe, owner, now):
    subscribe()

    [row] = json.loads(b"".join(export_account(actor=owner, now=now)))["feeds"]

    assert row.keys() == {"id", "project", "created_at", "last_used_at"}


# What it costs


def test_an_unchanged_calendar_is_told_by_its_tag_alone(subscribe, todo, edit, make_todo):
    path = subscribe()
    seen = Client().get(path)["ETag"]

    with CaptureQueriesContext(connection) as queries:
        unchanged = Client().get(path, headers={"If-None-Match": seen})
    edit(todo, title="Buy bread")

    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", seen)
    assert len(queries) == 2
    assert Client().get(f"{path}?as=events", headers={"If-None-Match": seen}).status_code == 200
    assert Client().get(path, headers={"If-None-Match": seen}).status_code == 200


def test_its_use_is_noted_to_the_hour(subscribe, now):
    secret = subscribe().removeprefix("/feeds/").removesuffix(".ics")

    for minutes in (0, 30, 61):
        feed_at(secret=secret, ip=None, now=now + timedelta(minutes=minutes))

    assert CalendarFeed.objects.get().last_used_at == now + timedelta(minutes=61)


def test_a_big_calendar_is_compressed_and_has_a_weak_tag(subscribe, make_todo):
    make_todo(description="x" * 4000)

    response = Client().get(subscribe(), headers={"Accept-Encoding": "gzip"})

    text = gzip.decompress(b"".join(response.streaming_content))
    assert response["ETag"].startswith('W/"')
    assert text.startswith(b"BEGIN:VCALENDAR\r\n")
    assert Client().get(response.wsgi_request.path, headers={"If-None-Match": response["ETag"]}).status_code == 304


def fill(project, count, moment):
    Todo.objects.bulk_create(
        [
            Todo(
                project=project, title=f"Todo {number}", description="Two litres. " * 10, order=f"a{number:05}",
                revision=1, created_at=moment, updated_at=moment, due_date=date(2026, 3, 1 + number % 30),
                due_time=time(9), time_zone=("Europe/Berlin", "America/New_York")[number % 2],
            )
            for number in range(count)
        ],
        batch_size=500,
    )  # fmt: skip


def test_S33_ten_todos_and_a_thousand_cost_four_statements_and_long_texts_are_cut(subscribe, project, now, monkeypatch):
    path, costs = subscribe(), []
    Client().get(path)  # which notes its use
    monkeypatch.setattr(feeds, "LONGEST", 50)
    for count in (10, 990):
        fill(project, count, now)
        with CaptureQueriesContext(connection) as queries:
            found = read(path)
        costs.append(len([query for query in queries if "CURSOR" not in query["sql"].upper()[:20]]))

    tasks = found.walk("VTODO")
    assert costs == [4, 4]
    assert len(tasks) == 1000
    assert {len(str(task["description"])) for task in tasks} == {50}


def test_S33_the_newest_ten_thousand_are_told_at_most(subscribe, project, now, monkeypatch):
    monkeypatch.setattr(feeds, "LARGEST", 20)
    fill(project, 30, now)

    started = clock.perf_counter()
    found = read(subscribe())

    assert len(found.walk("VTODO")) == 20
    assert clock.perf_counter() - started < 5


def test_revoking_anothers_feed_is_404(subscribe, api, viewer, owner, now):
    subscribe()
    feed = CalendarFeed.objects.get()

    assert api(viewer).delete(f"{URL}{feed.pk}/").status_code == 404
    revoke_feed(actor=owner, feed_id=feed.pk, now=now)
    assert not CalendarFeed.objects.exists()
