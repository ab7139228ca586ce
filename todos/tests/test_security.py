"""Cases of security that no single module keeps: what is seen from outside, through whatever door."""

import json
import re
import socket
import time
from datetime import date, timedelta
from datetime import time as clock
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from activity.models import Event
from config.ids import uuid7
from todos.api import urls as api_urls
from todos.domain.mentions import mentioned
from todos.domain.search import needles
from todos.models import Label, Membership
from todos.services.attachments import add_attachment
from todos.services.comments import add_comment
from todos.services.feeds import create_feed
from todos.services.labels import create_label
from todos.services.projects import create_project
from todos.services.public_links import create_link
from todos.services.relations import relate
from todos.services.reminders import create_reminder
from todos.services.saved_filters import create_filter
from todos.services.sections import create_section
from todos.services.todos import create_todo, update_todo
from todos.web import urls as web_urls

API = "/api/v1/"
EVIL = "<img src=x onerror=alert(1)>"


def shown(client, address: str) -> str:
    """Return what a door answers, as text."""
    response = client.get(address)
    assert response.status_code == 200, address
    body = response.getvalue() if response.streaming else response.content
    return str(body.decode())


@pytest.fixture
def hidden(owner, make_todo, todo, now):
    """Tie and move todos that an editor sees to what only the owner sees, all of it called Hidden."""
    work = create_project(actor=owner, title="Hidden project", now=now)
    section = create_section(actor=owner, project_id=work.pk, title="Hidden section", now=now)
    above = make_todo("Hidden parent", project=work.pk, labels=["Hidden label"], section=section.pk)
    relate(actor=owner, todo_id=todo.pk, other_id=above.pk, kind="blocks", now=now)
    gone = make_todo("Seen before", due_date=date(2026, 3, 3))
    update_todo(actor=owner, todo_id=gone.pk, values={"project": work.pk, "parent": above.pk}, now=now)
    update_todo(actor=owner, todo_id=gone.pk, values={"title": "Hidden now"}, now=now)
    came = make_todo("Hidden once", project=work.pk, parent=above.pk, section=section.pk, labels=["Hidden label"])
    values = {"project": todo.project_id, "title": "Seen now", "labels": []}
    update_todo(actor=owner, todo_id=came.pk, values=values, now=now)
    return work


@pytest.mark.parametrize(
    "door",
    [
        "todos/", "todos/?search=hidden", "todos/?filter=search: hidden", "todos/?label=hidden label", "views/no-date/",
        "views/upcoming/", "projects/", "sections/", "labels/", "notifications/", "activity/", "sync/", "filters/",
        "activity/stats/projects/",
    ],
)  # fmt: skip
def test_S03_no_list_search_event_or_delta_tells_of_what_is_out_of_sight(api, owner, editor, hidden, door):
    theirs, mine = shown(api(editor), API + door), shown(api(owner), API + door)

    assert "Hidden" not in theirs
    assert str(hidden.pk) not in theirs or door in ("activity/", "sync/")  # where a todo went: an id, no name
    assert "Hidden" in mine or door in ("notifications/", "filters/", "views/upcoming/", "activity/stats/projects/")


def test_S03_a_feed_and_a_page_tell_nothing_of_what_is_out_of_sight(pages, editor, project, todo, hidden, now):
    secret = create_feed(actor=editor, now=now).secret
    client = pages(editor)

    for address in (f"/feeds/{secret}.ics", f"/projects/{project.pk}/", f"/todos/{todo.pk}/", "/activity/"):
        assert "Hidden" not in shown(client, address), address
    assert "Seen now" in shown(client, f"/projects/{project.pk}/")


def test_S03_a_mail_that_waits_tells_nothing_of_a_todo_that_went_out_of_sight(
    owner, editor, viewer, todo, make_todo, work, now, mailed
):
    moved = make_todo("Hidden plan")
    add_comment(actor=owner, todo_id=todo.pk, text="@editor look", now=now)
    add_comment(actor=owner, todo_id=moved.pk, text="@viewer look", now=now)
    update_todo(actor=owner, todo_id=moved.pk, values={"project": work.pk}, now=now)

    letters = [mail for mail in mailed() if "mentioned" in mail.subject]

    assert [letter.to for letter in letters] == [[editor.email]]


ODD = ["1", "%00", "%2e%2e%2f", "..%2f..%2fetc", "%C3%A9", "x'%20OR%201=1--", "%3Cscript%3E", "{0}Z", "%20{0}", "{1}"]


@pytest.mark.parametrize("odd", ODD)
def test_S05_odd_ids_lead_nowhere_at_any_door(api, pages, owner, todo, odd):
    odd = odd.format(todo.pk, todo.pk.hex)
    doors = [str(entry.pattern) for entry in (*flat(api_urls), *flat(web_urls))]
    named = [door for door in doors if "<" in door and "<slug:" not in door]

    assert len(named) > 50
    for door in named:
        prefix = API if door in {str(entry.pattern) for entry in flat(api_urls)} else "/"
        client = api(owner) if prefix == API else pages(owner)
        assert client.get(prefix + re.sub(r"<\w+:\w+>", odd, door)).status_code == 404, door


def flat(module):
    """Return the routes of a module, those of its router too."""
    for entry in module.urlpatterns:
        yield from getattr(entry, "url_patterns", [entry])


def test_S05_a_name_finds_nothing_that_its_id_would_not_find(api, owner, stranger, project, make_todo, now):
    make_todo("Buy milk", labels=["errand"])
    create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
    client = api(stranger)

    for text in ("#Home", "/Soon", "@errand", "assigned:Owner", "created by:Owner"):
        found = client.get(f"{API}todos/", {"filter": text})
        assert (found.status_code in (200, 422), found.json().get("results", [])) == (True, []), text
    assert client.get(f"{API}todos/", {"label": "errand"}).json()["results"] == []
    drafted = client.post(f"{API}todos/quick/", {"text": "Milk #Home /Soon", "dry_run": True})
    assert str(project.pk) not in drafted.content.decode()


@pytest.fixture
def parts(owner, editor, project, todo, make_todo, now):
    """Put one of everything into the owner's project, and return where each is."""
    other = make_todo("Other")
    made = {
        "todo": todo.pk,
        "other": other.pk,
        "section": create_section(actor=owner, project_id=project.pk, title="Soon", now=now).pk,
        "comment": add_comment(actor=owner, todo_id=todo.pk, text="Hello", now=now).pk,
        "file": add_attachment(actor=owner, todo_id=todo.pk, upload=SimpleUploadedFile("a.txt", b"hello"), now=now).pk,
        "tie": relate(actor=owner, todo_id=todo.pk, other_id=other.pk, kind="blocks", now=now).pk,
        "reminder": create_reminder(actor=owner, todo_id=todo.pk, values={"relative_to": "due"}, now=now).pk,
        "label": create_label(actor=owner, name="errand", now=now).pk,
        "filter": create_filter(actor=owner, values={"name": "Mine", "query": "p1", "project": project.pk}, now=now).pk,
        "link": create_link(actor=owner, project_id=project.pk, now=now).link.pk,
        "project": project.pk,
        "owner": owner.pk,
        "editor": editor.pk,
    }
    return {name: str(pk) for name, pk in made.items()}


WRITES = [
    ("POST", "todos/", {"title": "x", "project": "{project}"}),
    ("POST", "todos/", {"title": "x", "parent": "{todo}"}),
    ("PATCH", "todos/{todo}/", {"title": "x"}),
    ("PATCH", "todos/{todo}/", {"labels": ["x"]}),
    ("PATCH", "todos/{todo}/", {"assignee": None, "section": "{section}"}),
    ("DELETE", "todos/{todo}/", None),
    ("POST", "todos/{todo}/completion/", {}),
    ("DELETE", "todos/{todo}/completion/", None),
    ("POST", "todos/{todo}/restoration/", None),
    ("POST", "todos/{todo}/skip/", {}),
    ("PUT", "todos/{todo}/position/", {"after": "{other}"}),
    ("POST", "todos/bulk/", {"action": "delete", "ids": ["{todo}"]}),
    ("POST", "todos/{todo}/comments/", {"text": "x"}),
    ("PATCH", "todos/{todo}/comments/{comment}/", {"text": "x"}),
    ("DELETE", "todos/{todo}/comments/{comment}/", None),
    ("POST", "todos/{todo}/comments/{comment}/restoration/", None),
    ("DELETE", "todos/{todo}/attachments/{file}/", None),
    ("POST", "todos/{todo}/attachments/{file}/restoration/", None),
    ("POST", "todos/{todo}/relations/", {"kind": "relates", "other": "{other}"}),
    ("DELETE", "todos/{todo}/relations/{tie}/", None),
    ("PATCH", "todos/{todo}/reminders/{reminder}/", {"offset_minutes": 5}),
    ("DELETE", "todos/{todo}/reminders/{reminder}/", None),
    ("PATCH", "labels/{label}/", {"name": "x"}),
    ("DELETE", "labels/{label}/", None),
    ("PATCH", "filters/{filter}/", {"name": "x"}),
    ("DELETE", "filters/{filter}/", None),
    ("POST", "sections/", {"title": "x", "project": "{project}"}),
    ("PATCH", "sections/{section}/", {"title": "x"}),
    ("PUT", "sections/{section}/position/", {"after": None}),
    ("DELETE", "sections/{section}/", None),
    ("PATCH", "projects/{project}/", {"title": "x"}),
    ("PUT", "projects/{project}/position/", {"after": None}),
    ("POST", "projects/{project}/archive/", None),
    ("DELETE", "projects/{project}/", None),
    ("POST", "projects/", {"title": "x", "parent": "{project}"}),
    ("PATCH", "projects/{project}/members/{editor}/", {"role": "viewer"}),
    ("DELETE", "projects/{project}/members/{editor}/", None),
    ("PUT", "projects/{project}/owner/", {"owner": "{editor}"}),
    ("POST", "projects/{project}/invitations/", {"email": "new@example.org"}),
    ("POST", "projects/{project}/links/", {}),
    ("DELETE", "projects/{project}/links/{link}/", None),
]


def filled(value, parts):
    """Put ids into a path or a body."""
    if isinstance(value, str):
        return value.format(**parts)
    if isinstance(value, dict):
        return {name: filled(part, parts) for name, part in value.items()}
    return [filled(part, parts) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_S07_a_viewer_changes_and_deletes_no_part_of_a_project(api, viewer, owner, project, parts, method, path, body):
    client = api(viewer)
    before = state(project, owner)

    data = dumped(filled(body, parts))
    answer = client.generic(method, API + filled(path, parts), data, content_type="application/json")

    assert answer.status_code in (403, 404), answer.content
    assert state(project, owner) == before


def dumped(body) -> str:
    return "" if body is None else json.dumps(body)


def state(project, owner):
    """Return what any change would move: both counters, the members, and how many events there are."""
    project.refresh_from_db()
    owner.refresh_from_db()
    members = sorted(Membership.objects.filter(project=project).values_list("user_id", "role"))
    return project.revision, owner.revision, members, Event.objects.journal().count()


def test_S08_a_page_of_a_list_that_was_begun_before_ends_with_the_access(api, viewer, project, make_todo):
    for number in range(3):
        make_todo(f"Buy milk {number}")
    client = api(viewer)
    first = client.get(f"{API}todos/?limit=1").json()
    delta = client.get(f"{API}sync/?limit=1").json()

    Membership.objects.filter(project=project, user=viewer).delete()
    following = client.get(first["next"])
    rest = client.get(f"{API}sync/", {"token": delta["token"]})

    assert "Buy milk" in str(first)
    assert "Buy milk" not in following.content.decode() + rest.content.decode()
    assert delta["more"]


def test_S08_what_was_rendered_is_shown_to_nobody_who_lost_the_project(api, viewer, project, make_todo):
    todo = make_todo("Buy milk", description="Only the **good** one")
    client, address = api(viewer), f"{API}todos/{{}}/rendered/".format(todo.pk)
    assert "good" in shown(client, address)

    Membership.objects.filter(project=project, user=viewer).delete()

    assert client.get(address).status_code == 404


def test_S08_no_browser_or_proxy_keeps_a_page_for_later(pages, api, viewer, project, todo):
    page, answer = pages(viewer).get(f"/projects/{project.pk}/"), api(viewer).get(f"{API}todos/{todo.pk}/")

    for response in (page, answer):
        assert "public" not in response.get("Cache-Control", "")
        assert "max-age" not in response.get("Cache-Control", "") or "max-age=0" in response["Cache-Control"]
        assert "Expires" not in response or response["Expires"] <= response["Date"]
    assert "Cookie" in page["Vary"]


def test_S23_names_are_text_on_every_page(pages, owner, now):
    project = create_project(actor=owner, title=EVIL, now=now)
    section = create_section(actor=owner, project_id=project.pk, title=EVIL, now=now)
    todo = create_todo(
        actor=owner,
        values={"title": EVIL, "description": EVIL, "project": project.pk, "section": section.pk, "labels": [EVIL]},
        now=now,
    )
    add_comment(actor=owner, todo_id=todo.pk, text=EVIL, now=now)
    update_todo(actor=owner, todo_id=todo.pk, values={"due_date": now.date(), "title": f"{EVIL}!"}, now=now)
    label = Label.objects.get(owner=owner)
    client = pages(owner)

    addresses = [
        "/today/", "/inbox/", "/completed/", "/trash/", "/projects/", "/activity/", f"/labels/{label.pk}/",
        f"/projects/{project.pk}/", f"/projects/{project.pk}/edit/", f"/todos/{todo.pk}/", f"/todos/{todo.pk}/edit/",
    ]  # fmt: skip
    bodies = {address: client.get(address, follow=True).content.decode() for address in addresses}

    for address, body in bodies.items():
        assert "<img src=x" not in body, address
        assert "&lt;img src=x" in body, address  # the sidebar names the project everywhere


def test_S23_an_error_page_shows_nothing_of_the_address(pages, api, owner):
    for client, address in ((pages(owner), f"/{EVIL}/?q={EVIL}"), (api(owner), f"{API}todos/?ordering={EVIL}")):
        response = client.get(address)

        assert response.status_code in (404, 422)
        assert "<img" not in response.content.decode() or "json" in response["Content-Type"]
        assert response["X-Content-Type-Options"] == "nosniff"


def test_S26_markdown_makes_no_link_and_loads_no_image_in_a_mail(owner, editor, make_todo, now, mailed):
    todo = make_todo("Buy **milk** <b>now</b>")
    text = "@editor ![](https://evil.example/x.png) [free](https://evil.example) <https://evil.example> evil.example"
    add_comment(actor=owner, todo_id=todo.pk, text=text, now=now)

    [letter] = [mail for mail in mailed() if "mentioned" in mail.subject]

    html = letter.alternatives[0].content
    assert "evil" not in letter.body + html
    assert "<img" not in html
    assert "<b>now</b>" not in html
    assert "Owner" in html


@pytest.mark.parametrize(
    ("door", "query"),
    [
        ("todos/", {"search": '{"$where": "sleep(1)"}'}),
        ("todos/", {"label": '{"$ne": null}'}),
        ("todos/", {"label": "' OR 1=1 --"}),
        ("todos/", {"search": "') OR 1=1 --"}),
        ("todos/", {"search": '"* NEAR/1 NOT ^'}),
        ("activity/", {"verb": '{"$ne": null}'}),
        ("activity/", {"verb": "$ne"}),
        ("activity/", {"scope": '{"$gt": ""}'}),
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_S27_what_is_sent_reaches_a_database_as_a_value(request, api, owner, todo, door, query, archived):
    if archived:
        request.getfixturevalue("archive")
        request.getfixturevalue("relay")()

    answer = api(owner).get(API + door, query)

    assert (answer.status_code, answer.json().get("results", [])) in ((200, []), (422, []))


def test_S27_an_operator_in_a_title_is_a_title(api, owner, todo, archive, relay):
    client, title = api(owner), '{"$where": "1"} $set.x %s %(a)s'
    changed = client.patch(f"{API}todos/{todo.pk}/", {"title": title})
    refused = client.patch(f"{API}todos/{todo.pk}/", {"title": {"$set": "x"}})
    relay()

    events = client.get(f"{API}activity/", {"subject": str(todo.pk)}).json()["results"]

    assert (changed.status_code, changed.json()["title"], refused.status_code) == (200, title, 422)
    assert events[0]["subject"]["title"] == title


@pytest.mark.parametrize("part", ["@", "@[", "a", '"', " .", "@[a "])
def test_S28_words_of_a_search_and_of_a_comment_are_read_in_an_instant(part):
    people = {number: [f"Person {number}", "a" * 50] for number in range(200)}

    started = time.process_time()
    needles(part * (200 // len(part)))
    mentioned([part * (10_000 // len(part))], people)

    assert time.process_time() - started < 1


def test_S29_no_page_of_todos_takes_a_form_without_our_token(pages, owner, project, todo):
    client = pages(owner, enforce_csrf_checks=True)
    ids = {"todo_id": todo.pk, "project_id": project.pk, "label_id": todo.pk, "invitation_id": todo.pk}
    before = state(project, owner)

    refused = set()
    for entry in flat(web_urls):
        names = re.findall(r"<uuid:(\w+)>", str(entry.pattern))
        if "<slug:" in str(entry.pattern):
            continue
        address = reverse(entry.name, kwargs={name: ids[name] for name in names})
        for headers in ({}, {"HX-Request": "true"}, {"Origin": "https://evil.example"}):
            answer = client.post(address, {"title": "x", "project": str(project.pk)}, headers=headers)
            assert answer.status_code in (403, 405), address
            refused |= {entry.name} if answer.status_code == 403 else set()

    assert {"todos", "todo", "todo-completion", "todo-deletion", "project-deletion", "project-edit"} <= refused
    assert state(project, owner) == before


@pytest.mark.parametrize(
    ("allowed", "origin", "named"),
    [
        ([], "https://evil.example", None),
        (["https://app.example.org"], "https://app.example.org", "https://app.example.org"),
        (["https://app.example.org"], "https://app.example.org.evil.example", None),
        (["https://app.example.org"], "http://app.example.org", None),
        (["https://app.example.org"], "null", None),
    ],
)
def test_S29_other_origins_read_only_where_they_are_named_and_with_no_cookie(
    api, owner, settings, allowed, origin, named
):
    settings.CORS_ALLOWED_ORIGINS = allowed

    answer = api(owner).get(f"{API}todos/", headers={"Origin": origin})
    asked = api().options(f"{API}todos/", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})

    for response in (answer, asked):
        assert response.get("Access-Control-Allow-Origin") == named
        assert "Access-Control-Allow-Credentials" not in response


def test_S30_nothing_that_is_written_is_fetched(api, pages, owner, editor, monkeypatch, mailed):
    asked, look_up = [], socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest: asked.append(host) or look_up(host, *rest))
    client, address = api(owner), "http://evil.example/x.png"
    text = f"![x]({address}) {address} @editor"
    project = str(Membership.objects.get(user=editor, role="editor").project_id)

    todo = client.post(f"{API}todos/", {"title": address, "description": text, "project": project}).json()
    client.post(f"{API}todos/{todo['id']}/comments/", {"text": text})
    client.post(f"{API}todos/quick/", {"text": f"Read {address}"})
    client.post(
        f"{API}todos/{todo['id']}/attachments/",
        {"file": SimpleUploadedFile("x.svg", f'<svg><image href="{address}"/></svg>'.encode())},
        format="multipart",
    )
    client.get(f"{API}todos/{todo['id']}/rendered/")
    page = pages(owner).get(f"/todos/{todo['id']}/").content.decode()
    mailed()

    assert address in page
    assert f'src="{address}' not in page
    assert not [host for host in asked if "evil" in str(host)]


def test_S32_an_hourly_todo_of_long_ago_is_completed_in_one_step(api, owner, make_todo):
    todo = make_todo("Breathe", due_date=date(1, 1, 1), due_time=clock(9), recurrence=["FREQ=HOURLY"])

    started = time.process_time()
    answer = api(owner).post(f"{API}todos/{todo.pk}/completion/")

    assert answer.status_code == 200, answer.content
    assert time.process_time() - started < 1
    assert answer.json()["due_date"] >= str(timezone.now().date() - timedelta(days=1))


@pytest.mark.parametrize("rule", ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY", "FREQ=SECONDLY;INTERVAL=1"])
def test_S32_a_rule_that_never_occurs_or_too_often_is_refused(api, owner, todo, rule):
    started = time.process_time()
    answer = api(owner).patch(f"{API}todos/{todo.pk}/", {"recurrence": [rule], "due_date": "1970-01-01"})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["recurrence"])
    assert time.process_time() - started < 1


DEEP = {"[": b"[" * 100_000, "{": b'{"a":' * 100_000, "labels": b'{"title":"x","labels":' + b"[" * 50_000}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("path", ["todos/", "todos/bulk/", "todos/quick/", "projects/", "labels/", "filters/", "undo/"])
def test_S33_a_body_that_is_nested_without_end_is_malformed(api, owner, path, body):
    answer = api(owner).generic("POST", API + path, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("todos/", "title"), ("projects/", "title"), ("sections/", "title"), ("labels/", "name"), ("filters/", "name"),
        ("filters/", "query"), ("todos/quick/", "text"),
    ],
)  # fmt: skip
def test_S33_a_name_of_a_megabyte_is_refused(api, owner, project, path, field):
    values = {"title": "x", "name": "x", "query": "p1", "project": str(project.pk)}

    answer = api(owner).post(API + path, values | {field: "x" * 1_000_000})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert len(answer.content) < 1000


def test_S33_ten_thousand_ids_are_refused_before_any_is_looked_for(api, owner, todo, django_assert_max_num_queries):
    client, ids = api(owner), [str(uuid4()) for _ in range(10_000)]
    client.get(f"{API}todos/")

    with django_assert_max_num_queries(3):  # those that let the person in
        bulk = client.post(f"{API}todos/bulk/", {"action": "complete", "ids": ids})
    labels = client.patch(f"{API}todos/{todo.pk}/", {"labels": ids})
    narrowed = client.get(f"{API}todos/", {"filter": " | ".join(f"#{id}" for id in ids)})

    assert (bulk.status_code, labels.status_code, narrowed.status_code) == (422, 422, 422)
    assert Label.objects.count() == 0


def test_S34_what_one_may_not_see_and_what_does_not_exist_are_told_in_the_same_words(api, stranger, parts):
    client, unknown = api(stranger), dict.fromkeys(parts, str(uuid7()))

    for method, path, body in WRITES:
        answers = []
        for ids in (parts, unknown):
            data = dumped(filled(body, ids))
            answer = client.generic(method, API + filled(path, ids), data=data, content_type="application/json")
            told = answer.content.decode().replace(ids["todo"], "")
            answers.append((answer.status_code, re.sub(r'"request_id":"\w+"', "", told)))
        assert answers[0] == answers[1], (method, path)
        assert answers[0][0] in (404, 422), (method, path)
