"""A server that is killed in the middle: what was sent under a key is there once, and told the same, after it."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import requests

from accounts.tests.servers import Person, database_of_ours, patiently, web_process

THREADS, KILLS = 4, 3


@pytest.fixture
def server(tmp_path):
    with database_of_ours(tmp_path) as url, web_process(tmp_path, DATABASE_URL=url) as server:
        yield server


@pytest.fixture
def create(server):
    """Create a todo that is named as its key, as one person does."""
    person = Person(server.address)
    bearer = {"Authorization": f"Bearer {person.pair['access']}"}

    def create(key):
        return person.api("POST", "todos/", json={"title": key}, headers=bearer | {"Idempotency-Key": key})

    create.titles = lambda: _titles(server.address, bearer)
    return create


def _titles(address, bearer):
    """Return the title of every todo there is, page by page."""
    found, url = [], f"{address}/api/v1/todos/?limit=200"
    while url:
        page = requests.get(url, headers=bearer, timeout=10).json()
        found += [row["title"] for row in page["results"]]
        url = page["next"]
    return found


def told(answer):
    return answer.status_code, answer.content, answer.headers["ETag"], answer.headers["Location"]


def send_until_it_dies(create):
    """Create one todo after another; return by key what was answered, None where nothing was."""
    answers = {}
    while True:
        key = str(uuid4())
        answers[key] = None
        try:
            answer = create(key)
        except requests.RequestException:
            return answers
        if answer.status_code != 503:  # SQLite may be busy: then nothing was done, and trying again is right
            answers[key] = told(answer)


def test_what_was_sent_under_a_key_is_there_once_though_the_server_was_killed(server, create):
    dice, answers = random.Random(), {}

    for _ in range(KILLS):
        with ThreadPoolExecutor(THREADS) as pool:
            sent = [pool.submit(send_until_it_dies, create) for _ in range(THREADS)]
            time.sleep(dice.uniform(0.2, 0.8))
            server.kill()
        for found in sent:
            answers |= found.result()
        server.start()
    retried = {key: told(patiently(lambda key=key: create(key))) for key in answers}

    assert {key: answer for key, answer in answers.items() if answer not in (None, retried[key])} == {}
    assert {answer[0] for answer in retried.values()} == {201}
    assert sorted(create.titles()) == sorted(answers)
    assert {key: told(create(key)) for key in answers} == retried
    assert list(answers.values()).count(None) >= KILLS
