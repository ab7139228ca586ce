"""How the list of people can be narrowed, on pages and in the API."""

from typing import Any

import django_filters as filters

from accounts.models import Role, User
from config.filters import FlagFilter


class PersonFilter(filters.FilterSet):
    """By what one remembers of them, by role, by whether they may sign in."""

    search = filters.CharFilter(method="by_text", max_length=100, help_text="Somewhere in the name or the address.")
    role = filters.ChoiceFilter(choices=Role.choices)
    is_active = FlagFilter(help_text="Whether the account is switched on.")

    class Meta:
        model = User
        fields: tuple[str, ...] = ()

    def by_text(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)
