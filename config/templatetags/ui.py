"""Small parts that every page repeats."""

import re
from datetime import datetime, timedelta
from typing import Protocol

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()


class Person(Protocol):
    name: str
    initials: str
    colour: str


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite, silent to a screen reader: a text or a label stands beside it."""
    sprite = static("icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.simple_tag
def avatar(person: Person, size: str = "", named: bool = False) -> SafeString:
    """Draw a person's initials; `named` where the name does not stand beside it. Size: "m", "l"."""
    label = format_html('role="img" aria-label="{0}" title="{0}"', person.name)
    return format_html(
        '<span class="avatar{}" data-color="{}" {}>{}</span>',
        f" avatar--{size}" if size else "",
        person.colour,
        label if named else SafeString('aria-hidden="true"'),
        person.initials,
    )


@register.filter
def ago(moment: datetime) -> str:
    """Say how long ago something was, within a sentence: “12 minutes ago”, “yesterday”, a date."""
    now = timezone.now()
    since, day = now - moment, timezone.localdate(moment)
    if since < timedelta(minutes=2):
        return "just now"
    if day == timezone.localdate(now) or since < timedelta(hours=1):
        return f"{timesince(moment, now, depth=1)} ago"
    if day == timezone.localdate(now) - timedelta(days=1):
        return "yesterday"
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


@register.simple_tag(takes_context=True)
def aria_current(context: Context, name: str, key: object = "") -> SafeString:
    """Mark the link to the page one is on: its view says `current`: "inbox", "project:<id>"."""
    here = f"{name}:{key}" if key else name
    return SafeString(' aria-current="page"' if context.get("current") == here else "")


JSON_TOKEN = re.compile(
    r"""
    (?P<key>"(?:\\.|[^"\\])*"(?=\s*:))
    | (?P<string>"(?:\\.|[^"\\])*")
    | (?P<number>-?\d[\d.eE+-]*)
    | (?P<word>\w+)
    """,
    re.VERBOSE,
)
WEB_ADDRESS = re.compile(r'"(https?://[^"\\\s]+)"')


@register.filter
def coloured_json(text: str) -> SafeString:
    """Give the keys, strings, numbers and words of JSON a class; web addresses become links."""
    parts: list[tuple[str | SafeString]] = []
    end = 0
    for token in JSON_TOKEN.finditer(text):
        parts += [(text[end : token.start()],), (_coloured(token),)]
        end = token.end()
    return format_html_join("", "{}", [*parts, (text[end:],)])


def _coloured(token: re.Match[str]) -> SafeString:
    address = WEB_ADDRESS.fullmatch(token[0])
    if address and token.lastgroup == "string":
        return format_html('<span class="string">"<a href="{0}">{0}</a>"</span>', address[1])
    return format_html('<span class="{}">{}</span>', token.lastgroup, token[0])
