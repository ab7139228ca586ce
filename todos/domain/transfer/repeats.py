"""Recurrences in the words of other programs, and what is kept of those that they have no words for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from config.errors import Invalid
from todos.domain.phrases import in_words
from todos.domain.quickadd import Draft, parse
from todos.domain.recurrence import COMPLETION, Recurrence, parse_recurrence
from todos.domain.transfer.records import TodoRecord
from todos.domain.transfer.text import shown

LONGEST_PHRASE = 200
TITLE = "Todo"
LAST_DAY = " or the last day"
"""What goes without saying where a month lacks a day."""


def read_phrase(text: str, *, now: datetime) -> Draft | None:
    """Read a date or a recurrence as quick add does, all of it or nothing; `now` is aware, in the zone meant."""
    if not text.strip() or len(text) > LONGEST_PHRASE or "\n" in text or "\r" in text:
        return None
    drafts = parse(f"{TITLE} {text}", now=now)
    if len(drafts) != 1:
        return None
    draft = drafts[0]
    understood = draft.title == TITLE and draft.due_date is not None
    has_more = draft.labels or draft.unknown or draft.priority or draft.deadline or draft.duration_minutes
    return draft if understood and not has_more else None


def lines_of(draft: Draft) -> list[str]:
    return [f"RRULE:{rule}" for rule in draft.recurrence.rrules] if draft.recurrence else []


def phrase_of(todo: TodoRecord) -> str | None:
    """Return when a todo is due and how it repeats in words that `read_phrase` takes for just that; else None."""
    if todo.due_date is None:
        return None
    clock = f" at {todo.due_time:%H:%M}" if todo.due_time else ""
    if not todo.recurrence:
        return f"{todo.due_date.isoformat()}{f' {todo.due_time:%H:%M}' if todo.due_time else ''}"
    for said in _words(todo):
        phrase = f"{said}{clock} starting {todo.due_date.isoformat()}"
        if _means(phrase, todo):
            return phrase
    return None


def sound_recurrence(lines: Sequence[str]) -> tuple[list[str], str]:
    """Return the lines of a recurrence that we can keep, and why not where that is none of them."""
    try:
        return parse_recurrence(lines).lines if lines else [], ""
    except Invalid as error:
        return [], f"Its recurrence is left out. {error.message} ({shown(' '.join(lines))})"


def with_rules(description: str, lines: Sequence[str]) -> str:
    """Return a description that tells of rules for which the format has no place."""
    return "\n\n".join(filter(None, (description, "Repeats: " + " ".join(lines)))) if lines else description


def _words(todo: TodoRecord) -> list[str]:
    """Return phrases that a recurrence may be said in."""
    try:
        recurrence = parse_recurrence(todo.recurrence)
    except Invalid:
        return []
    if len(recurrence.rules) != 1 or recurrence.left_out or todo.occurrence_date:
        return []
    words = in_words(recurrence, date.isoformat)
    if not words.startswith("every "):
        return []
    said = words.replace("every ", "every! ", 1) if todo.recurrence_anchor == COMPLETION else words
    return [said, said.replace(LAST_DAY, "")] if LAST_DAY in said else [said]


def _means(phrase: str, todo: TodoRecord) -> bool:
    """Say whether quick add reads a phrase as what the todo has, on the day before it and on that day."""
    if todo.due_date is None or todo.due_date <= date(1970, 1, 2):
        return False
    start = datetime.combine(todo.due_date, time(), UTC)
    return all(_agrees(read_phrase(phrase, now=now), todo) for now in (start - timedelta(days=1), start))


def _agrees(draft: Draft | None, todo: TodoRecord) -> bool:
    if draft is None or draft.recurrence is None or draft.recurrence.anchor != todo.recurrence_anchor:
        return False
    same_due = (draft.due_date, draft.due_time) == (todo.due_date, todo.due_time)
    return same_due and _bare(parse_recurrence(lines_of(draft))) == _bare(parse_recurrence(todo.recurrence))


def _bare(recurrence: Recurrence) -> Recurrence:
    """Return a recurrence of which only the meaning counts, not how it is written."""
    return replace(recurrence, rules=tuple(replace(rule, text="", week_start=0) for rule in recurrence.rules))
