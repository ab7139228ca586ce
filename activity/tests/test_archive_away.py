"""The archive stops in mid-run, hangs, and comes back: a served product, as in production."""

import os
import statistics
import subprocess
import sys
from uuid import uuid4

import pytest
from django.conf import settings

from accounts.tests.servers import Person, database_of_ours, until, web_server
from activity.archive import PAUSE
from activity.tests.gate import Gate
from config.env import BASE_DIR

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif("mongodb" not in settings.DATABASES["activity"]["ENGINE"], reason="needs MONGODB_URL"),
]
STATISTICS = ("heatmap", "days", "streaks", "projects", "hours", "durations", "burndown")


class Finisher(Person):
    """Somebody who has finished a todo of this project, and asks with these headers."""

    headers: dict[str, str]
    project: str


@pytest.fixture(scope="module")
def gate():
    gate = Gate.before(settings.DATABASES["activity"]["HOST"])
    yield gate
    gate.shut()


@pytest.fixture(scope="module")
def served(gate, tmp_path_factory):
    """Serve with the archive behind the gate; yields the address, and what runs a command beside it."""
    import pymongo

    folder, database = tmp_path_factory.mktemp("served"), f"served_{uuid4().hex[:12]}"
    kept = settings.DATABASES["activity"]["HOST"]
    stores = {"MONGODB_URL": gate.url(kept, database), "WEB_WORKERS": "1"}

    def manage(*command):
        values = {"PATH": os.environ["PATH"], "APP_ENV": "dev", "DATA_DIR": str(folder)} | stores
        subprocess.run([sys.executable, "manage.py", *command], cwd=BASE_DIR, env=values, check=True)

    with database_of_ours(folder) as stores["DATABASE_URL"]:
        manage("migrate", "--database", "activity", "--verbosity", "0")
        with web_server(folder, **stores) as address:
            yield address, manage
    with pymongo.MongoClient(kept) as client:
        client.drop_database(database)


@pytest.fixture
def person(served):
    """Somebody who has finished a todo, which is in the archive."""
    address, manage = served
    person = Finisher(address)
    person.headers = {"Authorization": f"Bearer {person.pair['access']}"}
    todo = person.api("POST", "todos/", json={"title": "Buy milk"}, headers=person.headers).json()
    assert person.api("POST", f"todos/{todo['id']}/completion/", headers=person.headers).ok
    person.project = todo["project"]
    manage("activity_relay")
    return person


def comes_back(person: Finisher) -> float:
    """Wait until answers are complete; return how long it took."""
    return until(lambda: person.api("GET", "activity/", headers=person.headers).json()["complete"], seconds=30)


def asked(person: Finisher, complete: bool) -> list[float]:
    """Ask for the timeline and for all numbers; return how long each answer took."""
    query = {"project": person.project}
    answers = [person.api("GET", "activity/", headers=person.headers, params=query)]
    answers += [
        person.api("GET", f"activity/stats/{name}/", headers=person.headers, params=query) for name in STATISTICS
    ]
    assert [(answer.status_code, answer.json()["complete"]) for answer in answers] == [(200, complete)] * 8
    assert [event["verb"] for event in answers[0].json()["results"]] == ["todo.completed", "todo.created"]
    assert answers[1].json()["total"] == 1
    return [answer.elapsed.total_seconds() for answer in answers]


@pytest.mark.parametrize("how", ["shut", "deafen"])
def test_S35_while_the_archive_is_away_the_journal_answers_in_time_and_then_all_is_well(person, gate, how):
    comes_back(person)
    before = asked(person, complete=True)

    getattr(gate, how)()
    away = asked(person, complete=False)
    written = person.api("POST", "todos/", json={"title": "Buy bread"}, headers=person.headers)
    gate.open()
    back = comes_back(person)

    report(how, before, away, back)
    assert away[0] < 1
    assert max(away[1:]) < 0.5  # nobody waits for it a second time
    assert (written.status_code, written.elapsed.total_seconds() < 0.5) == (201, True)
    assert back < 2 * PAUSE + 3  # on a busy machine the first try may take too long
    events = person.api("GET", "activity/", headers=person.headers, params={"project": person.project}).json()
    assert [event["subject"]["title"] for event in events["results"]] == ["Buy bread", "Buy milk", "Buy milk"]


def report(how: str, before: list[float], away: list[float], back: float) -> None:
    usual, first, others = (round(1000 * value) for value in (statistics.median(before), away[0], max(away[1:])))
    print(  # noqa: T201
        f"\nArchive {how}: answers in {usual} ms (median); away: {first} ms, then {others} ms at worst; "
        f"complete again after {back:.1f} s"
    )
