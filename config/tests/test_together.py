"""Writes that wait for one another: in order, kind by kind, and gone with the block that failed."""

import pytest

from config.together import flush, forgetting_failure, once, together, write


@pytest.fixture
def saved():
    return []


@pytest.fixture
def save(saved):
    return lambda rows: saved.append(("save", rows))


@pytest.fixture
def note(saved):
    return lambda rows: saved.append(("note", rows))


def test_outside_a_block_each_is_written_at_once(save, saved):
    write(save, 1)
    write(save, 2)

    assert saved == [("save", [1]), ("save", [2])]


def test_in_a_block_each_kind_is_written_once_at_its_end(save, note, saved):
    with together():
        write(save, 1)
        write(note, "a")
        write(save, 2, 3)
        assert saved == []

    assert saved == [("save", [1, 2, 3]), ("note", ["a"])]


def test_what_waits_is_written_for_who_wants_to_read_it(save, saved):
    with together():
        write(save, 1)
        flush()
        write(save, 2)

    assert saved == [("save", [1]), ("save", [2])]


def test_a_block_that_fails_writes_nothing(save, saved):
    def fail():
        with together():
            write(save, 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    write(save, 2)
    assert saved == [("save", [2])]


def test_a_step_that_fails_takes_its_own_writes_along_and_no_others(save, note, saved):
    def fail():
        with forgetting_failure():
            write(save, 2)
            write(note, "b")
            raise KeyError

    with together():
        write(save, 1)
        with pytest.raises(KeyError):
            fail()
        write(save, 3)

    assert saved == [("save", [1, 3])]


def test_what_is_read_once_is_read_once_in_a_block_and_each_time_outside():
    asked = []

    def read(key):
        asked.append(key)
        return len(asked)

    with together():
        inside = [once(read, "a"), once(read, "b"), once(read, "a")]

    assert inside == [1, 2, 1]
    assert (once(read, "a"), once(read, "a")) == (3, 4)
