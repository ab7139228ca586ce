"""Quick add: a text of lines to drafts of todos. Pure: the same text, moment and names give the same drafts.

The time is linear in the text: words are looked at one by one, each phrase has a bounded number
of them or takes all of them along, and no expression looks at more than one word.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from todos.domain.quickadd.choosing import choose
from todos.domain.quickadd.drafts import Draft, Known, Settings, Span
from todos.domain.quickadd.dues import Due, settle
from todos.domain.quickadd.items import Finder, Item, is_plain
from todos.domain.quickadd.marks import Marks
from todos.domain.quickadd.words import PUNCTUATION, Line, Range, read_line

LINE = re.compile(r"[^\r\n]+")
LITERAL = re.compile(
    r""""([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|'((?:[^']|(?<=\w)'(?=\w))+)'|‘((?:[^’]|(?<=\w)’(?=\w))+)’"""
)
TAB = 4
INCLUDED = set(",;:.")
"""Punctuation that goes with a piece where no word of the title follows."""
KINDS = {"start": "recurrence", "until": "recurrence", "length": "recurrence"}
LAST_WINS = ("project", "section", "assignee", "priority", "deadline", "duration")


def parse(
    text: str,
    *,
    now: datetime,
    settings: Settings | None = None,
    known: Known | None = None,
    rejected: Sequence[Range] = (),
) -> list[Draft]:
    """Return a draft for each line of the text that is not blank; an indented line hangs below the one above.

    `now` is aware, in the person's own zone. What is `rejected`, by code points, stays in the title.
    """
    known = known or Known()
    parser = _Parser(text, Finder(now, settings or Settings()), known, _merged(rejected))
    above: list[tuple[int, int]] = []
    drafts: list[Draft] = []
    for found in LINE.finditer(text):
        line = found[0]
        body = line.lstrip()
        if not body:
            continue
        indent = len(line[: len(line) - len(body)].expandtabs(TAB))
        while above and above[-1][0] >= indent:
            above.pop()
        parent = above[-1][1] if above else None
        start = found.start() + len(line) - len(body)
        drafts.append(parser.draft(body.rstrip(), start, parent, drafts[parent] if parent is not None else None))
        above.append((indent, len(drafts) - 1))
    return drafts


def _merged(ranges: Sequence[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted((start, end) for start, end in ranges if start < end):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@dataclass(slots=True)
class _Parser:
    text: str
    finder: Finder
    known: Known
    rejected: list[Range]
    ends: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ends = [end for _, end in self.rejected]

    def draft(self, body: str, start: int, parent: int | None, above: Draft | None) -> Draft:
        """Return the draft of one line."""
        end = start + len(body)
        depth = above.depth + 1 if above else 1
        project = above.project if above else self.known.project
        whole = Draft(" ".join(body.split()), start, end, parent, depth, project)
        if is_plain(body):
            return whole
        closed = self._closed(start, end)
        literal = LITERAL.fullmatch(body)
        if literal and not closed:
            title = " ".join(literal[literal.lastindex or 0].split())
            return replace(whole, title=title, spans=(Span(start, end, "literal", body),)) if title else whole
        line = read_line(body, offset=start, closed=closed)
        marks = Marks(line, _below(self.known, above) if above else self.known)
        items = choose(line, self.finder.find(line, marks))
        if not items:
            return replace(whole, unknown=tuple(marks.unknown)) if marks.unknown else whole
        return self._made(whole, line, marks, items)

    def _closed(self, start: int, end: int) -> list[Range]:
        """Return what is rejected of the code points from `start` to `end`."""
        first = bisect_left(self.ends, start + 1)
        last = first
        while last < len(self.rejected) and self.rejected[last][0] < end:
            last += 1
        return self.rejected[first:last]

    def _made(self, whole: Draft, line: Line, marks: Marks, items: list[Item]) -> Draft:
        due = settle(items, now=self.finder.dates.now, settings=self.finder.settings)
        if due is None:  # no such day: nothing that tells when is understood
            items = [item for item in items if item.kind in (*LAST_WINS[:4], "label", "escape", "deadline")]
            due = Due()
        ranges = _ranges(line, items)
        title = self._title(whole, items, ranges)
        if PUNCTUATION.issuperset(title):
            return whole
        chosen = {item.kind: item for item in items if item.kind in LAST_WINS}
        used = {id(item) for item in (*chosen.values(), *due.of)}
        spans = tuple(
            Span(
                start, end, KINDS.get(item.kind, item.kind), self.text[start:end], id(item) in used or item.kind in FREE
            )
            for item, (start, end) in zip(items, ranges, strict=True)
        )
        values = {kind: item.value for kind, item in chosen.items()}
        return Draft(
            title,
            whole.start,
            whole.end,
            whole.parent,
            whole.depth,
            values.get("project", whole.project),
            values.get("section"),
            values.get("assignee"),
            tuple(marks.labels[key] for key in dict.fromkeys(_label_keys(items))),
            values.get("priority"),
            due.day,
            due.clock,
            values.get("deadline"),
            values["duration"][0] if "duration" in values else None,
            due.recurrence,
            spans,
            tuple(marks.unknown),
        )

    def _title(self, whole: Draft, items: list[Item], ranges: list[Range]) -> str:
        """Return what is left of a line, with single spaces; punctuation behind a piece goes to the word before it."""
        title, behind, spaced, escaped = "", whole.start, False, False
        for item, (start, end) in [*zip(items, ranges, strict=True), (None, (whole.end, whole.end))]:
            piece = self.text[behind:start]
            words = " ".join(piece.split())
            if words:
                glued = not piece[0].isspace() and not (escaped and spaced)
                title += words if glued or not title else f" {words}"
                spaced = piece[-1].isspace()
            else:
                spaced = spaced or bool(piece)
            behind, escaped = end, item is not None and item.kind == "escape"
        return title


FREE = {"label", "escape"}


def _label_keys(items: list[Item]) -> list[str]:
    return [str(item.value).casefold() for item in items if item.kind == "label"]


def _ranges(line: Line, items: list[Item]) -> list[Range]:
    """Return the code points of each piece.

    Punctuation goes with it where another one or the end follows, and where no word of the title stands before.
    """
    ranges, leads = [], 0
    for number, item in enumerate(items):
        start, last = line.words[item.first].start, line.words[item.last - 1]
        if item.kind == "escape":
            ranges.append((start, start + 1))
            continue
        leads = item.last if item.first == leads else leads
        following = items[number + 1].first if number + 1 < len(items) else len(line.words)
        goes = item.last in (following, leads) and INCLUDED.issuperset(last.tail)
        ranges.append((start, last.end if goes else last.end - len(last.tail)))
    return ranges


def _below(known: Known, above: Draft) -> Known:
    """Return what names mean below another line: it stays in that one's project."""
    return Known(known.projects, known.sections, known.people, known.labels, above.project, fixed=True)
