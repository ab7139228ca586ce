import pytest

from accounts.models import User
from activity.models import Event
from activity.routers import ActivityRouter
from todos.models import Todo

router = ActivityRouter()


@pytest.fixture
def without_archive(settings, monkeypatch):
    monkeypatch.delitem(settings.DATABASES, "activity", raising=False)


@pytest.fixture
def with_archive(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES, "activity", {})


def test_events_are_read_from_the_archive_where_there_is_one(with_archive):
    assert router.db_for_read(Event) == "activity"


def test_events_are_read_from_the_journal_where_there_is_none(without_archive):
    assert router.db_for_read(Event) == "default"


def test_events_are_always_written_to_the_journal(with_archive):
    assert router.db_for_write(Event) == "default"


@pytest.mark.parametrize("model", [User, Todo])
def test_other_models_are_none_of_its_business(with_archive, model):
    assert router.db_for_read(model) is None
    assert router.db_for_write(model) is None


@pytest.mark.parametrize(
    ("database", "app", "expected"),
    [
        ("activity", "activity", True),
        ("activity", "accounts", False),
        ("activity", "todos", False),
        ("activity", "contenttypes", False),
        ("default", "activity", None),
        ("default", "todos", None),
    ],
)
def test_the_archive_holds_events_and_nothing_else(database, app, expected):
    assert router.allow_migrate(database, app) is expected
