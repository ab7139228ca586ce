"""The main job from end to end, as a person does it, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.tests.plugin import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLES = [f"Todo number {number}" for number in range(1, 11)]


def sign_up(page: Page) -> None:
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("Mara Lindqvist")
    page.get_by_label("E-mail").fill("mara@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    page.wait_for_load_state()  # the heading can be seen before the scripts that answer to keys have run


def row(page: Page, title: str):
    return page.locator(".main .todo").filter(has=page.get_by_role("link", name=title, exact=True))


def titles(page: Page) -> list[str]:
    return page.locator(".main .todo .title").all_inner_texts()


def add(page: Page, title: str) -> None:
    page.get_by_label("Add a todo").fill(title)
    page.get_by_role("button", name="Add", exact=False).locator("visible=true").last.click()
    expect(row(page, title)).to_be_visible()


def check(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Done: {title}", exact=True).click()


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_a_person_lives_with_ten_todos(visit, complaints, javascript):
    page = visit(java_script_enabled=javascript)
    sign_up(page)
    page.goto("/inbox/")
    for title in TITLES:
        add(page, title)

    for title in TITLES[:3]:
        check(page, title)
        expect(page.locator(".toast", has_text=f"Completed “{title}”")).to_be_visible()
    page.locator(".toast", has_text=TITLES[2]).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Done: {TITLES[2]}", exact=True)).to_have_attribute("aria-pressed", "false")
    if javascript:
        row(page, TITLES[3]).hover()
    row(page, TITLES[3]).get_by_role("link", name="Edit").click(force=not javascript)
    page.get_by_label("Title").fill("Todo number four")
    page.get_by_label("Priority").select_option("1")
    page.get_by_label("Labels").fill("errand")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast", has_text="Saved")).to_be_visible()
    page.goto("/inbox/")
    if javascript:
        row(page, TITLES[4]).hover()
    row(page, TITLES[4]).get_by_role("button", name="Delete").click(force=not javascript)
    expect(page.locator(".toast", has_text="to the trash")).to_be_visible()
    page.goto("/trash/")
    page.get_by_role("button", name=f"Restore: {TITLES[4]}").click()
    expect(page.locator(".toast", has_text="Restored")).to_be_visible()

    page.goto("/inbox/")
    page.reload()
    assert titles(page) == [TITLES[2], "Todo number four", *TITLES[4:]]
    expect(row(page, "Todo number four")).to_contain_text("P1")
    expect(row(page, "Todo number four")).to_contain_text("@errand")
    page.goto("/completed/")
    assert titles(page) == [TITLES[1], TITLES[0]]
    page.goto("/activity/")
    sentences = [
        re.sub(r"\s+\d\d:\d\d( .*)?$", "", " ".join(line.split()))  # without the time and the details after it
        for line in page.locator(".feed > li > div").all_inner_texts()
    ]
    assert sentences == [
        f"You restored {TITLES[4]}",
        f"You moved {TITLES[4]} to the trash",
        "You changed the title, priority and labels of Todo number four",
        "You created the label errand",
        f"You reopened {TITLES[2]}",
        *(f"You completed {title}" for title in reversed(TITLES[:3])),
        *(f"You added {title}" for title in reversed(TITLES)),
        "You signed in with Chrome on Linux",
        "You joined",
    ]
    assert complaints == []


def test_the_keyboard_alone_is_enough(visit, complaints):
    page = visit()
    sign_up(page)
    page.keyboard.press("q")
    page.keyboard.type("Water the plants")
    page.keyboard.press("Enter")
    expect(row(page, "Water the plants")).to_be_visible()
    expect(page.get_by_label("Add a todo")).to_be_focused()
    expect(page.get_by_label("Add a todo")).to_have_value("")

    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator(".toast", has_text="Completed")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".toast", has_text="Reopened")).to_be_visible()
    page.locator(".todo .title").first.focus()
    page.keyboard.press("e")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".editor")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    assert complaints == []


def test_a_todo_opens_beside_its_list_and_gets_a_subtask(visit, complaints):
    page = visit()
    sign_up(page)
    add(page, "Pack for the trip")

    page.get_by_role("link", name="Pack for the trip", exact=True).click()
    detail = page.locator("aside.detail")
    expect(detail).to_be_visible()
    page.get_by_label("Add a subtask").fill("Passport")
    page.keyboard.press("Enter")
    expect(detail.get_by_role("link", name="Passport", exact=True)).to_be_visible()
    detail.get_by_role("button", name="Done: Passport").click()
    expect(page.locator(".toast", has_text="Completed “Passport”")).to_be_visible()
    expect(detail.get_by_role("progressbar")).to_have_attribute("value", "1")
    expect(row(page, "Pack for the trip").first).to_contain_text("1/1")
    detail.get_by_label("Notes").fill("Leave at nine")
    detail.get_by_role("button", name="Save").click()
    expect(page.locator(".toast", has_text="Saved")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(detail).to_have_count(0)
    assert page.url.endswith("/today/")
    expect(row(page, "Pack for the trip")).to_contain_text("1/1")
    page.go_back()
    expect(page.locator("aside.detail").get_by_label("Notes")).to_have_value("Leave at nine")
    assert complaints == []


def test_a_conflict_keeps_both_texts(visit, complaints):
    page = visit()
    sign_up(page)
    add(page, "Order the filter")
    page.get_by_role("link", name="Order the filter", exact=True).click()
    expect(page.locator("aside.detail")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Title").fill("Order two filters")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".toast", has_text="Saved")).to_be_visible()

    page.get_by_label("Title").fill("Order three filters")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("it is now “Order two filters”")
    expect(page.get_by_label("Title")).to_have_value("Order three filters")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast", has_text="Saved “Order three filters”")).to_be_visible()
