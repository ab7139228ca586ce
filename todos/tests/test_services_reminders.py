"""When reminders are due, and how they move with their todo and their person's clock."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.services.users import update_profile
from config.errors import Conflict, Invalid, NotFound, Stale
from todos.domain.reminding import FARTHEST, moment_of
from todos.models import Membership, Reminder, Tombstone
from todos.services.reminders import MOST, create_reminder, delete_reminder, update_reminder
from todos.services.todos import complete_todo, delete_todo, reopen_todo, restore_todo

DAY = date(2026, 3, 10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def remind(owner, todo, now):
    """Set a reminder: `remind(relative_to="due", offset_minutes=-30)`, by default on the owner's todo for the owner."""

    def remind(*, actor=owner, todo=todo, now=now, **values):
        return create_reminder(actor=actor, todo_id=todo.pk, values=values, now=now)

    return remind


@pytest.fixture
def sent():
    """Say that the worker has dealt with a reminder."""

    def sent(reminder, moment):
        Reminder.objects.filter(pk=reminder.pk).update(sent_at=moment)

    return sent


def state(reminder):
    reminder.refresh_from_db()
    return reminder.remind_at, reminder.sent_at


# The moment


def dates(**values):
    empty = dict.fromkeys(("start_date", "due_date", "due_time", "deadline"))
    return SimpleNamespace(**(empty | {"time_zone": ""} | values))


@pytest.mark.parametrize(
    ("relative_to", "values", "zone", "expected"),
    [
        ("due", {"due_date": DAY}, "Europe/Berlin", "2026-03-10 08:00"),
        ("due", {"due_date": DAY, "time_zone": "Asia/Tokyo"}, "Europe/Berlin", "2026-03-10 08:00"),
        ("due", {"due_date": DAY, "due_time": time(15)}, "Europe/Berlin", "2026-03-10 14:00"),
        (
            "due",
            {"due_date": DAY, "due_time": time(15), "time_zone": "Asia/Tokyo"},
            "Europe/Berlin",
            "2026-03-10 06:00",
        ),
        ("start", {"start_date": DAY}, "America/New_York", "2026-03-10 13:00"),
        ("deadline", {"deadline": DAY}, "UTC", "2026-03-10 09:00"),
        # A wall time that the change of clocks skips is an hour later; of one that comes twice the first counts.
        ("due", {"due_date": date(2026, 3, 29), "due_time": time(2, 30)}, "Europe/Berlin", "2026-03-29 01:30"),
        ("due", {"due_date": date(2026, 10, 25), "due_time": time(2, 30)}, "Europe/Berlin", "2026-10-25 00:30"),
    ],
)
def test_dates_without_a_time_count_from_nine_on_the_persons_clock(relative_to, values, zone, expected):
    moment = moment_of(dates(**values), relative_to=relative_to, offset_minutes=-30, zone=zone)

    assert (moment.of, moment.at) == (at(expected), at(expected) - timedelta(minutes=30))


@given(
    day=st.dates(),
    clock=st.none() | st.times(),
    place=st.sampled_from(["", "Pacific/Kiritimati", "America/Adak"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]),
    offset=st.integers(-FARTHEST, FARTHEST),
)
def test_any_date_has_a_moment_or_is_beyond_the_calendar(day, clock, place, zone, offset):
    found = dates(due_date=day, due_time=clock, time_zone=place)

    moment = moment_of(found, relative_to="due", offset_minutes=offset, zone=zone)

    if moment is None:
        assert day.year in (1, 2, 9998, 9999)
    else:
        assert moment.at - moment.of == timedelta(minutes=offset)


# Setting them


@pytest.mark.django_db
def test_a_reminder_is_its_persons_own_change(owner, remind, todo, recorded, assert_gapless):
    reminder = remind(relative_to="due", offset_minutes=-30)

    owner.refresh_from_db()
    assert (reminder.remind_at, reminder.sent_at, reminder.revision) == (None, None, owner.revision)
    assert recorded(reminder) == ["reminder.created"]
    assert_gapless(owner)
    todo.project.refresh_from_db()
    assert todo.project.revision == todo.revision


@pytest.mark.django_db
def test_a_fixed_moment_has_to_be_ahead(remind, now):
    reminder = remind(remind_at=now + timedelta(minutes=1))

    assert (reminder.remind_at, reminder.relative_to) == (now + timedelta(minutes=1), "")
    with pytest.raises(Invalid) as refused:
        remind(remind_at=now)
    assert set(refused.value.fields) == {"remind_at"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [{}, {"remind_at": at("2030-01-01"), "relative_to": "due"}, {"remind_at": at("2030-01-01"), "offset_minutes": 5}],
)
def test_it_is_either_a_moment_or_a_date(remind, values):
    with pytest.raises(Invalid):
        remind(**values)


@pytest.mark.django_db
def test_one_that_has_passed_reminds_at_once_while_its_date_is_to_come(remind, make_todo, now):
    """The todo is due at 09:30; now is 09:00."""
    todo = make_todo(due_date=now.date(), due_time=time(9, 30))

    assert state(remind(todo=todo, relative_to="due", offset_minutes=-60)) == (now - timedelta(minutes=30), None)


@pytest.mark.django_db
def test_one_whose_date_has_passed_too_is_over(remind, make_todo, now):
    todo = make_todo(due_date=now.date(), due_time=time(8, 30))

    assert state(remind(todo=todo, relative_to="due")) == (now - timedelta(minutes=30), now)


@pytest.mark.django_db
def test_S32_nobody_has_more_than_twenty_of_one_todo(remind, viewer, make_todo):
    for _ in range(MOST):
        remind(relative_to="due")

    with pytest.raises(Conflict):
        remind(relative_to="due")
    remind(actor=viewer, relative_to="due")
    remind(todo=make_todo(), relative_to="due")


@pytest.mark.django_db
def test_a_chosen_id_that_is_taken_is_refused(remind):
    reminder = remind(relative_to="due")

    with pytest.raises(Conflict):
        remind(relative_to="due", id=reminder.pk)


@pytest.mark.django_db
def test_what_is_in_the_trash_takes_no_reminder(remind, owner, todo, now):
    delete_todo(actor=owner, todo_id=todo.pk, now=now)

    with pytest.raises(Conflict):
        remind(relative_to="due")


@pytest.mark.django_db
def test_a_reminder_can_be_moved_and_deleted(remind, owner, make_todo, now, recorded, assert_gapless):
    todo = make_todo(due_date=DAY)
    reminder = remind(todo=todo, relative_to="due", offset_minutes=-30)
    one = {"actor": owner, "todo_id": todo.pk, "reminder_id": reminder.pk, "now": now}

    assert update_reminder(**one, values={"offset_minutes": 0}).remind_at == at("2026-03-10 09:00")
    assert (
        update_reminder(**one, values={"offset_minutes": 0}).revision
        == owner.__class__.objects.get(pk=owner.pk).revision
    )
    fixed = update_reminder(**one, values={"remind_at": at("2026-03-05 12:00")})
    assert (fixed.relative_to, fixed.offset_minutes, fixed.remind_at) == ("", 0, at("2026-03-05 12:00"))
    with pytest.raises(Invalid):
        update_reminder(**one, values={"offset_minutes": 5})
    assert update_reminder(**one, values={"relative_to": "due"}).remind_at == at("2026-03-10 09:00")
    delete_reminder(**one)

    assert recorded(reminder) == ["reminder.created", *["reminder.updated"] * 3, "reminder.deleted"]
    assert Tombstone.objects.filter(user=owner, kind="reminder", subject_id=reminder.pk).exists()
    assert not Reminder.objects.exists()
    assert_gapless(owner)


@pytest.mark.django_db
def test_a_tag_of_before_the_date_moved_is_stale(remind, owner, todo, edit, now):
    reminder = remind(relative_to="due")
    seen = frozenset({reminder.etag})
    edit(todo, due_date=DAY)

    with pytest.raises(Stale):
        delete_reminder(actor=owner, todo_id=todo.pk, reminder_id=reminder.pk, now=now, if_match=seen)


@pytest.mark.django_db
def test_S07_everybody_has_their_own(remind, viewer, editor, owner, stranger, todo, now):
    reminder = remind(actor=viewer, relative_to="due")

    for person in (owner, editor, stranger):
        one = {"actor": person, "todo_id": todo.pk, "reminder_id": reminder.pk, "now": now}
        with pytest.raises(NotFound):
            update_reminder(**one, values={"offset_minutes": 1})
        with pytest.raises(NotFound):
            delete_reminder(**one)
    with pytest.raises(NotFound):
        remind(actor=stranger, relative_to="due")


@pytest.mark.django_db
def test_S01_a_reminder_under_another_todo_is_none(remind, owner, make_todo, now):
    reminder = remind(relative_to="due")

    with pytest.raises(NotFound):
        delete_reminder(actor=owner, todo_id=make_todo().pk, reminder_id=reminder.pk, now=now)


# Moving along


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("relative_to", "values", "expected"),
    [
        ("due", {"due_date": DAY}, "2026-03-10 09:00"),
        ("due", {"due_date": DAY, "due_time": time(15)}, "2026-03-10 15:00"),
        ("due", {"due_date": DAY, "due_time": time(15), "time_zone": "Asia/Tokyo"}, "2026-03-10 06:00"),
        ("start", {"start_date": DAY}, "2026-03-10 09:00"),
        ("deadline", {"deadline": DAY}, "2026-03-10 09:00"),
    ],
)
def test_everybodys_move_with_the_date_that_anybody_changes(remind, viewer, todo, edit, relative_to, values, expected):
    update_profile(actor=viewer, changes={"time_zone": "Europe/Berlin"}, now=at("2026-03-01"))
    own, other = (remind(actor=person, relative_to=relative_to) for person in (todo.created_by, viewer))
    fixed = remind(remind_at=at("2026-03-09"))

    edit(todo, **values)

    berlin = timedelta() if "time_zone" in values else timedelta(hours=1)
    assert [state(row)[0] for row in (own, other, fixed)] == [at(expected), at(expected) - berlin, at("2026-03-09")]
    edit(todo, **dict.fromkeys(values) | ({"time_zone": ""} if "time_zone" in values else {}))
    assert [state(row)[0] for row in (own, other, fixed)] == [None, None, at("2026-03-09")]


@pytest.mark.django_db
def test_a_later_date_reminds_again(remind, make_todo, edit, sent, now):
    todo = make_todo(due_date=now.date(), due_time=time(10))
    reminder = remind(todo=todo, relative_to="due", offset_minutes=-30)
    sent(reminder, now)

    edit(todo, due_date=DAY)

    assert state(reminder) == (at("2026-03-10 09:30"), None)


@pytest.mark.django_db
def test_an_earlier_date_reminds_at_once_who_was_not_reminded_yet_and_nobody_twice(remind, make_todo, edit, sent, now):
    todo = make_todo(due_date=now.date(), due_time=time(12))
    waiting, done = (remind(todo=todo, relative_to="due", offset_minutes=-60) for _ in range(2))
    sent(done, now)

    edit(todo, due_time=time(9, 30))

    assert state(waiting) == (now - timedelta(minutes=30), None)
    assert state(done) == (now - timedelta(minutes=30), now)


@pytest.mark.django_db
def test_completing_and_trashing_leave_them_for_the_way_back(remind, owner, make_todo, now):
    todo = make_todo(due_date=DAY)
    reminder = remind(todo=todo, relative_to="due")
    before = state(reminder)

    for service in (complete_todo, reopen_todo, delete_todo, restore_todo):
        service(actor=owner, todo_id=todo.pk, now=now)

        assert state(reminder) == before


@pytest.mark.django_db
def test_a_person_who_sets_their_clock_elsewhere_takes_floating_ones_along(remind, owner, viewer, make_todo, sent, now):
    floating = make_todo(due_date=DAY, due_time=time(15))
    fixed = make_todo(due_date=DAY, due_time=time(15), time_zone="Asia/Tokyo")
    mine = [remind(todo=todo, relative_to="due") for todo in (floating, fixed)]
    theirs = remind(todo=floating, relative_to="due", actor=viewer)

    update_profile(actor=owner, changes={"time_zone": "America/New_York"}, now=now)

    assert [state(row)[0] for row in mine] == [at("2026-03-10 19:00"), at("2026-03-10 06:00")]
    assert state(theirs)[0] == at("2026-03-10 15:00")


@pytest.mark.django_db
def test_moving_costs_one_statement_without_reminders_and_three_with_any(
    remind, viewer, todo, edit, now, django_assert_num_queries
):
    from todos.services.moments import follow_dates

    with django_assert_num_queries(1):
        follow_dates([todo], now=now)
    for count in (2, 20):
        for _ in range(count // 2):
            remind(relative_to="due")
            remind(actor=viewer, relative_to="deadline")
        todo.due_date = todo.deadline = DAY + timedelta(days=count)
        with django_assert_num_queries(3):
            follow_dates([todo], now=now)
        Reminder.objects.all().delete()


@pytest.mark.django_db
def test_S08_who_left_the_project_moves_nothing_and_sees_nothing(remind, viewer, todo, edit, now):
    reminder = remind(actor=viewer, relative_to="due")
    Membership.objects.filter(user=viewer).exclude(project__is_inbox=True).delete()

    edit(todo, due_date=DAY)

    with pytest.raises(NotFound):
        update_reminder(actor=viewer, todo_id=todo.pk, reminder_id=reminder.pk, values={"offset_minutes": 1}, now=now)
    assert User.objects.get(pk=viewer.pk).revision == reminder.revision
