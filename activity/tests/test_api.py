from datetime import datetime, timedelta

import pytest

from todos.models import Membership
from todos.services.todos import complete_todo, update_todo

PATH = "/api/v1/activity/"


def listed(client, **query):
    response = client.get(PATH, query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_an_event_has_the_shape_that_clients_rely_on(api, owner, todo, project, now):
    update_todo(actor=owner, todo_id=todo.pk, values={"title": "Buy bread"}, now=now)

    [event] = listed(api(owner), verb="todo.updated")

    revision = event.pop("revision")
    assert len(event.pop("id")) == 36
    assert datetime.fromisoformat(event.pop("created_at")) == now
    assert revision == 3
    assert event.pop("data")["changes"] == {"title": {"before": "Buy milk", "after": "Buy bread"}}
    assert event == {
        "verb": "todo.updated",
        "actor": {"id": str(owner.pk), "name": "Owner"},
        "subject": {"type": "todo", "id": str(todo.pk), "title": "Buy bread"},
        "scope": f"project:{project.pk}",
    }


def test_events_come_newest_first_each_once(api, owner, make_todo, now):
    todo = make_todo(now=now + timedelta(minutes=1))
    complete_todo(actor=owner, todo_id=todo.pk, now=now + timedelta(minutes=2))

    events = listed(api(owner), subject=todo.pk)

    assert [event["verb"] for event in events] == ["todo.completed", "todo.created"]


@pytest.mark.parametrize("role", ["stranger", "admin", "superadmin"])
def test_nobody_sees_a_scope_of_others(request, api, role, todo, project):
    person = request.getfixturevalue(role)
    client = api(person)

    assert {event["scope"] for event in listed(client)} == {f"user:{person.pk}"}
    assert listed(client, scope=f"project:{project.pk}") == []
    assert listed(client, subject=todo.pk) == []


def test_nobody_sees_what_a_fellow_member_does_elsewhere(api, editor, owner, project, todo):
    scopes = {event["scope"] for event in listed(api(editor))}

    assert f"user:{owner.pk}" not in scopes
    assert f"project:{project.pk}" in scopes


def test_s08_losing_a_membership_hides_its_events_at_once(api, viewer, project, todo):
    client = api(viewer)
    before = listed(client, subject=todo.pk)

    Membership.objects.filter(project=project, user=viewer).delete()

    assert (len(before), listed(client, subject=todo.pk)) == (1, [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"verb": "todo.created"}, {"todo.created"}),
        ({"verb": "no.such"}, set()),
        ({"verb": "todo.created' OR 1=1 --"}, set()),
        ({"actor": "0196a000-0000-7000-8000-000000000000"}, set()),
    ],
)
def test_a_timeline_can_be_narrowed(api, owner, todo, query, expected):
    assert {event["verb"] for event in listed(api(owner), **query)} == expected


@pytest.mark.parametrize("name", ["subject", "actor"])
def test_an_id_that_is_none_is_refused_by_name(api, owner, name):
    response = api(owner).get(PATH, {name: "not-an-id"})

    assert (response.status_code, list(response.json()["fields"])) == (422, [name])


def test_a_page_of_ten_and_of_fifty_events_cost_the_same(api, owner, make_todo, django_assert_max_num_queries):
    for number in range(50):
        make_todo(f"Todo {number}")
    client = api(owner)

    costs = []
    for limit in (10, 50):
        with django_assert_max_num_queries(4) as seen:
            assert len(listed(client, limit=limit)) == limit
        costs.append(len(seen.captured_queries))

    assert costs[0] == costs[1]
