"""Events as sentences: who did what, and what was before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from activity import registry
from activity.models import Event
from activity.registry import Place, Verb
from activity.wording import Field, Setting, Title, Words, listed, say_plainly

EXCERPT = 200
"""Characters that a detail shows of a text."""
CONTEXT = 40
"""Characters of these before the first that differs."""
SIDES = ("before", "after")
NOBODY: Mapping[UUID, str] = {}
UNSAYABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What a value raises that is not of the kind its field has here, as one of a newer version may be."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A changed field that the sentence does not tell entirely; an empty side means none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """An event in words, after who did it: a template of ours, and what is somebody's to be put in as it is."""

    template: str
    words: Mapping[str, Words]
    details: tuple[Detail, ...]

    def __str__(self) -> str:
        return self.template.format_map({name: _in_text(words) for name, words in self.words.items()})


def sentence_of(
    event: Event,
    *,
    reader_id: UUID,
    places: Mapping[str, Place] | None = None,
    people: Mapping[UUID, str] | None = None,
) -> str:
    """Return an event in plain text, as the reader would tell it: “You completed “Buy milk””.

    Whoever tells several passes the same `places` and `people`, for one query in all: `places_seen_by`,
    `people_known_to`.
    """
    places = places_seen_by(reader_id) if places is None else places
    people = people_known_to(reader_id) if people is None else people
    return f"{who(event, reader_id)} {tell(event, places=places, people=people)}"


def places_seen_by(reader_id: UUID) -> Mapping[str, Place]:
    """Return the places that a person may see; they are asked for when the first event needs them."""
    return cast(Mapping[str, Place], SimpleLazyObject(partial(registry.places_of, reader_id)))


def people_known_to(reader_id: UUID) -> Mapping[UUID, str]:
    """Return by id what a person calls those they share scopes with, and themselves; asked for when it is needed."""
    return cast(Mapping[UUID, str], SimpleLazyObject(lambda: registry.people_of(reader_id) | {reader_id: "you"}))


def who(event: Event, reader_id: UUID) -> str:
    """Return who did it, as the reader would call them."""
    return "You" if reader_id and event.actor_id == reader_id else event.actor_name


def tell(event: Event, *, places: Mapping[str, Place], people: Mapping[UUID, str] | None = None) -> Sentence:
    """Return what was done, in the words of the reader's language; without `people`, others are “somebody”."""
    verb = registry.verb(event.verb)
    changes = list(_changes(event, verb, Setting(event.local_day, places, NOBODY if people is None else people)))
    lead = _lead(verb, changes)
    template = lead.sentence if lead else (changes and verb.edits) or verb.sentence
    subject = Title(event.subject_title, _subject_url(event))
    words: dict[str, Words] = {
        "subject": subject,
        "name": replace(subject, is_quoted=False),
        "verb": event.verb.rpartition(".")[2].replace("_", " "),
        "fields": listed([change.field.label for change in changes]),
    }
    if lead:
        words |= {"before": lead.less, "after": lead.more}
    if event.subjects > 1:
        template = template.replace("{subject}", "{subject} and {along}")
        words["along"] = f"{event.subjects - 1} {verb.along[event.subjects > 2]}"
    details = (_detail(change) for change in changes if not _is_told(change, lead, template, event.subject_title))
    return Sentence(template, words, tuple(details))


@dataclass(frozen=True, slots=True)
class Change:
    """A changed field in words: what was before and after, of lists also what went and what came."""

    field: Field
    before: Words
    after: Words
    less: Words
    more: Words

    @property
    def sentence(self) -> str:
        """Return the sentence that tells this change alone, if its field has one."""
        if not self.less:
            return self.field.set
        if not self.more:
            return self.field.cleared
        changed = self.field.changed
        return changed if isinstance(changed, str) else changed(str(self.less), str(self.more))


def _changes(event: Event, verb: Verb, setting: Setting) -> Iterator[Change]:
    """Return the changes that are told: those the verb knows, in its order, and then the others."""
    changed = event.data.get("changes")
    names = {name for name, both in changed.items() if isinstance(both, dict)} if isinstance(changed, dict) else set()
    others = {name: Field(name.replace("_", " ")) for name in sorted(names - verb.fields.keys())}
    fields = {name: known for name, known in (*verb.fields.items(), *others.items()) if known and name in names}
    beside = {known.beside for known in fields.values()}
    return (_change(event.data, name, fields, setting) for name in fields if name not in beside)


def _change(data: Any, name: str, fields: Mapping[str, Field], setting: Setting) -> Change:
    before, after = (_words_for(data, side, name, fields, setting) for side in SIDES)
    if before == after:
        exact = replace(setting, exact=True)
        before, after = (_words_for(data, side, name, fields, exact) for side in SIDES)
    went, came = (_value(data, side, name) for side in SIDES)
    if isinstance(went, list) and isinstance(came, list):
        less = _say(fields[name], [item for item in went if item not in came], setting)
        more = _say(fields[name], [item for item in came if item not in went], setting)
        return Change(fields[name], before, after, less, more)
    return Change(fields[name], before, after, before, after)


def _words_for(data: Any, side: str, name: str, fields: Mapping[str, Field], setting: Setting) -> Words:
    words = _say(fields[name], _value(data, side, name), setting)
    other = fields.get(fields[name].beside)
    later = _say(other, _value(data, side, fields[name].beside), setting) if words and other else ""
    return f"{words} at {later}" if later else words


def _value(data: Any, side: str, name: str) -> Any:
    """Return one side of a change: its document, where there is one, or else the value."""
    documents = data.get(name)
    return documents[side] if isinstance(documents, dict) and side in documents else data["changes"][name].get(side)


def _say(known: Field, value: Any, setting: Setting) -> Words:
    try:
        return known.say(value, setting)
    except UNSAYABLE:
        return say_plainly(value, setting)


def _lead(verb: Verb, changes: Sequence[Change]) -> Change | None:
    """Return the change whose sentence tells the event, if one does."""
    leading = [change for change in changes if change.field.leads] or changes
    return leading[0] if verb.edits and len(leading) == 1 and leading[0].sentence else None


def _is_told(change: Change, lead: Change | None, template: str, title: str) -> bool:
    """Return whether a sentence leaves nothing of a change to be told; of equal words, nothing can be."""
    if change.before == change.after:
        return True
    before, after = (change.less, change.more) if change is lead else (change.before, change.after)
    before_is_told = not before or (change is lead and "{before}" in template)
    after_is_told = not after or (change is lead and "{after}" in template) or str(after) == title
    return before_is_told and after_is_told


def _detail(change: Change) -> Detail:
    before, after = _excerpts(str(change.before), str(change.after))
    return Detail(change.field.label.capitalize(), before, after)


def _excerpts(*texts: str) -> Iterator[str]:
    """Return what fits of long texts, from shortly before they differ."""
    start = 0
    if max(map(len, texts)) > EXCERPT:
        same = next((place for place, letters in enumerate(zip(*texts, strict=False)) if len(set(letters)) > 1), 0)
        start = max(0, same - CONTEXT)
    for text in texts:
        end = start + EXCERPT
        yield f"{'…' if start else ''}{text[start:end]}{'…' if text[end:] else ''}"


def _subject_url(event: Event) -> str:
    page = registry.subject_pages.get(event.subject_type)
    return reverse(page, args=[event.subject_id]) if page else ""


def _in_text(words: Words) -> str:
    return f"“{words}”" if isinstance(words, Title) and words.is_quoted else str(words)
