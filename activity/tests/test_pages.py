"""Charts, filters and pages of the feed, as a browser without JavaScript gets them."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services.users import update_profile
from activity.archive import breaker
from todos.services.projects import create_project
from todos.services.todos import complete_todo, update_todo

TUESDAY = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def clock():
    with time_machine.travel(TUESDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def finish(make_todo, owner):
    """Complete a todo: `finish("Buy milk", now=…)`, created an hour before."""

    def finish(title="Buy milk", *, actor=owner, now=TUESDAY, age=timedelta(hours=1), **values):
        todo = make_todo(title, actor=actor, now=now - age, **values)
        return complete_todo(actor=actor, todo_id=todo.pk, now=now)

    return finish


def words(text: str) -> str:
    """The words of a page from its heading on, without its markup."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text[text.index("<h1") :])))


def page(client, path="/activity/", **headers) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.text


def project_page(project) -> str:
    return reverse("project-activity", args=[project.pk])


def told(text: str) -> list[str]:
    """The sentences of the feed, without their times and details."""
    lines = re.findall(r"<li[^>]*>\s*<svg.*?<div>(.*?)<time", text, re.S)
    return [unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", line))).strip() for line in lines]


# Charts


def test_tiles_say_the_streak_today_the_month_and_the_year(clock, pages, owner, finish):
    for back in (0, 0, 1, 2, 40, 41, 42, 43):
        finish(now=TUESDAY - back * DAY)

    text = words(page(pages(owner)))

    assert "Streak 3 days longest 4" in text
    assert "Today 2 yesterday 1" in text
    assert "Last 30 days 4 0.1 a day" in text
    assert "Last year 8 on 7 days" in text


def test_one_day_is_not_days(clock, pages, owner, finish):
    finish()

    text = words(page(pages(owner)))

    assert "Streak 1 day longest 1" in text
    assert "Last year 1 on 1 day" in text


def test_each_chart_is_an_image_with_a_name_and_has_its_table(clock, pages, owner, finish):
    finish(now=TUESDAY - DAY)

    text = page(pages(owner))

    images = re.findall(r'<svg class="chart [^>]*role="img"><title>([^<]+)</title>', text)
    assert images == [
        "1 completed on 1 day from 3 Mar 2025 to 3 Mar 2026",
        "1 completed in 30 days, under 0.1 a day",
        "1 completed, by weekday and hour",
        "How long 1 took to be done, half of them within a day",
    ]
    assert text.count('<details class="as-table">') == 4
    assert re.search(r'<th scope="row">2 Mar 2026</th><td>1</td>', text)
    assert re.search(r'<th scope="row">12:00</th><td>1</td><td>0</td>', text)
    assert re.search(r'<th scope="row">Within a day</th><td>1</td><td>100%</td>', text)


def test_where_it_went_names_places_and_adds_up_the_others(clock, pages, owner, finish):
    for number in range(1, 7):
        place = create_project(actor=owner, title=f"Place {number}", now=TUESDAY - 2 * DAY)
        for _ in range(number):
            finish(project=place.pk)

    text = words(page(pages(owner)))

    assert re.search(r"Where it went Last 30 days Place 6 6 Place 5 5 Place 4 4 Place 3 3 Elsewhere 3 ", text)


def test_a_new_person_is_told_what_will_be_here(clock, pages, stranger):
    text = page(pages(stranger))

    assert "Your days will show here" in text
    assert "<title>0" not in text
    assert "You joined" in words(text)


def test_weeks_begin_as_the_person_likes(clock, pages, owner, finish):
    finish()
    update_profile(actor=owner, changes={"week_start": "SU"}, now=TUESDAY)

    text = page(pages(owner))

    assert re.search(r"<th scope=\"col\">Week from</th><th scope=\"col\">Sun</th>", text)


# Narrowing the feed


@pytest.fixture
def history(clock, owner, editor, make_todo, finish):
    """Two people in one project over three days."""
    make_todo("Sweep", actor=editor, now=TUESDAY - 2 * DAY)
    finish("Buy milk", now=TUESDAY - DAY)
    finish("Mop", actor=editor, now=TUESDAY)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=todo.completed", ["You completed Buy milk"]),
        ("who=everyone&kind=todo.completed", ["Editor completed Mop", "You completed Buy milk"]),
        ("who=everyone&kind=todo.completed&day=2026-03-02", ["You completed Buy milk"]),
        ("who=everyone&kind=todo.completed&day=2026-03-01", []),
        ("kind=other&day=2026-03-03", ["You signed in with Firefox on Linux"]),
    ],
)
def test_a_feed_is_narrowed_by_kind_and_day(history, pages, owner, query, expected):
    text = page(pages(owner), f"/activity/?{query}")

    assert told(text) == expected


def test_a_feed_is_narrowed_by_person_and_project(history, pages, owner, editor, project):
    client = pages(owner)

    by_editor = told(page(client, f"/activity/?who=everyone&person={editor.pk}&project={project.pk}"))

    assert by_editor == ["Editor completed Mop", "Editor added Mop", "Editor added Sweep"]
    assert len(told(page(client, f"/activity/?who=everyone&project={project.pk}"))) == 6


def test_the_day_that_is_asked_for_is_the_readers(history, pages, owner):
    update_profile(actor=owner, changes={"time_zone": "Pacific/Auckland"}, now=TUESDAY - 30 * DAY)

    text = page(pages(owner), "/activity/?who=everyone&kind=todo.completed&day=2026-03-04")

    # Tuesday noon in UTC is Wednesday in Auckland.
    assert told(text) == ["Editor completed Mop"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("kind=no.such", "There is no such kind."),
        ("project=x", "There is no such project."),
        (f"who=everyone&person={uuid4()}", "There is no such person."),
        ("day=soon", "Enter a valid date."),
        ("day=0001-01-01", "greater than or equal"),
        ("day=9999-12-31", "less than or equal"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_shows_nothing(history, pages, owner, query, message):
    text = page(pages(owner), f"/activity/?{query}")

    assert message in words(text)
    assert told(text) == []


def test_a_strangers_project_is_no_choice(history, pages, stranger, project):
    text = page(pages(stranger), f"/activity/?who=everyone&project={project.pk}")

    assert "There is no such project." in words(text)
    assert "Mop" not in text


def test_filters_stay_on_the_pages_that_follow(clock, pages, owner, make_todo):
    client = pages(owner)
    for number in range(40):
        make_todo(f"Todo {number:02}.", now=TUESDAY - timedelta(minutes=number))

    first = page(client, "/activity/?who=everyone&kind=todo.created")
    [link] = re.findall(r' href="(\?cursor=[^"]+)#feed"', first)
    second = page(client, f"/activity/{unescape(link)}")

    assert "kind=todo.created" in link
    assert told(second) == [f"You added Todo {number:02}." for number in range(30, 40)]
    assert "Your days will show here" in first
    assert "Your days will show here" not in second


# What htmx asks for


def test_htmx_gets_the_feed_alone(history, pages, owner):
    text = page(pages(owner), "/activity/?kind=todo.completed", **{"HX-Request": "true", "HX-Target": "events"})

    assert "<h1" not in text
    assert "<html" not in text
    assert 'id="feed"' in text
    assert 'id="whose"' in text
    assert 'role="img"' not in text


def test_earlier_events_go_on_under_the_day_that_is_shown(clock, pages, owner, make_todo):
    client = pages(owner)
    for number in range(40):
        make_todo(f"Todo {number:02}.", now=TUESDAY - timedelta(minutes=number))
    first = page(client)
    [link] = re.findall(r'hx-get="(\?cursor=[^"]+)"', first)

    more = page(client, f"/activity/{unescape(link)}", **{"HX-Request": "true", "HX-Target": "earlier"})

    assert "<h3" not in more[: more.index("Todo 30.")]
    assert 'aria-labelledby="day-2026-03-03"' in more
    assert more.count("autofocus") == 1
    assert "Show later" not in more


# A project's page


def test_members_see_a_projects_history_and_burndown(history, pages, viewer, project, make_todo):
    text = page(pages(viewer), project_page(project))

    assert told(text)[0] == "Editor completed Mop"
    assert re.search(r"<title>From 0 open on 2 Feb 2026 to 1 on 3 Mar 2026</title>", text)
    assert '<th scope="row">2 Mar 2026</th><td>1</td><td>1</td><td>1</td>' in text
    assert "Who completed it Last 30 days Editor 1 Owner 1" in words(text)


def test_the_burndown_reaches_90_days_back_when_asked(history, pages, owner, project):
    text = page(pages(owner), f"{project_page(project)}?days=90")

    assert "open on 4 Dec 2025" in text
    assert text.count('class="strip"') == 90


def test_a_project_is_not_there_for_strangers(history, pages, stranger, project):
    client = pages(stranger)

    assert client.get(project_page(project)).status_code == 404
    assert client.get(reverse("project-activity", args=[uuid4()])).status_code == 404


# A todo's page


def test_a_todo_has_its_whole_history(clock, pages, owner, make_todo, now):
    todo = make_todo("Buy milk", now=now)
    for number in range(12):
        update_todo(actor=owner, todo_id=todo.pk, values={"title": f"Buy {number} milks"}, now=now + number * DAY / 24)
    client = pages(owner)

    text = page(client, reverse("todo-activity", args=[todo.pk]))

    assert len(told(text)) == 13
    assert re.search(r"<h1>Buy 11 milks</h1>", text)
    assert reverse("todo-activity", args=[todo.pk]) in page(client, reverse("todo", args=[todo.pk]))


def test_a_todo_is_not_there_for_strangers(todo, pages, stranger):
    assert pages(stranger).get(reverse("todo-activity", args=[todo.pk])).status_code == 404


# While the archive is away


@pytest.fixture
def away(archive, monkeypatch):
    """Let the archive not answer."""
    monkeypatch.setattr(breaker, "closed_from", float("inf"))


@pytest.mark.parametrize("door", ["activity", "project-activity", "todo-activity"])
def test_pages_say_that_older_history_is_away_and_show_what_is_here(clock, pages, owner, project, finish, away, door):
    todo = finish()
    args = {"activity": [], "project-activity": [project.pk], "todo-activity": [todo.pk]}[door]

    text = page(pages(owner), reverse(door, args=args))

    assert "Older history is away just now" in text
    assert "last 30 days" in text
    assert "You completed Buy milk" in told(text)


@pytest.mark.parametrize("target", ["feed", "events", "earlier"])
def test_parts_say_so_too(clock, pages, owner, finish, away, target):
    finish()

    text = page(pages(owner), "/activity/", **{"HX-Request": "true", "HX-Target": target})

    assert text.count("Older history is away just now") == 1


def test_nothing_is_said_while_the_archive_answers(clock, pages, owner, finish, relay):
    finish()
    relay()

    text = page(pages(owner))

    assert "Older history is away" not in text
    assert "You completed Buy milk" in told(text)


# What it costs


@pytest.mark.parametrize("door", ["activity", "everyone", "project-activity", "todo-activity"])
def test_pages_ask_no_more_with_more_to_show(clock, pages, owner, editor, project, finish, no_archive, door):
    todo = finish()
    client = pages(owner)
    path = (
        "/activity/?who=everyone"
        if door == "everyone"
        else reverse(door, args={"activity": [], "project-activity": [project.pk], "todo-activity": [todo.pk]}[door])
    )
    page(client, path)

    few = queries(lambda: page(client, path))
    for number in range(30):
        finish(f"Todo {number}", actor=editor if number % 3 else owner, now=TUESDAY - number * DAY)
        update_todo(actor=owner, todo_id=todo.pk, values={"title": f"Buy {number}"}, now=TUESDAY)
    many = queries(lambda: page(client, path))

    assert many == few
    assert many == {"activity": 13, "everyone": 14, "project-activity": 12, "todo-activity": 7}[door]


def queries(visit) -> int:
    with CaptureQueriesContext(connections["default"]) as captured:
        visit()
    return len(captured)


@pytest.fixture
def served(tmp_path, settings):
    """Collect static files as they are served; `served(name)` is what one weighs."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.staticfiles.StaticStorage"}}
    elsewhere = ["admin", "rest_framework", "drf_spectacular_sidecar", "django_htmx"]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=elsewhere)

    def served(name):
        packed = tmp_path / f"{name}.gz"
        return (packed if packed.exists() else tmp_path / name).stat().st_size

    return served


def test_a_first_view_with_all_it_needs_stays_under_100_kilobytes(clock, pages, owner, finish, served):
    for number in range(120):
        finish(f"Job {number} of many", now=TUESDAY - 3 * number * DAY, age=number * timedelta(minutes=20))

    response = pages(owner).get("/activity/", headers={"accept-encoding": "gzip"})

    files = set(re.findall(r"/static/([^\"'#?]+)", gzip.decompress(response.content).decode()))
    weights = {name: served(name) for name in files} | {"page": len(response.content)}
    assert {"css", "js", "svg", "woff2"} <= {name.rpartition(".")[2] for name in files}
    assert sum(weights.values()) < 100_000, weights
