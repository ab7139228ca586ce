"""How changed fields are told, and words for their values in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.formats import date_format, time_format

if TYPE_CHECKING:
    from activity.registry import Place

NEAR = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Title:
    """What something is called: in quotation marks in plain text; strong on a page, and linked to its `url`."""

    text: str
    url: str = ""
    is_quoted: bool = True

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words for a value depend on: the day it was for who did it, and the places and people the reader knows.

    `exact` asks for words that no other value has too.
    """

    day: date
    places: Mapping[str, "Place"]
    people: Mapping[UUID, str]
    exact: bool = False


Words = str | Title
Say = Callable[[Any, Setting], Words]
"""Puts a value of JSON into words. None of them say that there is no value, and that is told differently."""


def say_plainly(value: Any, setting: Setting) -> Words:
    """Say a value of which nothing is known."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(filter(None, (str(say_plainly(item, setting)) for item in value)))
    if isinstance(value, dict):
        return str(value.get("title") or value.get("name") or "")
    return "" if value is None or _is_id(value) else str(value)


def _is_id(value: Any) -> bool:
    try:
        return bool(UUID(value))
    except (ValueError, TypeError, AttributeError):
        return False


@dataclass(frozen=True, slots=True)
class Field:
    """How a changed field is told: its label, the words for its values, and its sentences.

    `set`, `changed` and `cleared` are for a value where there was none, for another one, and for
    none any more; `changed` may depend on the words for both. Lists put what was added and what was
    removed into these. Where none fits, the verb's own words for several fields are used.
    The value of the field `beside` it is said after it where both changed: “Monday at 09:00”.
    A field that `leads` gives the sentence whatever else changed.

    Where the values are ids, `data` may keep documents of both sides under the field's name, such
    as `{"before": {"id": …, "title": …}, "after": null}`: those are said instead.
    """

    label: str
    say: Say = say_plainly
    set: str = ""
    changed: str | Callable[[str, str], str] = ""
    cleared: str = ""
    beside: str = ""
    leads: bool = False


def say_day(value: Any, setting: Setting) -> Words:
    """Say a day as it was called on the day of the event: Friday, 24 November, 24 November 2027.

    Today's names for days would make another sentence of it tomorrow.
    """
    if not value:
        return ""
    day = date.fromisoformat(str(value))
    if abs(day - setting.day) <= NEAR and not setting.exact:
        return date_format(day, "l")
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == setting.day.year else "DATE_FORMAT")


def say_time(value: Any, setting: Setting) -> Words:
    """Say a time on the wall."""
    return time_format(time.fromisoformat(str(value)), "TIME_FORMAT") if value else ""


def say_title(value: Any, setting: Setting) -> Words:
    """Say what something is called."""
    return Title(str(value)) if value else ""


def say_name(value: Any, setting: Setting) -> Words:
    """Say what somebody is called, without quotation marks."""
    return Title(str(value), is_quoted=False) if value else ""


def say_person(value: Any, setting: Setting) -> Words:
    """Say somebody, given by their id, as the reader calls them now: “you”, or a name to those who share a project."""
    if not value:
        return ""
    person_id = UUID(str(value))
    return Title(setting.people.get(person_id, "somebody"), is_quoted=False)


def say_choice(names: Mapping[Any, str]) -> Say:
    """Say a value by its name; one that has none, as it is."""
    return lambda value, setting: names.get(value, "" if value is None else str(value))


def say_list(mark: str = "") -> Say:
    """Say a list of words, each after a mark: “@home and @errand”."""
    return lambda value, setting: listed([f"{mark}{word}" for word in value or ()])


def listed(words: Sequence[str]) -> str:
    """Return words as one says them together: “date, time and labels”."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
