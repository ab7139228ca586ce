import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.services.users import update_profile
from todos.services.todos import complete_todo

TUESDAY = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(TUESDAY, tick=False) as clock:
        yield clock


def page(client, path="/activity/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.text


def feed(text: str) -> str:
    """The words of the page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_i_did_says_you_and_what_others_did_their_name(clock, pages, owner, editor, make_todo):
    make_todo("Buy milk", actor=owner)
    make_todo("Sweep", actor=editor)

    words = feed(page(pages(owner), "/activity/?who=everyone"))

    assert re.search(r"You added Buy milk", words)
    assert re.search(r"Editor added Sweep", words)


def test_what_i_did_says_my_name_to_others(clock, pages, editor, make_todo):
    make_todo("Buy milk")

    assert re.search(r"Owner added Buy milk", feed(page(pages(editor), "/activity/?who=everyone")))


def test_events_stand_under_their_day_newest_first(clock, pages, owner, make_todo):
    days = {"Old": -400, "Older": -3, "Before": -1, "Now": 0}
    for title, offset in days.items():
        make_todo(title, now=TUESDAY + timedelta(days=offset))

    words = feed(page(pages(owner)))

    order = ["Today", "Now", "Yesterday", "Before", "Saturday, 28 February", "Older", "27 January 2025", "Old "]
    start = words.index("You added Now") - 60
    places = [words.index(word, max(start, 0)) for word in order]
    assert places == sorted(places)


def test_the_day_is_the_readers(clock, pages, owner, make_todo):
    update_profile(actor=owner, changes={"time_zone": "Pacific/Auckland"}, now=TUESDAY - timedelta(days=30))
    owner.refresh_from_db()
    make_todo("Late", now=TUESDAY - timedelta(hours=23))

    words = feed(page(pages(owner)))

    # 13:00 UTC on Monday is Tuesday 02:00 in Auckland, where it is Wednesday 01:00 now.
    assert words.index("Yesterday") < words.index("You added Late")


def test_a_subject_links_to_its_page(clock, pages, owner, todo, project):
    text = page(pages(owner))

    assert re.search(rf'href="/todos/{todo.pk}/"[^>]*><b>Buy milk</b>', text)
    assert re.search(rf'href="/projects/{project.pk}/"[^>]*><b>Home</b>', text)


def test_S23_titles_and_names_are_shown_as_text(clock, pages, register, make_todo, editor):
    update_profile(actor=editor, changes={"name": "<img src=x onerror=alert(2)>"}, now=TUESDAY)
    make_todo("<script>alert(1)</script>")
    make_todo("{subject} {0} {{ 1 }} %s", actor=editor)

    text = page(pages(editor), "/activity/?who=everyone")

    assert "<script>alert(1)" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{subject} {0} {{ 1 }} %s" in text


def test_each_step_is_told_once_in_order(clock, pages, owner, make_todo):
    todo = make_todo("Buy milk", now=TUESDAY)
    complete_todo(actor=owner, todo_id=todo.pk, now=TUESDAY + timedelta(seconds=1))

    words = feed(page(pages(owner)))

    assert words.index("You completed Buy milk") < words.index("You added Buy milk")
    assert words.count("Buy milk") == 2


def test_a_long_history_has_pages(clock, pages, owner, make_todo):
    client = pages(owner)
    for number in range(40):
        make_todo(f"Todo {number:02}.", now=TUESDAY + timedelta(minutes=number))

    first = page(client)
    [older] = set(re.findall(r' href="([^"]*cursor=[^"]+)#feed"', first))
    second = page(client, f"/activity/{older}" if older.startswith("?") else older)

    shown = [set(re.findall(r"Todo \d\d\.", text)) for text in (first, second)]
    assert [len(each) for each in shown] == [30, 10]
    assert not shown[0] & shown[1]


def test_a_cursor_that_is_not_ours_is_a_page_that_says_so(pages, owner):
    response = pages(owner).get("/activity/?cursor=x")

    assert response.status_code == 422
    assert "This cursor is not one of ours" in response.text


def test_a_new_person_reads_of_the_sign_up_alone(clock, pages, stranger, todo):
    words = feed(page(pages(stranger)))

    assert "You joined" in words
    assert "Buy milk" not in words
