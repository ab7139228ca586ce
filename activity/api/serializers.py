from typing import Any, cast
from uuid import UUID

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from activity.models import Event
from activity.sentences import people_known_to, places_seen_by, sentence_of


class ActorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class SubjectSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.UUIDField()
    title = serializers.CharField()


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "examples": [{"changes": {"title": {"before": "Buy milk", "after": "Buy oat milk"}}}],
    }
)
class DataField(serializers.DictField):
    """What an event keeps of its change."""


class EventSerializer(serializers.Serializer[Event]):
    """One committed change. Names and titles are those of the time."""

    id = serializers.UUIDField()
    verb = serializers.CharField(help_text="Such as `todo.completed`. New ones may come.")
    sentence = serializers.CharField(help_text="The event in words, such as: You completed “Buy milk”.")
    actor = ActorSerializer()
    subject = SubjectSerializer()
    scope = serializers.CharField(help_text="Where it happened: `project:<id>` or `user:<id>`.")
    revision = serializers.IntegerField(help_text="Counts the changes of the scope without a gap.")
    created_at = serializers.DateTimeField()
    data = DataField(  # type: ignore[assignment]  # a field named data, as the API has it
        help_text="`changes` has each changed field `before` and `after`, and `length` where a long text was cut. Of a"
        " todo that came from another project it has what is `after`. `project` and `parent` are what those were,"
        " `subtasks` what went along, each with its own `changes`. What else there is depends on the verb."
    )

    def to_representation(self, event: Event) -> dict[str, Any]:
        return {
            "id": event.pk,
            "verb": event.verb,
            "sentence": sentence_of(event, reader_id=self.reader_id, places=self.places, people=self.people),
            "actor": {"id": event.actor_id, "name": event.actor_name},
            "subject": {
                "type": event.subject_type,
                "id": event.subject_id,
                "title": event.subject_title,
            },
            "scope": event.scope,
            "revision": event.revision,
            "created_at": event.created_at,
            "data": event.data,
        }

    @cached_property
    def reader_id(self) -> UUID:
        return cast(UUID, self.context["request"].user.pk)

    @cached_property
    def places(self) -> Any:
        return places_seen_by(self.reader_id)

    @cached_property
    def people(self) -> Any:
        return people_known_to(self.reader_id)
