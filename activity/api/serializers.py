from typing import Any

from rest_framework import serializers

from activity.models import Event


class ActorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class SubjectSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.UUIDField()
    title = serializers.CharField()


class EventSerializer(serializers.Serializer[Event]):
    """One committed change. `data` holds the changed fields before and after."""

    id = serializers.UUIDField()
    verb = serializers.CharField()
    actor = ActorSerializer()
    subject = SubjectSerializer()
    scope = serializers.CharField()
    revision = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field named data, as the API has it

    def to_representation(self, event: Event) -> dict[str, Any]:
        return {
            "id": event.pk,
            "verb": event.verb,
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
