"""The todo.txt format: a line for each todo, with its words for the rest.

`x` and a day begin what is done, (A) to (C) are priorities 1 to 3, +project (a path), @label, due:, t: (start),
rec: (`1w` from completion, `+1w` from the schedule) and pri: (of what is done) are as other programs have them. Our
own: id: and sup: (the todo above), sec: (section), at: (due time), tz:, deadline:, dur: (minutes), rrule: and
anchor: where rec: has no word for it. In names a blank is `%20`, and in titles a word that would be read as one of
these has a backslash before it.

It cannot tell: descriptions, comments, reminders, relations, files, people; projects, sections and labels that have
no todo, and anything of them but their names; at what time of its day something was done or made, or when it was
changed; blanks in a row and line breaks in titles; where an occurrence was moved, or its number; what is in the trash.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import BinaryIO
from urllib.parse import quote, unquote

from config.errors import Invalid
from todos.domain.recurrence import COMPLETION, SCHEDULE, parse_recurrence
from todos.domain.rules import Rule
from todos.domain.transfer.paths import split_path
from todos.domain.transfer.records import Record, Refused, TodoRecord
from todos.domain.transfer.repeats import sound_recurrence
from todos.domain.transfer.text import (
    clean_line,
    in_zone,
    read_clock,
    read_day,
    read_rows,
    shown,
    zone_named,
    zone_of,
)
from todos.domain.transfer.trees import Named, Places

PRIORITY = re.compile(r"\(([A-Z])\)")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
KEYS = ("due", "t", "rec", "pri", "id", "sup", "sec", "at", "tz", "deadline", "dur", "rrule", "anchor")
KEY = re.compile(rf"({'|'.join(KEYS)}):(\S+)")
READ = re.compile(rf"[+@]\S|(?:{'|'.join(KEYS)}):\S|x$|\([A-Z]\)$|\d{{4}}-\d{{2}}-\d{{2}}$", re.ASCII)
"""Words that are not the title's."""
KEPT = re.compile(rf"\\+(?:{READ.pattern})", re.ASCII)
STEP = re.compile(r"(\+?)(\d{1,4})?([dbwmy])", re.ASCII)
UNITS = {"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}
WORKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
NUMBER = re.compile(r"\d{1,7}", re.ASCII)
SAFE = "/\\!$&'()*,;=:@#?~<>[]{}|^`\""


def read(file: BinaryIO, *, now: datetime, name: str = "") -> Iterator[Record]:
    """Yield the todos of a file, each project and section before the first in it; `now` is aware, in the person's zone.

    Raises Invalid when it is no text.
    """
    reader = _Reader(now)
    for number, row in read_rows(file):
        if "\x00" in row:
            raise Invalid("This is no text.")
        line = clean_line(row)
        if line:
            yield from reader.line(str(number), line)


def write(records: Iterable[Record], *, now: datetime) -> Iterator[bytes]:
    """Yield a line for each todo that is not in the trash; `now` is aware, in the zone that days are meant in."""
    places, written = Places(), set[str]()
    for record in records:
        places.take(record)
        if isinstance(record, TodoRecord) and record.deleted_at is None:
            written.add(record.ref)
            words = _words(record, places, now) + _own_words(record, places, written)
            yield f"{' '.join(filter(None, words))}\n".encode("utf-8", "replace")


def _words(todo: TodoRecord, places: Places, now: datetime) -> list[str]:
    """Return the words of a todo that other programs know too."""
    zone = zone_of(now)
    done = f"{in_zone(todo.completed_at, zone):%Y-%m-%d}" if todo.completed_at else ""
    made = f"{in_zone(todo.created_at, zone):%Y-%m-%d}" if todo.created_at else ""
    letter = "ABC"[todo.priority - 1 : todo.priority] if todo.priority < 4 else ""
    head = ["x", done, made] if done else [f"({letter})" if letter else "", made]
    path = places.path(todo.project)
    return [
        *head,
        *(f"\\{word}" if _is_read(word) else word for word in clean_line(todo.title).split()),
        f"+{_encoded(path)}" if path else "",
        *(f"@{_encoded(label)}" for label in todo.labels),
        f"pri:{letter}" if done and letter else "",
        f"due:{todo.due_date.isoformat()}" if todo.due_date else "",
        f"t:{todo.start_date.isoformat()}" if todo.start_date else "",
    ]


def _own_words(todo: TodoRecord, places: Places, written: set[str]) -> list[str]:
    section, step = places.section(todo.section), _step(todo)
    untold = todo.recurrence if todo.recurrence and not step else []
    return [
        f"rec:{step}" if step else "",
        *(f"rrule:{_encoded(line)}" for line in untold),
        "anchor:completion" if untold and todo.recurrence_anchor == COMPLETION else "",
        f"at:{todo.due_time.isoformat().replace(':', '')}" if todo.due_time else "",
        f"tz:{todo.time_zone}" if todo.time_zone else "",
        f"deadline:{todo.deadline.isoformat()}" if todo.deadline else "",
        f"dur:{todo.duration_minutes}" if todo.duration_minutes else "",
        f"sec:{_encoded(section)}" if section else "",
        f"id:{_encoded(todo.ref)}",
        f"sup:{_encoded(todo.parent)}" if todo.parent and todo.parent in written else "",
    ]


def _is_read(word: str) -> bool:
    return READ.match(word) is not None or KEPT.match(word) is not None


def _encoded(text: str) -> str:
    """Return a name as one word, the letters of any language in it as they are."""
    return "".join(letter if letter.isalnum() else quote(letter, safe=SAFE) for letter in clean_line(text))


def _decoded(word: str) -> str:
    return clean_line(unquote(word, errors="replace"))


@dataclass(slots=True)
class _Reader:
    now: datetime
    named: Named = field(default_factory=Named)
    refs: set[str] = field(default_factory=set)

    def line(self, place: str, line: str) -> Iterator[Record]:
        todo = TodoRecord(place=place, ref=f"line {place}", title="")
        words = self._head(todo, line.split())
        title: list[str] = []
        projects: list[str] = []
        given: dict[str, list[str]] = {}
        for word in words:
            match = KEY.fullmatch(word)
            if match:
                given.setdefault(match[1], []).append(match[2])
            elif word[0] == "+" and len(word) > 1:
                projects.append(_decoded(word[1:]))
            elif word[0] == "@" and len(word) > 1:
                todo.labels.append(_decoded(word[1:]))
            else:
                title.append(word[1:] if KEPT.match(word) else word)
        todo.title = " ".join(title)
        if not todo.title:
            yield Refused(place=place, ref=place, reason="There are no words for a title in this line.")
            return
        if projects[1:]:
            todo.notes.append(f"It is in more than one project; {', '.join(map(shown, projects[1:]))} became labels.")
        todo.labels = list(dict.fromkeys(filter(None, [*todo.labels, *projects[1:]])))
        self._fill(todo, given)
        section = _decoded(given.get("sec", [""])[0])
        yield from self.named.put(todo, split_path(projects[0]) if projects else [], section)
        yield todo

    def _head(self, todo: TodoRecord, words: list[str]) -> list[str]:
        """Read what a line begins with, and return the words behind it."""
        at = 0
        done = words[0] == "x" and len(words) > 1
        if done:
            at = 1
            todo.completed_at = self.now
        if at < len(words) and (match := PRIORITY.fullmatch(words[at])):
            todo.priority = min(ord(match[1]) - ord("A") + 1, 4)
            if match[1] > "D":
                todo.notes.append(f"Its priority was {match[1]}, one of 26; there are four here.")
            at += 1
        days = [words[number] for number in range(at, min(at + 1 + done, len(words))) if DAY.fullmatch(words[number])]
        moments = [datetime.combine(day, time(), self.now.tzinfo) for day in map(read_day, days) if day]
        if len(moments) < len(days) or len(words) == at:
            return words[at:]
        if done and moments:
            todo.completed_at = moments.pop(0)
        if moments:
            todo.created_at = moments[0]
        return words[at + len(days) :]

    def _fill(self, todo: TodoRecord, given: dict[str, list[str]]) -> None:
        for key, values in given.items():
            if key == "rrule":
                self._rules(todo, values)
            elif not self._set(todo, key, values[0]):
                todo.notes.append(f"{key}:{shown(values[0])} cannot be read.")
            if key != "rrule" and values[1:]:
                todo.notes.append(f"{key}: is given twice; the first counts.")
        if todo.due_date is None:
            todo.due_time = None
        if given.get("anchor") == [COMPLETION] and todo.recurrence:
            todo.recurrence_anchor = COMPLETION

    def _set(self, todo: TodoRecord, key: str, value: str) -> bool:
        """Set what a key says; False where it says nothing."""
        if key in ("due", "t", "deadline"):
            day = read_day(value)
            setattr(todo, {"due": "due_date", "t": "start_date"}.get(key, key), day)
            return day is not None
        if key == "id":
            ref = _decoded(value)
            if not ref or ref in self.refs:
                return False
            self.refs.add(ref)
            todo.ref = ref
        elif key == "sup":
            todo.parent = _decoded(value) or None
        elif key == "pri":
            todo.priority = min(ord(value) - ord("A") + 1, 4) if re.fullmatch("[A-Z]", value) else 4
        elif key == "at":
            todo.due_time = read_clock(value)
            return todo.due_time is not None
        elif key == "tz":
            todo.time_zone = value if zone_named(value) else ""
            return bool(todo.time_zone)
        elif key == "dur":
            todo.duration_minutes = int(value) if NUMBER.fullmatch(value) else None
            return todo.duration_minutes is not None
        elif key == "rec":
            return _repeat(todo, value)
        return True

    def _rules(self, todo: TodoRecord, values: list[str]) -> None:
        todo.recurrence, problem = sound_recurrence([_decoded(value) for value in values])
        if problem:
            todo.notes.append(problem)


def _repeat(todo: TodoRecord, value: str) -> bool:
    match = STEP.fullmatch(value)
    times = int(match[2] or 1) if match else 0
    if not match or not 1 <= times <= 1000 or (match[3] == "b" and times > 1):
        return False
    rule = WORKDAYS if match[3] == "b" else f"FREQ={UNITS[match[3]]}" + (f";INTERVAL={times}" if times > 1 else "")
    todo.recurrence = [f"RRULE:{rule}"]
    todo.recurrence_anchor = SCHEDULE if match[1] else COMPLETION
    return True


def _step(todo: TodoRecord) -> str:
    """Return a recurrence as rec: has it, "" where it has no word for it."""
    try:
        recurrence = parse_recurrence(todo.recurrence) if todo.recurrence else None
    except Invalid:
        return ""
    if recurrence is None or recurrence.left_out or len(recurrence.rules) > 1:
        return ""
    unit = _unit(recurrence.rules[0])
    sign = "" if todo.recurrence_anchor == COMPLETION else "+"
    return f"{sign}{recurrence.rules[0].interval}{unit}" if unit else ""


def _unit(rule: Rule) -> str:
    if rule.text == WORKDAYS:
        return "b"
    if rule.count or rule.until or not rule.is_plain or rule.freq not in UNITS.values():
        return ""
    return next(unit for unit, freq in UNITS.items() if freq == rule.freq)
