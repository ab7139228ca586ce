"""Todos that repeat, through the services: the table where it is about them, their history, what is in the way."""

import random
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.services.users import update_profile
from activity.models import Event
from config.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Stale
from todos.domain.recurrence import Due
from todos.models import Todo
from todos.services.recurring import skip_todo, upcoming_of
from todos.services.todos import complete_todo, reopen_todo, update_todo
from todos.tests.recurrence_cases import due_from, named, of_kinds, written
from todos.tests.test_concurrency import together

DAY = timedelta(days=1)
MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


def fresh(todo):
    return Todo.objects.get(pk=todo.pk)


def due_of(todo):
    return Due(todo.due_date, todo.due_time)


def last_event(todo):
    return Event.objects.journal().about(todo.pk).order_by("-revision").first()


def completions(todo):
    """Return how many completions of a todo stand: those that were not taken back."""
    verbs = list(Event.objects.journal().about(todo.pk).values_list("verb", flat=True))
    return verbs.count("todo.completed") - verbs.count("todo.reopened")


@pytest.fixture
def daily(make_todo):
    return make_todo("Water plants", due_date=MONDAY, recurrence=["FREQ=DAILY"])


@pytest.fixture
def complete(owner, now):
    def complete(todo, *, actor=owner, at=now, **options):
        return complete_todo(actor=actor, todo_id=todo.pk, now=at, **options)

    return complete


@pytest.fixture
def arranged(owner, project, make_todo, now):
    """Create the todo of a case as somebody in its zone would: `arranged(case)`."""

    def arranged(case):
        zone = ZoneInfo(case["tz"])
        update_profile(actor=owner, changes={"time_zone": case["tz"]}, now=now)
        due = due_from(case.get("moved_from", case["due"]), zone)
        todo = make_todo(
            "Todo",
            due_date=due.day,
            due_time=due.time,
            time_zone=case["tz"] if due.time else "",
            recurrence=case["rules"],
            recurrence_anchor=case["anchor"],
        )
        if "occurrence_number" in case:
            Todo.objects.filter(pk=todo.pk).update(occurrence=case["occurrence_number"])
        if "moved_from" in case:
            moved = due_from(case["due"], zone)
            values = {"due_date": moved.day, "due_time": moved.time}
            update_todo(actor=owner, todo_id=todo.pk, values=values, now=now)
        for state in case.get("children", ()):
            child = make_todo("Part", parent=todo.pk)
            if state == "done":
                complete_todo(actor=owner, todo_id=child.pk, now=now)
        return todo, zone

    return arranged


# The table


@pytest.mark.parametrize("case", of_kinds("complete"), ids=named)
def test_the_table_says_where_a_completed_todo_goes(case, owner, arranged, complete, assert_gapless):
    todo, zone = arranged(case)

    complete(todo, at=datetime.fromisoformat(case["completed_at"]))

    found, expect = fresh(todo), case["expect"]
    if expect["next"] is None:
        assert found.completed
        assert written(due_of(found), zone) == case["due"]
    else:
        assert (written(due_of(found), zone), found.completed) == (expect["next"], False)
    for following in expect.get("sequence", ()):
        complete(todo, at=due_of(fresh(todo)).at(zone))
        assert written(due_of(fresh(todo)), zone) == following
    states = ["done" if child.completed else "open" for child in Todo.objects.children_of([todo.pk])]
    assert states == expect.get("children", [])
    assert_gapless(todo.project)


@pytest.mark.parametrize("case", of_kinds("create"), ids=named)
@pytest.mark.parametrize("field", ["due_date", "start_date"])
def test_the_table_says_what_is_due_first(case, field, make_todo):
    start = {field: date.fromisoformat(case["start"])} if "start" in case else {}

    if "error" in case["expect"]:
        with pytest.raises(Invalid) as refused:
            make_todo("Todo", recurrence=case["rules"], **start)
        assert list(refused.value.fields) == ["recurrence"]
    else:
        assert make_todo("Todo", recurrence=case["rules"], **start).due_date.isoformat() == case["expect"]["next"]


@pytest.mark.parametrize("case", of_kinds("skip"), ids=named)
def test_the_table_says_where_a_skipped_todo_goes(case, owner, arranged, recorded):
    todo, zone = arranged(case)

    skip_todo(actor=owner, todo_id=todo.pk, now=due_from(case["due"], zone).at(zone))

    assert written(due_of(fresh(todo)), zone) == case["expect"]["next"]
    assert recorded(todo) == ["todo.created", "todo.skipped"]


@pytest.mark.parametrize("case", of_kinds("patch_due", "patch_other"), ids=named)
def test_the_table_says_what_an_edit_moves(case, arranged, edit):
    todo, zone = arranged(case)
    rule, patch = todo.recurrence, dict(case["patch"])
    if "due" in patch:
        patch["due_date"] = date.fromisoformat(patch.pop("due"))

    edit(todo, **patch)

    assert written(due_of(fresh(todo)), zone) == case["expect"]["next"]
    assert fresh(todo).recurrence == rule


@pytest.mark.parametrize("case", of_kinds("complete_then_undo"), ids=named)
def test_the_table_says_what_taking_back_leads_to(case, owner, arranged, complete):
    todo, zone = arranged(case)
    at = datetime.fromisoformat(case["completed_at"])
    complete(todo, at=at)

    reopen_todo(actor=owner, todo_id=todo.pk, now=at)

    assert written(due_of(fresh(todo)), zone) == case["expect"]["next"]
    assert completions(todo) == 0


@pytest.mark.parametrize("case", of_kinds("complete_twice_same_key", "complete_concurrent"), ids=named)
@pytest.mark.parametrize("which", [{}, {"occurrence": 1}])
def test_the_table_says_that_one_occurrence_is_done_once(case, which, editor, arranged, complete):
    todo, zone = arranged(case)
    at = datetime.fromisoformat(case["completed_at"])

    complete(todo, at=at, **which)
    again = complete(todo, actor=editor, at=at + timedelta(seconds=1), **which)

    assert written(due_of(again), zone) == case["expect"]["next"]
    assert completions(todo) == case["expect"]["completions"]


@pytest.mark.parametrize("case", of_kinds("complete_child"), ids=named)
def test_the_table_says_that_a_subtask_moves_nothing_above_it(case, arranged, make_todo, complete):
    todo, zone = arranged(case)
    child = make_todo("Part", parent=todo.pk)

    complete(child)

    assert written(due_of(fresh(todo)), zone) == case["expect"]["next"]


# Completing


def test_a_completed_occurrence_is_told_with_what_it_changed(daily, complete, now):
    complete(daily, at=now + 2 * DAY)

    event = last_event(daily)
    assert (event.verb, event.subjects, event.open_delta) == ("todo.completed", 1, 0)
    assert event.data["changes"] == {
        "due_date": {"before": "2026-03-02", "after": "2026-03-05"},
        "occurrence": {"before": 1, "after": 4},
    }
    assert event.data["done"]["due_date"] == "2026-03-02"
    assert event.data["missed"] == {"count": 2, "more": False, "first": "2026-03-03", "last": "2026-03-04"}


def test_the_last_occurrence_completes_the_todo_for_good(make_todo, owner, complete, now):
    todo = make_todo(due_date=MONDAY, recurrence=["FREQ=DAILY;COUNT=2"])
    child = make_todo("Part", parent=todo.pk)

    complete(todo, at=now)
    complete(todo, at=now + DAY)

    assert fresh(todo).completed_at == fresh(child).completed_at == now + DAY
    assert (fresh(todo).due_date, fresh(todo).occurrence) == (date(2026, 3, 3), 2)
    assert (last_event(todo).subjects, last_event(todo).open_delta) == (2, -2)
    reopen_todo(actor=owner, todo_id=todo.pk, now=now + DAY)
    assert not fresh(todo).completed
    assert not fresh(child).completed


def test_what_was_done_below_is_open_again_and_counts_as_open(make_todo, complete, daily, now):
    done, waits = make_todo("Done", parent=daily.pk), make_todo("Waits", parent=daily.pk)
    deep = make_todo("Deep", parent=done.pk)
    complete(done, at=now - DAY)

    complete(daily)

    assert not any(fresh(row).completed for row in (done, waits, deep))
    event = last_event(daily)
    assert (event.subjects, event.open_delta) == (1, 2)
    assert {row["title"] for row in event.data["subtasks"]} == {"Done", "Deep"}
    assert fresh(done).revision == fresh(daily).revision
    assert fresh(waits).revision < fresh(daily).revision


def test_a_recurring_completion_counts_once_in_the_charts(daily, make_todo, complete, now):
    complete(make_todo("Part", parent=daily.pk), at=now - DAY)
    before = sum(row.subjects for row in Event.objects.journal().of_kinds(["todo.completed"]))

    complete(daily)

    assert sum(row.subjects for row in Event.objects.journal().of_kinds(["todo.completed"])) == before + 1


def test_start_and_deadline_keep_their_distance(make_todo, complete):
    dates = {"due_date": FRIDAY, "start_date": MONDAY, "deadline": date(2026, 3, 8)}
    todo = make_todo(**dates, recurrence=["FREQ=WEEKLY"])

    complete(todo)

    found = fresh(todo)
    assert (found.start_date, found.due_date, found.deadline) == (
        date(2026, 3, 9),
        date(2026, 3, 13),
        date(2026, 3, 15),
    )


def test_an_occurrence_that_is_over_is_not_completed_again(daily, complete, now):
    complete(daily, at=now, occurrence=1)

    late = complete(daily, at=now + DAY, occurrence=1)

    assert (late.due_date, late.occurrence) == (date(2026, 3, 3), 2)
    assert completions(daily) == 1


def test_an_occurrence_to_come_cannot_be_completed(daily, complete):
    with pytest.raises(Conflict):
        complete(daily, occurrence=2)


def test_two_completions_a_while_apart_are_two(daily, complete, now):
    complete(daily, at=now)
    complete(daily, at=now + timedelta(seconds=10))

    assert fresh(daily).due_date == date(2026, 3, 4)
    assert completions(daily) == 2


def test_an_edit_right_before_does_not_swallow_a_completion(daily, edit, complete, now):
    complete(daily, at=now - DAY)
    edit(daily, title="Water the plants")

    complete(daily, at=now)

    assert completions(daily) == 2


def test_a_stale_state_completes_nothing(daily, complete):
    with pytest.raises(Stale):
        complete(daily, if_match=frozenset(["1"]))

    assert fresh(daily).due_date == MONDAY


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 4), ("America/New_York", 3)])
def test_a_day_ends_where_the_person_is(owner, daily, complete, now, zone, day):
    update_profile(actor=owner, changes={"time_zone": zone}, now=now)

    complete(daily, at=datetime(2026, 3, 2, 12, tzinfo=UTC))

    assert fresh(daily).due_date == date(2026, 3, day)


def test_a_fixed_time_keeps_its_wall_whoever_completes_it(owner, make_todo, complete, now):
    todo = make_todo(due_date=date(2026, 3, 28), due_time=time(9), time_zone="Europe/Berlin", recurrence=["FREQ=DAILY"])
    update_profile(actor=owner, changes={"time_zone": "America/New_York"}, now=now)

    complete(todo, at=datetime(2026, 3, 28, 8, tzinfo=UTC))

    assert due_of(fresh(todo)) == Due(date(2026, 3, 29), time(9))


def test_a_leap_of_the_clock_moves_one_occurrence_and_is_remembered(make_todo, complete):
    todo = make_todo(
        due_date=date(2027, 3, 27), due_time=time(2, 30), time_zone="Europe/Berlin", recurrence=["FREQ=DAILY"]
    )

    complete(todo, at=datetime(2027, 3, 27, 2, tzinfo=UTC))
    leapt = fresh(todo)
    complete(todo, at=datetime(2027, 3, 28, 2, tzinfo=UTC))

    assert (leapt.due_time, leapt.occurrence_time) == (time(3, 30), time(2, 30))
    assert (fresh(todo).due_time, fresh(todo).occurrence_time) == (time(2, 30), None)


# Writing a recurrence


def test_without_a_date_the_first_occurrence_is_the_date(make_todo, owner, now):
    assert make_todo(recurrence=["FREQ=DAILY"]).due_date == MONDAY
    assert make_todo(recurrence=["FREQ=WEEKLY;BYDAY=FR"]).due_date == FRIDAY
    assert due_of(make_todo(recurrence=["FREQ=HOURLY"])) == Due(MONDAY, time(10))
    assert due_of(make_todo(recurrence=["FREQ=DAILY"], due_time=time(8))) == Due(date(2026, 3, 3), time(8))
    assert due_of(make_todo(recurrence=["FREQ=DAILY;BYHOUR=8,18"])) == Due(MONDAY, time(18))


def test_a_monthly_rule_is_kept_with_the_day_that_months_lack(make_todo, complete, now):
    todo = make_todo(due_date=date(2027, 1, 31), recurrence=["FREQ=MONTHLY"])

    complete(todo, at=datetime(2027, 1, 31, 9, tzinfo=UTC))
    complete(todo, at=datetime(2027, 2, 28, 9, tzinfo=UTC))

    assert fresh(todo).due_date == date(2027, 3, 31)
    assert todo.recurrence == ["RRULE:FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"]


def test_from_the_completion_a_monthly_rule_is_kept_as_it_is(make_todo):
    todo = make_todo(due_date=date(2027, 1, 31), recurrence=["FREQ=MONTHLY"], recurrence_anchor="completion")

    assert todo.recurrence == ["RRULE:FREQ=MONTHLY"]


def test_a_date_alone_moves_this_occurrence_and_back(daily, edit, complete, now):
    edit(daily, due_date=FRIDAY)
    assert (fresh(daily).due_date, fresh(daily).occurrence_date) == (FRIDAY, MONDAY)
    edit(daily, due_date=date(2026, 3, 8))
    assert fresh(daily).occurrence_date == MONDAY
    edit(daily, due_date=MONDAY)
    assert fresh(daily).occurrence_date is None

    edit(daily, due_date=FRIDAY, due_time=time(9))
    complete(daily)

    assert due_of(fresh(daily)) == Due(date(2026, 3, 7))
    assert fresh(daily).occurrence_date is None


def test_a_date_with_the_lines_starts_the_series_anew(daily, edit, complete, now):
    complete(daily, at=now)

    edit(daily, due_date=date(2026, 3, 10), recurrence=["RRULE:FREQ=WEEKLY;BYDAY=FR"])

    found = fresh(daily)
    assert (found.due_date, found.occurrence, found.occurrence_date) == (date(2026, 3, 13), 1, None)
    assert found.recurrence == ["RRULE:FREQ=WEEKLY;BYDAY=FR"]


def test_the_same_lines_again_change_nothing(daily, edit):
    before = fresh(daily).revision

    edit(daily, recurrence=["freq=daily"], recurrence_anchor="schedule")

    assert fresh(daily).revision == before


def test_another_exception_keeps_the_series_where_it_is(make_todo, edit, complete, now):
    todo = make_todo(due_date=MONDAY, recurrence=["FREQ=DAILY;COUNT=9"])
    complete(todo, at=now)

    edit(todo, recurrence=["FREQ=DAILY;COUNT=9", "EXDATE:20260305"])
    assert (fresh(todo).due_date, fresh(todo).occurrence) == (date(2026, 3, 3), 2)
    edit(todo, recurrence=["FREQ=DAILY;COUNT=9", "EXDATE:20260303,20260304"])

    assert (fresh(todo).due_date, fresh(todo).occurrence) == (date(2026, 3, 5), 4)


def test_no_lines_end_the_series_and_keep_the_date(daily, edit, complete):
    edit(daily, recurrence=[])

    assert (fresh(daily).due_date, fresh(daily).recurrence) == (MONDAY, [])
    complete(daily)
    assert fresh(daily).completed


def test_no_date_ends_the_series(daily, edit):
    edit(daily, due_date=None)

    assert (fresh(daily).due_date, fresh(daily).recurrence) == (None, [])


def test_an_anchor_alone_keeps_date_and_rule(daily, edit, complete, now):
    edit(daily, recurrence_anchor="completion")
    complete(daily, at=now + 5 * DAY)

    assert fresh(daily).due_date == date(2026, 3, 8)


def test_an_anchor_with_a_date_moves_this_occurrence(daily, edit):
    edit(daily, recurrence_anchor="completion", due_date=FRIDAY)

    assert (fresh(daily).due_date, fresh(daily).occurrence_date) == (FRIDAY, MONDAY)


def test_other_fields_move_nothing(daily, edit, make_todo):
    edit(daily, title="x", description="y", priority=1, labels=["a"], deadline=FRIDAY, time_zone="Asia/Tokyo")

    assert (fresh(daily).due_date, fresh(daily).occurrence_date, fresh(daily).occurrence) == (MONDAY, None, 1)


# Skipping


def test_skipping_leads_on_and_counts_nothing_as_done(owner, daily, recorded, make_todo, complete, now):
    child = make_todo("Part", parent=daily.pk)
    complete(child, at=now)

    found = skip_todo(actor=owner, todo_id=daily.pk, now=now)

    assert (found.due_date, found.occurrence, found.completed) == (date(2026, 3, 3), 2, False)
    assert recorded(daily) == ["todo.created", "todo.skipped"]
    assert not fresh(child).completed
    assert last_event(daily).data["skipped"]["occurrence"] == 1


def test_skipping_an_occurrence_that_is_over_changes_nothing(owner, daily, now):
    for _ in range(2):
        found = skip_todo(actor=owner, todo_id=daily.pk, now=now, occurrence=1)

    assert found.due_date == date(2026, 3, 3)


def test_what_does_not_go_on_cannot_be_skipped(owner, make_todo, complete, now):
    last = make_todo(due_date=MONDAY, recurrence=["FREQ=DAILY;COUNT=1"])
    over = make_todo(due_date=MONDAY, recurrence=["FREQ=DAILY;COUNT=1"])
    complete(over)

    for todo in (last, over, make_todo("Once")):
        with pytest.raises(Conflict):
            skip_todo(actor=owner, todo_id=todo.pk, now=now)


def test_only_editors_skip(viewer, stranger, daily, now):
    with pytest.raises(Forbidden):
        skip_todo(actor=viewer, todo_id=daily.pk, now=now)
    with pytest.raises(NotFound):
        skip_todo(actor=stranger, todo_id=daily.pk, now=now)


# Taking back


def test_taking_back_restores_all_that_going_on_changed(owner, make_todo, complete, now, assert_gapless):
    todo = make_todo(
        due_date=date(2027, 3, 27),
        due_time=time(2, 30),
        time_zone="Europe/Berlin",
        start_date=date(2027, 3, 20),
        recurrence=["FREQ=DAILY"],
    )
    child, open_child = make_todo("Done", parent=todo.pk), make_todo("Open", parent=todo.pk)
    moment = now + timedelta(microseconds=123457)
    complete(child, at=moment)
    names = ("due_date", "due_time", "start_date", "occurrence", "occurrence_date", "occurrence_time", "completed_at")
    before = [getattr(fresh(todo), name) for name in names]

    complete(todo, at=datetime(2027, 3, 27, 2, tzinfo=UTC))
    reopen_todo(actor=owner, todo_id=todo.pk, now=now + DAY)

    assert [getattr(fresh(todo), name) for name in names] == before
    assert fresh(child).completed_at == moment
    assert not fresh(open_child).completed
    event = last_event(todo)
    assert (event.verb, event.subjects, event.open_delta) == ("todo.reopened", 1, -1)
    assert_gapless(todo.project)


def test_completions_are_taken_back_one_after_the_other(owner, daily, complete, now):
    for day in range(3):
        complete(daily, at=now + day * DAY)

    numbers = [reopen_todo(actor=owner, todo_id=daily.pk, now=now + 3 * DAY).occurrence for _ in range(4)]

    assert numbers == [3, 2, 1, 1]
    assert fresh(daily).due_date == MONDAY


def test_an_occurrence_is_taken_back_once(owner, daily, complete, now):
    for day in range(2):
        complete(daily, at=now + day * DAY)

    numbers = [reopen_todo(actor=owner, todo_id=daily.pk, now=now, occurrence=2).occurrence for _ in range(2)]

    assert numbers == [2, 2]


def test_an_edit_of_something_else_is_not_in_the_way(owner, daily, complete, edit, now):
    complete(daily)
    edit(daily, title="Water the plants", priority=1)

    assert reopen_todo(actor=owner, todo_id=daily.pk, now=now).due_date == MONDAY


@pytest.mark.parametrize("values", [{"due_date": FRIDAY}, {"due_time": time(9)}])
def test_another_date_is_in_the_way(owner, daily, complete, edit, now, values):
    complete(daily)
    edit(daily, **values)

    with pytest.raises(Conflict):
        reopen_todo(actor=owner, todo_id=daily.pk, now=now)


def test_a_skip_is_in_the_way(owner, daily, complete, now):
    complete(daily)
    skip_todo(actor=owner, todo_id=daily.pk, now=now)

    with pytest.raises(Conflict):
        reopen_todo(actor=owner, todo_id=daily.pk, now=now)


def test_reopening_what_was_never_completed_changes_nothing(owner, daily, recorded, now):
    reopen_todo(actor=owner, todo_id=daily.pk, now=now)

    assert recorded(daily) == ["todo.created"]


def test_a_subtask_that_was_deleted_or_done_anew_stays_so(owner, daily, make_todo, complete, now):
    gone, again = make_todo("Gone", parent=daily.pk), make_todo("Again", parent=daily.pk)
    for row in (gone, again):
        complete(row, at=now - DAY)
    complete(daily, at=now)
    Todo.objects.filter(pk=gone.pk).update(deleted_at=now)
    complete(again, at=now + DAY)

    reopen_todo(actor=owner, todo_id=daily.pk, now=now + DAY)

    assert fresh(again).completed_at == now + DAY
    assert fresh(gone).completed_at is None


# What is to come


def test_what_is_to_come_is_told(owner, daily):
    lines, found = upcoming_of(actor=owner, todo_id=daily.pk, most=3)

    assert lines == ["RRULE:FREQ=DAILY"]
    assert [(row["occurrence"], row["due_date"].day) for row in found] == [(1, 2), (2, 3), (3, 4)]


# Many at once

on_postgresql = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]


def marked(test):
    for mark in on_postgresql:
        test = mark(test)
    return test


@marked
@pytest.mark.parametrize("which", [{}, {"occurrence": 1}])
def test_two_people_who_complete_the_same_occurrence_at_once_do_so_once(which, owner, editor, daily, assert_gapless):
    def done(number):
        return complete_todo(actor=(owner, editor)[number], todo_id=daily.pk, now=timezone.now(), **which)

    found = together(2, done)

    assert len({row.due_date for row in found}) == 1
    assert completions(daily) == 1
    assert_gapless(daily.project)


@marked
def test_completions_and_skips_of_eight_threads_leave_one_history(owner, daily, assert_gapless):
    def go_on(number):
        dice = random.Random(number)
        for _ in range(6):
            service = dice.choice([complete_todo, skip_todo, reopen_todo])
            which = {} if service is reopen_todo else {"occurrence": fresh(daily).occurrence}
            with suppress(DomainError):  # an occurrence to come, or another date: an answer, not a fault
                service(actor=owner, todo_id=daily.pk, now=timezone.now(), **which)

    together(8, go_on)

    history = Event.objects.journal().about(daily.pk).order_by("revision")
    numbers = [event.data["changes"].get("occurrence") for event in history[1:]]
    assert [both["before"] for both in numbers[1:]] == [both["after"] for both in numbers[:-1]]
    assert numbers[-1]["after"] == fresh(daily).occurrence
    assert_gapless(daily.project)
