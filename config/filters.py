"""Kinds of filters that lists share."""

from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError


class FlagField(forms.Field):
    """`true`, `false`, or nothing."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value.lower() not in ("true", "false"):
            raise ValidationError("Say true or false.")
        return bool(value.lower() == "true")


class FlagFilter(filters.BooleanFilter):
    """Refuses what is neither true nor false; Django's own field would pass it over."""

    field_class = FlagField
