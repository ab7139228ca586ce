"""How a timeline can be narrowed, on pages and in the API."""

import django_filters as filters

from activity.models import Event


class EventFilter(filters.FilterSet):
    """By verb, by what it happened to, by scope, by who did it."""

    verb = filters.CharFilter()
    subject = filters.UUIDFilter(field_name="subject_id")
    actor = filters.UUIDFilter(field_name="actor_id")
    scope = filters.CharFilter()

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()
