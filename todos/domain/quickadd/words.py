"""A line as words: where each stands, what it says in small letters, and which ones are not to be understood.

Offsets are Unicode code points of the whole text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import punctuation

from todos.domain.quickadd.vocabulary import ABBREVIATED

WORD = re.compile(r"\S+")
TAIL = ".,;:!?…"
QUOTED = re.compile(r'(?<!\S)[#@+/]?(?:"[^"]*+"|“[^”]*+”)(?=[\s.,;:!?…)]|$)')
EVERY = ("every", "ev", "each")
PUNCTUATION = frozenset(punctuation)
NAMES = {"Tom", "Tod"}
"""People more often than days."""
NOWHERE = 1 << 30
"""An index behind every word."""
LONGEST = 30
"""No word of ours is longer."""

Range = tuple[int, int]


@dataclass(slots=True)
class Word:
    """`key` is the word in small letters without its `tail` of punctuation; "" when it is not to be understood."""

    start: int
    end: int
    text: str
    key: str
    tail: str
    closed: bool = False


@dataclass(slots=True)
class Line:
    words: list[Word]
    quotes: dict[int, int] = field(default_factory=dict)
    """Where each quoted piece that a sign such as # stands before begins, and ends."""
    count: int = 0

    def __post_init__(self) -> None:
        self.count = len(self.words)

    def key(self, index: int) -> str:
        """Return what the word says; "" behind the last one."""
        return self.words[index].key if index < self.count else ""

    def step(self, index: int, comma: bool = False) -> int:
        """Return the index of the next word of the same phrase: punctuation ends one, but for a `comma` where asked."""
        if index >= self.count:
            return NOWHERE
        tail = self.words[index].tail
        return index + 1 if not tail or (comma and tail == ",") else NOWHERE

    def keys(self, index: int, *wanted: str) -> bool:
        """Say whether these words stand here, in one phrase."""
        for number, key in enumerate(wanted):
            if self.key(index) != key:
                return False
            if number + 1 < len(wanted):
                index = self.step(index)
        return True


def read_line(text: str, *, offset: int = 0, closed: Sequence[Range] = ()) -> Line:
    """Split a line, which begins at `offset`; words that touch a `closed` range are not to be understood.

    Neither is what stands in quotation marks, unless as the name behind a sign.
    """
    line = Line([_word(found[0], offset + found.start()) for found in WORD.finditer(text)])
    for words in _touched(line, closed):
        for word in words:
            word.key, word.closed = "", True
    if '"' not in text and "“" not in text:
        return line
    quotes = [(offset + found.start(), offset + found.end()) for found in QUOTED.finditer(text)]
    for (start, end), words in zip(quotes, _touched(line, quotes), strict=True):
        signed = text[start - offset] not in '"“' and not any(word.closed for word in words)
        for word in words:
            word.key, word.closed = "", True
        if signed:
            words[0].closed = False
            line.quotes[start] = end
    return line


def _touched(line: Line, ranges: Sequence[Range]) -> Iterator[list[Word]]:
    """Yield, for each of these ranges in order, the words that it touches."""
    first = 0
    for start, end in ranges:
        while first < len(line.words) and line.words[first].end <= start:
            first += 1
        last = first
        while last < len(line.words) and line.words[last].start < end:
            last += 1
        yield line.words[first:last]


def _word(text: str, start: int) -> Word:
    key = text.rstrip(TAIL)
    tail = text[len(key) :]
    end = start + len(text)
    if len(key) > LONGEST:
        return Word(start, end, text, "", tail)
    if key in NAMES:
        return Word(start, end, text, "", tail)
    key = key.lower()
    if tail:
        if key in EVERY and tail[0] == "!":
            key, tail = f"{key}!", tail[1:]
        elif tail[0] == "." and (key in ABBREVIATED or key.endswith((".m", "a.m", "p.m"))):
            tail = tail[1:]
    return Word(start, end, text, key, tail)
