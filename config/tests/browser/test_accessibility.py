"""axe-core on every page, both themes, wide and narrow; and what a first view weighs."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.services.api_tokens import create_token
from accounts.services.invitations import invite_person
from accounts.services.second_factors import begin_authenticator
from accounts.services.users import register_user
from accounts.tests.authenticators import set_up_app
from config.tests.plugin import PASSWORD
from todos.services.projects import archive_project, create_project
from todos.services.todos import complete_todo, create_todo, delete_todo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OPEN = [
    "login",
    "register",
    "password-reset",
    "password-reset-confirmation",
    "email-verification",
    "email-confirmation",
    "join",
]
"""Pages for people who are not signed in; a link that leads nowhere has one too."""
OWN = [
    "today",
    "inbox",
    "projects",
    "project-new",
    "completed",
    "trash",
    "activity",
    "settings",
    "email-change",
    "password-change",
    "two-factor",
    "two-factor-setup",
    "passkeys",
    "token-new",
    "account-deletion",
    "confirm",
    "users",
    "person-new",
    "invite",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def places(transactional_db):
    """Fill an account and return every page of it."""
    now = timezone.now()
    day = timezone.localdate()
    mara = register_user(
        email="mara@example.org", password=PASSWORD, name="Mara Lindqvist", role=Role.SUPERADMIN, now=now
    )
    jonas = register_user(email="jonas@example.org", password=PASSWORD, name="Jonas Weber", now=now)
    set_up_app(jonas, now)
    begin_authenticator(actor=mara, now=now)
    create_token(actor=mara, name="Backup script", scopes=["todos:read"], now=now)
    invite_person(actor=mara, email="priya@example.org", role=Role.USER, now=now)

    def add(title, **values):
        return create_todo(actor=mara, values={"title": title, **values}, now=timezone.now())

    home = create_project(actor=mara, title="Home", colour="orange", now=now)
    empty = create_project(actor=mara, title="Empty", colour="pink", now=now)
    old = create_project(actor=mara, title="Old", colour="sky", now=now)
    notes = "# Before\n- [x] read **it**\n- [ ] ask https://example.org\n\n> why\n\n|who|when|\n|-|-|\n|Jo|`now`|"
    lease = add(
        "Send the lease",
        project=home.pk,
        priority=1,
        due_date=day - timedelta(1),
        labels=["waiting"],
        description=notes,
    )
    add("Sign it", parent=lease.pk)
    add("Water the plants", priority=2, due_date=day)
    add("Book the tyres", priority=3, project=home.pk)
    done, gone = add("Done", due_date=day), add("Gone")
    complete_todo(actor=mara, todo_id=done.pk, now=timezone.now())
    delete_todo(actor=mara, todo_id=gone.pk, now=timezone.now())
    archive_project(actor=mara, project_id=old.pk, now=timezone.now())
    label = lease.labels.get()
    return [
        *map(reverse, OWN),
        reverse("person", args=[jonas.pk]),
        reverse("project", args=[home.pk]),
        reverse("project", args=[empty.pk]),
        reverse("project", args=[old.pk]),
        reverse("project-edit", args=[home.pk]),
        reverse("project-activity", args=[home.pk]),
        reverse("project-activity", args=[empty.pk]),
        reverse("todo-activity", args=[lease.pk]),
        f"{reverse('activity')}?who=everyone&kind=todo.completed",
        f"{reverse('activity')}?day=soon",
        reverse("todo", args=[lease.pk]),
        reverse("todo", args=[gone.pk]),
        reverse("label", args=[label.pk]),
        "/nothing-here/",
        reverse("api-root"),
        reverse("api-todo-list"),
        reverse("api-todo-detail", args=[lease.pk]),
    ]


def violations(page) -> list[str]:
    """Return what axe finds in both themes, once nothing moves any more."""
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [
            f"{page.url} ({scheme}): {rule['id']}: {[node['html'][:120] for node in rule['nodes']]}"
            for rule in Axe().run(page, options=RULES).response["violations"]
        ]
    return found


def sign_in(page, address="mara@example.org"):
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_any_page(visit, places, width):
    page = visit("/login/", width=width, reduced_motion="reduce")
    found = []
    for name in OPEN:
        page.goto(reverse(name))
        found += violations(page)
    page.goto("/register/")
    page.get_by_role("button", name="Create account").click()
    found += violations(page)
    page.goto("/login/")
    sign_in(page, "jonas@example.org")
    page.wait_for_url("**/second-step/**")
    found += violations(page)
    page.goto("/login/")
    sign_in(page)
    page.wait_for_url("**/today/")

    for place in places:
        page.goto(place)
        found += violations(page)
    page.goto("/activity/")
    for summary in page.locator(".as-table > summary").all():
        summary.click()
    found += violations(page)
    page.goto(next(place for place in places if place.startswith("/todos/")))
    page.get_by_text("Notes as they are read").click()
    found += violations(page)
    page.goto("/inbox/")
    page.get_by_role("button", name="Done: Water the plants").click()
    page.wait_for_selector(".toast")
    found += violations(page)
    if width == 1280:
        page.goto("/today/")
        page.locator(".main .todo").first.hover()
        page.locator(".main [data-key=e]").first.click()
        page.wait_for_selector(".editor")
        found += violations(page)

    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_scrolls_sideways_or_calls_elsewhere(visit, places, live_server, width):
    page = visit("/login/", width=width)
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    too_wide = []
    for name in OPEN:
        page.goto(reverse(name))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(name)
    page.goto("/login/")
    sign_in(page)
    page.wait_for_url("**/today/")

    for place in places:
        page.goto(place)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(place)

    assert too_wide == []
    assert hosts == {live_server.url.split("/")[2]}
