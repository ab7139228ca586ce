"""The feed: whose events, of which kind, where and on which day; by day, in pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from activity import registry
from activity.querysets import NEWEST_FIRST
from activity.registry import Place, Verb
from activity.services.reading import History
from activity.web.timeline import Day, days
from config.http import PageRequest
from config.pagination import Page, keyset_page

WHO = [("me", "Mine"), ("everyone", "Everyone")]
SIZE = 30
OTHER = "other"
"""The kind of events whose subjects have no page: they are many and rare, such as sign-ins."""
POSSIBLE = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9000, 1, 1))]


class FeedForm(forms.Form):
    """How a feed can be narrowed. A field is left out where there is nothing to choose from."""

    who = forms.ChoiceField(required=False, choices=WHO, widget=forms.HiddenInput)
    kind = forms.ChoiceField()
    person = forms.ChoiceField()
    project = forms.ChoiceField()
    day = forms.DateField(required=False, validators=POSSIBLE, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, data: Any, *, people: Iterable[tuple[UUID, str]] = (), places: Iterable[Place] = ()) -> None:
        super().__init__(data, auto_id="filter-%s")
        self.scopes = {str(place.id): place.scope for place in places}
        choices = {
            "kind": kinds(),
            "person": [(str(id), name) for id, name in people],
            "project": [(str(place.id), place.title) for place in places],
        }
        for name, found in choices.items():
            if found:
                self.fields[name] = forms.ChoiceField(
                    choices=[("", f"Any {name}"), *found],
                    required=False,
                    error_messages={"invalid_choice": f"There is no such {name}."},
                )
            else:
                del self.fields[name]
        if not self.scopes:
            del self.fields["who"]

    def narrow(self, history: History) -> History:
        """Return what the form leaves of a history: nothing, where it asks for what cannot be."""
        if not self.is_valid():
            return history.within([])
        asked = self.cleaned_data
        if asked.get("person"):
            history = history.by(UUID(asked["person"]))
        if asked.get("project"):
            history = history.within([self.scopes[asked["project"]]])
        if asked["kind"]:
            history = history.narrowed(lambda rows: rows.of_kinds(_verbs(asked["kind"])))
        if asked["day"]:
            start, end = _ends(asked["day"])
            history = history.narrowed(lambda rows: rows.since(start).before(end))
        return history


def kinds() -> list[tuple[str, Any]]:
    """Return kinds of events to choose from: those of subjects with a page by verb, all others as one."""
    groups = [
        (
            f"{subject.capitalize()}s",
            [(verb.name, _label(verb)) for verb in registry.verbs() if _about(verb) == subject],
        )
        for subject in registry.subject_pages
    ]
    return [*groups, (OTHER, "Everything else")] if groups else []


def _about(verb: Verb) -> str:
    return verb.name.partition(".")[0]


def _label(verb: Verb) -> str:
    return verb.name.partition(".")[2].replace("_", " ").capitalize()


def _verbs(kind: str) -> list[str]:
    if kind != OTHER:
        return [kind]
    return [verb.name for verb in registry.verbs() if _about(verb) not in registry.subject_pages]


def _ends(day: date) -> tuple[datetime, datetime]:
    """Return the reader's midnights around a day."""
    midnights = [timezone.make_aware(datetime.combine(day + timedelta(days=more), time.min)) for more in (0, 1)]
    return midnights[0], midnights[1]


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed, by day, with the form that narrowed it."""

    form: FeedForm
    page: Page
    days: list[Day]
    asked: Mapping[str, str]
    """What the form was sent with."""
    goes_on: bool
    """Whether the first day was begun by the page before, on which this one is put."""

    @classmethod
    def read(
        cls, request: PageRequest, history: History, form: FeedForm, places: Mapping[str, Place] | None = None
    ) -> Self:
        """Return the page that the address asks for; a made-up cursor is Invalid."""
        page = keyset_page(form.narrow(history), NEWEST_FIRST, cursor=request.GET.get("cursor", ""), size=SIZE)
        found = days(page.rows, reader_id=request.user.pk, places=places)
        asked = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
        goes_on = bool(found) and request.GET.get("after") == found[0].day.isoformat()
        return cls(form, page, found, asked, goes_on)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.asked.keys() - {"who"})

    @property
    def query(self) -> str:
        return urlencode(self.asked)

    @property
    def mine(self) -> str:
        """Return the address of one's own events, narrowed alike but for the person."""
        return f"?{urlencode({name: value for name, value in self.asked.items() if name not in ('who', 'person')})}"

    @property
    def everyones(self) -> str:
        return f"?{urlencode({**self.asked, 'who': 'everyone'})}"

    @property
    def cleared(self) -> str:
        return "?who=everyone" if self.asked.get("who") == "everyone" else "?"

    @property
    def last_day(self) -> date | None:
        return self.days[-1].day if self.days else None
