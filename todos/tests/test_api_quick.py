"""Quick add through the API: what is read, what is made, and what is refused."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine

from accounts.services.users import update_profile
from todos.models import Label, Membership, Project, Todo
from todos.services.labels import create_label
from todos.services.projects import create_project
from todos.services.sections import create_section

URL = "/api/v1/todos/quick/"
NOW = datetime(2026, 9, 16, 8, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Berlin


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner(register):
    return register("owner", time_zone="Europe/Berlin")


@pytest.fixture
def client(api, owner):
    return api(owner)


@pytest.fixture
def say(client):
    """Send a text and return the answer: `say("Buy milk", project=project.pk)`."""

    def say(text, status=201, by=client, **options):
        response = by.post(URL, {"text": text} | options, format="json")
        assert response.status_code == status, response.content
        return response.json()

    return say


def test_a_line_becomes_a_todo_with_all_that_it_says(say, owner, project, editor, now):
    section = create_section(actor=owner, project_id=project.pk, title="Kitchen", now=now)

    answer = say("Buy paint tomorrow at 10 #home /Kitchen @errands p1 +editor {27 dec} for")

    [made] = answer["todos"]
    todo = Todo.objects.get(pk=made["id"])
    assert todo.title == "Buy paint for"
    assert (todo.project_id, todo.section_id, todo.assignee_id) == (project.pk, section.pk, editor.pk)
    assert (todo.due_date, todo.due_time, todo.time_zone) == (date(2026, 9, 17), time(10), "Europe/Berlin")
    assert (todo.priority, todo.deadline) == (1, date(2026, 12, 27))
    assert made["labels"] == ["errands"]
    assert answer["drafts"][0]["title"] == todo.title


def test_lines_become_todos_and_indented_ones_subtasks(say, owner, project, history, assert_gapless):
    before = len(history(project))

    answer = say("Plan move #Home\n  Book van friday\n  Pack boxes\n    Buy tape p2\n\nCall Ana")

    titles = {todo["id"]: todo["title"] for todo in answer["todos"]}
    above = [(todo["title"], titles.get(todo["parent"])) for todo in answer["todos"]]
    assert above == [
        ("Plan move", None),
        ("Book van", "Plan move"),
        ("Pack boxes", "Plan move"),
        ("Buy tape", "Pack boxes"),
        ("Call Ana", None),
    ]
    inbox = Project.objects.inbox_of(owner.pk).get()
    assert [todo["project"] for todo in answer["todos"]] == [str(project.pk)] * 4 + [str(inbox.pk)]
    assert [draft["parent"] for draft in answer["drafts"]] == [None, 0, 0, 2, None]
    assert len(history(project)) == before + 4
    assert_gapless(project)


def test_a_dry_run_reads_and_makes_nothing(say):
    answer = say("Call Ana every fri at 10 p2 @phone", status=200, dry_run=True)

    [draft] = answer["drafts"]
    assert answer["todos"] == []
    assert draft["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=FR"]
    assert (draft["due_date"], draft["due_time"], draft["time_zone"]) == ("2026-09-18", "10:00:00", "Europe/Berlin")
    assert [(span["kind"], span["text"]) for span in draft["spans"]] == [
        ("recurrence", "every fri"),
        ("time", "at 10"),
        ("priority", "p2"),
        ("label", "@phone"),
    ]
    assert not Todo.objects.exists()
    assert not Label.objects.exists()


def test_a_rejected_span_stays_in_the_title(say):
    text = "Buy 🥛 today tomorrow"
    first = say(text, status=200, dry_run=True)["drafts"][0]["spans"]

    made = say(text, rejected=[[span["start"], span["end"]] for span in first if span["text"] == "tomorrow"])

    assert [(span["start"], span["end"]) for span in first] == [(6, 11), (12, 20)]
    [todo] = made["todos"]
    assert (todo["title"], todo["due_date"]) == ("Buy 🥛 tomorrow", "2026-09-16")


def test_a_recurring_line_repeats(say):
    [made] = say("Pay rent every 31st")["todos"]

    todo = Todo.objects.get(pk=made["id"])
    assert todo.recurrence == ["RRULE:FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"]
    assert (todo.due_date, todo.due_time, todo.recurrence_anchor) == (date(2026, 9, 30), None, "schedule")


@pytest.mark.parametrize(
    ("text", "due", "anchor"),
    [
        ("Pills every morning", "2026-09-17 09:00:00", "schedule"),
        ("Filter every! 3 months", "2026-09-16 None", "completion"),
        ("Haircut after 6 weeks", "2026-10-28 None", "completion"),
        ("Pot every hour", "2026-09-16 11:30:00", "schedule"),
        ("Pot every 12 hours starting at 9pm", "2026-09-16 21:00:00", "schedule"),
        ("Tax every 14 jan, 14 apr, 15 jun, 15 sep", "2027-01-14 None", "schedule"),
        ("Bills every 15, 31", "2026-09-30 None", "schedule"),
        ("Course every day from oct 10 until oct 20", "2026-10-10 None", "schedule"),
        ("Course every mon, fri at 20:00 for 3 weeks", "2026-09-18 20:00:00", "schedule"),
        ("Party every feb 29", "2028-02-29 None", "schedule"),
        ("Rent oct 31 every month", "2026-10-31 None", "schedule"),
        ("Sync every 15th workday, first workday", "2026-09-21 None", "schedule"),
        ("Tax every first workday of january", "2027-01-01 None", "schedule"),
        ("Night job every oct 25 at 2:30am", "2026-10-25 02:30:00", "schedule"),
        ("Deploy every mar 28 at 2:30am", "2027-03-28 02:30:00", "schedule"),
    ],
)
def test_what_was_read_of_a_recurrence_is_what_is_made(say, text, due, anchor):
    answer = say(text)

    [todo], [draft] = answer["todos"], answer["drafts"]
    assert f"{draft['due_date']} {draft['due_time']}" == due
    assert f"{todo['due_date']} {todo['due_time']}" in (due, due.replace("03-28 02:30", "03-28 03:30"))
    assert (todo["recurrence_anchor"], draft["recurrence_anchor"]) == (anchor, anchor)


def test_the_zone_the_week_and_the_order_of_dates_are_the_persons(api, register, say):
    american = register("american")
    profile = {"time_zone": "America/New_York", "week_start": "SU", "language": "en-us"}
    update_profile(actor=american, changes=profile, now=NOW)

    [first, second, third] = say("A 01/10/2027\nB next sunday\nC tonight", by=api(american))["todos"]

    assert first["due_date"] == "2027-01-10"
    assert second["due_date"] == "2026-09-20"
    assert (third["due_date"], third["due_time"], third["time_zone"]) == ("2026-09-16", "21:00:00", "America/New_York")


def test_a_client_may_be_in_another_zone(say):
    [todo] = say("Call in 2 hours", time_zone="Asia/Tokyo")["todos"]

    assert (todo["due_date"], todo["due_time"], todo["time_zone"]) == ("2026-09-16", "19:30:00", "Asia/Tokyo")


def test_the_moment_of_a_time_does_not_depend_on_the_zone_of_the_server(say):
    assert say("Call at 1am", time_zone="Pacific/Auckland")["todos"][0]["due_date"] == "2026-09-17"
    assert say("Call today", time_zone="Pacific/Kiritimati")["todos"][0]["due_date"] == "2026-09-16"


# Names


def test_nothing_unknown_is_made_but_labels(say, project):
    projects = Project.objects.count()

    [draft] = say("Buy #Groceries /Nowhere +nobody @new #42 milk")["drafts"]

    assert draft["title"] == "Buy #Groceries /Nowhere +nobody #42 milk"
    assert [(name["kind"], name["name"]) for name in draft["unknown"]] == [
        ("project", "Groceries"),
        ("section", "Nowhere"),
        ("assignee", "nobody"),
    ]
    assert Project.objects.count() == projects
    assert list(Label.objects.values_list("name", flat=True)) == ["new"]


def test_a_label_that_exists_is_taken_in_any_case_and_with_its_spaces(say, owner, now):
    create_label(actor=owner, name="Deep Work", now=now)

    [todo] = say('Write @deep work @"quick win"')["todos"]

    assert (todo["title"], todo["labels"]) == ("Write", ["Deep Work", "quick win"])
    assert Label.objects.count() == 2


def test_a_name_of_two_projects_stays_in_the_title(say, owner, now):
    for title in ("Garden", "garden"):
        create_project(actor=owner, title=title, now=now)

    [draft] = say("Dig #Garden")["drafts"]

    assert draft["title"] == "Dig #Garden"
    assert draft["unknown"][0]["name"] == "Garden"


@pytest.mark.parametrize("state", ["archived_at", "deleted_at"])
def test_a_project_that_is_put_away_is_not_known(say, project, state):
    Project.objects.filter(pk=project.pk).update(**{state: NOW})

    assert say("Buy milk #Home")["drafts"][0]["title"] == "Buy milk #Home"


def test_a_project_that_a_viewer_cannot_edit_is_not_known_to_them(say, api, viewer):
    [draft] = say("Buy milk #Home", by=api(viewer))["drafts"]

    assert draft["title"] == "Buy milk #Home"


def test_S34_a_project_or_person_of_others_is_not_known(say, api, stranger, project, editor):
    answer = say("Buy milk #Home +editor +owner", by=api(stranger))

    assert answer["todos"][0]["title"] == "Buy milk #Home +editor +owner"


def test_people_go_by_full_name_first_name_or_address_where_only_one_does(say, project, register):
    for name, full in (("ada1", "Ada Lovelace"), ("ada2", "Ada Byron"), ("grace", "Grace Hopper")):
        person = register(name, name=full)
        Membership.objects.create(project=project, user=person, role="editor", granted="editor")

    drafts = say(
        "A +ada lovelace\nB +ada\nC +grace please\nD +ada2\n", status=200, project=str(project.pk), dry_run=True
    )["drafts"]

    assert [draft["title"] for draft in drafts] == ["A", "B +ada", "C please", "D"]
    assert [draft["assignee"] is None for draft in drafts] == [False, True, False, False]


def test_a_person_is_known_in_the_project_that_the_line_names(say, project, editor):
    [outside, inside] = say("Ask +editor\nAsk +editor #Home", status=200, dry_run=True)["drafts"]

    assert (outside["assignee"], inside["assignee"]) == (None, str(editor.pk))


# Places


def test_lines_go_where_the_request_says(say, owner, project, now):
    section = create_section(actor=owner, project_id=project.pk, title="Kitchen", now=now)

    [todo, other] = say("Buy milk\nBuy bread #Inbox", section=str(section.pk))["todos"]

    assert (todo["project"], todo["section"]) == (str(project.pk), str(section.pk))
    assert (other["project"] == str(project.pk), other["section"]) == (False, None)


def test_lines_below_a_todo_stay_in_its_project(say, todo, project):
    answer = say("Oat milk\n  In glass #Inbox\nSoy milk #Home", parent=str(todo.pk))

    first, second, third = answer["todos"]
    assert (first["parent"], second["parent"], third["parent"]) == (str(todo.pk), first["id"], str(todo.pk))
    assert [row["title"] for row in answer["todos"]] == ["Oat milk", "In glass #Inbox", "Soy milk"]
    assert {row["project"] for row in answer["todos"]} == {str(project.pk)}


def test_a_place_that_does_not_fit_is_refused(say, client, todo, owner, now, assert_problem):
    work = create_project(actor=owner, title="Work", now=now)
    section = create_section(actor=owner, project_id=work.pk, title="Desk", now=now)

    for place, field in (
        ({"parent": str(todo.pk), "project": str(work.pk)}, "parent"),
        ({"section": str(section.pk), "project": str(todo.project_id)}, "section"),
    ):
        assert_problem(client.post(URL, {"text": "x", **place}, format="json"), 422, "invalid", field)


def test_a_place_of_others_does_not_exist(api, stranger, todo, project, assert_problem):
    for place in ({"parent": str(todo.pk)}, {"project": str(project.pk)}):
        for dry_run in (True, False):
            body = {"text": "x", "dry_run": dry_run, **place}
            assert_problem(api(stranger).post(URL, body, format="json"), 404, "not_found")


# Refusals


@pytest.mark.parametrize("text", ["", " ", "\n \t\r\n", "\u3000", None, 5, ["x"], "x" * 10_001, "a\x00b", "x" * 501])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_text_that_says_nothing_or_too_much_is_refused(client, assert_problem, text, dry_run):
    if isinstance(text, int):
        text = {"a": text}

    assert_problem(client.post(URL, {"text": text, "dry_run": dry_run}, format="json"), 422, "invalid", "text")

    assert not Todo.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["x\n" * 201, "\n".join(" " * depth + "x" for depth in range(11)), "Fine\n" + "x" * 501],
    ids=["lines", "deep", "a long title"],
)
def test_all_lines_are_made_or_none(client, assert_problem, text):
    problem = assert_problem(client.post(URL, {"text": text}, format="json"), 422, "invalid", "text")

    assert "odo" in problem["fields"]["text"][0]
    assert not Todo.objects.exists()


def test_a_line_too_deep_below_a_todo_is_refused(client, say, todo, assert_problem):
    deep = "\n".join(" " * depth + "x" for depth in range(9))

    say(deep, parent=str(todo.pk))
    response = client.post(URL, {"text": deep + "\n" + " " * 9 + "x", "parent": str(todo.pk)}, format="json")

    assert_problem(response, 422, "invalid", "text")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rejected.0", [[1]]),
        ("rejected.0.0", [[-1, 2]]),
        ("rejected", "all"),
        ("rejected", [[0, 1]] * 501),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("project", "home"),
        ("dry_run", "perhaps"),
    ],
)
def test_a_bad_option_is_refused(client, assert_problem, field, value):
    body = {"text": "x", field.partition(".")[0]: value}

    assert_problem(client.post(URL, body, format="json"), 422, "invalid", field)


@pytest.mark.parametrize("rejected", [[[5, 2]], [[0, 10_000]], [[9000, 9001]], [[0, 0]], [[4, 12], [2, 6]]])
def test_any_range_may_be_rejected(say, rejected):
    [todo] = say("Buy tomorrow", rejected=rejected)["todos"]

    assert todo["title"] in ("Buy", "Buy tomorrow")


def test_a_viewer_may_read_a_text_and_not_create(api, viewer, project, say, assert_problem):
    say("x", status=200, by=api(viewer), project=str(project.pk), dry_run=True)

    response = api(viewer).post(URL, {"text": "x", "project": str(project.pk)}, format="json")

    assert_problem(response, 403, "forbidden")


def test_the_same_key_creates_once(client):
    answers = [client.post(URL, {"text": "a\nb"}, format="json", headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Todo.objects.count() == 2


def test_what_was_added_can_be_taken_back_at_once(client):
    answer = client.post(URL, {"text": "a #Home\n b"}, format="json")

    client.post("/api/v1/undo/", {"receipt": answer["Undo-Receipt"]}, format="json")

    assert not Todo.objects.live().exists()
