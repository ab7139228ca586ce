"""The same change to many todos in one call."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from activity.services.recording import collecting_events
from config.http import STATUS, problem, problem_of, problem_response
from config.preconditions import tags_in
from todos.api.rows import RECEIPT, Rows
from todos.api.serializers import LocalTimeField, TodoSerializer, writable
from todos.services.bulk import MOST, STEPS, Outcome, change_todos
from todos.services.receipts import receipt_for

VALUES = {
    "move": ("project", "section", "parent"),
    "label": ("labels",),
    "unlabel": ("labels",),
    "date": ("due_date", "due_time", "time_zone"),
    "priority": ("priority",),
    "assign": ("assignee",),
}
"""What goes with each action; nothing with the others."""
EVERY_VALUE = {name for names in VALUES.values() for name in names}


class BulkItemSerializer(serializers.Serializer[Any]):
    """A todo, if it is as you saw it."""

    id = serializers.UUIDField()
    etag = serializers.CharField(max_length=100, required=False, help_text="As for `If-Match`, with quotes or without.")


class BulkSerializer(serializers.Serializer[Any]):
    """What to do, to which todos."""

    action = serializers.ChoiceField(list(STEPS))
    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST, help_text="The todos, or else `items`."
    )
    items = serializers.ListField(child=BulkItemSerializer(), required=False, max_length=MOST)
    atomic = serializers.BooleanField(
        default=True, help_text="All or nothing; `false` changes those that can be, and says which could not."
    )
    project = serializers.UUIDField(required=False, help_text="For `move`.")
    section = serializers.UUIDField(required=False, allow_null=True, help_text="For `move`.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # a name of DRF too
        required=False, allow_null=True, help_text="For `move`."
    )
    labels = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        allow_empty=False,
        max_length=50,
        help_text="For `label` and `unlabel`.",
    )
    due_date = serializers.DateField(required=False, allow_null=True, help_text="For `date`.")
    due_time = LocalTimeField(required=False, allow_null=True, help_text="For `date`.")
    time_zone = serializers.CharField(required=False, allow_blank=True, max_length=64, help_text="For `date`.")
    priority = serializers.IntegerField(min_value=1, max_value=4, required=False, help_text="For `priority`.")
    assignee = serializers.UUIDField(required=False, allow_null=True, help_text="For `assign`.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Check that there are todos, and just the values that the action takes."""
        if ("ids" in given) == ("items" in given):
            raise serializers.ValidationError({"ids": ["Give either ids or items."]})
        if not (given.get("ids") or given.get("items")):
            raise serializers.ValidationError({"ids": ["Choose at least one todo."]})
        action, wanted = given["action"], VALUES.get(given["action"], ())
        extra = sorted(given.keys() & EVERY_VALUE - set(wanted))
        if extra:
            raise serializers.ValidationError({name: [f"Nothing that goes with {action}."] for name in extra})
        if wanted and not given.keys() & set(wanted):
            raise serializers.ValidationError({wanted[0]: [f"Needed for {action}."]})
        return given


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of one todo: its new tag, or what stood against it."""

    id = serializers.UUIDField()
    status = serializers.IntegerField(help_text="As one request for this todo would have been answered.")
    etag = serializers.CharField(required=False)
    revision = serializers.IntegerField(required=False)
    problem = serializers.DictField(required=False)


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """What became of each, in the order given."""

    results = BulkResultSerializer(many=True)
    undo_receipt = serializers.CharField(allow_null=True, help_text="For `undo/`, within ten minutes.")


EXAMPLES = [
    OpenApiExample(
        "Complete three, or none",
        {"action": "complete", "ids": ["0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77", "0196a1d4-7c3f-7001-9a44-0c1d2e3f4a5b"]},
        request_only=True,
    ),
    OpenApiExample(
        "Move what is still as I saw it",
        {
            "action": "move",
            "project": "0196a1d0-11aa-7bbb-8ccc-0dd0ee0ff001",
            "items": [{"id": "0196a1d4-7c3e-7b60-8f2a-5d3c1e9b4a77", "etag": "17.0ff001"}],
            "atomic": False,
        },
        request_only=True,
    ),
]


class BulkViewSet(Rows):
    """Many todos at once."""

    scope = "todos"
    serializer_class = BulkSerializer

    def represent(self, todo: Any) -> Any:
        """Return a todo as it is, to whoever thought it otherwise."""
        return TodoSerializer(todo, context=self.get_serializer_context()).data

    @extend_schema(operation_id="todos_bulk", responses={200: BulkAnswerSerializer}, examples=EXAMPLES)
    def create(self, request: Request) -> Response:
        """Do one thing to up to 500 todos, with a result for each; twice the same one counts once.

        All or nothing, unless `atomic` is false: a refusal then names what stood against which todo.
        """
        given, now = writable(self.get_serializer(data=request.data)), timezone.now()
        with collecting_events() as recorded:
            outcomes = change_todos(
                actor=self.actor,
                action=given["action"],
                items=_items(given),
                values={name: given[name] for name in VALUES.get(given["action"], ()) if name in given},
                is_atomic=given["atomic"],
                now=now,
            )
        refused = [outcome for outcome in outcomes if outcome.error]
        if given["atomic"] and refused:
            return self._refusal(refused, len(outcomes))
        receipt = receipt_for(recorded, actor=self.actor, part=self.scope, now=now)
        data = {"results": [self._result(one) for one in outcomes], "undo_receipt": receipt or None}
        return Response(data, headers={RECEIPT: receipt} if receipt else None)

    def _result(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.error:
            body = problem_of(outcome.error, self)
            return {"id": outcome.id, "status": body["status"], "problem": body}
        todo: Any = outcome.todo
        return {"id": todo.pk, "status": 200, "etag": todo.etag, "revision": todo.revision}

    def _refusal(self, refused: list[Outcome], count: int) -> Response:
        """Say that nothing was changed, with the status that all refusals have, if they have one, and each of them."""
        codes = {outcome.error.code for outcome in refused if outcome.error}
        code = codes.pop() if len(codes) == 1 else "conflict"
        detail = f"Nothing was changed: {len(refused)} of {count} todos could not be."
        if count == 1 and refused[0].error:
            detail = refused[0].error.message
        body = problem(STATUS[code], detail, code=code)
        return problem_response(body | {"results": [self._result(outcome) for outcome in refused]})


def _items(given: dict[str, Any]) -> dict[UUID, frozenset[str] | None]:
    """Return the tags that are accepted by the id of each todo, the first time that it is named."""
    found: dict[UUID, frozenset[str] | None] = {}
    for item in given.get("items") or ({"id": id} for id in given["ids"]):
        tag = item.get("etag", "")
        found.setdefault(item["id"], tags_in(tag) if '"' in tag or tag in ("", "*") else frozenset([tag]))
    return found
