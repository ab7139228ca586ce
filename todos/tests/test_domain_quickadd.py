"""Quick add as a table, as properties, and against the clock.

`cases/quickadd.json` has the contract of the table that the product must satisfy, and cases of our own.
"""

import gc
import json
import time
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from todos.domain.quickadd import Known, Names, Settings, parse
from todos.domain.recurrence import Due, begin, parse_recurrence

TABLE = json.loads((Path(__file__).parent / "cases" / "quickadd.json").read_text())
ZONE = ZoneInfo(TABLE["time_zone"])
NOW = datetime.fromisoformat(TABLE["now"]).astimezone(ZONE)
PEOPLE = Names((name, name) for name in TABLE["people"])
KNOWN = Known(
    projects=Names((title, title) for title in TABLE["projects"]),
    sections={project: Names((title, title) for title in titles) for project, titles in TABLE["sections"].items()},
    people=dict.fromkeys([None, *TABLE["projects"]], PEOPLE),
)
CASES = TABLE["contract"] + TABLE["ours"]


def read(text, *, known=KNOWN, now=NOW, rejected=(), **options):
    return parse(text, now=now, settings=Settings(**options), known=known, rejected=rejected)


def one(text, **options):
    [draft] = read(text, **options)
    return draft


def told(draft):
    """Tell of a draft what the table tells: the fields that are set."""
    due = draft.due_at(ZONE)
    repeats = draft.recurrence
    fields = {
        "due": {"datetime": due.isoformat()} if due else draft.due_date and {"date": draft.due_date.isoformat()},
        "project": draft.project,
        "section": draft.section,
        "assignees": [draft.assignee] if draft.assignee else None,
        "labels": list(draft.labels),
        "priority": draft.priority and f"p{draft.priority}",
        "deadline": draft.deadline and draft.deadline.isoformat(),
        "duration_minutes": draft.duration_minutes,
        "recurrence": repeats
        and {"rrules": list(repeats.rrules), "anchor": repeats.anchor}
        | ({"clamped_month_day": repeats.clamped_month_day} if repeats.clamped_month_day else {}),
        "unknown": [name.name for name in draft.unknown],
        "gave_way": [span.text for span in draft.spans if not span.used],
    }
    return {"title": draft.title} | {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("id", case["input"]))
def test_a_line_is_read_as_the_table_says(case):
    found = told(one(case["input"]))
    if "id" in case:  # the contract tells nothing of names to offer, nor of what gave way
        found = {name: value for name, value in found.items() if name not in ("unknown", "gave_way")}

    assert found == case["expect"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "recurrence" in case["expect"]], ids=lambda case: case["input"]
)
def test_a_first_day_is_the_first_occurrence_of_its_rules(case):
    draft = one(case["input"])

    recurrence = parse_recurrence([f"RRULE:{rule}" for rule in draft.recurrence.rrules])
    first = begin(recurrence, Due(draft.due_date, draft.due_time), ZONE)

    assert first.wall == Due(draft.due_date, draft.due_time)


def test_x23_an_empty_text_has_no_todo():
    assert [read(text) for text in ("", " ", "\n\t\r\n ", "\u3000\n")] == [[], [], [], []]


# Lines


def above(drafts):
    return [(draft.title, draft.parent, draft.depth) for draft in drafts]


def test_e05_an_indented_line_is_a_subtask():
    assert above(read("Plan move\n  Book van\n  Pack boxes\n    Buy tape")) == [
        ("Plan move", None, 1),
        ("Book van", 0, 2),
        ("Pack boxes", 0, 2),
        ("Buy tape", 2, 3),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", [("a", None, 1), ("b", None, 1)]),
        ("a\r\n\tb\r\rc", [("a", None, 1), ("b", 0, 2), ("c", None, 1)]),
        ("  a\n  b\n c\n   d", [("a", None, 1), ("b", None, 1), ("c", None, 1), ("d", 2, 2)]),
        ("a\n\n\n  b\n \n  c", [("a", None, 1), ("b", 0, 2), ("c", 0, 2)]),
        ("a\n    b\n  c\nd", [("a", None, 1), ("b", 0, 2), ("c", 0, 2), ("d", None, 1)]),
        ("a\n\tb\n    c", [("a", None, 1), ("b", 0, 2), ("c", 0, 2)]),
    ],
)
def test_indentation_tells_what_hangs_below_what(text, expected):
    assert above(read(text)) == expected


def test_a_subtask_has_fields_of_its_own_and_its_parents_project():
    drafts = read("Move #Work friday p1\n  Book van tomorrow #Home\n  Pay +bob #work\n  Ask /Planning")

    assert [told(draft) for draft in drafts] == [
        {"title": "Move", "project": "Work", "priority": "p1", "due": {"date": "2026-09-18"}},
        {"title": "Book van #Home", "project": "Work", "due": {"date": "2026-09-17"}},
        {"title": "Pay", "project": "Work", "assignees": ["bob"]},
        {"title": "Ask /Planning", "project": "Work"},
    ]


def test_a_line_goes_to_the_project_it_is_typed_in():
    known = Known(KNOWN.projects, KNOWN.sections, KNOWN.people, project="Work")

    assert told(one("Write /Planning", known=known)) == {"title": "Write", "project": "Work", "section": "Planning"}
    assert told(one("Write /Planning #Home", known=known))["title"] == "Write /Planning"


# Spans


def test_spans_are_counted_in_code_points_of_the_whole_text():
    text = "👩‍👩‍👧 x\nBuy 🥛 tomorrow at 10 p1, please"

    spans = read(text)[1].spans

    assert [(span.kind, span.text, text[span.start : span.end]) for span in spans] == [
        ("date", "tomorrow", "tomorrow"),
        ("time", "at 10", "at 10"),
        ("priority", "p1", "p1"),
    ]


@pytest.mark.parametrize(
    ("text", "rejected", "expected"),
    [
        ("Gym friday 6pm", "friday", {"title": "Gym friday", "due": {"datetime": "2026-09-16T18:00:00+02:00"}}),
        ("Pack p1 p3", "p3", {"title": "Pack p3", "priority": "p1"}),
        (
            "Gym every monday every friday",
            "every friday",
            {
                "title": "Gym every friday",
                "due": {"date": "2026-09-21"},
                "recurrence": {"rrules": ["FREQ=WEEKLY;BYDAY=MO"], "anchor": "schedule"},
            },
        ),
        ("Create report monthly", "monthly", {"title": "Create report monthly"}),
        ("Buy paint #Office Move", "#Office Move", {"title": "Buy paint #Office Move"}),
        ('"Buy milk tomorrow"', '"Buy milk tomorrow"', {"title": '"Buy milk tomorrow"'}),
        ("Sun cream, 6th fri", "fri", {"title": "Sun cream, 6th fri"}),
        ("'Buy milk tomorrow'", "'Buy milk tomorrow'", {"title": "'Buy milk tomorrow'"}),
        ("Rent on the 1st of every month", "on the 1st of every month", {"title": "Rent on the 1st of every month"}),
        ("Buy \\#Home", "\\", {"title": "Buy \\#Home"}),
        ("Buy milk tomorrow.", "tomorrow.", {"title": "Buy milk tomorrow."}),
        ("Add @home @work", "@work", {"title": "Add @work", "labels": ["home"]}),
        ("Course every day until friday", "until friday", {
            "title": "Course until friday",
            "due": {"date": "2026-09-16"},
            "recurrence": {"rrules": ["FREQ=DAILY"], "anchor": "schedule"},
        }),
    ],
)  # fmt: skip
def test_a_rejected_span_stays_and_the_rest_is_read_again(text, rejected, expected):
    start = text.index(rejected)
    assert (start, start + len(rejected)) in [(span.start, span.end) for span in one(text).spans]

    assert told(one(text, rejected=[(start, start + len(rejected))])) == expected


# Settings and moments


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [
        ("DMY", "01/10/2026", "2026-10-01"),
        ("MDY", "01/10/2026", "2026-01-10"),
        ("YMD", "26/10/01", "2026-10-01"),
        ("YMD", "01/10/2026", "2026-10-01"),
        ("MDY", "12/27/2026", "2026-12-27"),
        ("MDY", "27/12/2026", None),
        ("DMY", "12/27/2026", None),
        ("MDY", "9/11", "2027-09-11"),
        ("YMD", "9/11", "2027-09-11"),
        ("DMY", "9/11", "2026-11-09"),
        ("MDY", "01.10.2026", "2026-10-01"),
        ("YMD", "01.10.2026", "2026-10-01"),
        ("MDY", "2026-10-01", "2026-10-01"),
    ],
)
def test_numbers_are_in_the_persons_order_but_for_dots(order, text, day):
    found = one(f"Meet {text}", date_order=order)

    assert (found.due_date and found.due_date.isoformat()) == day
    assert found.title == ("Meet" if day else f"Meet {text}")


@pytest.mark.parametrize(
    ("now", "text", "week_start", "day"),
    [
        ("2026-09-16", "next week", 0, "2026-09-21"),
        ("2026-09-16", "next week", 6, "2026-09-21"),
        ("2026-09-20", "next week", 0, "2026-09-21"),
        ("2026-09-20", "next week", 6, "2026-09-28"),
        ("2026-09-21", "next week", 0, "2026-09-28"),
        ("2026-09-16", "next sunday", 0, "2026-09-27"),
        ("2026-09-16", "next sunday", 6, "2026-09-20"),
        ("2026-09-18", "next friday", 0, "2026-09-25"),
        ("2026-09-20", "next monday", 0, "2026-09-21"),
        ("2026-09-18", "friday", 0, "2026-09-18"),
        ("2026-09-19", "this weekend", 0, "2026-09-19"),
        ("2026-09-20", "this weekend", 0, "2026-09-20"),
        ("2026-09-20", "next weekend", 0, "2026-09-26"),
        ("2026-09-21", "next weekend", 0, "2026-10-03"),
        ("2026-09-17", "later this week", 0, "2026-09-19"),
        ("2026-09-18", "later this week", 0, "2026-09-18"),
        ("2026-01-31", "in 1 month", 0, "2026-02-28"),
        ("2028-02-29", "in 1 year", 0, "2029-02-28"),
        ("2026-12-15", "next month", 0, "2027-01-01"),
        ("2026-12-31", "end of month", 0, "2026-12-31"),
        ("2026-12-31", "tomorrow", 0, "2027-01-01"),
        ("2026-01-15", "mid january", 0, "2026-01-15"),
        ("2026-01-30", "30th", 0, "2026-01-30"),
        ("2026-01-31", "30th", 0, "2026-03-30"),
        ("2026-09-19", "in 1 workday", 0, "2026-09-21"),
        ("2026-09-18", "in 5 workdays", 0, "2026-09-25"),
        ("9999-12-31", "tomorrow", 0, None),
        ("9999-12-31", "in 3 weeks", 0, None),
        ("9999-12-31", "next month", 0, None),
        ("9999-12-31", "next year", 0, None),
        ("9999-06-30", "jan 5", 0, None),
    ],
)
def test_a_day_depends_on_today_and_on_where_weeks_begin(now, text, week_start, day):
    found = one(f"Go {text}", now=datetime.fromisoformat(f"{now}T10:30").replace(tzinfo=ZONE), week_start=week_start)

    assert (found.due_date and found.due_date.isoformat()) == day
    assert found.title == ("Go" if day else f"Go {text}")


@pytest.mark.parametrize(
    ("now", "text", "due"),
    [
        ("2026-10-25T00:30+02:00", "in 2 hours", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T00:30+02:00", "in 3 hours", "2026-10-25T02:30:00+02:00"),
        ("2027-03-28T01:30+01:00", "in 1 hour", "2027-03-28T03:30:00+02:00"),
        ("2027-03-27T12:00+01:00", "at 2:15", "2027-03-28T03:15:00+02:00"),
        ("2026-09-16T10:30:45+02:00", "in 1 hour", "2026-09-16T11:30:00+02:00"),
        ("2026-09-16T10:29:59+02:00", "at 10:30", "2026-09-16T10:30:00+02:00"),
        ("2026-09-16T22:00+02:00", "tonight", "2026-09-16T21:00:00+02:00"),
        ("2026-09-16T23:00+02:00", "every night", "2026-09-17T22:00:00+02:00"),
        ("2026-09-16T23:30+02:00", "in 1 hour", "2026-09-17T00:30:00+02:00"),
    ],
)
def test_a_time_is_that_of_the_wall_where_the_person_is(now, text, due):
    found = one(f"Call {text}", now=datetime.fromisoformat(now).astimezone(ZONE))

    assert found.due_at(ZONE).isoformat() == due


def test_parts_of_the_day_are_the_persons_own():
    assert one("Run tomorrow morning", morning=clock(6, 30)).due_time == clock(6, 30)
    assert one("Clean every weekend", weekend_day=6).due_date == date(2026, 9, 20)


@pytest.mark.parametrize(
    ("now", "text", "rrule", "day"),
    [
        ("2026-01-31", "every month", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-01-31"),
        ("2026-01-29", "every quarter", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29;BYSETPOS=-1", "2026-01-29"),
        ("2026-01-28", "every month", "FREQ=MONTHLY", "2026-01-28"),
        ("2026-01-31", "every! month", "FREQ=MONTHLY", "2026-01-31"),
        ("2026-02-10", "every 31st", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-02-28"),
    ],
)
def test_a_day_that_short_months_lack_falls_on_their_last(now, text, rrule, day):
    found = one(f"Pay {text}", now=datetime.fromisoformat(f"{now}T10:30").replace(tzinfo=ZONE))

    assert (found.recurrence.rrules, found.due_date.isoformat()) == ((rrule,), day)


# Properties


WORDS = st.sampled_from("""
today tomorrow tom Friday fri, sat sun. next this last week month year weekend every ev every! each other 2 3 5 5th
31st 1st second day days weeks month hours minutes in +5 for until starting from at @ 3pm 6 pm 18:00 noon midnight
morning evening tonight jan 27 dec feb 29 30 2027 sep 31 mid end of the 01/10/2026 9/11 2026-10-01 01.10.2026 p1 p3
p5 #Home #Work #Office Move /Planning @errands @today +bob +eve #Nope "quoted tomorrow" " “x” \\#Home {friday} {in 3
days} daily monthly after and or , . ! ? - – : a an half bob@example.com https://x.y/z quarter workday first hourly
now on by to about Buy milk 🥛 é (tomorrow) mon-fri mon/wed 15th, 27, 45 min 'today' ‘x’ «y»
12 1h30 30m 12h time coming third monday of every month mon,fri 2,15
""".split())  # fmt: skip  # noqa: SIM905
SPACES = st.sampled_from([" ", " ", " ", "  ", "\t", "\n", "\n  ", "\r\n\t", "\u00a0", ""])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.tuples(WORDS, SPACES), max_size=14).map(lambda pairs: "".join(word + space for word, space in pairs)),
)


def dense(text):
    return "".join(text.split())


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_no_text_is_lost_and_spans_never_overlap(text):
    for draft in read(text):
        place, left = draft.start, ""
        for span in draft.spans:
            assert place <= span.start < span.end <= draft.end
            assert span.text == text[span.start : span.end]
            left, place = left + text[place : span.start], span.end
        left += text[place : draft.end]
        literal = [span.kind for span in draft.spans] == ["literal"]
        assert dense(draft.title) == dense(text[draft.start : draft.end][1:-1] if literal else left)
        assert draft.title == " ".join(draft.title.split()) != ""


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_each_line_that_is_not_blank_is_a_draft(text):
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]

    drafts = read(text)

    assert [text[draft.start : draft.end] for draft in drafts] == [line.strip() for line in lines]
    assert all(draft.parent is None or draft.parent < number for number, draft in enumerate(drafts))


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_rejecting_every_span_gives_the_whole_text_as_the_title(text):
    rejected = []
    while spans := [(span.start, span.end) for draft in read(text, rejected=rejected) for span in draft.spans]:
        assert not [1 for start, end in spans if any(start < stop and end > first for first, stop in rejected)]
        rejected += spans

    for draft in read(text, rejected=rejected):
        assert draft.title == " ".join(text[draft.start : draft.end].split())
        assert told(draft).keys() <= {"title", "unknown"}


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(-5, 80), st.integers(-5, 80)), max_size=4))
def test_the_same_text_is_read_the_same_way_whatever_was_read_before(text, rejected):
    first = read(text, rejected=rejected)

    assert read(text, rejected=list(reversed(rejected))) == first


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_what_repeats_is_taken_by_the_rules_of_recurrence_with_the_same_first_day(text):
    for draft in read(text):
        if draft.recurrence:
            recurrence = parse_recurrence([f"RRULE:{rule}" for rule in draft.recurrence.rrules])
            due = Due(draft.due_date, draft.due_time)
            assert begin(recurrence, due, ZONE).wall == due


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60).filter(lambda text: text.strip() and not set('"\n\r') & set(text)))
def test_a_quoted_line_is_literal(text):
    draft = one(f'"{text}"')

    assert draft.title == " ".join(text.split())
    assert told(draft).keys() == {"title"}


# Time


SHAPES = (
    "a ", "a", "1", "6 ", '"', '" ', "“", "{", "{ ", "{friday ", "p1 ", "@a ", "#Office ", "#Office Move ", "+bob ",
    "\\# ", "every ", "every mon, ", "every 1, ", "every jan 14, ", "every 5th ", "every 1st and ", "every monday ",
    "in 3 ", "in 3 days and ", "in 1 hour 1 ", "at 5 ", "the day after ", "from friday ", "until friday every day ",
    "for 3 weeks ", "friday or ", "tomorrow ", "sep 31 ", "end of ", "sat nav 5th ", "next week ", "\t", "🥛 ", "a\n",
    "1st of every month ", "the 1st and 2nd of ", "last friday of the ", "first monday of next month ",
    "every 2nd last ", "every 1,2,3 ", "every 1h30 ", "in 1h 30m and a half ", "or so ", "sep 20 - 25 ",
    "‘a’ ", "every mon,tue ",
    "Buy milk tomorrow\n", "  friday\n   x\n", "1.", "1/", "x@", "://", "a.b ", "'", "é́ ",
)  # fmt: skip


@pytest.fixture
def no_collector():
    """Let the garbage collector wait: it looks through all that the test run holds, which is not what is measured."""
    gc.disable()
    yield
    gc.enable()


def cost(text, *, enough=0.0):
    """Return the least milliseconds of processor that reading took, of three tries at least.

    The machine is busy: while that is not `enough`, it may have been somebody else's doing.
    """
    best = float("inf")
    for number in range(60):
        if number >= 3 and (best < enough or not enough):
            break
        before = time.process_time()
        read(text)
        best = min(best, (time.process_time() - before) * 1000)
    return best


@pytest.mark.alone
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("no_collector")
def test_S28_ten_thousand_characters_take_less_than_50_ms(shape):
    assert cost("x " + (shape * 10_000)[:9_998], enough=50) < 50


@pytest.mark.alone
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("no_collector")
def test_S28_twice_the_text_takes_twice_the_time(shape):
    text = (shape * 20_000)[:20_000]
    allowed = 2.6 * cost(text[:10_000]) + 2

    assert cost(text, enough=allowed) < allowed
