"""Dates as people say them."""

from datetime import date, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.filter
def day_name(day: date, today: date | None = None) -> str:
    """Say a day: Today, Tomorrow, Yesterday, Fri 20 Nov, 20 Nov 2027; in the order of the reader's language."""
    today = today or timezone.localdate()
    near = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}.get((day - today).days)
    if near:
        return near
    soon = abs(day - today) < timedelta(days=180)
    return date_format(day, "WEEKDAY_FORMAT" if soon else "SHORT_DATE_FORMAT")


@register.filter
def due_tone(todo: Any) -> str:
    """Return the tone of a due date: trouble when it is past, the accent for today."""
    if todo.completed_at or not todo.due_date:
        return ""
    today = timezone.localdate()
    return "danger" if todo.due_date < today else "ok" if todo.due_date == today else ""
