"""Signs before names: #project, /section, @label, +person; a backslash takes the meaning from one."""

from collections.abc import Iterator
from typing import Any

from todos.domain.quickadd.drafts import NO_NAMES, Known, Names, Unknown
from todos.domain.quickadd.words import PUNCTUATION, Line

KINDS = {"#": "project", "/": "section", "@": "label", "+": "assignee"}
ESCAPED = set('#/@+"“{')
NOT_IN_LABELS = set(",@#'’\"“”()[]{}<>\\")
NOT_IN_NAMES = set("/\\@'’")
"""Signs of something else than a name that somebody meant: a path, an address, somebody's."""
LONGEST_LABEL = 60
MOST_LABELS = 50

Found = tuple[str, Any, int]
"""A kind, what it stands for, and the index behind it."""


class Marks:
    """Reads the names of one line, which goes into the project that it names last."""

    def __init__(self, line: Line, known: Known) -> None:
        self.known = known
        self.unknown: list[Unknown] = []
        self.labels: dict[str, str] = {}
        self.project = known.project
        if not known.fixed:
            self._find_project(line)

    def _find_project(self, line: Line) -> None:
        for index, word in enumerate(line.words):
            if word.text[0] == "#" and not word.closed:
                found = self._project(line, index)
                self.project = found[1] if found else self.project

    def read(self, line: Line, index: int) -> Found | None:
        """Return what the name behind the sign at `index` stands for."""
        word = line.words[index]
        sign = word.text[0]
        if sign == "\\":
            return ("escape", None, index + 1) if word.text[1:2] and word.text[1] in ESCAPED else None
        if len(word.text) == 1:
            return None
        if sign == "@":
            return self._label(line, index)
        if sign == "#":
            return self._named(line, index, self._project(line, index))
        names = self.known.sections if sign == "/" else self.known.people
        if sign == "/" and self.known.fixed:
            return None
        return self._named(line, index, self._find(line, index, names.get(self.project, NO_NAMES)))

    def _project(self, line: Line, index: int) -> Found | None:
        found = self._find(line, index, self.known.projects)
        return None if found and self.known.fixed and found[1] != self.known.project else found

    def _named(self, line: Line, index: int, found: Found | None) -> Found | None:
        if found is None and not self._is_elsewhere(line, index):
            self._offer(line, index)
        return found

    def _is_elsewhere(self, line: Line, index: int) -> bool:
        """Say whether it names a project that the line, fixed to its place, cannot go to."""
        return line.words[index].text[0] == "#" and self._find(line, index, self.known.projects) is not None

    def _find(self, line: Line, index: int, names: Names) -> Found | None:
        kind = KINDS[line.words[index].text[0]]
        quoted = _quoted(line, index)
        if quoted:
            handle = names.get(quoted[0])
            return None if handle is None else (kind, handle, quoted[1])
        found = names.find(_forms(line, index))
        return found and (kind, found[0], index + found[1])

    def _offer(self, line: Line, index: int) -> None:
        """Note a name that nothing is known by."""
        word, quoted = line.words[index], _quoted(line, index)
        name = quoted[0] if quoted else word.text[1 : len(word.text) - len(word.tail)]
        if any(map(str.isalpha, name)) and not name[0].isdigit() and NOT_IN_NAMES.isdisjoint(name):
            end = line.words[quoted[1] - 1].end if quoted else word.end
            self.unknown.append(
                Unknown(word.start, end - len(word.tail if not quoted else ""), KINDS[word.text[0]], name)
            )

    def _label(self, line: Line, index: int) -> Found | None:
        found = self._find(line, index, self.known.labels) or self._new_label(line, index)
        if found is None:
            return None
        key = str(found[1]).casefold()
        if key not in self.labels and len(self.labels) == MOST_LABELS:
            return None
        self.labels.setdefault(key, str(found[1]))
        return found

    def _new_label(self, line: Line, index: int) -> Found | None:
        word, quoted = line.words[index], _quoted(line, index)
        name = quoted[0] if quoted else word.text[1 : len(word.text) - len(word.tail)]
        if not name or len(name) > LONGEST_LABEL or not NOT_IN_LABELS.isdisjoint(name) or not name.isprintable():
            return None
        if PUNCTUATION.issuperset(name):
            return None
        return "label", name, quoted[1] if quoted else index + 1


def _quoted(line: Line, index: int) -> tuple[str, int] | None:
    """Return the quoted name behind the sign at `index`, and the index behind it."""
    end = line.quotes.get(line.words[index].start)
    if end is None:
        return None
    last = index
    while line.words[last].end < end:
        last += 1
    name = " ".join(word.text for word in line.words[index : last + 1])
    return " ".join(name[2 : len(name) - (line.words[last].end - end) - 1].split()), last + 1


def _forms(line: Line, index: int) -> Iterator[tuple[str, str]]:
    """Yield the words of a name in small letters, with their punctuation and without it."""
    for number in range(index, len(line.words)):
        word = line.words[number]
        if word.closed:
            return
        text = word.text[1:] if number == index else word.text
        yield text.casefold(), text[: len(text) - len(word.tail)].casefold()
