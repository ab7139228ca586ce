"""Looking back: what one did shows in the charts and in the feed, with and without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.services.users import register_user
from config.tests.plugin import PASSWORD
from todos.services.projects import create_project
from todos.services.todos import complete_todo, create_todo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mara(transactional_db):
    """A person with a year behind her."""
    now = timezone.now()
    person = register_user(email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", now=now)
    home = create_project(actor=person, title="Home", colour="orange", now=now)
    for number in range(60):
        then = now - timedelta(days=1 + number * 6, hours=number % 5)
        todo = create_todo(actor=person, values={"title": f"Job {number}", "project": home.pk}, now=then)
        complete_todo(actor=person, todo_id=todo.pk, now=then + timedelta(minutes=5 * number))
    return person


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill("mara@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/today/")


def shown(page: Page) -> list[str]:
    """Return the sentences of the feed, without times and details."""
    lines = page.locator("#events .feed > li > div").all_inner_texts()
    return [re.sub(r"\s+\d\d:\d\d.*$", "", " ".join(line.split())) for line in lines]


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_what_is_completed_counts_and_is_told(visit, mara, complaints, javascript):
    page = visit("/login/", java_script_enabled=javascript)
    sign_in(page)
    page.goto("/inbox/")
    page.get_by_label("Add a todo").fill("Water the plants")
    page.get_by_role("button", name="Add", exact=False).locator("visible=true").last.click()
    page.get_by_role("button", name="Done: Water the plants", exact=True).click()
    expect(page.locator(".toast", has_text="Completed")).to_be_visible()

    page.goto("/activity/")

    today = page.locator(".heatmap g:last-child > rect:last-child > title")
    assert today.text_content().endswith(": 1")
    expect(page.locator(".tile", has_text="Today")).to_contain_text("1yesterday 1")
    expect(page.get_by_role("img", name=re.compile("^61 completed on"))).to_be_visible()
    assert shown(page)[:2] == ["You completed Water the plants", "You added Water the plants"]
    assert complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_feed_is_filtered_and_read_on(visit, mara, complaints, javascript):
    page = visit("/login/", java_script_enabled=javascript)
    sign_in(page)
    page.goto("/activity/")

    page.get_by_label("Kind").select_option(label="Completed")
    if not javascript:
        page.get_by_role("button", name="Filter").click()
    expect(page.locator("#events .feed > li").first).to_contain_text("You completed Job 0")
    assert shown(page) == [f"You completed Job {number}" for number in range(30)]
    assert "kind=todo.completed" in page.url
    page.get_by_role("link", name="Show earlier").click()
    expect(page.get_by_role("link", name="Job 59", exact=True)).to_be_visible()
    assert shown(page) == [f"You completed Job {number}" for number in range(0 if javascript else 30, 60)]
    if javascript:
        assert page.evaluate("document.activeElement.innerText").startswith("You completed Job 30")
        # The other view keeps the filter, and the way back keeps the page.
        page.get_by_role("link", name="Everyone").click()
        expect(page.get_by_role("link", name="Everyone")).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("link", name="Everyone")).to_be_focused()
        expect(page.get_by_label("Kind")).to_have_value("todo.completed")
        page.go_back()
        expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_text("You signed in with").first).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_chart_opens_as_a_table_by_keyboard(visit, mara, javascript):
    page = visit("/login/", java_script_enabled=javascript)
    sign_in(page)
    page.goto("/activity/")
    chart = page.get_by_role("region", name="Last 30 days", exact=True)
    expect(chart.get_by_role("img")).to_be_visible()

    chart.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(chart.get_by_role("table")).to_be_visible()
    expect(chart.get_by_role("img")).to_be_hidden()
    expect(chart.get_by_role("row")).to_have_count(31)
    page.keyboard.press("Enter")
    expect(chart.get_by_role("img")).to_be_visible()


def test_a_heatmap_begins_at_today_where_it_does_not_fit(visit, mara):
    page = visit("/login/", width=390)
    sign_in(page)
    page.goto("/activity/")

    today = page.locator(".heatmap g:last-child > rect:last-child").bounding_box()
    weekday = page.locator(".weekdays").bounding_box()

    assert today["x"] + today["width"] < 390
    assert weekday["x"] >= 0
    assert page.locator(".weeks > .scroll").evaluate("box => box.scrollWidth > box.clientWidth")


def test_a_project_and_a_todo_lead_to_their_history(visit, mara, complaints):
    page = visit("/login/")
    sign_in(page)
    page.get_by_role("link", name="Home").click()

    page.locator(".main").get_by_role("link", name="Activity").click()
    expect(page.get_by_role("img", name=re.compile("^From 0 open"))).to_be_visible()
    page.get_by_role("link", name="90 days").click()
    expect(page.locator(".strip")).to_have_count(90)
    page.get_by_role("link", name="Job 0", exact=True).first.click()
    page.get_by_role("link", name="All of its history").click()
    expect(page.get_by_role("heading", name="Job 0", level=1)).to_be_visible()
    assert shown(page) == ["You completed Job 0", "You added Job 0"]
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_the_page_loads(visit, mara, width):
    page = visit("/login/", width=width)
    sign_in(page)
    page.add_init_script(
        "window.moved = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(shift => window.moved += shift.value))"
        ".observe({type: 'layout-shift', buffered: true});"
    )

    page.goto("/activity/", wait_until="networkidle")
    page.evaluate("document.fonts.ready")

    assert page.evaluate("moved") == 0
