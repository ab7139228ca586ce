"""An example for every body of the OpenAPI document that was given none of its own."""

from typing import Any

VALUES: dict[str, Any] = {
    "access": "eyJhbGciOiJIUzI1NiJ9.…",
    "action": "complete",
    "actor_name": "Ada Lovelace",
    "archived_at": None,
    "assignee": None,
    "author_name": "Ada Lovelace",
    "completed_at": None,
    "deadline": None,
    "deleted_at": None,
    "description": "Two litres, and **oat** for Bo.",
    "due_time": "09:30:00",
    "duration_minutes": 30,
    "email": "ada@example.org",
    "etag": "17.0ff001",
    "expires_at": None,
    "Gone.kind": "todo",
    "description_html": "<p>Two litres, and <strong>oat</strong> for Bo.</p>",
    "ip": "192.0.2.1",
    "Label.name": "errand",
    "label": "Firefox on Linux",
    "labels": ["errand"],
    "name": "Ada Lovelace",
    "next": None,
    "occurrence_date": None,
    "occurrence_time": None,
    "offset_minutes": -30,
    "order": "a0",
    "parent": None,
    "password": "correct horse battery staple",
    "current_password": "correct horse battery staple",
    "previous": None,
    "problem": {},
    "project_title": "Home",
    "query": "today & p1",
    "read_at": None,
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO"],
    "refresh": "eyJhbGciOiJIUzI1NiJ9.…",
    "revision": 17,
    "SavedFilter.name": "Urgent today",
    "Section.title": "Soon",
    "section": None,
    "sent_at": None,
    "start_date": None,
    "Project.title": "Home",
    "text": "@Ada, the shop closes at **six**.",
    "text_html": "<p>@Ada, the shop closes at <strong>six</strong>.</p>",
    "time_zone": "Europe/Berlin",
    "title": "Buy milk",
    "todo_title": "Buy milk",
    "undo_receipt": ".eJwVy…",
}
"""What stands in a field of this name, or of this component and name, where its type allows it."""
FORMATS = {
    "uuid": "0196a000-0000-7000-8000-000000000001",
    "date": "2026-03-02",
    "date-time": "2026-03-02T09:30:00Z",
    "time": "09:30:00",
    "email": "ada@example.org",
}
FORMATS |= {"uri": "https://todos.example.org/", "binary": "(bytes)"}
PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": False, "null": None}
KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": type(None)}
KINDS |= {"array": list, "object": dict}


PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "A todo needs a title.",
    "code": "invalid",
    "fields": {"title": ["A todo needs a title."]},
    "request_id": "9a1f0c9f4f0b4a5c8d0e4a0f4f6f2b1c",
}


def add_examples(result: dict[str, Any], generator: Any, **options: Any) -> dict[str, Any]:
    """Give each request and each answer without an example one that is made of its schema; to all refusals, one."""
    schemas = result["components"]["schemas"]
    schemas["Problem"]["examples"] = [PROBLEM]
    for operation in (operation for path in result["paths"].values() for operation in path.values()):
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            _add_to(body.get("content", {}), schemas)
    return result


def _add_to(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give each kind of one body the examples of another kind of it, or one of its own."""
    given: dict[str, Any] = {}
    for media in content.values():
        given = given or {key: media[key] for key in ("example", "examples") if key in media}
    for kind, media in content.items():
        if kind != "application/problem+json" and not media.keys() & {"example", "examples"}:
            media.update(given or {"example": example_of(media["schema"], schemas)})


def example_of(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Any:
    """Return a value that a schema allows, `name` being the field that it stands in, after its component's."""
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[component], schemas, name if "enum" in schemas[component] else f"{component}.")
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    return _of_type(schema, schemas, name)


def _of_type(schema: dict[str, Any], schemas: dict[str, Any], name: str) -> Any:
    types = schema.get("type", "object")
    types = types if isinstance(types, list) else [types]
    component, _, field = name.rpartition(".")
    component = component.removeprefix("Patched").removesuffix("Request")
    for known in (f"{component}.{field}", field) if "$ref" not in schema.get("items", {}) else ():
        if known in VALUES and any(type(VALUES[known]) is KINDS.get(kind) for kind in types):
            return _within(VALUES[known], schema)
    if schema.get("default"):
        return schema["default"]
    if "array" in types:
        return [example_of(schema.get("items", {}), schemas, name)] * schema.get("minItems", 1)
    if "object" in types:
        return {
            key: example_of(part, schemas, f"{component}.{key}") for key, part in schema.get("properties", {}).items()
        }
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return _within(PLAIN[types[0]], schema)


def _within(value: Any, schema: dict[str, Any]) -> Any:
    """Keep a value within the limits that a schema sets."""
    if isinstance(value, str) and "maxLength" in schema:
        return value[: schema["maxLength"]]
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
    return value
