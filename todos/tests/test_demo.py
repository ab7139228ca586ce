"""The demo's data set."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.sign_in import check_password
from activity.models import Event
from activity.services.verification import Verification
from todos.management.demo_data import PASSWORD
from todos.models import Project, Todo

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker):
    """Fill the database once for all that is asked of it here."""
    with django_db_blocker.unblock(), transaction.atomic():
        told = StringIO()
        call_command("demo", stdout=told)
        yield told.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def demo(filled, db):
    return filled


def test_it_has_three_people_nine_projects_and_two_hundred_todos(demo):
    assert User.objects.count() == 3
    assert Project.objects.filter(is_inbox=False).count() == 9
    assert Todo.objects.count() == 200


def test_it_shows_todos_in_every_state(demo):
    today = timezone.now().date()

    assert 60 <= Todo.objects.completed().count() <= 70
    assert 5 <= Todo.objects.trashed().count() <= 10
    waiting = Todo.objects.live().open()
    assert waiting.filter(due_date=today).exists()
    assert waiting.filter(due_date__lt=today).exists()
    assert waiting.filter(due_date__gt=today).count() > 20
    assert waiting.exclude(due_time=None).exists()
    assert Todo.objects.exclude(description="").count() > 5
    assert Todo.objects.exclude(parent=None).count() > 20
    assert set(Todo.objects.values_list("priority", flat=True)) == {1, 2, 3, 4}


def test_every_revision_has_its_event_in_order(demo):
    events = Counter(Event.objects.journal().values_list("scope", flat=True))

    assert {row.scope: row.revision for row in Project.objects.filter(revision__gt=0)} == {
        scope: count for scope, count in events.items() if scope.startswith("project:")
    }
    assert {f"user:{user.pk}": user.revision for user in User.objects.all()} == {
        scope: count for scope, count in events.items() if scope.startswith("user:")
    }
    for scope in events:
        moments = list(Event.objects.journal().in_scopes([scope]).order_by("revision").values_list("created_at"))
        assert moments == sorted(moments)


def test_its_history_is_sound(demo):
    assert list(Verification(now=timezone.now()).findings()) == []


def test_nothing_happens_in_the_future(demo):
    assert not Event.objects.journal().filter(created_at__gt=timezone.now()).exists()
    assert not Todo.objects.filter(completed_at__lt=timezone.now() - timedelta(days=40)).exists()


def test_one_can_sign_in_with_what_it_prints(demo):
    mara = check_password(email="mara@demo.example", password=PASSWORD, ip=None, now=timezone.now())

    assert mara.is_staff
    assert PASSWORD in demo
    assert mara.email in demo


def test_a_second_run_is_refused_and_changes_nothing(demo):
    events = Event.objects.journal().count()

    with pytest.raises(CommandError, match=r"mara@demo.example is here already"):
        call_command("demo")

    assert Event.objects.journal().count() == events


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_it_stays_out_of_the_real_thing(name, settings):
    settings.APP_ENV = name
    before = User.objects.count()

    with pytest.raises(CommandError, match=name):
        call_command("demo")

    assert User.objects.count() == before
