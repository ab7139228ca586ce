"""Whom a text calls by name."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from todos.domain.mentions import mentioned

PEOPLE = {1: ["Ada", "ada.l"], 2: ["Ada Lovelace", "countess"], 3: ["Zoë Straße", "zoe"], 4: ["Ada"], 5: ["", " "]}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Ada", {1, 4}),
        ("hi @ada, and bye", {1, 4}),
        ("@ada lovelace", {2}),
        ("@[Ada] Lovelace", {1, 4}),
        ("@[ Ada Lovelace ]s", {2}),
        ("@ada.l", {1}),
        ("@Countess!", {2}),
        ("@ZOË STRASSE", {3}),
        ("(@zoe)", {3}),
        ("@zoe@zoe", {3}),
        ("@Adamant @Ada_x @[Ada Love]", set()),
        ("ada@zoe", set()),
        ("@ ada @ [] @[] @", set()),
    ],
)
def test_the_longest_name_that_fits_is_meant(text, called):
    assert mentioned([text], PEOPLE) == called


def test_nobody_is_called_where_nobody_has_a_name():
    assert mentioned(["@Ada @[] @"], {1: [""], 2: []}) == set()


@given(st.text(max_size=200), st.dictionaries(st.integers(), st.lists(st.text(max_size=20)), max_size=5))
def test_any_text_and_any_names_have_an_answer(text, people):
    assert mentioned([text], people) <= people.keys()


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=20))
def test_whoever_has_a_name_can_be_called_by_it(name):
    assert mentioned([f"Hello @[{name}]!"], {1: [name]}) == {1}


@pytest.mark.parametrize("text", ["@" * 50_000, "@a" * 25_000, "@[" * 25_000, "@" + "a" * 50_000, "@[aaa " * 10_000])
def test_S28_fifty_thousand_characters_take_no_time(text):
    people = {number: ["a" * length, "a" * length + "b"] for number, length in enumerate(range(1, 100))}

    start = time.process_time()
    mentioned([text], people)

    assert time.process_time() - start < 1
