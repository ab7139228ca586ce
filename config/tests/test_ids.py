import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122

from config.ids import uuid7

MANY = 5_000


def test_an_id_has_the_version_and_the_variant_of_rfc_9562():
    made = [uuid7() for _ in range(100)]

    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert {each.int >> 76 & 0xF for each in made} == {0x7}
    assert {each.int >> 62 & 0b11 for each in made} == {0b10}


def test_an_id_begins_with_the_milliseconds_of_its_making(monkeypatch):
    monkeypatch.setattr("config.ids._last", 0, raising=False)  # a test before this one may have lived in the future
    before = time.time_ns() // 1_000_000

    made = uuid7()

    # A process that makes ids faster than its clock ticks may run a little ahead.
    assert before - 1 <= made.int >> 80 <= time.time_ns() // 1_000_000 + 100


def test_each_id_sorts_after_the_one_before():
    made = [uuid7() for _ in range(MANY)]

    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(str(each) for each in made)
    assert len(set(made)) == MANY


def test_threads_never_make_the_same_id():
    with ThreadPoolExecutor(4) as pool:
        batches = pool.map(lambda _: [uuid7() for _ in range(MANY)], range(4))

    assert len({each for batch in batches for each in batch}) == 4 * MANY


def test_an_id_cannot_be_guessed_from_the_one_before():
    tails = [uuid7().int & (1 << 62) - 1 for _ in range(MANY)]

    assert len(set(tails)) == MANY
    assert tails != sorted(tails)
    assert all(0.4 < sum(tail >> bit & 1 for tail in tails) / MANY < 0.6 for bit in range(62))
