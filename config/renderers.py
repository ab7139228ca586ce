"""JSON in and out through orjson, problem details, and the browsable API."""

from typing import Any

import orjson
from rest_framework import parsers, renderers
from rest_framework.exceptions import ParseError

OPTIONS = orjson.OPT_UTC_Z


class JSONRenderer(renderers.JSONRenderer):
    """Writes JSON with orjson; a refusal says `application/problem+json`."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        context = renderer_context or {}
        response = context.get("response")
        # The browsable API has its page's JSON written here too: its answer stays HTML.
        if getattr(response, "is_problem", False) and context["response"].accepted_renderer is self:
            context["response"]["Content-Type"] = "application/problem+json"
        indent = context.get("indent") or self.get_indent(accepted_media_type or "", context)
        return orjson.dumps(data, default=str, option=OPTIONS | (orjson.OPT_INDENT_2 if indent else 0))


class BrowsableAPIRenderer(renderers.BrowsableAPIRenderer):
    """Developers' pages of the API, in the product's own look."""

    def show_form_for_method(self, view: Any, method: str, request: Any, obj: Any) -> bool:
        """Offer what the view allows; whether the person may is the service's answer."""
        return method in view.allowed_methods

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """Raw JSON forms only: they show the contract as clients meet it."""
        return super().get_rendered_html_form(data, view, method, request) if method in ("DELETE", "OPTIONS") else None

    def render_form_for_serializer(self, serializer: Any) -> str:
        return ""


class JSONParser(parsers.JSONParser):
    """Reads JSON with orjson: UTF-8, no NaN, bounded depth."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error


class MergePatchParser(JSONParser):
    """Reads a JSON Merge Patch (RFC 7396), which for our flat resources is their JSON."""

    media_type = "application/merge-patch+json"
