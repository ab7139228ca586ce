import pytest
from hypothesis import given
from hypothesis import strategies as st

from todos.domain.ranking import SMALLEST, key_between, spread


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, "a0"),
        ("a0", None, "a1"),
        ("az", None, "b00"),
        ("Zz", None, "a0"),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzz", None, "zzzzzzzzzzzzzzzzzzzzzzzzzzzV"),
        (None, "a0", "Zz"),
        (None, "a0V", "a0"),
        (None, "Z0", "Yzz"),
        ("a0", "a1", "a0V"),
        ("a0", "a2", "a1"),
        ("a0V", "a1", "a0l"),
        ("Zz", "a0", "ZzV"),
        ("Zz", "a1", "a0"),
        ("a0", "a0V", "a0G"),
        ("a0", "a01", "a00V"),
    ],
)
def test_a_key_between_two_is_the_well_known_one(before, after, expected):
    assert key_between(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a1", "a0"),
        ("a0", "a0"),
        ("", None),
        (None, ""),
        ("a", None),
        ("b0", None),
        ("a00", None),
        (None, "a0V0"),
        ("a!", None),
        ("é0", None),
        ("00", None),
        ("a0", "a1 "),
    ],
)
def test_what_is_no_key_or_in_no_order_is_refused(before, after):
    with pytest.raises(ValueError, match=r"order key|no key between"):
        key_between(before, after)


@given(st.lists(st.floats(min_value=0, max_value=1), max_size=120))
def test_any_interleaving_of_insertions_keeps_the_order_and_each_key_apart(places):
    keys: list[str] = []

    for place in places:
        index = round(place * len(keys))
        keys.insert(index, key_between(keys[index - 1] if index else None, (keys[index:] or [None])[0]))

    assert keys == sorted(set(keys))
    assert max(map(len, keys), default=0) <= 60


@given(st.integers(min_value=1, max_value=2000))
def test_appending_keeps_keys_short(count):
    keys = spread(count)

    assert keys == sorted(set(keys))
    assert len(keys) == count
    assert max(map(len, keys)) <= 4


def test_a_thousand_prepends_keep_keys_short():
    keys = ["a0"]

    for _ in range(1000):
        keys.insert(0, key_between(None, keys[0]))

    assert keys == sorted(set(keys))
    assert max(map(len, keys)) <= 4


def test_something_can_always_come_before_the_smallest_key():
    key = SMALLEST + "V"

    for _ in range(50):
        smaller = key_between(None, key)
        assert smaller < key
        key = smaller


def test_something_can_always_come_between_two_neighbours():
    low, high = "a0", "a1"

    for turn in range(200):
        middle = key_between(low, high)
        assert low < middle < high
        low, high = (middle, high) if turn % 2 else (low, middle)
