"""Public links: what they show, to whom, for how long, and what they never show."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services.api_tokens import create_token
from config.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from todos.models import Comment, Membership, Project, PublicLink, Section, Todo
from todos.services.projects import archive_project, create_project, unarchive_project, update_project
from todos.services.public_links import (
    PASS_LIFE,
    create_link,
    find_link,
    give_pass,
    require_pass,
    revoke_link,
    sweep_expired_links,
)
from todos.services.share_invitations import invite
from todos.services.sharing import hand_over
from todos.services.todos import complete_todo, delete_todo
from todos.services.trash import delete_project

pytestmark = pytest.mark.django_db
SECRET = "open sesame"
HEADER = "X-Link-Access"


@pytest.fixture
def now():
    return timezone.now()  # pages and the API look at the clock


@pytest.fixture
def link(owner, project, now):
    """Make a public link to the owner's project: `link(password="…").token`."""

    def link(into=project, **options):
        return create_link(actor=owner, project_id=into.pk, now=now, **options)

    return link


@pytest.fixture
def read(api):
    """Read a link through the API: `read(token)`, `read(token, "todos/")`."""

    def read(token, what="", **headers):
        return api().get(f"/api/v1/public/{token}/{what}", headers=headers)

    return read


def titles(response):
    return [todo["title"] for todo in response.json()["results"]]


# Making


def test_S31_a_secret_is_shown_once_and_kept_as_its_hash(api, owner, project):
    client, path = api(owner), f"/api/v1/projects/{project.pk}/links/"

    made = client.post(path, {"password": SECRET}).json()
    [listed] = client.get(path).json()["results"]

    row = PublicLink.objects.get()
    token = made["token"]
    assert re.fullmatch(r"pl_[\w-]{43}", token)
    assert made["url"] == f"http://testserver/shared/{token}/"
    assert token.startswith(listed["prefix"])
    assert set(listed) == {"id", "prefix", "has_password", "created_at", "expires_at"}
    assert token not in str(vars(row))
    assert SECRET not in str(vars(row))
    assert row.password.startswith("bcrypt_sha256$")


def test_making_and_revoking_are_said_in_the_projects_history(link, owner, project, now, history, assert_gapless):
    made = link()
    revoke_link(actor=owner, project_id=project.pk, link_id=made.link.pk, now=now)

    assert [verb for _, verb in history(project)][-2:] == ["project.link_made", "project.link_revoked"]
    assert_gapless(project)


def test_only_the_owner_makes_links(project, editor, viewer, stranger, now):
    for actor, error in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            create_link(actor=actor, project_id=project.pk, now=now)


def test_an_inbox_and_an_archive_are_not_published(owner, project, link, now):
    archive_project(actor=owner, project_id=project.pk, now=now)

    with pytest.raises(Forbidden):
        link(Project.objects.get(owner=owner, is_inbox=True))
    with pytest.raises(Conflict):
        link()


def test_an_end_in_the_past_is_refused(link, now):
    with pytest.raises(Invalid):
        link(expires_at=now)


def test_a_project_has_twenty_links_at_most(link):
    for _ in range(20):
        link()

    with pytest.raises(Conflict):
        link()


# Reading


def test_anybody_with_the_secret_reads_titles_sections_and_open_todos(read, link, owner, project, make_todo, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    section = Section.objects.create(
        project=project, title="Kitchen", order="m", revision=1, created_at=now, updated_at=now
    )
    make_todo("Buy milk", description="*fresh*", priority=1, section=section.pk)
    make_todo("Dig", project=below.pk)
    complete_todo(actor=owner, todo_id=make_todo("Done").pk, now=now)
    delete_todo(actor=owner, todo_id=make_todo("Trashed").pk, now=now)
    token = link().token

    shown, todos = read(token), read(token, "todos/")

    assert (shown.status_code, todos.status_code) == (200, 200)
    assert shown.json() == {
        "title": "Home",
        "projects": [
            {
                "id": str(project.pk),
                "title": "Home",
                "colour": "green",
                "parent": None,
                "sections": [{"id": str(section.pk), "title": "Kitchen"}],
            },
            {
                "id": str(below.pk),
                "title": "Garden",
                "colour": "green",
                "parent": str(project.pk),
                "sections": [],
            },
        ],
    }
    assert sorted(titles(todos)) == ["Buy milk", "Dig"]
    [milk] = [todo for todo in todos.json()["results"] if todo["title"] == "Buy milk"]
    assert (milk["description"], milk["priority"], milk["section"]) == ("*fresh*", 1, str(section.pk))


def test_S12_a_link_reaches_its_projects_and_nothing_else(
    read, link, owner, project, work, editor, make_todo, now, pages
):
    above = create_project(actor=owner, title="Everything", now=now)
    update_project(actor=owner, project_id=project.pk, values={"parent": above.pk}, now=now)
    todo = make_todo("Buy milk", assignee=editor.pk, labels=["errand"])
    Comment.objects.create(
        todo=todo, project=project, revision=1, author=editor, text="Said in here", created_at=now, updated_at=now
    )
    make_todo("Elsewhere", project=work.pk)
    make_todo("Above", project=above.pk)
    invite(actor=owner, project_id=project.pk, email="guest@example.org", role="viewer", now=now)
    other = link(password=SECRET)
    token = link().token

    answers = [read(token), read(token, "todos/"), pages().get(f"/shared/{token}/")]

    shown = "".join(answer.text for answer in answers)
    assert "Buy milk" in shown
    for hidden in (
        "Elsewhere",
        "Everything",
        "Above",
        "Said in here",
        "errand",
        "example.org",
        "Owner",
        "Editor",
        str(owner.pk),
        str(editor.pk),
        str(above.pk),
        str(work.pk),
        other.link.prefix,
        str(other.link.pk),
    ):
        assert hidden not in shown


def test_S12_a_link_opens_no_other_door(link, project, todo, api):
    token = link().token
    client = api()
    paths = ["todos/", f"todos/{todo.pk}/", f"projects/{project.pk}/", f"projects/{project.pk}/members/", "users/me/"]

    for scheme in ("Bearer", "Token", "Link"):
        client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}", HTTP_X_LINK_ACCESS=token)
        assert {client.get(f"/api/v1/{path}").status_code for path in paths} == {401}


def test_S12_a_link_changes_nothing(link, api):
    token = link().token

    answers = {
        getattr(api(), method)(f"/api/v1/public/{token}/{part}", {}).status_code
        for method in ("post", "put", "patch", "delete")
        for part in ("", "todos/")
    }

    assert answers == {405}


def test_S12_a_project_that_is_not_the_links_is_not_found_on_its_page(link, work, pages):
    token = link().token

    assert pages().get(f"/shared/{token}/", {"project": str(work.pk)}).status_code == 404
    assert pages().get(f"/shared/{token}/", {"project": "'"}).status_code == 404


def test_S13_other_secrets_are_no_public_links(link, owner, project, read, now):
    made = link()
    api_token = create_token(actor=owner, name="Script", scopes=["projects:read"], now=now).secret
    wrong = [api_token, made.link.digest, str(project.pk), str(made.link.pk), made.token[:-1], made.token.swapcase()]

    answers = {read(token).status_code for token in wrong}

    assert answers == {404}


@pytest.mark.parametrize("end", ["revoked", "expired", "archived", "trashed", "handed over", "owner switched off"])
def test_S11_a_link_ends_at_once(link, owner, editor, project, now, read, pages, end):
    made = link(expires_at=now + timedelta(hours=1))
    before = (read(made.token).status_code, pages().get(f"/shared/{made.token}/").status_code)

    if end == "revoked":
        revoke_link(actor=owner, project_id=project.pk, link_id=made.link.pk, now=now)
    if end == "expired":
        PublicLink.objects.update(expires_at=now)
    if end == "archived":
        archive_project(actor=owner, project_id=project.pk, now=now)
    if end == "trashed":
        delete_project(actor=owner, project_id=project.pk, now=now)
    if end == "handed over":
        hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)
    if end == "owner switched off":
        User.objects.filter(pk=owner.pk).update(is_active=False)

    after = (read(made.token).status_code, read(made.token, "todos/").status_code)
    assert before == (200, 200)
    assert (*after, pages().get(f"/shared/{made.token}/").status_code) == (404, 404, 404)


def test_S11_a_link_of_somebody_who_owns_the_project_no_more_opens_nothing(link, owner, editor, project, now, read):
    made = link()
    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)
    made.link.save(force_insert=True)  # as if one had been left over

    assert read(made.token).status_code == 404


def test_a_project_that_comes_back_from_the_archive_is_shared_again(link, owner, project, now, read):
    made = link()
    archive_project(actor=owner, project_id=project.pk, now=now)
    unarchive_project(actor=owner, project_id=project.pk, now=now)

    assert read(made.token).status_code == 200


@pytest.mark.parametrize("put_aside", [archive_project, delete_project])
def test_projects_below_that_are_put_aside_are_left_out(link, owner, project, make_todo, now, read, put_aside):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    deeper = create_project(actor=owner, title="Shed", parent=below.pk, now=now)
    make_todo("Dig", project=deeper.pk)
    token = link().token
    put_aside(actor=owner, project_id=below.pk, now=now)

    assert [row["title"] for row in read(token).json()["projects"]] == ["Home"]
    assert titles(read(token, "todos/")) == []


def test_S01_a_link_is_revoked_in_its_own_project_alone(link, owner, work, now):
    made = link()

    with pytest.raises(NotFound):
        revoke_link(actor=owner, project_id=work.pk, link_id=made.link.pk, now=now)


def test_S07_members_neither_see_nor_revoke_links(link, project, editor, viewer, api):
    made, path = link(), f"/api/v1/projects/{project.pk}/links/"

    for person in (editor, viewer):
        client = api(person)
        assert client.get(path).status_code == 403
        assert client.delete(f"{path}{made.link.pk}/").status_code == 403
    assert PublicLink.objects.exists()


def test_S10_a_link_says_itself_who_made_it_and_for_which_project(api, owner, editor, project, work):
    path = f"/api/v1/projects/{project.pk}/links/"

    api(owner).post(path, {"project": str(work.pk), "created_by": str(editor.pk), "digest": "d", "prefix": "x"})

    row = PublicLink.objects.get()
    assert (row.project_id, row.created_by_id) == (project.pk, owner.pk)
    assert row.prefix.startswith("pl_")
    assert len(row.digest) == 64


def test_expired_links_are_swept(link, now):
    link(expires_at=now + timedelta(hours=1))
    kept = link().link

    assert sweep_expired_links(now + timedelta(hours=1)) == 1
    assert list(PublicLink.objects.all()) == [kept]


# Passwords


def test_a_password_is_exchanged_for_what_opens_the_link(link, read, api, todo):
    token = link(password=SECRET).token

    locked = [read(token), read(token, "todos/"), read(token, **{HEADER: SECRET})]
    exchange = api().post(f"/api/v1/public/{token}/access/", {"password": SECRET})
    opened = [read(token, part, **{HEADER: exchange.json()["access"]}) for part in ("", "todos/")]

    assert {answer.status_code for answer in locked} == {403}
    assert not any("Home" in answer.text or "Buy milk" in answer.text for answer in locked)
    assert exchange.json()["expires_in"] == 12 * 3600
    assert [answer.status_code for answer in opened] == [200, 200]


def test_S13_what_opens_one_link_opens_no_other(link, read, now):
    first, second = link(password=SECRET), link(password=SECRET)
    given = give_pass(link=first.link, password=SECRET, ip=None)

    assert read(first.token, **{HEADER: given}).status_code == 200
    assert read(second.token, **{HEADER: given}).status_code == 403
    for forged in ("", first.link.pk.hex, f"{first.link.pk.hex}:x:y", given[:-1]):
        assert read(first.token, **{HEADER: forged}).status_code == 403


def test_what_opens_a_link_lasts_twelve_hours(link, time_machine, now):
    made = link(password=SECRET)
    time_machine.move_to(now, tick=False)
    given = give_pass(link=made.link, password=SECRET, ip=None)

    require_pass(link=made.link, given=given)
    time_machine.move_to(now + PASS_LIFE + timedelta(seconds=1), tick=False)
    with pytest.raises(Forbidden):
        require_pass(link=made.link, given=given)


def test_S22_wrong_passwords_are_limited_and_forwarded_addresses_do_not_help(link, api):
    token = link(password=SECRET).token
    path = f"/api/v1/public/{token}/access/"

    tries = [
        api().post(path, {"password": f"wrong {index}"}, headers={"X-Forwarded-For": f"198.51.100.{index}"})
        for index in range(6)
    ]
    right = api().post(path, {"password": SECRET})

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert "password" in tries[0].json()["fields"]
    assert right.status_code == 429
    assert right["Retry-After"]


def test_S22_the_right_password_is_not_counted(link):
    made = link(password=SECRET)

    given = {give_pass(link=made.link, password=SECRET, ip="192.0.2.1") != "" for _ in range(7)}

    assert given == {True}


def test_S22_one_link_takes_a_hundred_wrong_passwords_a_day_from_everywhere(link):
    made = link(password=SECRET)
    made.link.password = "!"  # no hash: each try is quick
    for index in range(100):
        with pytest.raises(Invalid):
            give_pass(link=made.link, password="wrong", ip=f"192.0.2.{index}")

    with pytest.raises(RateLimited):
        give_pass(link=made.link, password="wrong", ip="198.51.100.1")


def test_S22_guessing_secrets_is_limited(db, now):
    for _ in range(20):
        with pytest.raises(NotFound):
            find_link(token="pl_" + "x" * 43, ip="192.0.2.1", now=now)

    with pytest.raises(RateLimited):
        find_link(token="pl_" + "x" * 43, ip="192.0.2.1", now=now)


# The page


def test_the_page_shows_the_project_to_read_and_is_kept_by_nobody(link, owner, project, make_todo, pages, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    milk = make_todo("Buy milk", description="*fresh* [shop](https://example.com)", priority=1)
    make_todo("Oat", parent=milk.pk)
    make_todo("Dig", project=below.pk)
    token = link().token

    page = pages().get(f"/shared/{token}/")
    other = pages().get(f"/shared/{token}/", {"project": str(below.pk)})

    assert page.status_code == 200
    assert "<em>fresh</em>" in page.text
    assert page.text.index("Buy milk") < page.text.index("Oat")
    assert f'href="/shared/{token}/?project={below.pk}"' in page.text
    assert "Dig" not in page.text
    assert "Dig" in other.text
    assert "<form" not in page.text
    assert "<script" not in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]
    assert "script-src" not in page["Content-Security-Policy"] or "unsafe" not in page["Content-Security-Policy"]


def test_the_page_asks_for_the_password_first(link, make_todo, pages):
    make_todo("Buy milk")
    token = link(password=SECRET).token
    client, path = pages(enforce_csrf_checks=True), f"/shared/{token}/"

    asked = client.get(path)
    csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', asked.text)[1]
    wrong = client.post(path, {"password": "wrong one", "csrfmiddlewaretoken": csrf})
    right = client.post(path, {"password": SECRET, "csrfmiddlewaretoken": csrf}, follow=True)

    cookie = client.cookies["shared"]
    assert "Home" not in asked.text + wrong.text
    assert "Buy milk" not in asked.text + wrong.text
    assert (asked.status_code, wrong.status_code) == (200, 422)
    assert "That is not the password of this link." in wrong.text
    assert "Buy milk" in right.text
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (path, True, "Lax")
    assert asked.headers.get("Referrer-Policy") == "same-origin"  # with no-referrer a browser's form would be refused
    assert pages().get(path).text.count("Buy milk") == 0


def test_S22_the_pages_password_is_limited_alike(link, pages):
    token = link(password=SECRET).token
    client = pages()

    tries = [client.post(f"/shared/{token}/", {"password": "wrong one"}).status_code for _ in range(6)]

    assert tries == [422] * 5 + [429]


def test_S23_nothing_on_the_page_runs(link, owner, project, make_todo, pages, now):
    evil = "<script>alert(1)</script>"
    update_project(actor=owner, project_id=project.pk, values={"title": evil}, now=now)
    make_todo(evil, description=f"{evil} [x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    Section.objects.create(project=project, title=evil, order="m", revision=1, created_at=now, updated_at=now)

    page = pages().get(f"/shared/{link().token}/").text

    assert "<script" not in page
    assert "onerror" not in page.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert 'href="javascript' not in page


def test_sections_keep_their_order_and_their_todos(link, owner, project, make_todo, pages, now):
    rows = {"project": project, "revision": 1, "created_at": now, "updated_at": now}
    late = Section.objects.create(title="Second", order="n", **rows)
    early = Section.objects.create(title="First", order="m", **rows)
    for title, section in (("in second", late.pk), ("in first", early.pk), ("alone", None)):
        make_todo(title, section=section)

    page = pages().get(f"/shared/{link().token}/").text

    found = [page.index(f">{text}<") for text in ("alone", "First", "in first", "Second", "in second")]
    assert found == sorted(found)


def test_the_page_comes_in_pages(link, project, make_todo, pages, monkeypatch):
    monkeypatch.setattr("todos.web.public.ROWS", 2)
    for index in range(5):
        make_todo(f"Todo {index}")
    path = f"/shared/{link().token}/"
    client, seen = pages(), []

    page = client.get(path)
    while True:
        seen += re.findall(r"Todo \d", page.text)
        following = re.search(r'href="(\?cursor=[^"]+)">Show more', page.text)
        if not following:
            break
        page = client.get(path + following[1])

    assert seen == [f"Todo {index}" for index in range(5)]


def test_reading_costs_the_same_at_any_size(
    link, owner, project, make_todo, pages, read, now, django_assert_num_queries
):
    token = link().token

    def grow(count):
        for index in range(count):
            below = create_project(actor=owner, title=f"P{index}", parent=project.pk, now=now)
            make_todo(f"Todo {index}", project=below.pk, description=f"*{index}*")
            make_todo(f"Todo {index}", description=f"*{index} here*")

    def costs():
        found = []
        for call in (
            lambda: read(token),
            lambda: read(token, "todos/"),
            lambda: pages().get(f"/shared/{token}/"),
        ):
            call()  # Markdown is kept in the cache
            with CaptureQueriesContext(connection) as counted:
                call()
            found.append(len(counted))
        return found

    grow(1)
    few = costs()
    grow(6)

    assert costs() == few
    assert few[:2] == [3, 3]
    assert Todo.objects.count() == 14
    assert Membership.objects.count() > 7
