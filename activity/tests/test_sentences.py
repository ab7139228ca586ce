"""Sentences of events that nobody foresaw, and of people who write what they like."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from activity.models import Event
from activity.registry import Place
from activity.sentences import places_seen_by, sentence_of, tell
from activity.web.timeline import lines
from config.ids import uuid7
from todos.services.projects import create_project
from todos.services.todos import complete_todo, update_todo

READER = uuid7()
HOSTILE = "<b>{subject}</b> {0} {before} %s %(name)s \\g<0> & “”"


@pytest.fixture
def happened(now):
    """Return an event as another version, or anybody, may have written it."""

    def happened(verb="todo.updated", title="X", changes=None, **values):
        data = {"changes": changes or {}} | values.pop("data", {})
        return Event(
            created_at=now,
            actor_name="Mara",
            verb=verb,
            subject_type="todo",
            subject_id=uuid7(),
            subject_title=title,
            local_day=date(2026, 3, 2),
            data=data,
            **values,
        )

    return happened


def said(event) -> str:
    return sentence_of(event, reader_id=READER, places={})


def details(event) -> list[tuple[str, str, str]]:
    return [(detail.label, detail.before, detail.after) for detail in tell(event, places={}).details]


def html(event, **options) -> str:
    [line] = lines([event], reader_id=READER, **({"places": {}} | options))
    return str(line.sentence)


# What nobody foresaw


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("todo.assigned", "Mara assigned “X”"),
        ("todo.handed_over", "Mara handed over “X”"),
        ("odd", "Mara odd “X”"),
        ("<i>{0}</i>.<b>{subject}</b>", "Mara <b>{subject}</b> “X”"),
    ],
)
def test_a_verb_of_a_newer_version_still_reads_as_a_sentence(happened, verb, sentence):
    event = happened(verb)

    assert said(event) == sentence
    assert "<i>" not in html(event)
    assert "<b>{subject}" not in html(event)


def test_a_field_of_a_newer_version_is_named_and_told_in_detail(happened):
    event = happened(changes={"wind_speed": {"before": None, "after": 30}})

    assert said(event) == "Mara changed the wind speed of “X”"
    assert details(event) == [("Wind speed", "", "30")]


def test_fields_that_are_known_come_before_those_that_are_not(happened):
    changes = {name: {"before": 1, "after": 2} for name in ("aardvark", "zebra", "priority")}

    assert said(happened(changes=changes)) == "Mara changed the priority, aardvark and zebra of “X”"


def test_a_verb_of_a_newer_version_tells_its_fields_in_detail(happened):
    event = happened("todo.assigned", changes={"section": {"before": "Doing", "after": "Done"}})

    assert details(event) == [("Section", "Doing", "Done")]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (1.5, "1.5"),
        (["a", ["b", 3], None], "a, b, 3"),
        ({"id": 1, "title": "A"}, "A"),
        ({"name": "B"}, "B"),
        ({"c": 1}, ""),
        (str(uuid4()), ""),
    ],
)
def test_values_of_any_kind_have_words_and_ids_have_none(happened, value, words):
    event = happened(changes={"odd": {"before": None, "after": value}})

    assert said(event) == "Mara changed the odd of “X”"
    assert details(event) == ([("Odd", "", words)] if words else [])


@pytest.mark.parametrize("field", ["title", "due_date", "due_time", "priority", "labels", "description", "parent"])
@pytest.mark.parametrize("value", [None, "", "soon", 7, 2.5, True, [], [1, None], {}, {"a": {}}, "2026-99-99"])
def test_a_value_of_another_kind_than_expected_is_no_error(happened, field, value):
    for both in ({"before": value, "after": "x"}, {"before": [], "after": value}, {"after": value}, {}):
        event = happened(changes={field: both, "project": both})

        assert said(event).startswith("Mara ")
        assert "“X”" in said(event)
        assert html(event)


@pytest.mark.parametrize("data", [{"changes": None}, {"changes": []}, {"changes": {"title": "x"}}, {"project": 7}])
def test_data_of_another_shape_is_no_error(happened, data):
    assert said(happened("todo.completed", data=data)) == "Mara completed “X”"


def test_what_goes_along_is_counted_whatever_it_is(happened):
    assert said(happened("list.emptied", subjects=4)) == "Mara emptied “X” and 3 more"


# What people write


@pytest.mark.parametrize(
    "changes",
    [
        {"title": {"before": HOSTILE, "after": HOSTILE}},
        {"labels": {"before": [], "after": [HOSTILE]}},
        {"parent": {"before": None, "after": str(uuid4())}},
        {"description": {"before": HOSTILE, "after": "x"}},
        {"due_date": {"before": HOSTILE, "after": None}},
        {HOSTILE: {"before": HOSTILE, "after": HOSTILE}},
    ],
)
def test_S23_what_people_write_stays_what_they_wrote(happened, changes):
    event = happened(title=HOSTILE, changes=changes, subjects=2, data={"parent": {"after": {"title": HOSTILE}}})

    page = html(event)

    assert f"“{HOSTILE}” and 1 subtask" in said(event)
    assert "<b>{subject}" not in page
    assert "&lt;b&gt;{subject}&lt;/b&gt; {0} {before} %s %(name)s \\g&lt;0&gt; &amp; “”" in page


def test_S23_the_title_of_a_project_is_shown_as_text(happened):
    here = Place("project:1", uuid7(), "<i>Home</i> {0}", "green", "inbox")
    event = happened("todo.moved", changes={"project": {"before": "1", "after": "2"}})

    page = html(event, places={here.scope: here})

    assert 'from <a href="/inbox/"><b>&lt;i&gt;Home&lt;/i&gt; {0}</b></a> to another project' in page


# Details


def test_a_long_text_is_shown_from_where_it_changed(happened):
    before = f"{'a' * 5000}old{'b' * 5000}"
    event = happened(changes={"description": {"before": before, "after": before.replace("old", "new")}})

    [(label, old, new)] = details(event)

    assert label == "Description"
    assert (old[:45], new[:45]) == (f"…{'a' * 40}oldb", f"…{'a' * 40}newb")
    assert len(old) == len(new) == 202


def test_texts_that_were_cut_before_they_differ_are_not_shown(happened):
    cut = {"before": "a…", "after": "a…", "length": {"before": 10_001, "after": 10_002}}
    event = happened(changes={"description": cut})

    assert said(event) == "Mara edited the description of “X”"
    assert details(event) == []


# On a page


def test_a_sentence_on_a_page_links_to_what_it_is_about(happened):
    event = happened("todo.completed", title="Buy milk")

    assert html(event) == f'completed <a href="/todos/{event.subject_id}/"><b>Buy milk</b></a>'


def test_a_move_that_one_sees_from_both_sides_is_one_line(owner, editor, project, make_todo, now):
    work = create_project(actor=owner, title="Work", now=now)
    todo = make_todo("Todo")
    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now + timedelta(hours=1))
    both = list(Event.objects.journal().about(todo.pk).order_by("-created_at", "-id"))
    home = [event for event in both if event.scope == project.scope]

    assert [line.event.verb for line in lines(both, reader_id=owner.pk)] == ["todo.moved", "todo.created"]
    assert [line.event.verb for line in lines(home, reader_id=editor.pk)] == ["todo.moved_out", "todo.created"]


def test_places_are_asked_for_once_and_only_when_a_sentence_needs_one(
    owner, make_todo, project, now, django_assert_num_queries
):
    work = create_project(actor=owner, title="Work", now=now)
    todos = [make_todo(f"{number}") for number in range(5)]
    complete_todo(actor=owner, todo_id=todos[0].pk, now=now)
    plain = list(Event.objects.journal().in_scopes([project.scope]))
    for todo in todos[1:]:
        update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)
    moves = list(Event.objects.journal().of_kinds(["todo.moved"]))

    with django_assert_num_queries(0):
        lines(plain, reader_id=owner.pk)
    with django_assert_num_queries(1):
        lines(moves, reader_id=owner.pk)
    with django_assert_num_queries(1):
        places = places_seen_by(owner.pk)
        assert len({sentence_of(event, reader_id=owner.pk, places=places) for event in moves}) == 4
