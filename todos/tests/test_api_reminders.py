"""Reminders and notifications through the API: what goes in, what comes out, and what each costs."""

import json
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest

from accounts.services.export import export_account
from config.errors import NotFound
from todos.models import Membership, Notification, Project, Reminder
from todos.services.comments import add_comment
from todos.services.notifications import KEPT, mark_all_read, mark_read, notify, sweep_old_notifications
from todos.services.todos import delete_todo
from todos.tests.test_api_queries import STORE, cost

__all__ = ["cost"]
pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/"


@pytest.fixture
def client(api, owner):
    client = api(owner)
    client.get("/api/v1/labels/")  # what is asked once a process is asked before
    return client


@pytest.fixture
def url(make_todo):
    return f"/api/v1/todos/{make_todo(due_date=date(2030, 3, 10), due_time=time(9)).pk}/reminders/"


@pytest.fixture
def tell(owner, now):
    """Put lines into a person's list, a minute apart."""
    count = iter(range(100))

    def tell(*, to=owner, kind="reminder", **about):
        at = now + timedelta(minutes=next(count))
        notify(user_id=to.pk, kind=kind, key=str(at), now=at, **about)
        return Notification.objects.get(user=to, key=str(at))

    return tell


# Reminders


def test_a_reminder_says_when_and_of_what(client, url):
    made = client.post(url, {"relative_to": "due", "offset_minutes": -30})

    shown = made.json()
    assert made.status_code == 201
    assert made["Location"] == shown["url"] == f"http://testserver{url}{shown['id']}/"
    assert made["ETag"]
    assert (shown["relative_to"], shown["offset_minutes"]) == ("due", -30)
    assert (shown["remind_at"], shown["sent_at"]) == ("2030-03-10T08:30:00Z", None)
    assert client.get(shown["url"]).json() == shown == client.get(url).json()["results"][0]


def test_a_reminder_can_have_a_chosen_id_once(client, url):
    body = {"id": str(uuid4()), "relative_to": "due"}

    answers = [client.post(url, body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[0].json()["id"] == body["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "remind_at"),
        ({"remind_at": "2020-01-01T00:00:00Z"}, "remind_at"),
        ({"remind_at": "soon"}, "remind_at"),
        ({"remind_at": "2030-01-01T09:00:00"}, "remind_at"),  # on whose clock?
        ({"relative_to": "birthday"}, "relative_to"),
        ({"relative_to": "due", "offset_minutes": 527041}, "offset_minutes"),
        ({"relative_to": "due", "offset_minutes": None}, "offset_minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(client, url, body, field, assert_problem):
    assert_problem(client.post(url, body), 422, "invalid", field)


def test_a_stale_tag_gets_the_present_state(client, url, assert_problem):
    made = client.post(url, {"relative_to": "due"})
    seen = {"If-Match": made["ETag"]}
    assert client.patch(made.json()["url"], {"offset_minutes": -5}, headers=seen).status_code == 200

    refused = client.patch(made.json()["url"], {"offset_minutes": -10}, headers=seen)

    body = assert_problem(refused, 412, "stale")
    assert body["current"]["offset_minutes"] == -5
    assert client.delete(made.json()["url"], headers=seen).status_code == 412
    assert client.delete(made.json()["url"]).status_code == 204


def test_S10_no_write_sets_when_it_was_sent_or_whose_it_is(client, url, viewer, owner):
    body = {"relative_to": "due", "sent_at": "2020-01-01T00:00:00Z", "user": str(viewer.pk), "revision": 9}

    client.post(url, body)

    reminder = Reminder.objects.get()
    owner.refresh_from_db()
    assert (reminder.user, reminder.sent_at, reminder.revision) == (owner, None, owner.revision)


def test_S01_a_reminder_under_a_foreign_todo_is_404(client, url, make_todo):
    made = client.post(url, {"relative_to": "due"}).json()

    other = f"/api/v1/todos/{make_todo().pk}/reminders/{made['id']}/"

    assert {client.get(other).status_code, client.delete(other).status_code} == {404}
    assert client.patch(other, {"offset_minutes": 1}).status_code == 404


def test_S07_a_viewer_has_reminders_of_their_own_and_none_of_the_others(client, url, api, viewer):
    theirs = client.post(url, {"relative_to": "due"}).json()["url"]
    guest = api(viewer)
    own = guest.post(url, {"relative_to": "start"}).json()

    assert guest.get(url).json()["results"] == [own]
    assert guest.get(theirs).status_code == guest.delete(theirs).status_code == 404
    assert guest.patch(theirs, {"offset_minutes": 1}).status_code == 404


def test_S08_who_lost_access_finds_none_of_them(url, api, viewer):
    guest = api(viewer)
    own = guest.post(url, {"relative_to": "due"}).json()["url"]

    Membership.objects.filter(user=viewer).exclude(project__is_inbox=True).delete()

    assert guest.get(url).status_code == guest.get(own).status_code == guest.delete(own).status_code == 404


def test_two_reminders_and_twenty_cost_two_statements(client, url, cost):
    for _ in range(2):
        client.post(url, {"relative_to": "due"})
    two = cost(lambda: client.get(url))
    for _ in range(18):
        client.post(url, {"relative_to": "due"})

    twenty = cost(lambda: client.get(url))

    assert len(client.get(url).json()["results"]) == 20
    assert two == twenty == 2 + STORE


def test_setting_a_reminder_costs_seven_statements(client, url, cost):
    assert cost(lambda: client.post(url, {"relative_to": "due"}), 201) == 7 + STORE


def test_a_new_date_costs_one_statement_more_and_with_reminders_three(client, make_todo, cost):
    todo = make_todo()
    one = f"/api/v1/todos/{todo.pk}/"
    title = cost(lambda: client.patch(one, {"title": "New"}))
    due = cost(lambda: client.patch(one, {"due_date": "2030-01-01"}))
    for _ in range(5):
        client.post(f"{one}reminders/", {"relative_to": "due"})

    reminded = cost(lambda: client.patch(one, {"due_date": "2030-01-02"}))

    assert (due, reminded) <= (title + 1, title + 3)


# Notifications


def test_a_line_names_what_it_tells_of_as_it_is_called_now(client, tell, todo, editor, edit):
    comment = add_comment(actor=editor, todo_id=todo.pk, text="@Owner look", now=datetime(2026, 3, 3, tzinfo=UTC))
    edit(todo, title="Buy oat milk")

    [line] = client.get(URL).json()["results"]

    assert line | {"id": "", "url": ""} == {
        "id": "",
        "url": "",
        "kind": "mention",
        "todo": str(todo.pk),
        "todo_title": "Buy oat milk",
        "project": str(todo.project_id),
        "project_title": "Home",
        "actor": str(editor.pk),
        "actor_name": "Editor",
        "data": {"comment": str(comment.pk)},
        "created_at": "2026-03-03T00:00:00Z",
        "read": False,
        "read_at": None,
    }
    assert client.get(line["url"]).json() == line


def test_the_list_is_newest_first_and_in_pages(client, tell):
    lines = [str(tell(kind=kind).pk) for kind in ("a", "b", "c")]

    first = client.get(f"{URL}?limit=2").json()
    second = client.get(first["next"]).json()

    assert [line["id"] for line in first["results"] + second["results"]] == lines[::-1]


def test_it_narrows_to_new_lines_and_to_a_kind(client, tell, owner, now):
    old, new = tell(kind="a"), tell(kind="b")
    mark_read(actor=owner, notification_id=old.pk, now=now)

    def found(query):
        return [line["id"] for line in client.get(f"{URL}?{query}").json()["results"]]

    assert (found("unread=true"), found("unread=false"), found("kind=a")) == (
        [str(new.pk)],
        [str(old.pk)],
        [str(old.pk)],
    )
    assert client.get(f"{URL}?unread=maybe").status_code == 422


def test_a_line_is_read_and_made_new_again(client, tell):
    url = f"{URL}{tell().pk}/read/"

    first, again = client.put(url).json(), client.put(url).json()

    assert first["read"]
    assert first == again
    assert client.get(f"{URL}count/").json() == {"unread": 0}
    assert client.delete(url).json()["read_at"] is None
    assert client.get(f"{URL}count/").json() == {"unread": 1}


def test_all_are_read_up_to_the_newest_that_was_seen(client, tell):
    _, seen, _ = tell(), tell(), tell()

    some = client.post(f"{URL}reading/", {"until": seen.created_at.isoformat()})
    everything = client.post(f"{URL}reading/", {})

    assert (some.json(), everything.json()) == ({"unread": 1}, {"unread": 0})


def test_S08_lines_go_out_of_sight_with_the_todo_or_the_project(api, viewer, tell, todo, make_todo, work, owner, now):
    guest = api(viewer)
    about = [
        tell(to=viewer, todo=todo),
        tell(to=viewer, project=todo.project),
        tell(to=viewer, todo=todo, project=work),
    ]
    mine = tell(to=viewer, kind="invitation", data={"project_title": "Garden"})
    assert len(guest.get(URL).json()["results"]) == 4

    Membership.objects.filter(user=viewer).exclude(project__is_inbox=True).delete()

    assert [line["id"] for line in guest.get(URL).json()["results"]] == [str(mine.pk)]
    assert guest.get(f"{URL}count/").json() == {"unread": 1}
    for line in about:
        assert guest.get(f"{URL}{line.pk}/").status_code == guest.put(f"{URL}{line.pk}/read/").status_code == 404


def test_S03_lines_of_a_project_in_the_trash_tell_no_title(client, tell, todo):
    tell(todo=todo)
    Project.objects.filter(pk=todo.project_id).update(deleted_at=todo.created_at)

    assert client.get(URL).json()["results"] == []


def test_a_todo_in_the_trash_keeps_its_line(client, tell, todo, owner, now):
    tell(todo=todo)
    delete_todo(actor=owner, todo_id=todo.pk, now=now)

    assert len(client.get(URL).json()["results"]) == 1


def test_S08_everybody_reads_and_marks_their_own(tell, viewer, owner, now):
    line = tell()

    with pytest.raises(NotFound):
        mark_read(actor=viewer, notification_id=line.pk, now=now)
    assert mark_all_read(actor=viewer, now=now + timedelta(days=1)) == 0


def test_one_key_is_told_once(owner, now):
    for _ in range(2):
        notify(user_id=owner.pk, kind="mention", key="mention:1", now=now)

    assert Notification.objects.count() == 1


def test_lines_go_after_ninety_days(tell, now):
    old, new = tell(), tell()
    moment = old.created_at + KEPT + timedelta(seconds=1)

    assert sweep_old_notifications(moment) == 1
    assert list(Notification.objects.all()) == [new]


def test_two_lines_and_twenty_cost_one_statement(client, tell, make_todo, cost):
    for _ in range(2):
        tell(todo=make_todo())
    two = cost(lambda: client.get(URL))
    for _ in range(18):
        tell(todo=make_todo())

    twenty = cost(lambda: client.get(URL))

    assert len(client.get(URL).json()["results"]) == 20
    assert two == twenty == 1 + STORE
    assert cost(lambda: client.get(f"{URL}count/")) == 1 + STORE


# Export


def test_an_export_holds_ones_own_reminders_and_lines(client, url, tell, api, viewer, owner, now):
    made = client.post(url, {"relative_to": "due"}).json()
    line = tell()
    api(viewer).post(url, {"relative_to": "start"})

    found = json.loads(b"".join(export_account(actor=owner, now=now)))

    assert [row["id"] for row in found["reminders"]] == [made["id"]]
    assert [row["id"] for row in found["notifications"]] == [str(line.pk)]
