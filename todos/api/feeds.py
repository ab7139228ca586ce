"""A person's calendar feeds."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from todos.api.rows import Rows
from todos.api.serializers import writable
from todos.models import CalendarFeed
from todos.services import feeds

EXAMPLES = [
    OpenApiExample("All your todos", {}, request_only=True),
    OpenApiExample("One project", {"project": "0196a000-0000-7000-8000-000000000002"}, request_only=True),
    OpenApiExample(
        "A feed that was just made",
        {
            "id": "0196a000-0000-7000-8000-000000000000",
            "project": None,
            "prefix": "feed_Zk3vQ9",
            "address": "https://todos.example.org/feeds/feed_Zk3vQ9….ics",
            "created_at": "2026-03-02T08:30:00Z",
            "last_used_at": None,
        },
        response_only=True,
    ),
]


class FeedSerializer(serializers.Serializer[CalendarFeed]):
    """A secret address of a read-only calendar (RFC 5545); who knows it reads your todos."""

    id = serializers.UUIDField(read_only=True)
    project = serializers.UUIDField(
        source="project_id", allow_null=True, required=False, help_text="Null for all your projects but archived ones."
    )
    prefix = serializers.CharField(read_only=True, help_text="How its secret begins.")
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="To the hour.")


class NewFeedSerializer(FeedSerializer):
    """A feed with its address, which is shown this once."""

    address = serializers.URLField(
        read_only=True,
        help_text="Holds to-dos; with `?as=events` the dated ones as events, which every calendar shows.",
    )


class FeedViewSet(mixins.ListModelMixin, Rows):
    """Your calendar feeds. API tokens stay outside: a feed is a key of its own."""

    serializer_class = FeedSerializer
    keyset = ("-created_at", "-id")
    queryset = CalendarFeed.objects.none()

    def get_queryset(self) -> Any:
        return CalendarFeed.objects.of(self.actor.pk)

    @extend_schema(responses={201: NewFeedSerializer}, examples=EXAMPLES)
    def create(self, request: Request) -> Response:
        """Make a feed. Its address is shown this once; revoke it when somebody learnt it."""
        values = writable(self.get_serializer(data=request.data))
        made = feeds.create_feed(actor=self.actor, now=timezone.now(), **values)
        address = settings.BASE_URL + reverse("feed", args=[made.secret])
        headers = {"Cache-Control": "no-store"}
        return Response(self.represent(made.feed) | {"address": address}, status=201, headers=headers)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Revoke a feed: its address opens nothing from now on, and no undoing opens it again."""
        feeds.revoke_feed(actor=self.actor, feed_id=pk, now=timezone.now())
        return Response(status=204)
