"""What doors share that take a file in a form."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from config.errors import Invalid
from todos.api.rows import Rows

FORM = 64 * 1024
"""Bytes of a form around its file."""


class TakesFile(Rows):
    """Creates from a form with one file, of no more bytes than `largest`."""

    @property
    def largest(self) -> int:
        raise NotImplementedError

    def get_parsers(self) -> list[Any]:
        """Take a form for a new one, and nowhere else."""
        takes_file = (self.action_map or {}).get("post") == "create"
        return [MultiPartParser()] if takes_file else super().get_parsers()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything reads the body: whoever asks would otherwise have all of it parsed.
        if int(request.META.get("CONTENT_LENGTH") or 0) > self.largest + FORM:
            raise RequestDataTooBig
        super().initial(request, *args, **kwargs)


def require_one_file(request: Request) -> None:
    """Raise Invalid for a form with several files: one would be lost."""
    if sum(len(files) for _, files in request.FILES.lists()) > 1:
        raise Invalid.field("file", "Send one file at a time.")
