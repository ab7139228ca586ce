"""What the search looks in and looks for: the same folded text in every database.

A document is the tokens of a text, each after a `GAP`; a token is a run of letters and digits,
without case and marks, and of ideographs each is one. What is looked for is then a part of a
document, and nothing that anybody types can mean more than itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import category, normalize

from config.errors import Invalid

GAP = "  "
"""Two, so that an index of three characters finds the beginning of any token, be it of one character."""
INSIDE = 3
"""Characters from which on a word is found inside others too, not only at their beginning."""
LONGEST_TOKEN = 64
LONGEST_DOCUMENT = 100_000
LONGEST_QUERY, MOST_WORDS = 200, 10
IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{IDEOGRAPHS}]|[^\W_{IDEOGRAPHS}]+")
CHUNK = re.compile(r'"([^"]*)"?|[^\s"]+')


def fold(text: str) -> str:
    """Return a text without case, marks and variants of form, to be compared with others."""
    if text.isascii():
        return text.lower()
    plain = normalize("NFKD", normalize("NFKD", text).casefold())
    return "".join(letter for letter in plain if category(letter)[0] != "M")


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, each cut to its first 64 characters."""
    return [token[:LONGEST_TOKEN] for token in TOKEN.findall(fold(text))]


def document(texts: Iterable[str]) -> str:
    """Return what is searched of some texts: their tokens, as many as go into 100,000 characters."""
    return "".join(_until_full(f"{GAP}{token}" for text in texts for token in tokens(text)))


def _until_full(parts: Iterator[str]) -> Iterator[str]:
    length = 0
    for part in parts:
        length += len(part)
        if length > LONGEST_DOCUMENT:
            return
        yield part


@dataclass(frozen=True, slots=True)
class Needle:
    """Words that stand one after the other, the last of them maybe the beginning of a longer one."""

    words: tuple[str, ...]

    @property
    def is_inside(self) -> bool:
        """Say whether it may be in the middle of a token too."""
        return len(self.words) == 1 and len(self.words[0]) >= INSIDE

    @property
    def is_beginning(self) -> bool:
        """Say whether it is a single word that only the beginning of a token can be."""
        return len(self.words) == 1 and not self.is_inside

    @property
    def part(self) -> str:
        """Return the part that a document has when the needle is in it."""
        return self.words[0] if self.is_inside else "".join(f"{GAP}{word}" for word in self.words)

    def is_in(self, *documents: str) -> bool:
        """Say whether one of the documents of a todo holds the needle."""
        return any(self.part in document for document in documents)


Needles = tuple[Needle, ...]
"""All of them are looked for. None at all are found nowhere."""


def needles(query: str, *, field: str = "search") -> Needles:
    """Return what a person looks for: each word, and what is in quotes in one piece.

    Raises Invalid for the `field` that it came in, when it is too long.
    """
    if len(query) > LONGEST_QUERY:
        raise Invalid.field(field, f"Search for at most {LONGEST_QUERY} characters.")
    chunks = (tokens(match[1] if match[1] is not None else match[0]) for match in CHUNK.finditer(query))
    found = tuple(dict.fromkeys(Needle(tuple(words)) for words in chunks if words))
    if sum(len(needle.words) for needle in found) > MOST_WORDS * 2 or len(found) > MOST_WORDS:
        raise Invalid.field(field, f"Search for at most {MOST_WORDS} words.")
    return found
