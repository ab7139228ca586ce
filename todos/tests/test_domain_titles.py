"""What things are called."""

import pytest

from todos.domain.titles import one_line


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (" Buy milk ", "Buy milk"),
        ("Buy\r\nmilk\u2028now", "Buy milk now"),
        ("Buy  milk", "Buy  milk"),
        ("\u05e9\u05dc\u05d5\u05dd\u200f", "\u05e9\u05dc\u05d5\u05dd\u200f"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("", ""),
        (" \n ", ""),
        ("\u200b", ""),
        ("\u202e\u2066 \u2060", ""),
    ],
)
def test_a_title_is_one_line_that_shows(text, title):
    assert one_line(text) == title
