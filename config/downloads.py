"""Files that are written while they are sent."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse


def attachment(pieces: Iterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """Answer with a file to keep; nothing on the way may store it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
