"""The worker reminds: each reminder that is due once, whatever happens meanwhile, and nobody in vain."""

import os
import random
import signal
import sys
import time as clock
from datetime import date, time, timedelta
from subprocess import PIPE, Popen
from typing import ClassVar

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.models import Mail, User
from accounts.services.mail import sweep_mail
from accounts.services.people import edit_person
from accounts.services.users import update_profile
from config.env import BASE_DIR
from config.errors import Conflict
from todos.domain.reminding import moment_of
from todos.models import Label, Membership, Notification, Project, Reminder, Todo
from todos.services import delivery
from todos.services.delivery import sweep_reminders
from todos.services.labels import update_label
from todos.services.projects import archive_project
from todos.services.reminders import create_reminder, delete_reminder, update_reminder
from todos.services.todos import complete_todo, delete_todo, reopen_todo, update_todo
from todos.tests.test_concurrency import together

HOUR = timedelta(hours=1)
NOON = time(12)


pytestmark = pytest.mark.django_db


@pytest.fixture
def due(owner, todo, now):
    """Set a reminder that is due an hour later, for a person whose address is proven."""

    def due(*, actor=owner, todo=todo, **values):
        User.objects.filter(pk=actor.pk).update(email_verified_at=now)
        values = values or {"remind_at": now + HOUR}
        reminder = create_reminder(actor=actor, todo_id=todo.pk, values=values, now=now)
        Mail.objects.exclude(template="reminder").delete()
        return reminder

    return due


@pytest.fixture
def later(now):
    return now + HOUR


def lines(person) -> list[tuple[str, str]]:
    """Return kind and todo of the lines that a person sees."""
    return list(Notification.objects.visible_to(person.pk).values_list("kind", "todo__title"))


def test_a_due_reminder_is_a_line_and_a_mail(due, owner, todo, edit, later, mailed):
    edit(todo, due_date=date(2026, 3, 10))
    reminder = due()

    early, count = sweep_reminders(later - timedelta(seconds=1)), sweep_reminders(later)

    [message] = mailed(later)
    reminder.refresh_from_db()
    assert (early, count, reminder.sent_at) == (0, 1, later)
    assert lines(owner) == [("reminder", "Buy milk")]
    assert (message.to, message.subject) == (["owner@example.org"], "Reminder: Buy milk")
    assert f"http://testserver/todos/{todo.pk}/" in message.body
    assert "Due: 10 March 2026" in message.body
    assert "10 March 2026" in message.alternatives[0].content


def test_it_reminds_once(due, owner, later, mailed):
    due()
    sweep_reminders(later)

    again = sweep_reminders(later + HOUR)

    assert (again, len(lines(owner)), len(mailed(later))) == (0, 1, 1)


def test_an_idle_round_is_one_query(due, now, django_assert_num_queries):
    due()

    with django_assert_num_queries(1):
        sweep_reminders(now)


def test_who_has_not_proven_their_address_is_told_in_the_app_alone(due, owner, later, mailed):
    due()
    User.objects.update(email_verified_at=None)

    sweep_reminders(later)

    assert (len(lines(owner)), mailed(later)) == (1, [])


def test_nor_is_a_mail_that_waited_sent_to_an_address_that_is_not_proven_yet(due, owner, later, mailed):
    due()
    sweep_reminders(later)
    User.objects.filter(pk=owner.pk).update(email="new@example.org", email_verified_at=None)

    assert mailed(later) == []


# Nobody in vain


def _leave(owner, viewer, todo, now):
    Membership.objects.filter(user=viewer).exclude(project__is_inbox=True).delete()


def _complete(owner, viewer, todo, now):
    complete_todo(actor=owner, todo_id=todo.pk, now=now)


def _trash(owner, viewer, todo, now):
    delete_todo(actor=owner, todo_id=todo.pk, now=now)


def _archive(owner, viewer, todo, now):
    archive_project(actor=owner, project_id=todo.project_id, now=now)


def _trash_project(owner, viewer, todo, now):
    Project.objects.filter(pk=todo.project_id).update(deleted_at=now)


def _switch_off(owner, viewer, todo, now):
    User.objects.filter(pk=viewer.pk).update(is_active=False)


GONE = [_leave, _complete, _trash, _archive, _trash_project, _switch_off]


@pytest.mark.parametrize("happens", GONE)
def test_S08_S15_nobody_is_reminded_of_what_is_gone_done_or_out_of_reach(
    happens, due, owner, viewer, todo, now, later, mailed
):
    reminder = due(actor=viewer)
    happens(owner, viewer, todo, now)
    Mail.objects.exclude(template="reminder").delete()

    sweep_reminders(later)

    reminder.refresh_from_db()
    assert (Notification.objects.count(), mailed(later), reminder.sent_at) == (0, [], later)


@pytest.mark.parametrize("happens", GONE)
def test_S08_S15_nor_by_a_mail_that_waited_meanwhile(happens, due, owner, viewer, todo, now, later, mailed):
    due(actor=viewer)
    sweep_reminders(later)
    happens(owner, viewer, todo, now)

    assert mailed(later) == []


def test_a_mail_that_waits_is_dropped_when_its_person_moves_or_deletes_the_reminder(
    due, owner, todo, make_todo, now, later, mailed
):
    moved, deleted = due(), due(todo=make_todo("Buy bread"))
    sweep_reminders(later)
    one = {"actor": owner, "now": later}
    update_reminder(**one, todo_id=todo.pk, reminder_id=moved.pk, values={"remind_at": later + HOUR})
    delete_reminder(**one, todo_id=deleted.todo_id, reminder_id=deleted.pk)

    assert mailed(later) == []
    sweep_reminders(later + HOUR)
    assert len(mailed(later + HOUR)) == 1


def test_a_moment_that_passes_while_a_todo_is_done_is_not_made_up_for(due, owner, todo, now, later):
    due()
    complete_todo(actor=owner, todo_id=todo.pk, now=now)
    sweep_reminders(later)
    reopen_todo(actor=owner, todo_id=todo.pk, now=later)

    assert sweep_reminders(later + HOUR) == 0
    assert lines(owner) == []


def test_S15_a_switched_off_person_is_reminded_of_nothing(due, owner, superadmin, now, later, mailed):
    due()
    edit_person(actor=superadmin, person_id=owner.pk, changes={"is_active": False}, now=now)
    Mail.objects.all().delete()

    sweep_reminders(later)

    assert mailed(later) == []


@pytest.mark.parametrize(
    "title",
    ["Cheap pills at evil.example", "https://evil.example/", "x@evil.example", "[click](http://evil.example)"],
)
def test_S26_a_title_that_could_be_a_link_stays_out_of_the_mail(title, due, make_todo, later, mailed):
    due(todo=make_todo(title))

    sweep_reminders(later)

    [message] = mailed(later)
    assert message.subject == "A reminder"
    assert "evil" not in message.body + message.alternatives[0].content


def test_S25_no_title_injects_a_header_or_markup(due, make_todo, later, mailed):
    due(todo=make_todo("Milk\r\nBcc: all <b>bold</b>"))

    sweep_reminders(later)

    [message] = mailed(later)
    sent = message.message()
    assert sent["Bcc"] is None
    assert "\n" not in message.subject
    assert "<b>" not in message.alternatives[0].content


# Recurring


def test_a_recurring_todo_reminds_of_each_occurrence(due, owner, todo, now, later):
    Todo.objects.filter(pk=todo.pk).update(due_date=now.date(), recurrence=["RRULE:FREQ=DAILY"])
    reminder = due(relative_to="due", offset_minutes=60)
    sweep_reminders(later)

    complete_todo(actor=owner, todo_id=todo.pk, now=later)

    reminder.refresh_from_db()
    todo.refresh_from_db()
    assert todo.completed_at is None
    assert (reminder.remind_at, reminder.sent_at) == (later + timedelta(days=1), None)
    assert sweep_reminders(later + timedelta(days=1)) == 1
    assert lines(owner) == [("reminder", "Buy milk")] * 2


# Nothing is lost, nothing is doubled


class Crash(Exception):
    """The power goes."""


class Fuse:
    """Lets so many statements pass, then crashes whoever asks; what was begun is still rolled back."""

    def __init__(self, left):
        self.left = left

    def __call__(self, execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
            if self.left < 0:
                raise Crash
        return execute(sql, params, many, context)


@pytest.mark.parametrize("statements", range(8))
def test_a_crash_at_any_statement_loses_and_doubles_nothing(statements, due, owner, make_todo, later, mailed):
    for number in range(3):
        due(todo=make_todo(str(number)))

    try:
        with connection.execute_wrapper(Fuse(statements)):
            sweep_reminders(later)
    except Crash:
        pass
    sweep_reminders(later)

    assert sorted(lines(owner)) == [("reminder", str(number)) for number in range(3)]
    assert sorted(message.subject for message in mailed(later)) == [f"Reminder: {number}" for number in range(3)]


class DyingBackend:
    """A server that takes a message while its client dies before it can note that."""

    taken: ClassVar[list] = []

    def __init__(self, **options):
        pass

    def open(self):
        pass

    def send_messages(self, messages):
        self.taken += messages
        raise Crash

    def close(self):
        pass


def test_a_mail_that_repeats_bears_the_same_message_id(due, later, mailed, settings, monkeypatch):
    due()
    sweep_reminders(later)
    monkeypatch.setattr(DyingBackend, "taken", [])
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DyingBackend"
    with pytest.raises(Crash):
        sweep_mail(later)
    settings.EMAIL_BACKEND = working

    [repeated] = mailed(later + HOUR)

    [first] = DyingBackend.taken
    assert first.message()["Message-ID"] == repeated.message()["Message-ID"]


def test_a_moment_that_is_dealt_with_again_while_its_mail_waits_is_one_mail_and_one_line(due, owner, later, mailed):
    reminder = due()
    sweep_reminders(later)
    Reminder.objects.filter(pk=reminder.pk).update(sent_at=None)

    sweep_reminders(later)

    assert (len(lines(owner)), len(mailed(later))) == (1, 1)


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("set"), st.integers(1, 5)),
            st.tuples(st.just("remind"), st.integers(0, 8)),
            st.tuples(st.just("mail"), st.integers(0, 12)),
        ),
        max_size=10,
    )
)
@examples(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_cut_off_in_whatever_order_each_moment_is_told_once_and_mailed(steps, due, todo, now):
    """Steps come a minute apart; `remind` and `mail` are rounds of the worker that die after so many statements."""
    with transaction.atomic():
        mail.outbox.clear()
        due(remind_at=now + HOUR)
        wanted, at = 1, now
        for step, number in steps:
            at += timedelta(minutes=1)
            if step == "set":
                create_reminder(
                    actor=todo.created_by, todo_id=todo.pk, values={"remind_at": at + number * HOUR / 60}, now=at
                )
                wanted += 1
            else:
                _cut_off({"remind": sweep_reminders, "mail": sweep_mail}[step], at, number)
        sweep_reminders(at + HOUR)
        for tries in range(1, 15):
            sweep_mail(at + 2 * HOUR * tries)

        messages = {message.message()["Message-ID"] for message in mail.outbox}
        assert (Notification.objects.count(), len(messages), Mail.objects.count()) == (wanted, wanted, 0)
        transaction.set_rollback(True)


def _cut_off(sweep, moment, statements):
    try:
        with connection.execute_wrapper(Fuse(statements)):
            sweep(moment)
    except Crash:
        transaction.set_rollback(False)  # what was cut off stood in a transaction of its own, or in none


# Many


def many(project, owner, count, moment):
    rows = [
        Todo(
            project=project, title=f"Todo {number}", order=f"a{number:05}", revision=1, created_by=owner,
            created_at=moment, updated_at=moment,
        )
        for number in range(count)
    ]  # fmt: skip
    Todo.objects.bulk_create(rows, batch_size=500)
    Reminder.objects.bulk_create(
        [Reminder(todo=todo, user=owner, remind_at=moment, created_at=moment) for todo in rows], batch_size=500
    )


def test_S32_thousands_at_once_go_in_bounded_batches(owner, project, later, now):
    many(project, owner, 3000, later)
    User.objects.update(email_verified_at=now)

    with CaptureQueriesContext(connection) as queries:
        started = clock.perf_counter()
        count = sweep_reminders(later)
        took = clock.perf_counter() - started

    inserts = [query["sql"] for query in queries if query["sql"].startswith("INSERT")]
    assert count == Notification.objects.count() == Mail.objects.filter(template="reminder").count() == 3000
    assert took < delivery.ROUND
    assert max(map(len, inserts)) < 100_000
    assert len(queries) < 10 * 3000 / delivery.BATCH


def test_a_round_ends_in_time_and_the_next_goes_on(owner, project, later, monkeypatch):
    many(project, owner, 250, later)
    monkeypatch.setattr(delivery, "ROUND", 1e-9)
    monkeypatch.setattr(delivery.time, "monotonic", iter([0.0, 0.0, 1.0, 1.0]).__next__)

    assert sweep_reminders(later) == delivery.BATCH


SWEEP = """
import sys
import django
django.setup()
from datetime import datetime
from django.db import connection
from todos.services.delivery import sweep_reminders

database, moment = sys.argv[1:]
connection.settings_dict["NAME"] = database
print("ready", flush=True)
while sweep_reminders(datetime.fromisoformat(moment)):
    pass
"""


@pytest.mark.servers
@pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"],
    reason="needs PostgreSQL: SQLite lets one writer in at a time",
)
@pytest.mark.django_db(transaction=True)
def test_workers_that_are_killed_at_any_moment_lose_and_double_nothing(owner, project, later, now):
    many(project, owner, 3000, later)
    User.objects.update(email_verified_at=now)
    command = [sys.executable, "-c", SWEEP, connection.settings_dict["NAME"], later.isoformat()]
    dice, killed = random.Random(5), 0

    for _ in range(2):
        workers = [Popen(command, stdout=PIPE, text=True, cwd=BASE_DIR) for _ in range(2)]
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
        clock.sleep(dice.uniform(0.01, 0.15))
        for worker in workers:
            if worker.poll() is None:
                os.kill(worker.pid, signal.SIGKILL)
                killed += 1
            worker.communicate(timeout=20)
    while sweep_reminders(later):
        pass

    assert killed
    assert Notification.objects.count() == Notification.objects.values("todo").distinct().count() == 3000
    assert Mail.objects.filter(template="reminder").count() == 3000
    assert not Reminder.objects.filter(sent_at=None).exists()


@pytest.mark.servers
@pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"],
    reason="needs PostgreSQL: SQLite lets one writer in at a time",
)
@pytest.mark.django_db(transaction=True)
def test_whoever_changes_dates_clocks_and_reminders_at_once_they_end_where_the_dates_are(
    owner, editor, viewer, project, make_todo, assert_gapless
):
    people, todos = (owner, editor, viewer), [make_todo(str(number), labels=["old"]) for number in range(3)]
    label = Label.objects.get(owner=owner)

    def change(number):
        dice = random.Random(number)
        for _ in range(12):
            person, todo, at = dice.choice(people), dice.choice(todos), timezone.now()
            try:
                match dice.randrange(6):
                    case 0:
                        name = dice.choice(["old", "new"])
                        update_label(actor=owner, label_id=label.pk, values={"name": name}, now=at)
                    case 1:
                        values = {"due_date": date(2030, 1, dice.randint(1, 28)), "due_time": dice.choice([None, NOON])}
                        update_todo(actor=dice.choice([owner, editor]), todo_id=todo.pk, values=values, now=at)
                    case 2:
                        zone = dice.choice(["UTC", "Asia/Tokyo", "America/New_York"])
                        update_profile(actor=person, changes={"time_zone": zone}, now=at)
                    case 3:
                        values = {"relative_to": "due", "offset_minutes": -dice.randint(0, 90)}
                        create_reminder(actor=person, todo_id=todo.pk, values=values, now=at)
                    case _:
                        sweep_reminders(at + dice.choice([timedelta(), timedelta(days=4000)]))
            except Conflict:
                pass  # enough reminders: an answer, not a fault

    together(8, change)

    rows = list(Reminder.objects.select_related("todo", "user"))
    assert len(rows) > 10
    for row in rows:
        assert row.remind_at == _moment(row)
    for holder in (project, *people):
        assert_gapless(holder)


def _moment(row):
    options = {"offset_minutes": row.offset_minutes, "zone": row.user.time_zone}
    moment = moment_of(row.todo, relative_to=row.relative_to, **options)
    return moment and moment.at
