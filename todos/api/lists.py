"""Lists of todos: narrowed, in any order, in groups, a page at a time."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import validate_time_zone
from config.errors import Invalid
from config.pagination import KeysetPagination
from todos import listing
from todos.api.rows import Rows
from todos.api.serializers import TodoSerializer
from todos.arranging import COMPLETED_GROUPINGS, COMPLETED_ORDERINGS, GROUPINGS, ORDERINGS, Arrangement, Grouping
from todos.domain.filters import Calendar, parse
from todos.filters import NarrowFilter
from todos.models import Todo
from todos.querysets import TodoQuerySet

LONGEST_RANGE = 366
MONTH = timedelta(days=30)
FILTER = OpenApiParameter(
    "filter",
    str,
    description="In the filter language, like Todoist's: terms joined by `&`, `|` (or `,`), `!` and parentheses. Open "
    "todos, unless it asks for `completed` ones.\n\n"
    "- Due: `today`, `tomorrow`, `overdue`, `no date`, `no time`, `7 days`, `this week`, `monday`, `24 dec`, "
    "`2026-10-01`, `due: …`, `due before: …`, `due after: …`\n"
    "- Other dates alike: `start: …`, `deadline before: …`, `created: last 7 days`, `updated after: …`, "
    "`completed: yesterday`\n"
    "- `p1` to `p4`, `no priority`; `#Project`, `##Project` with all below it; `/Section`; `@label`, `no labels`. "
    "A `*` stands for any text.\n"
    "- `assigned to: me`, `others` or a name, `assigned`, `created by: me`, `shared`\n"
    "- `recurring`, `subtask`, `completed`, `has: comments` (or attachments, subtasks, description, duration, …), "
    "`no section`\n"
    '- `search: words`, or words in quotes: `"oat milk"`\n\n'
    "A backslash takes the meaning of the character after it away: `#R\\&D`. What is no filter is refused with the "
    "`position` of the character where that shows.",
    examples=[
        OpenApiExample("Urgent at work, or mine", "overdue & #Work & !@waiting & p1 | assigned to: me"),
        OpenApiExample("The week ahead", "(overdue | next 7 days) & !subtask"),
    ],
)
ZONE = OpenApiParameter("time_zone", str, description="Where it is `today` (IANA); your profile's, unless given.")
DAY = "2026-03-02"


def ordering_parameter(orderings: Any, default: str) -> OpenApiParameter:
    text = f"{default} unless given. By `due_date`, what has none comes last both ways; by `priority`, p1 comes first."
    return OpenApiParameter("ordering", str, enum=list(orderings), description=text)


def grouping_parameter(groupings: Any, default: str = "") -> OpenApiParameter:
    text = (
        "Sort by this first. Each row then has the key of its `group`, and the first page has the `groups` of the "
        "whole list in their order (at most 500), with their counts. By `label`, a todo is there once for each of its "
        "labels."
    )
    if default:
        text += f" `{default}` unless given; `none` for none."
    return OpenApiParameter("group_by", str, enum=[*groupings, "none"], description=text)


class ListedTodoSerializer(TodoSerializer):
    """A todo of a list, with the key of its group in one that has groups."""

    group = serializers.CharField(required=False, allow_null=True, help_text="The `key` of one of the `groups`.")


class TodoPages(KeysetPagination):
    """Pages of todos; the first of a grouped list tells of its groups."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = super().get_paginated_response_schema(schema)
        group = {
            "type": "object",
            "required": ["key", "title", "count"],
            "properties": {
                "key": {"type": ["string", "null"]},
                "title": {"type": "string"},
                "count": {"type": "integer"},
                "project": {"type": "string", "format": "uuid"},
            },
        }
        groups = {"type": "array", "items": group, "description": "On the first page of a grouped list."}
        found["properties"]["groups"] = groups
        return found


class TodoLists(Rows):
    """What lists of todos share."""

    scope = "todos"
    serializer_class = TodoSerializer
    filterset_class: Any = NarrowFilter
    pagination_class = TodoPages
    queryset = Todo.objects.none()
    orderings = ORDERINGS
    groupings = GROUPINGS
    ordering = "-created_at"
    grouping = ""

    def answer(self, rows: TodoQuerySet, *, done: bool = False) -> Response:
        """Answer with a page of todos, narrowed and arranged as the request says."""
        found: Any = self.filter_queryset(rows)
        if text := self.request.query_params.get("filter"):
            node = parse(text)
            found = listing.filtered(found, node, viewer_id=self.actor.pk, calendar=self.calendar, done=done)
        arrangement = self.arrangement
        arranged = arrangement.arranged(found)
        page = self.paginate_queryset(arrangement.as_rows(arranged))
        shown: Any = self.get_serializer(page, many=True).data
        response = self.get_paginated_response(shown)
        if arrangement.grouping:
            for row, data in zip(page or (), shown, strict=True):
                data["group"] = arrangement.key_of(row)
            if not self.request.query_params.get("cursor"):
                response.data["groups"] = arrangement.groups(arranged)
        return response

    @cached_property
    def arrangement(self) -> Arrangement:
        """The order and the groups that the request asks for."""
        given = self.request.query_params
        name = given.get("ordering", self.default_ordering())
        if name not in self.orderings:
            raise Invalid.field("ordering", f"Order by one of {', '.join(self.orderings)}.")
        grouping = self._grouping(given.get("group_by", self.grouping))
        zone = self.calendar.zone if grouping and grouping.key == "completed_on" else None
        return Arrangement(self.orderings[name], grouping, zone)

    def default_ordering(self) -> str:
        return self.ordering

    def _grouping(self, name: str) -> Grouping | None:
        if name in ("", "none"):
            return None
        if name not in self.groupings:
            raise Invalid.field("group_by", f"Group by one of {', '.join(self.groupings)}.")
        return self.groupings[name]

    def get_keyset(self, request: Request) -> tuple[str, ...]:
        """Return the columns that pages are read by."""
        return self.arrangement.keyset

    @cached_property
    def calendar(self) -> Calendar:
        """The viewer's today."""
        zone = self.request.query_params.get("time_zone", "")
        try:
            if zone:
                validate_time_zone(zone)
        except ValidationError as error:
            raise Invalid.field("time_zone", str(error.message)) from None
        return listing.calendar_of(self.actor, now=timezone.now(), time_zone=zone)


def listed(text: str, *, ordering: str, groupings: Any = GROUPINGS, orderings: Any = ORDERINGS, group: str = "",
           parameters: tuple[OpenApiParameter, ...] = ()) -> Any:  # fmt: skip
    """Describe an operation that answers with a list of todos."""
    return extend_schema(
        description=text,
        parameters=[
            *parameters,
            FILTER,
            ordering_parameter(orderings, ordering),
            grouping_parameter(groupings, group),
            ZONE,
        ],
        responses=ListedTodoSerializer(many=True),
    )


def day_parameter(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, date, description=text)


class ViewsViewSet(TodoLists):
    """The lists that a day is spent with. Their days are yours: `time_zone`, or your profile's."""

    @listed("What is due today, and what was before and is not done.", ordering="`due_date`")
    @action(detail=False, ordering="due_date")
    def today(self, request: Request) -> Response:
        return self.answer(listing.today(self.actor.pk, self.calendar.today))

    @listed("What was due before today and is not done.", ordering="`due_date`")
    @action(detail=False, ordering="due_date")
    def overdue(self, request: Request) -> Response:
        return self.answer(listing.overdue(self.actor.pk, self.calendar.today))

    @listed(
        "What is due by day, from today on unless told otherwise.",
        ordering="`due_date`",
        group="due_date",
        parameters=(
            day_parameter("from", "The first day; today, unless given."),
            day_parameter("to", f"The last day, at most {LONGEST_RANGE} later; 30 days later, unless given."),
        ),
    )
    @action(detail=False, ordering="due_date", grouping="due_date")
    def upcoming(self, request: Request) -> Response:
        first = self._day("from") or self.calendar.today
        last = self._day("to") or _later(first, MONTH)
        if not first <= last <= _later(first, timedelta(days=LONGEST_RANGE)):
            raise Invalid.field("to", f"Ask for a day from the first one on, at most {LONGEST_RANGE} days later.")
        return self.answer(listing.upcoming(self.actor.pk, first, last))

    @listed("What is assigned to you and not done.", ordering="`due_date`")
    @action(detail=False, ordering="due_date")
    def assigned(self, request: Request) -> Response:
        return self.answer(listing.assigned(self.actor.pk))

    @listed("What has no due date and is not done.", ordering="`-created_at`")
    @action(detail=False, url_path="no-date")
    def no_date(self, request: Request) -> Response:
        return self.answer(listing.undated(self.actor.pk))

    @listed(
        "What is done, by day, the latest first; in archived projects too. A recurring todo that goes on is not done: "
        "the activity has its occurrences.",
        ordering="`-completed_at`",
        orderings=COMPLETED_ORDERINGS,
        groupings=COMPLETED_GROUPINGS,
        group="completed_on",
        parameters=(
            day_parameter("from", "Done on this day or later."),
            day_parameter("to", "Done on this day or before."),
        ),
    )
    @action(
        detail=False,
        ordering="-completed_at",
        orderings=COMPLETED_ORDERINGS,
        grouping="completed_on",
        groupings=COMPLETED_GROUPINGS,
    )
    def completed(self, request: Request) -> Response:
        rows = listing.completed(self.actor.pk)
        if first := self._day("from"):
            rows = rows.completed_since(self.calendar.midnight(first))
        if last := self._day("to"):
            rows = rows.completed_before(self.calendar.end(last))
        return self.answer(rows, done=True)

    def _day(self, name: str) -> date | None:
        text = self.request.query_params.get(name, "")
        try:
            day = parse_date(text) if text else None
        except ValueError:
            day = None
        if text and day is None:
            raise Invalid.field(name, f"Give a day such as {DAY}.")
        return day


def _later(day: date, by: timedelta) -> date:
    return day + min(by, date.max - day)
