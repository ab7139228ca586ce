"""One's name, time zone, week and language, and how the pages look."""

from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Language, Theme, User, WeekStart, validate_time_zone
from config.http import PageRequest

Choices = list[tuple[str, str] | tuple[str, list[tuple[str, str]]]]


class ZoneSelect(forms.Select):
    """A select that writes its four hundred options at once: as a template each they took most of the page's time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        def option(zone: str, label: str) -> SafeString:
            return format_html('<option value="{}"{}>{}</option>', zone, " selected" if zone == value else "", label)

        def group(label: str, zones: Any) -> SafeString:
            if isinstance(zones, str):
                return option(label, zones)
            return format_html(
                '<optgroup label="{}">{}</optgroup>', label, SafeString("".join(option(*zone) for zone in zones))
            )

        options = SafeString("".join(group(*entry) for entry in self.choices))
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, options)


class ProfileForm(forms.Form):
    """The profile, whose lines stand beside others in one card: each names the form that sends it."""

    name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "name"}))
    time_zone = forms.CharField(max_length=64, validators=[validate_time_zone], widget=ZoneSelect)
    week_start = forms.ChoiceField(label="Week starts on", choices=WeekStart.choices)
    language = forms.ChoiceField(label="Language and dates", choices=Language.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "profile-%s", **kwargs})
        for field in self.fields.values():
            field.widget.attrs["form"] = "profile-form"
        zones: Any = self.fields["time_zone"].widget
        zones.choices = time_zones(str(self["time_zone"].value() or ""))

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        """Return the form that shows a person's profile as it is."""
        return cls(initial={name: getattr(user, name) for name in cls.base_fields})


class AppearanceForm(forms.Form):
    """How the pages look and listen."""

    theme = forms.ChoiceField(choices=Theme.choices, required=False)
    shortcuts = forms.BooleanField(required=False)


def section(request: PageRequest) -> dict[str, Any]:
    """Return what the section of the profile shows."""
    return {"profile": ProfileForm.of(request.user)}


def time_zones(chosen: str) -> Choices:
    """Return today's zones by region, and the chosen one if it goes by an older name."""
    known: Choices = [("UTC", "UTC"), *((region, list(zones)) for region, zones in _regions())]
    if chosen in {"", "UTC", *_names()}:
        return known
    return [*known, ("Other", [(chosen, chosen)])]


@cache
def _names() -> tuple[str, ...]:
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    return tuple(sorted(line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")))


@cache
def _regions() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    def place(name: str) -> tuple[str, str]:
        return name, name.partition("/")[2].replace("_", " ").replace("/", ", ")

    regions = groupby(_names(), key=lambda name: name.partition("/")[0])
    return tuple((region, tuple(map(place, names))) for region, names in regions)
