"""Files on todos: sent as forms, and read as files that never run here."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from config.preconditions import IF_MATCH
from todos import policies
from todos.api.serializers import writable
from todos.api.talk import TRASHED, OnTodo
from todos.api.uploads import TakesFile, require_one_file
from todos.domain.files import SAFE_IMAGES
from todos.models import Attachment
from todos.services import attachments

PIECE = 64 * 1024
POLICY = "sandbox; default-src 'none'"
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class AttachmentSerializer(serializers.Serializer[Any]):
    """A file on a todo."""

    id = serializers.UUIDField(read_only=True)
    url = serializers.URLField(read_only=True)
    content_url = serializers.URLField(read_only=True, help_text="The file itself.")
    todo = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    media_type = serializers.CharField(read_only=True, help_text="By its bytes, whatever its sender said.")
    size = serializers.IntegerField(read_only=True, help_text="In bytes.")
    sha256 = serializers.CharField(read_only=True)
    uploaded_by = serializers.UUIDField(read_only=True, allow_null=True)
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def to_representation(self, attachment: Attachment) -> dict[str, Any]:
        where = {"args": [attachment.todo_id, attachment.pk], "request": self.context["request"]}
        return {
            "id": attachment.pk,
            "url": reverse("api-attachment-detail", **where),
            "content_url": reverse("api-attachment-content", **where),
            "todo": attachment.todo_id,
            "name": attachment.name,
            "media_type": attachment.media_type,
            "size": attachment.size,
            "sha256": attachment.sha256,
            "uploaded_by": attachment.uploaded_by_id,
            "revision": attachment.revision,
            "created_at": attachment.created_at,
            "deleted_at": attachment.deleted_at,
        }


class UploadSerializer(serializers.Serializer[Any]):
    """A form with one file."""

    id = serializers.UUIDField(required=False, help_text="Yours to choose on creation; UUIDv7 is best.")
    file = serializers.FileField(max_length=None)


@extend_schema_view(list=extend_schema(parameters=[TRASHED]))
class AttachmentViewSet(TakesFile, OnTodo):
    """Files on a todo, the oldest first. They reach its project's members and nobody else."""

    serializer_class = AttachmentSerializer

    @property
    def largest(self) -> int:
        return settings.ATTACHMENT_MAX

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Serve a file whatever the request accepts: an `<img>` asks for images alone."""
        return super().perform_content_negotiation(request, force=force or self.action == "content")

    def get_queryset(self) -> Any:
        return self.seen(Attachment.objects.all())

    def retrieve(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        return self.show(self._found(pk))

    def _found(self, pk: UUID, *, live: bool = False) -> Attachment:
        rows = Attachment.objects.live() if live else Attachment.objects.all()
        found: Attachment = policies.part_of_todo(rows, actor=self.actor, todo_id=self.todo_id, id=pk)
        return found

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: AttachmentSerializer})
    def create(self, request: Request, todo_id: UUID) -> Response:
        values = writable(UploadSerializer(data=request.data))
        require_one_file(request)
        upload = values.pop("file")
        found = attachments.add_attachment(
            actor=self.actor, todo_id=todo_id, upload=upload, now=timezone.now(), **values
        )
        return self.show(found, status=201)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Move a file to the trash: one that you added, or any in a project of yours."""
        self.change(attachments.delete_attachment, request, attachment_id=pk)
        return Response(status=204)

    @extend_schema(request=None, responses=AttachmentSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, todo_id: UUID, pk: UUID) -> Response:
        """Bring a file back from the trash."""
        return self.show(self.change(attachments.restore_attachment, request, attachment_id=pk))

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes.")],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            416: OpenApiResponse(description="The file ends before that."),
        },
    )
    @action(detail=True, methods=["get"])
    def content(self, request: Request, todo_id: UUID, pk: UUID) -> HttpResponseBase:
        """Read the file. Pictures of safe types show in place; anything else is to be kept."""
        return _file(self._found(pk, live=True), request)


def _file(attachment: Attachment, request: Request) -> HttpResponseBase:
    """Answer with a file, or a range of it (RFC 9110 §14), that no page of ours can be made to run."""
    tag, size = f'"{attachment.sha256}"', attachment.size
    is_shown = attachment.media_type in SAFE_IMAGES
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": content_disposition_header(not is_shown, attachment.name) or "attachment",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
    }
    start, end = 0, size
    if request.headers.get("If-Range", tag) == tag and (asked := RANGE.fullmatch(request.headers.get("Range", ""))):
        start, end = _span(asked[1], asked[2], size)
        if start >= end:
            return Response(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    partial = (start, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    pieces = Span(attachment.file.open("rb"), start, end)
    kind = attachment.media_type if is_shown else "application/octet-stream"
    return StreamingHttpResponse(pieces, status=206 if partial else 200, content_type=kind, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the half-open span of a range; an empty one when nothing of the file is in it."""
    if not first:
        return (max(0, size - int(last)), size) if last else (0, size)
    return int(first), min(size, int(last) + 1) if last else size


class Span:
    """The pieces of a part of an open file, which is closed with the answer, read or not."""

    def __init__(self, file: "File[bytes]", start: int, end: int) -> None:
        self.file, self.start, self.end = file, start, end

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.start)
        left = self.end - self.start
        while left > 0 and (piece := self.file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    def close(self) -> None:
        self.file.close()
