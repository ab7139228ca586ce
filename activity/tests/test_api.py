from datetime import date, datetime, timedelta

import pytest

from config.ids import uuid7
from todos.models import Membership
from todos.services.projects import create_project
from todos.services.todos import complete_todo, update_todo

PATH = "/api/v1/activity/"
DAY = timedelta(days=1)


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
        "sentence": "You renamed “Buy milk” to “Buy bread”",
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


def test_S08_losing_a_membership_hides_its_events_at_once(api, viewer, project, todo):
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


@pytest.fixture(params=["journal", "both", "archive"])
def halfway(request):
    """Relay what was recorded so far: nothing, the first half, or all of it."""
    if request.param == "journal":
        request.getfixturevalue("no_archive")
        return lambda half: None
    relay = request.getfixturevalue("relay")
    return lambda half: relay() if request.param == "archive" or half == 1 else None


@pytest.fixture
def week(owner, editor, project, make_todo, halfway, now):
    """A week of changes in two projects, by two people."""
    garden = create_project(actor=owner, title="Garden", now=now)
    todo = make_todo("Dig", project=garden.pk, now=now)
    update_todo(actor=owner, todo_id=todo.pk, values={"due_date": date(2026, 3, 9), "priority": 1}, now=now + DAY)
    halfway(1)
    bread = make_todo("Bread", actor=editor, now=now + 2 * DAY)
    update_todo(actor=editor, todo_id=bread.pk, values={"title": "Rolls"}, now=now + 3 * DAY)
    complete_todo(actor=owner, todo_id=todo.pk, now=now + 4 * DAY)
    halfway(2)
    return garden


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("verb=todo.completed", ["completed Dig"]),
        ("verb=todo.completed,todo.updated", ["completed Dig", "updated Rolls", "updated Dig"]),
        ("verb=todo.completed&verb=todo.updated", ["completed Dig", "updated Rolls", "updated Dig"]),
        ("verb=", ["completed Dig", "updated Rolls", "created Bread", "updated Dig", "created Dig"]),
        ("changed=due_date", ["updated Dig"]),
        ("changed=title", ["updated Rolls", "created Bread", "created Dig"]),
        ("changed=completed_at&verb=todo.completed", ["completed Dig"]),
        ("changed=nothing", []),
        ("day=2026-03-03", ["updated Dig"]),
        ("after=2026-03-03", ["completed Dig", "updated Rolls", "created Bread"]),
        ("before=2026-03-03", ["created Dig"]),
        ("after=2026-03-02&before=2026-03-06", ["updated Rolls", "created Bread", "updated Dig"]),
        ("project={garden}", ["completed Dig", "updated Dig", "created Dig"]),
        ("scope=project:{garden}&who=me", ["completed Dig", "updated Dig", "created Dig"]),
        ("who=me", ["completed Dig", "updated Dig", "created Dig"]),
        ("who=everyone&actor={editor}", ["updated Rolls", "created Bread"]),
        ("project={garden}&actor={editor}", []),
        ("project={nowhere}", []),
    ],
)
def test_filters_find_the_same_wherever_events_are(api, owner, editor, week, query, expected):
    path = PATH + "?" + query.format(garden=week.pk, editor=editor.pk, nowhere=uuid7())

    answer = api(owner).get(path).json()

    found = [
        f"{event['verb'].removeprefix('todo.')} {event['subject']['title']}"
        for event in answer["results"]
        if event["subject"]["type"] == "todo"
    ]
    assert found == expected
    assert (answer["complete"], "note" in answer) == (True, False)


def test_pages_lead_through_both_stores_and_back(api, owner, week):
    client, whole = api(owner), listed(api(owner))
    pages, links = [], [f"{PATH}?limit=2"]
    while links[-1]:
        pages.append(client.get(links[-1]).json())
        links.append(pages[-1]["next"])
    back = client.get(pages[-1]["previous"]).json()

    assert [event["id"] for page in pages for event in page["results"]] == [event["id"] for event in whole]
    assert back["results"] == pages[-2]["results"]
    assert all(page["complete"] for page in pages)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "not-an-id"),
        ("actor", "not-an-id"),
        ("project", "home"),
        ("verb", "todo\x00"),
        ("verb", "x" * 501),
        ("scope", "user:\x00"),
        ("who", "nobody"),
        ("day", "soon"),
        ("after", "2026-02-30"),
        ("before", "12"),
        ("changed", "Title"),
        ("changed", "title__after"),
        ("changed", "title' OR"),
        ("changed", "x" * 41),
        ("cursor", "made-up"),
        ("limit", "0"),
    ],
)
def test_what_cannot_be_is_refused_by_field(api, owner, name, value):
    response = api(owner).get(PATH, {name: value})

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
