import pytest

from accounts.models import User
from activity.models import Batch, Event
from activity.routers import ActivityRouter
from todos.models import Todo

router = ActivityRouter()


def test_events_are_read_from_the_archive_where_there_is_one(archive):
    assert router.db_for_read(Event) == "activity"


def test_events_are_read_from_the_journal_where_there_is_none(no_archive):
    assert router.db_for_read(Event) == "default"


def test_events_are_always_written_to_the_journal(archive):
    assert router.db_for_write(Event) == "default"


def test_what_keeps_the_two_in_step_is_read_from_the_journal(archive):
    assert router.db_for_read(Batch) is None
    assert router.db_for_write(Batch) == "default"


@pytest.mark.parametrize("model", [User, Todo])
def test_other_models_are_none_of_its_business(archive, model):
    assert router.db_for_read(model) is None
    assert router.db_for_write(model) is None


@pytest.mark.parametrize(
    ("database", "app", "model", "expected"),
    [
        ("activity", "activity", "event", True),
        ("activity", "activity", "batch", False),
        ("activity", "activity", None, True),
        ("activity", "accounts", "user", False),
        ("activity", "todos", "todo", False),
        ("activity", "contenttypes", "contenttype", False),
        ("default", "activity", "event", None),
        ("default", "activity", "batch", None),
        ("default", "todos", "todo", None),
    ],
)
def test_the_archive_holds_events_and_nothing_else(database, app, model, expected):
    assert router.allow_migrate(database, app, model_name=model) is expected
