"""Many at once on real servers: processes and threads, each with its own connection."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, Popen
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from accounts.services.devices import refresh_device, sign_in_device
from activity.models import Event
from config.env import BASE_DIR
from config.errors import DomainError
from todos.models import Project, Todo
from todos.services.ordering import reorder_todo
from todos.services.projects import create_project
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]


def together(count, call):
    """Call with 0, 1, … in as many threads, all at the same moment; return the results."""
    gate = Barrier(count, timeout=10)

    def one(number):
        try:
            gate.wait()
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


COMPLETE = """
import sys
import django
django.setup()
from django.db import connection
from django.utils import timezone
from accounts.models import User
from todos.services.todos import complete_todo

database, actor_id, todo_id = sys.argv[1:]
connection.settings_dict["NAME"] = database
actor = User.objects.get(pk=actor_id)
print("ready", flush=True)
sys.stdin.readline()
print(complete_todo(actor=actor, todo_id=todo_id, now=timezone.now()).completed_at.isoformat())
"""


def test_two_processes_complete_the_same_todo_once(owner, todo, recorded, assert_gapless):
    command = [sys.executable, "-c", COMPLETE, connection.settings_dict["NAME"], str(owner.pk), str(todo.pk)]
    processes = [Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=BASE_DIR) for _ in range(2)]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2

    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    moments = {process.communicate(timeout=20)[0].strip() for process in processes}

    assert moments == {Todo.objects.get().completed_at.isoformat()}
    assert [process.returncode for process in processes] == [0, 0]
    assert recorded(todo) == ["todo.created", "todo.completed"]
    assert_gapless(todo.project)


def test_eight_threads_complete_the_same_todo_once(owner, todo, recorded):
    together(8, lambda _: complete_todo(actor=owner, todo_id=todo.pk, now=timezone.now()))

    assert recorded(todo) == ["todo.created", "todo.completed"]


def test_eight_threads_of_mixed_writes_leave_no_gap(owner, editor, project, make_todo, now, assert_gapless):
    other = create_project(actor=owner, title="Work", now=now)
    todos = [make_todo(str(number)).pk for number in range(6)]

    def write(number):
        dice, actor = random.Random(number), (owner, editor)[number % 2]
        for _ in range(15):
            change = {"actor": actor, "todo_id": dice.choice(todos), "now": timezone.now()}
            try:
                match dice.randrange(6):
                    case 0:
                        values = {"title": "New", "project": project.pk, "labels": [dice.choice("abc")]}
                        create_todo(actor=actor, values=values, now=timezone.now())
                    case 1:
                        update_todo(**change, values={"project": dice.choice([project.pk, other.pk])})
                    case 2:
                        update_todo(**change, values={"parent": dice.choice(todos)})
                    case 3:
                        reorder_todo(**change, after=dice.choice(todos))
                    case _:
                        dice.choice([complete_todo, reopen_todo, delete_todo, restore_todo])(**change)
            except DomainError:
                pass  # moved, trashed or not allowed meanwhile: an answer, not a fault

    together(8, write)

    for holder in (project, other, owner, editor):
        assert_gapless(holder)
    assert Event.objects.journal().in_scopes([project.scope]).count() > 20


def test_S32_two_moves_at_once_make_no_cycle(owner, make_todo):
    for _ in range(5):
        pair = [make_todo("One").pk, make_todo("Two").pk]

        def hang(number, pair=pair):
            values = {"parent": pair[1 - number]}
            try:
                update_todo(actor=owner, todo_id=pair[number], values=values, now=timezone.now())
            except DomainError:
                return "refused"
            return "done"

        outcomes = together(2, hang)

        assert sorted(outcomes) == ["done", "refused"]


def test_eight_threads_with_the_same_chosen_id_make_one_todo(owner, project):
    chosen = Project(title="only for an id").pk

    def create(_):
        values = {"id": chosen, "title": "Once", "project": project.pk}
        try:
            return create_todo(actor=owner, values=values, now=timezone.now()).pk
        except DomainError as error:
            return error.code

    outcomes = together(8, create)

    assert outcomes.count(chosen) == 1
    assert outcomes.count("conflict") == 7


def test_ten_refreshes_of_one_token_within_the_grace_get_the_same_pair(owner):
    signed_in = sign_in_device(user=owner, label="test", ip=None, now=timezone.now())

    pairs = together(10, lambda _: refresh_device(token=signed_in.pair.refresh, now=timezone.now()))

    assert len(set(pairs)) == 1
    assert pairs[0].refresh != signed_in.pair.refresh
    signed_in.device.refresh_from_db()
    assert signed_in.device.revoked_at is None
