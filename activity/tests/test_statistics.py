"""What the charts count: in which history, by whose day, from both stores at once."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activity.models import Event
from activity.services import statistics
from activity.services.recording import collecting_events
from config.errors import Conflict, Invalid, NotFound
from todos.models import Membership, Todo
from todos.services.projects import create_project
from todos.services.receipts import read_receipt, receipt_for
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo
from todos.services.undo import undo_change

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
ON_STORES = pytest.mark.parametrize("stores", ["journal", "both", "archive"])


@pytest.fixture
def somewhere(request, stores):
    """Say when what was recorded is relayed: never, in the middle of it, or at the end."""
    if stores == "journal":
        request.getfixturevalue("no_archive")
        return lambda when: None
    relay = request.getfixturevalue("relay")
    return lambda when: relay() if stores == "archive" or when == "middle" else None


@pytest.fixture
def finish(make_todo, now):
    """Finish todos so many days ago, made so long before: `finish(editor, days=1, age=DAY)`."""

    def finish(person, days=0, age=timedelta(hours=2), subtasks=0, **values):
        moment = now - days * DAY
        todo = make_todo(actor=person, now=moment - age, **values)
        for _ in range(subtasks):
            make_todo(actor=person, now=moment - age, **values, parent=todo.pk)
        return complete_todo(actor=person, todo_id=todo.pk, now=moment)

    return finish


@pytest.fixture
def undoing():
    """Return what takes back what `change` does as often as one asks, each time what was done last."""

    def undoing(person, change, now, *later):
        with collecting_events() as recorded:
            change()
        for moment in later:
            receipt = receipt_for(recorded, actor=person, part="todos", now=now)
            with collecting_events() as recorded:
                undo_change(actor=person, receipt=read_receipt(receipt, actor=person, now=moment), now=moment)
            now = moment

    return undoing


@ON_STORES
def test_an_overview_counts_what_a_person_finished(somewhere, finish, owner, editor):
    finish(owner, days=1, subtasks=2)
    somewhere("middle")
    finish(owner)
    finish(owner, days=400)
    finish(editor)
    somewhere("end")
    mine = statistics.whose(actor_id=owner.pk)

    found = statistics.overview(finished=mine, today=TODAY)

    assert (found.today, found.month.total, found.year.total, found.year.active) == (1, 4, 4, 2)
    assert (found.streaks.current.length, found.streaks.longest.length) == (2, 2)
    assert mine.complete


@ON_STORES
def test_hours_places_and_durations_count_alike(somewhere, finish, owner, project):
    period = {"first": TODAY - 7 * DAY, "last": TODAY}
    finish(owner, days=1, age=timedelta(days=2), subtasks=2)
    somewhere("middle")
    finish(owner)
    finish(owner, days=8)
    somewhere("end")
    mine = statistics.whose(actor_id=owner.pk)

    hours = statistics.by_hour(finished=mine, **period)
    places = statistics.by_place(finished=mine, actor_id=owner.pk, **period)
    durations = statistics.durations(finished=mine, **period)

    assert (hours.total, hours.weekdays[6].hours[9], hours.weekdays[0].hours[9]) == (4, 3, 1)
    assert [(found.place.title, found.count, found.share) for found in places.places] == [("Home", 4, 1.0)]
    assert {bucket.name: bucket.count for bucket in durations.buckets if bucket.count} == {
        "Within a day": 1,
        "Within 3 days": 1,
    }


@ON_STORES
def test_a_burn_down_follows_what_is_open(somewhere, make_todo, finish, owner, project, now):
    finish(owner, days=20)
    make_todo(now=now - 10 * DAY)
    somewhere("middle")
    finish(owner, days=1, age=5 * DAY, subtasks=1)
    gone = make_todo(now=now - 2 * DAY)
    delete_todo(actor=owner, todo_id=gone.pk, now=now)
    somewhere("end")
    events = statistics.inside(actor_id=owner.pk, project_id=project.pk)

    days = statistics.burndown(events=events, first=TODAY - 3 * DAY, last=TODAY)

    assert [(day.open, day.finished, day.added) for day in days] == [(3, 0, 0), (4, 0, 1), (2, 2, 0), (1, 0, 0)]
    assert days[-1].day == TODAY


def test_a_burn_down_is_right_where_old_history_is_gone(finish, make_todo, owner, project, no_archive, now):
    make_todo(now=now - 100 * DAY)
    finish(owner, days=1, age=50 * DAY)
    Event.objects.journal().before(now - 10 * DAY).delete()
    events = statistics.inside(actor_id=owner.pk, project_id=project.pk)

    days = statistics.burndown(events=events, first=TODAY - 2 * DAY, last=TODAY)

    assert [(day.open, day.finished) for day in days] == [(2, 0), (1, 1), (1, 0)]


def test_a_person_counts_wherever_it_was_and_everyone_where_one_may_look(finish, owner, editor, stranger, now):
    elsewhere = create_project(actor=editor, title="Garden", now=now)
    finish(owner)
    finish(editor)
    left = create_todo(actor=editor, values={"title": "Dig", "project": elsewhere.pk}, now=now)
    complete_todo(actor=editor, todo_id=left.pk, now=now)

    def total(person, **options):
        return sum(statistics.whose(actor_id=person.pk, **options).totals("verb").values())

    assert (total(owner), total(editor), total(stranger)) == (1, 2, 0)
    assert (total(owner, who="everyone"), total(editor, who="everyone"), total(stranger, who="everyone")) == (2, 3, 0)


def test_one_project_counts_alone(finish, owner, editor, project, now):
    finish(owner)
    finish(editor)
    inbox = create_todo(actor=owner, values={"title": "Note"}, now=now)
    complete_todo(actor=owner, todo_id=inbox.pk, now=now)

    mine = statistics.whose(actor_id=owner.pk, project_id=project.pk)
    all_of_it = statistics.whose(actor_id=owner.pk, who="everyone", project_id=project.pk)

    assert (mine.totals("verb"), all_of_it.totals("verb")) == ({"todo.completed": 1}, {"todo.completed": 2})


def test_a_project_that_one_does_not_see_is_not_found(stranger, project):
    for ask in (statistics.whose, statistics.inside):
        with pytest.raises(NotFound):
            ask(actor_id=stranger.pk, project_id=project.pk)


def test_what_was_finished_in_a_place_one_has_left_counts_without_its_name(finish, editor, project):
    finish(editor)
    Membership.objects.filter(user=editor, project=project).delete()
    mine = statistics.whose(actor_id=editor.pk)

    found = statistics.by_place(finished=mine, actor_id=editor.pk, first=TODAY, last=TODAY)

    assert (found.places, found.elsewhere, found.total) == ([], 1, 1)


def test_what_is_reopened_was_finished_all_the_same(finish, owner, now):
    todo = finish(owner)
    reopen_todo(actor=owner, todo_id=todo.pk, now=now)

    assert statistics.by_day(finished=statistics.whose(actor_id=owner.pk), first=TODAY, last=TODAY).total == 1


@ON_STORES
def test_what_was_undone_was_not_finished(somewhere, finish, undoing, owner, project, make_todo, now):
    late = now.replace(hour=23, minute=55)
    for days in (1, 0, 0):
        finish(owner, days=days)
    undoing(owner, lambda: finish(owner, days=1, subtasks=2), now - DAY, now - DAY)
    todo = make_todo("Late", now=now)
    with collecting_events() as recorded:
        complete_todo(actor=owner, todo_id=todo.pk, now=late)
    somewhere("middle")
    receipt = receipt_for(recorded, actor=owner, part="todos", now=late)
    past_midnight = late + timedelta(minutes=9)
    undo_change(actor=owner, receipt=read_receipt(receipt, actor=owner, now=past_midnight), now=past_midnight)
    somewhere("end")
    period = {"first": TODAY - DAY, "last": TODAY + DAY}
    mine = statistics.whose(actor_id=owner.pk)

    days = statistics.by_day(finished=mine, **period)
    hours = statistics.by_hour(finished=mine, **period)
    places = statistics.by_place(finished=mine, actor_id=owner.pk, **period)
    durations = statistics.durations(finished=mine, **period)
    inside = statistics.inside(actor_id=owner.pk, project_id=project.pk)
    people = statistics.by_person(events=inside, **period)
    burndown = statistics.burndown(events=inside, **period)

    assert [day.count for day in days.days] == [1, 2, 0]
    assert (hours.total, places.total, sum(bucket.count for bucket in durations.buckets)) == (3, 3, 3)
    assert people == [(owner.pk, 3)]
    assert [(day.finished, day.added) for day in burndown] == [(1, 4), (2, 3), (0, 0)]
    assert burndown[-1].open == Todo.objects.in_project(project.pk).live().open().count()


def test_a_day_of_which_all_was_undone_is_no_day_of_a_streak(finish, undoing, owner, now):
    finish(owner, days=2)
    undoing(owner, lambda: finish(owner, days=1), now - DAY, now - DAY)
    finish(owner)

    found = statistics.overview(finished=statistics.whose(actor_id=owner.pk), today=TODAY)

    assert (found.year.total, found.year.active, found.streaks.longest.length) == (2, 2, 1)


@pytest.mark.parametrize(("times", "expected"), [(1, 0), (2, 1), (3, 0)])
def test_what_is_undone_and_done_again_counts_once(times, expected, finish, undoing, owner, now):
    undoing(owner, lambda: finish(owner), now, *[now + n * timedelta(minutes=1) for n in range(1, times + 1)])

    assert statistics.by_day(finished=statistics.whose(actor_id=owner.pk), first=TODAY, last=TODAY).total == expected


def test_a_reopening_that_is_undone_finishes_nothing_anew(finish, undoing, owner, now):
    todo = finish(owner, days=1)
    undoing(owner, lambda: reopen_todo(actor=owner, todo_id=todo.pk, now=now), now, now)

    found = statistics.by_day(finished=statistics.whose(actor_id=owner.pk), first=TODAY - DAY, last=TODAY)

    assert [day.count for day in found.days] == [1, 0]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "below", "complete", "reopen", "delete", "restore", "move", "hang"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from([timedelta(0), timedelta(seconds=1), DAY]),
    ),
    min_size=3,
    max_size=25,
)


LEFT_IN_THE_TRASH = [
    (what, which, other, timedelta(0))
    for what, which, other in [
        ("create", 0, 0),
        ("below", 0, 0),
        ("delete", 1, 0),
        ("move", 0, 1),
        ("restore", 1, 0),
        ("complete", 0, 0),
    ]
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=LEFT_IN_THE_TRASH)
def test_deltas_add_up_to_what_is_open_whatever_was_done(steps, owner, project, no_archive, now):
    with transaction.atomic():
        garden = create_project(actor=owner, title="Garden", now=now)
        last = work_through(steps, owner, [project, garden], now)

        for place in (project, garden):
            events = statistics.inside(actor_id=owner.pk, project_id=place.pk)
            waiting = Todo.objects.in_project(place.pk).live().open().count()
            assert events.totals("scope", of=Sum("open_delta")) == {place.scope: waiting}
            days = statistics.burndown(events=events, first=TODAY - DAY, last=last.date())
            assert (days[0].open, days[-1].open) == (0, waiting)
        transaction.set_rollback(True)


def work_through(steps, owner, projects, moment):
    """Do what the steps say as far as the rules allow; return when it ended."""
    todos = []
    for what, which, other, later in steps:
        moment += later
        target = projects[other % 2].pk
        todo, beside = (todos[number % len(todos)] if todos else None for number in (which, other))
        with suppress(Conflict, Invalid):
            if what == "create" or todo is None:
                todos.append(create_todo(actor=owner, values={"title": "Todo", "project": target}, now=moment).pk)
            elif what == "below":
                todos.append(create_todo(actor=owner, values={"title": "Todo", "parent": todo}, now=moment).pk)
            elif what in ("move", "hang"):
                values = {"project": target} if what == "move" else {"parent": beside}
                update_todo(actor=owner, todo_id=todo, values=values, now=moment)
            else:
                CHANGES[what](actor=owner, todo_id=todo, now=moment)
    return moment


CHANGES = {"complete": complete_todo, "reopen": reopen_todo, "delete": delete_todo, "restore": restore_todo}
