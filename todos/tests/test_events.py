"""What is told of todos, projects and labels: the sentences, and what an event keeps for them."""

from datetime import date, time, timedelta

import pytest
from django.utils import translation

from accounts.services.users import update_profile
from activity.models import Event
from activity.sentences import places_seen_by, sentence_of, tell
from activity.services.recording import Subject, record
from todos import events
from todos.services.departure import settle_projects
from todos.services.labels import create_label, delete_label, update_label
from todos.services.ordering import reorder_todo
from todos.services.projects import archive_project, unarchive_project, update_project
from todos.services.todos import complete_todo, delete_todo, reopen_todo, restore_todo, update_todo

# The day of the cast is Monday, 2 March 2026.
FRIDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 2)
FAR, NEXT_YEAR = date(2026, 11, 24), date(2027, 1, 5)


@pytest.fixture
def told(owner):
    """Return the last event of a scope as others tell it: its sentence, and its details as tuples."""

    def told(scope, *, reader=None):
        event = last_event(scope)
        reader_id = reader.pk if reader else None
        sentence = sentence_of(event, reader_id=reader_id)
        details = tell(event, places=places_seen_by(reader_id)).details
        return sentence, [(detail.label, detail.before, detail.after) for detail in details]

    return told


def last_event(holder):
    scope = getattr(holder, "scope", f"user:{holder.pk}")
    return Event.objects.journal().in_scopes([scope]).order_by("-revision").first()


EDITS = [
    ({}, {"title": "Sweep"}, "renamed “Todo” to “Sweep”", []),
    ({}, {"due_date": MONDAY}, "set “Todo” for Monday", []),
    ({}, {"due_date": date(2026, 3, 8)}, "set “Todo” for Sunday", []),
    ({}, {"due_date": date(2026, 3, 9)}, "set “Todo” for 9 March", []),
    ({}, {"due_date": date(2026, 2, 24)}, "set “Todo” for Tuesday", []),
    ({}, {"due_date": date(2026, 2, 23)}, "set “Todo” for 23 February", []),
    ({}, {"due_date": FAR}, "set “Todo” for 24 November", []),
    ({}, {"due_date": NEXT_YEAR}, "set “Todo” for 5 January 2027", []),
    ({}, {"due_date": FRIDAY, "due_time": time(14, 5)}, "set “Todo” for Friday at 14:05", []),
    ({"due_date": FRIDAY}, {"due_date": MONDAY}, "moved “Todo” from Friday to Monday", []),
    ({"due_date": FRIDAY}, {"due_date": FAR}, "moved “Todo” from Friday to 24 November", []),
    (
        {"due_date": date(2026, 2, 25)},
        {"due_date": date(2026, 3, 4)},
        "moved “Todo” from 25 February to 4 March",
        [],
    ),
    (
        {"due_date": FRIDAY, "due_time": time(9)},
        {"due_date": MONDAY, "due_time": time(14)},
        "moved “Todo” from Friday at 09:00 to Monday at 14:00",
        [],
    ),
    (
        {"due_date": FRIDAY, "due_time": time(9)},
        {"due_date": None},
        "took the date off “Todo”",
        [("Date", "Friday at 09:00", "")],
    ),
    ({"due_date": FRIDAY}, {"due_time": time(9)}, "set “Todo” for 09:00", []),
    (
        {"due_date": FRIDAY, "due_time": time(9)},
        {"due_time": time(14)},
        "moved “Todo” from 09:00 to 14:00",
        [],
    ),
    (
        {"due_date": FRIDAY, "due_time": time(9)},
        {"due_time": None},
        "took the time off “Todo”",
        [("Time", "09:00", "")],
    ),
    ({}, {"time_zone": "Europe/Berlin"}, "set the time zone of “Todo” to Europe/Berlin", []),
    (
        {"time_zone": "Europe/Berlin"},
        {"time_zone": "Asia/Tokyo"},
        "changed the time zone of “Todo” from Europe/Berlin to Asia/Tokyo",
        [],
    ),
    (
        {"time_zone": "Europe/Berlin"},
        {"time_zone": ""},
        "took the time zone off “Todo”",
        [("Time zone", "Europe/Berlin", "")],
    ),
    ({}, {"priority": 1}, "set “Todo” to P1", []),
    ({"priority": 2}, {"priority": 1}, "raised “Todo” from P2 to P1", []),
    ({"priority": 1}, {"priority": 3}, "lowered “Todo” from P1 to P3", []),
    ({"priority": 2}, {"priority": 4}, "took the priority off “Todo”", [("Priority", "P2", "")]),
    ({}, {"labels": ["errand"]}, "labelled “Todo” @errand", []),
    ({"labels": ["a"]}, {"labels": ["a", "b", "c"]}, "labelled “Todo” @b and @c", []),
    ({"labels": ["errand"]}, {"labels": []}, "took @errand off “Todo”", []),
    ({"labels": ["a", "b"]}, {"labels": ["b", "c"]}, "labelled “Todo” @c and took @a off", []),
    ({}, {"description": "Two litres"}, "described “Todo”", [("Description", "", "Two litres")]),
    (
        {"description": "Two litres"},
        {"description": "Three litres"},
        "edited the description of “Todo”",
        [("Description", "Two litres", "Three litres")],
    ),
    (
        {"description": "Two litres"},
        {"description": ""},
        "removed the description of “Todo”",
        [("Description", "Two litres", "")],
    ),
    (
        {"due_date": FRIDAY},
        {"due_date": FAR, "priority": 1},
        "changed the date and priority of “Todo”",
        [("Date", "Friday", "24 November"), ("Priority", "", "P1")],
    ),
    (
        {"labels": ["a", "b"]},
        {"labels": ["b"], "title": "Sweep", "due_date": MONDAY},
        "changed the title, date and labels of “Sweep”",
        [("Title", "Todo", "Sweep"), ("Date", "", "Monday"), ("Labels", "@a and @b", "@b")],
    ),
]


@pytest.mark.parametrize(("before", "after", "sentence", "details"), EDITS)
def test_an_edit_reads_as_a_person_would_say_it(make_todo, edit, project, told, before, after, sentence, details):
    todo = make_todo("Todo", **before)

    edit(todo, **after)

    assert told(project) == (f"Owner {sentence}", details)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"due_date": FAR}, "set “Todo” for November 24"),
        ({}, {"due_date": NEXT_YEAR}, "set “Todo” for January 5, 2027"),
        (
            {"due_date": MONDAY, "due_time": time(9)},
            {"due_date": FRIDAY, "due_time": time(14, 5)},
            "moved “Todo” from Monday at 9:00 AM to Friday at 2:05 PM",
        ),
    ],
)
def test_days_and_times_are_written_the_readers_way(make_todo, edit, project, told, before, after, sentence):
    edit(make_todo("Todo", **before), **after)

    with translation.override("en-us"):
        assert told(project) == (f"Owner {sentence}", [])


def test_a_day_is_called_as_it_was_where_the_person_was(owner, make_todo, project, told, now):
    todo = make_todo("Todo")
    update_profile(actor=owner, changes={"time_zone": "Pacific/Auckland"}, now=now)

    # It is 3 March in Auckland: six days before the ninth.
    update_todo(actor=owner, todo_id=todo.pk, values={"due_date": date(2026, 3, 9)}, now=now + timedelta(hours=3))

    assert told(project) == ("Owner set “Todo” for Monday", [])


def test_what_is_done_to_a_todo_reads_as_a_person_would_say_it(owner, make_todo, project, told, now):
    todo, after = make_todo("Todo"), make_todo("After")
    mine = {"actor": owner, "todo_id": todo.pk, "now": now}
    said = []

    for service in (complete_todo, reopen_todo, delete_todo, restore_todo):
        service(**mine)
        said.append(told(project))
    reorder_todo(**mine, after=after.pk)
    said.append(told(project))

    assert said == [
        ("Owner completed “Todo”", []),
        ("Owner reopened “Todo”", []),
        ("Owner moved “Todo” to the trash", []),
        ("Owner restored “Todo”", []),
        ("Owner reordered “Todo”", []),
    ]


def test_a_new_todo_is_told_with_what_it_was_given(make_todo, project, told):
    make_todo("Todo", due_date=FRIDAY, due_time=time(9), priority=2, labels=["errand"], description="Two litres")

    assert told(project) == (
        "Owner added “Todo”",
        [
            ("Date", "", "Friday at 09:00"),
            ("Priority", "", "P2"),
            ("Labels", "", "@errand"),
            ("Description", "", "Two litres"),
        ],
    )


def test_what_went_along_is_counted(owner, make_todo, project, told, now):
    todo = make_todo("Todo")
    make_todo("One", parent=todo.pk)
    mine = {"actor": owner, "todo_id": todo.pk, "now": now}
    said = []

    complete_todo(**mine)
    said.append(told(project)[0])
    reopen_todo(**mine)
    make_todo("Two", parent=todo.pk)
    for service in (complete_todo, reopen_todo, delete_todo, restore_todo):
        service(**mine)
        said.append(told(project)[0])

    assert said == [
        "Owner completed “Todo” and 1 subtask",
        "Owner completed “Todo” and 2 subtasks",
        "Owner reopened “Todo” and 2 subtasks",
        "Owner moved “Todo” and 2 subtasks to the trash",
        "Owner restored “Todo” and 2 subtasks",
    ]


def test_hanging_a_todo_under_others_names_them(make_todo, edit, project, told):
    todo, first, second = make_todo("Todo"), make_todo("First"), make_todo("Second")
    said = []

    for parent in (first.pk, second.pk, None):
        edit(todo, parent=parent)
        said.append(told(project))

    assert said == [
        ("Owner put “Todo” under “First”", []),
        ("Owner moved “Todo” from under “First” to under “Second”", []),
        ("Owner moved “Todo” out from under “Second”", []),
    ]


def test_a_move_names_the_projects_that_the_reader_sees(owner, editor, make_todo, edit, project, work, told):
    todo = make_todo("Todo")
    make_todo("Along", parent=todo.pk)

    edit(todo, project=work.pk)

    both = "moved “Todo” and 1 subtask from Home to Work"
    assert told(work, reader=owner) == (f"You {both}", [])
    assert told(project, reader=owner) == (f"You {both}", [])
    assert told(project, reader=editor)[0] == "Owner moved “Todo” and 1 subtask from Home to another project"


def test_a_move_with_other_changes_is_told_as_a_move(make_todo, edit, work, told):
    edit(make_todo("Todo", due_date=FRIDAY), project=work.pk, title="Sweep", due_date=FAR)

    assert told(work) == ("Owner moved “Sweep” from another project to Work", [("Date", "", "24 November")])


def test_projects_read_as_a_person_would_say_it(owner, project, told, now):
    mine = {"actor": owner, "project_id": project.pk, "now": now}
    said = [told(project)]

    for values in ({"title": "House"}, {"colour": "blue"}, {"title": "Home", "colour": "red"}):
        update_project(**mine, values=values)
        said.append(told(project))
    for service in (archive_project, unarchive_project):
        service(**mine)
        said.append(told(project))

    assert said == [
        ("Owner created the project “Home”", []),
        ("Owner renamed the project “Home” to “House”", []),
        ("Owner changed the colour of the project “House” from green to blue", []),
        (
            "Owner changed the title and colour of the project “Home”",
            [("Title", "House", "Home"), ("Colour", "blue", "red")],
        ),
        ("Owner archived the project “Home”", []),
        ("Owner brought back the project “Home”", []),
    ]


def test_a_project_that_is_handed_over_says_so(owner, editor, project, told, now):
    settle_projects(owner, {str(project.pk): str(editor.pk)}, now)

    assert told(project) == ("Owner handed the project “Home” over", [])


def test_labels_read_as_a_person_would_say_it(owner, told, now):
    label = create_label(actor=owner, name="errand", now=now)
    said = [told(owner)[0]]

    for values in ({"name": "shop"}, {"colour": "blue"}, {"name": "errand", "colour": "red"}):
        update_label(actor=owner, label_id=label.pk, values=values, now=now)
        said.append(told(owner)[0])
    delete_label(actor=owner, label_id=label.pk, now=now)
    said.append(told(owner)[0])

    assert said == [
        "Owner created the label “errand”",
        "Owner renamed the label “errand” to “shop”",
        "Owner changed the colour of the label “shop” from green to blue",
        "Owner changed the name and colour of the label “errand”",
        "Owner deleted the label “errand”",
    ]


PLAINLY = {
    events.PROJECT_CREATED: "created the project “X”",
    events.PROJECT_UPDATED: "changed the project “X”",
    events.PROJECT_ARCHIVED: "archived the project “X”",
    events.PROJECT_UNARCHIVED: "brought back the project “X”",
    events.PROJECT_HANDED_OVER: "handed the project “X” over",
    events.PROJECT_MEMBERS_CHANGED: "changed who is in the project “X”",
    events.PROJECT_JOINED: "joined the project “X”",
    events.PROJECT_LEFT: "left the project “X”",
    events.PROJECT_INVITED: "invited somebody to the project “X”",
    events.PROJECT_INVITATION_WITHDRAWN: "withdrew an invitation to the project “X”",
    events.PROJECT_INVITATION_DECLINED: "declined an invitation to the project “X”",
    events.PROJECT_LINK_MADE: "made a public link to the project “X”",
    events.PROJECT_LINK_REVOKED: "revoked a public link to the project “X”",
    events.PROJECT_REORDERED: "reordered the project “X”",
    events.PROJECT_DELETED: "moved the project “X” to the trash",
    events.PROJECT_RESTORED: "restored the project “X”",
    events.PROJECT_FAVOURED: "made the project “X” a favourite",
    events.PROJECT_UNFAVOURED: "took the project “X” off the favourites",
    events.SECTION_CREATED: "added the section “X”",
    events.SECTION_UPDATED: "changed the section “X”",
    events.SECTION_REORDERED: "reordered the section “X”",
    events.SECTION_DELETED: "moved the section “X” to the trash",
    events.SECTION_RESTORED: "restored the section “X”",
    events.TRASH_PURGED: "deleted for good what was in the trash of “X”",
    events.TODO_CREATED: "added “X”",
    events.TODO_UPDATED: "edited “X”",
    events.TODO_COMPLETED: "completed “X”",
    events.TODO_SKIPPED: "skipped “X” once",
    events.TODO_REOPENED: "reopened “X”",
    events.TODO_COMPLETION_UNDONE: "took back the completion of “X”",
    events.TODO_REOPENING_UNDONE: "took back the reopening of “X”",
    events.TODO_DELETED: "moved “X” to the trash",
    events.TODO_RESTORED: "restored “X”",
    events.TODO_REORDERED: "reordered “X”",
    events.TODO_LABELLED: "labelled “X”",
    events.TODO_MOVED: "moved “X” in from another project",
    events.TODO_MOVED_OUT: "moved “X” out to another project",
    events.FILTER_CREATED: "saved the filter “X”",
    events.FILTER_UPDATED: "changed the filter “X”",
    events.FILTER_REORDERED: "reordered the filter “X”",
    events.FILTER_DELETED: "deleted the filter “X”",
    events.COMMENT_ADDED: "commented on “X”",
    events.COMMENT_EDITED: "edited a comment on “X”",
    events.COMMENT_DELETED: "deleted a comment on “X”",
    events.COMMENT_RESTORED: "restored a comment on “X”",
    events.ATTACHMENT_ADDED: "attached a file to “X”",
    events.ATTACHMENT_DELETED: "deleted a file of “X”",
    events.ATTACHMENT_RESTORED: "restored a file of “X”",
    events.RELATION_ADDED: "linked “X” to another todo",
    events.RELATION_REMOVED: "took a link off “X”",
    events.LABEL_CREATED: "created the label “X”",
    events.LABEL_UPDATED: "changed the label “X”",
    events.LABEL_DELETED: "deleted the label “X”",
    events.FILTER_CREATED: "saved the filter “X”",
    events.FILTER_UPDATED: "changed the filter “X”",
    events.FILTER_REORDERED: "reordered the filter “X”",
    events.FILTER_DELETED: "deleted the filter “X”",
    events.LABEL_RENAMED_ON_TODOS: "renamed the label “X” on todos",
    events.LABEL_TAKEN_OFF_TODOS: "took the label “X” off todos",
    events.REMINDER_CREATED: "set a reminder",
    events.REMINDER_UPDATED: "changed a reminder",
    events.REMINDER_DELETED: "deleted a reminder",
    events.FEED_CREATED: "made a calendar feed",
    events.FEED_REVOKED: "revoked a calendar feed",
    events.LABEL_PUT_ON_TODOS: "put the label “X” on todos",
}


@pytest.mark.parametrize("verb", [verb.name for verb in events.VERBS])
def test_every_kind_of_event_has_a_sentence_without_its_changes_too(owner, project, now, verb):
    subject = Subject("todo", owner.pk, "X")
    event = record(author=owner, scope="project:1", revision=1, verb=verb, subject=subject, data={}, now=now)

    assert sentence_of(event, reader_id=owner.pk) == f"You {PLAINLY[verb]}"
