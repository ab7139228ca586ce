"""The terms of a filter: Todoist's words, and some of ours."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from itertools import islice

from config.errors import Invalid
from todos.domain.filters.calendar import Base, Day, read_period, read_span
from todos.domain.filters.nodes import (
    Between,
    By,
    Completed,
    Everything,
    Has,
    InProject,
    InSection,
    InvalidFilter,
    Labelled,
    Node,
    Not,
    Part,
    Pattern,
    Priority,
    Role,
    Shared,
    Term,
    When,
    Who,
    Words,
)
from todos.domain.search import fold, needles

ESCAPED = re.compile(r"\\(.)", re.DOTALL)
SPACES = re.compile(r"\s+")
TODAY = Day(Base.DAYS, 0)
LOWEST = 4
MOST_WORDS = 4
"""No term of words alone has more."""
PARTS = {
    "date": Part.DATE, "due date": Part.DATE, "time": Part.TIME, "start": Part.START, "start date": Part.START,
    "deadline": Part.DEADLINE, "duration": Part.DURATION, "description": Part.DESCRIPTION,
    "recurrence": Part.RECURRENCE, "section": Part.SECTION, "parent": Part.PARENT, "assignee": Part.ASSIGNEE,
    "label": Part.LABELS, "labels": Part.LABELS, "subtask": Part.SUBTASKS, "subtasks": Part.SUBTASKS,
    "comment": Part.COMMENTS, "comments": Part.COMMENTS, "attachment": Part.ATTACHMENTS,
    "attachments": Part.ATTACHMENTS,
}  # fmt: skip
"""What `has: …` and `no …` can be followed by."""
WORDS: dict[str, Callable[[int], Node]] = {
    "all": lambda at: Everything(at=at),
    "view all": lambda at: Everything(at=at),
    "overdue": lambda at: Between(When.DUE, None, TODAY.later(-1), at=at),
    "over due": lambda at: Between(When.DUE, None, TODAY.later(-1), at=at),
    "od": lambda at: Between(When.DUE, None, TODAY.later(-1), at=at),
    "no priority": lambda at: Priority(LOWEST, at=at),
    "recurring": lambda at: Has(Part.RECURRENCE, at=at),
    "subtask": lambda at: Has(Part.PARENT, at=at),
    "assigned": lambda at: Has(Part.ASSIGNEE, at=at),
    "unassigned": lambda at: Not(Has(Part.ASSIGNEE, at=at)),
    "shared": lambda at: Shared(at=at),
    "completed": lambda at: Completed(at=at),
    "done": lambda at: Completed(at=at),
    "open": lambda at: Not(Completed(at=at)),
} | {f"p{number}": lambda at, number=number: Priority(number, at=at) for number in (1, 2, 3, 4)}  # type: ignore[misc]
DATES = {
    "due": When.DUE, "date": When.DUE, "start": When.START, "starts": When.START, "deadline": When.DEADLINE,
    "created": When.CREATED, "added": When.CREATED, "updated": When.UPDATED, "completed": When.COMPLETED,
}  # fmt: skip
ROLES = {
    "assigned": Role.ASSIGNEE, "assigned to": Role.ASSIGNEE, "created by": Role.CREATOR, "added by": Role.CREATOR,
}  # fmt: skip
KEYS = (
    *(f"{name}{side}:" for name in DATES for side in ("", " before", " after")),
    *(f"{name}:" for name in ROLES), "has:", "search:",
)  # fmt: skip
A_DAY = "Name a day such as today, monday, 24 dec, +3 days or 2026-10-01."


def read_term(text: str, at: int) -> Node:
    """Return what one term means, as it was typed at that character; raises InvalidFilter."""
    if text[0] in "#@/":
        return _named(text, at)
    if text[0] == '"':
        return _words(text, at)
    key, colon, value = text.partition(":")
    if colon:
        return _keyed(_plain(key), value.strip(), at, at + len(text) - len(value.lstrip()))
    word = _plain(text)
    if known := _known(word, at):
        return known
    for gap in islice(SPACES.finditer(text), MOST_WORDS):
        if _known(_plain(text[: gap.start()]), at):
            raise InvalidFilter("Put “&” or “|” before this.", at + gap.end())
    raise InvalidFilter(_unknown(word), at)


def _known(word: str, at: int) -> Node | None:
    if word in WORDS:
        return WORDS[word](at)
    if word.startswith("no ") and word[3:] in PARTS:
        return Not(Has(PARTS[word[3:]], at=at))
    span = read_span(word)
    return Between(When.DUE, *span, at=at) if span else None


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def _unknown(word: str) -> str:
    near = get_close_matches(word[:40], [*WORDS, *(f"no {part}" for part in PARTS), "today", "tomorrow"], 1, 0.75)
    meant = f" Did you mean “{near[0]}”?" if near else ' To search for words, put them in quotes: "milk".'
    return f"“{word[:40]}” is no term of a filter.{meant}"


def _named(text: str, at: int) -> Term:
    if text.startswith("##"):
        return InProject(_pattern(text[2:], at + 2), below=True, at=at)
    name = _pattern(text[1:], at + 1)
    match text[0]:
        case "#":
            return InProject(name, below=False, at=at)
        case "@":
            return Labelled(name, at=at)
    return InSection(name, at=at)


def _pattern(text: str, at: int) -> Pattern:
    """Read a name with its stars, its escapes and its quotes."""
    pieces, escaped, quoted = [""], False, False
    for letter in text:
        if escaped:
            pieces[-1] += letter
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter == "*" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    if not "".join(pieces).strip() and len(pieces) == 1:
        raise InvalidFilter("A name is missing here.", at)
    folded = [" ".join(SPACES.split(fold(piece))) for piece in pieces]
    folded[0], folded[-1] = folded[0].lstrip(), folded[-1].rstrip()
    return Pattern(tuple(folded) if len(pieces) > 1 else (folded[0].strip(),))


def _words(text: str, at: int) -> Words:
    plain = ESCAPED.sub(r"\1", text)
    try:
        return Words(needles(plain), at=at)
    except Invalid as error:
        raise InvalidFilter(error.message, at) from None


def _keyed(key: str, value: str, at: int, value_at: int) -> Node:
    if key == "search":
        if not value:
            raise InvalidFilter("Which words?", value_at)
        return _words(value, at)
    if key == "has":
        part = PARTS.get(_plain(value))
        if part is None:
            raise InvalidFilter(f"A todo can have: {', '.join(Part)}.", value_at)
        return Has(part, at=at)
    if key in ROLES:
        return By(ROLES[key], _who(value, value_at), at=at)
    name, _, side = key.partition(" ")
    if name in DATES and side in ("", "before", "after"):
        return _dated(DATES[name], side, value, at, value_at)
    raise InvalidFilter(_unknown_key(key), at)


def _unknown_key(key: str) -> str:
    near = get_close_matches(f"{key[:40]}:", KEYS, 1, 0.75)
    meant = f" Did you mean “{near[0]}”?" if near else ""
    return f"“{key[:40]}:” is no term of a filter.{meant}"


def _who(value: str, at: int) -> Who | Pattern:
    if not value:
        raise InvalidFilter("Who? Say me, others, or a name.", at)
    word = _plain(value)
    return Who(word) if word in set(Who) else _pattern(value, at)


def _dated(when: When, side: str, value: str, at: int, value_at: int) -> Between:
    word = _plain(value)
    span = read_period(word) if side else read_span(word)
    if span is None:
        raise InvalidFilter(A_DAY, value_at)
    first, last = span
    if side == "before":
        return Between(when, None, first.later(-1), at=at)
    if side == "after":
        return Between(when, last.later(1), None, at=at)
    return Between(when, first, last, at=at)
