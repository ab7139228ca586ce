"""The filter language: what each term means, where a wrong one is wrong, and how much is too much."""

import time
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from todos.domain.filters import Calendar, Facts, InvalidFilter, matches, mentions, parse
from todos.domain.filters.evaluation import Person
from todos.domain.filters.nodes import And, Completed, Not, Or, Part, Priority
from todos.domain.search import document

ME, OTHER = UUID(int=1), UUID(int=2)
TODAY = date(2026, 3, 4)  # a Wednesday
CALENDAR = Calendar(TODAY, week_start=0, zone=ZoneInfo("Europe/Berlin"))


def todo(**facts) -> Facts:
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # the second of March in Berlin
    defaults: dict[str, Any] = {"projects": ("Work",), "created_at": moment, "updated_at": moment}
    return Facts(**(defaults | facts))


def takes(query: str, calendar: Calendar = CALENDAR, **facts) -> bool:
    return matches(parse(query), todo(**facts), calendar, ME)


def due_days(query: str, days: range = range(-40, 60), calendar: Calendar = CALENDAR) -> list[int]:
    """Return the days from today on which a todo would have to be due."""
    start = calendar.today.toordinal()
    return [day for day in days if takes(query, calendar, due_date=date.fromordinal(start + day))]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("today", [0]),
        ("TOD", [0]),
        ("tomorrow", [1]),
        ("yesterday", [-1]),
        ("overdue", [*range(-40, 0)]),
        ("od & due after: -4 days", [-3, -2, -1]),
        ("next 3 days", [0, 1, 2]),
        ("3 days", [0, 1, 2]),
        ("1 week", [*range(7)]),
        ("last 2 days", [-1, 0]),
        ("due: in 3 days", [3]),
        ("due: 3 days ago", [-3]),
        ("date: +1 week", [7]),
        ("due: -1 month", [-28]),
        ("wednesday", [0]),
        ("thu", [1]),
        ("tuesday", [6]),
        ("next tuesday", [6]),
        ("next wednesday", [7]),
        ("next week", [*range(5, 12)]),
        ("last week", [*range(-9, -2)]),
        ("due before: next week & due after: this week", []),
        ("due before: next week & due after: last week", [-2, -1, 0, 1, 2, 3, 4]),
        ("due after: next week & due before: +14 days", [12, 13]),
        ("this week", [-2, -1, 0, 1, 2, 3, 4]),
        ("next month", [*range(28, 58)]),
        ("this year & due before: -30 days", [*range(-40, -30)]),
        ("next year", []),
        ("this month", [*range(-3, 28)]),
        ("2026-03-10", [6]),
        ("10 mar", [6]),
        ("March 10th", [6]),
        ("mar 10 2026", [6]),
        ("10.3.2026", [6]),
        ("due before: 2026-03-03 & due after: feb 27", [-4, -3, -2]),
        ("2 days | !overdue & !due after: today", [0, 1]),
    ],
)
def test_a_day_is_the_viewers(query, days):
    assert due_days(query) == days


def test_a_week_begins_where_the_viewers_does():
    sunday = Calendar(TODAY, week_start=6, zone=UTC)

    assert due_days("this week", calendar=sunday) == [*range(-3, 4)]
    assert due_days("next week", calendar=sunday) == [*range(4, 11)]
    assert due_days("next sunday", calendar=sunday) == [4]
    assert due_days("next sunday") == [11]


def test_the_29th_of_february_is_the_28th_where_there_is_none():
    assert due_days("29 feb") == [-4]


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("p1", {"priority": 1}),
        ("no priority", {"priority": 4}),
        ("p4", {"priority": 4}),
        ("#work", {}),
        ("#WÖRK", {"projects": ("Work",)}),
        ("#Wo*", {}),
        ("#*", {}),
        ("##Office", {"projects": ("Work", "Office")}),
        ("!#Office", {"projects": ("Work", "Office")}),
        (r"#R\&D \(old\)", {"projects": ("R&D (old)",)}),
        ('#"R&D, old"', {"projects": ("R&D, old",)}),
        (r"#5\* hotel", {"projects": ("5* hotel",)}),
        ("#two words", {"projects": ("Two  words",)}),
        ("/later*", {"section": "Later on"}),
        ("no section", {"section": None}),
        ("@home", {"labels": ("errands", "Home")}),
        ("@home*", {"labels": ("home office",)}),
        ("@*a*e*", {"labels": ("the garage",)}),
        ("!@a*a", {"labels": ("a",)}),
        ("@a *", {"labels": ("a b",)}),
        ("!@a *", {"labels": ("ab",)}),
        ("no labels", {}),
        ("has: labels", {"labels": ("x",), "parts": frozenset([Part.LABELS])}),
        ("assigned:me", {"assignee": Person(ME, "Me")}),
        ("assigned to: me", {"assignee": Person(ME, "Me")}),
        ("assigned to: others", {"assignee": Person(OTHER, "Ada Lovelace")}),
        ("!assigned to: others", {}),
        ("assigned: ada", {"assignee": Person(OTHER, "Ada Lovelace")}),
        ("assigned: ada love*", {"assignee": Person(OTHER, "Ada Lovelace")}),
        ("!assigned: love", {"assignee": Person(OTHER, "Ada Lovelace")}),
        ("assigned", {"assignee": Person(OTHER, "Ada"), "parts": frozenset([Part.ASSIGNEE])}),
        ("unassigned", {}),
        ("created by: me", {"created_by": Person(ME, "Me")}),
        ("added by: others", {"created_by": Person(OTHER, "Ada")}),
        ("shared", {"is_shared": True}),
        ("recurring", {"parts": frozenset([Part.RECURRENCE])}),
        ("subtask", {"parts": frozenset([Part.PARENT])}),
        ("has: comments", {"parts": frozenset([Part.COMMENTS])}),
        ("completed", {"completed_at": datetime(2026, 3, 3, tzinfo=UTC)}),
        ("open", {}),
        ("completed: yesterday", {"completed_at": datetime(2026, 3, 3, 22, 59, tzinfo=UTC)}),
        ("!completed: yesterday", {"completed_at": datetime(2026, 3, 3, 23, 0, tzinfo=UTC)}),
        ("created: 2026-03-02", {}),
        ("created before: 2026-03-03 & created after: 1 march", {}),
        ("updated: last 7 days", {}),
        ("deadline before: 2026-10-01", {"deadline": date(2026, 9, 30)}),
        ("start: today", {"start_date": TODAY}),
        ("search: milk buy", {"documents": (document(["Buy oat milk"]), "")}),
        ('"oat milk"', {"documents": (document(["Buy oat milk"]), "")}),
        ('!"milk oat"', {"documents": (document(["Buy oat milk"]), "")}),
        ('search: "a & b" | p1', {"documents": (document(["a b"]), "")}),
        ("all", {}),
        ("view all", {}),
        ("p2, p4", {}),
    ],
)
def test_a_term_takes_in_what_it_says(query, facts):
    assert takes(query, **facts)
    assert not takes(f"!({query})", **facts)


def test_and_binds_closer_than_or_and_not_closer_than_both():
    one, two, three = (Priority(number, at=0) for number in (1, 2, 3))

    assert parse("p1 | p2 & !p3") == Or((one, And((two, Not(three)))))
    assert parse("(p1 | p2) & p3") == And((Or((one, two)), three))
    assert parse("p1 & p2, p3") == Or((And((one, two)), three))
    assert parse("!!p1") == Not(Not(one))


def test_a_term_knows_where_it_stands():
    found = parse("  p1 &  p2")

    assert [part.at for part in found.parts] == [2, 8]


@pytest.mark.parametrize(
    ("query", "position", "problem"),
    [
        ("", 0, "A term is missing here."),
        ("p1 &", 4, "What follows “&”?"),
        ("p1 | & p2", 5, "What follows “|”?"),
        ("p1, ", 4, "What follows the comma?"),
        ("!", 1, "A term is missing here."),
        ("()", 1, "A term is missing here."),
        ("p1 & (p2 | p3", 5, "This “(” is not closed."),
        ("p1) & p2", 2, "There is no “(” for this one."),
        ("p1 (p2)", 3, "Put “&” or “|” before this."),
        ("(p1) p2", 5, "Put “&” or “|” before this."),
        ("(p1 !p2", 4, "Put “&” or “|” before this."),
        ("today @home", 6, "Put “&” or “|” before this."),
        ("p1 & no date  p2", 14, "Put “&” or “|” before this."),
        ("next 7 days today", 12, "Put “&” or “|” before this."),
        ('p1 & "milk', 5, "This quote is not closed."),
        ("p1 & tomorow", 5, "Did you mean “tomorrow”?"),
        ("p1 & milk", 5, "put them in quotes"),
        ("p1 & due beforex: today", 5, "Did you mean “due before:”?"),
        ("due before: someday", 12, "Name a day"),
        ("due: 2026-02-30", 5, "Name a day"),
        ("10/11/2026", 0, "is no term"),
        ("@ & p1", 1, "A name is missing"),
        ("p1 & ##", 7, "A name is missing"),
        ("assigned to: ", 12, "Who?"),
        ("has: fun", 5, "A todo can have"),
        ("search:", 7, "Which words?"),
        ("p5", 0, "is no term"),
    ],
)
def test_a_refusal_points_at_the_character(query, position, problem):
    with pytest.raises(InvalidFilter) as caught:
        parse(query, name="query")

    error = caught.value
    assert error.position == position
    assert problem in error.message
    assert error.message.startswith(f"At character {position + 1}: ")
    assert error.fields == {"query": [error.message]}


def test_what_a_filter_asks_of_completion_shows():
    assert mentions(parse("p1 & !(completed | p2)"), Completed)
    assert mentions(parse("completed: today"), Completed)
    assert not mentions(parse("p1 & created: today"), Completed)


@pytest.mark.parametrize(
    "query",
    ["p1 & " * 300 + "p1", " | ".join(["p1"] * 101), "(" * 21 + "p1" + ")" * 21, "!" * 21 + "p1", "x" * 1001,
     "search: " + " ".join("abcdefghijk"), "search: " + "a" * 201],
)  # fmt: skip
def test_S33_a_filter_has_its_limits(query):
    with pytest.raises(InvalidFilter, match="t most"):
        parse(query)


@pytest.mark.parametrize("query", ["(" * 20 + "p1" + ")" * 20, "!" * 20 + "p1", "|".join(["p1"] * 100)])
def test_what_is_within_the_limits_is_read(query):
    assert isinstance(takes(query, priority=1), bool)


@given(st.one_of(st.text(max_size=60), st.text('p1&|!()#@/*"\\: ,today2026-nextdays', max_size=60)))
def test_whatever_is_typed_gets_a_tree_or_a_pointed_refusal(query):
    refused = None
    try:
        takes(query)
    except InvalidFilter as error:
        refused = error

    assert refused is None or 0 <= refused.position <= len(query)


@pytest.mark.alone
@pytest.mark.parametrize(
    "query", ["@" + "*a" * 499, "(" * 999, "!" * 999, '"' * 999, "\\" * 999, "1" * 999, "no " * 333, "|" * 999,
              " " * 999, "a:" * 499, "p1&" * 333, "next " * 199 + "1"]
)  # fmt: skip
def test_S28_a_filter_is_read_in_an_instant_however_it_is_made(query):
    began = time.process_time()
    with suppress(InvalidFilter):
        takes(query, labels=("a" * 60,))

    assert time.process_time() - began < 0.05


@pytest.mark.parametrize("query", ["due: +99999 years", "due before: -99999 years", "created: 0001-01-01",
                                   "created before: 9999-12-31", "due after: 9999-12-31", "99999 weeks"])  # fmt: skip
def test_no_day_is_beyond_the_calendar(query):
    assert isinstance(takes(query, due_date=TODAY), bool)
