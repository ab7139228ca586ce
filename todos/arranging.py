"""In which order a list of todos comes, and into which groups it falls.

Pages are read by keyset (`config.pagination`), so an order has no nulls: what a todo lacks sorts as
something that none has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateField, F, Min, QuerySet, TimeField, UUIDField, Value
from django.db.models.functions import Coalesce, Lower, TruncDate

from todos.querysets import API_FIELDS

MOST_GROUPS = 500
FAR, LONG_AGO = Value(date.max, DateField()), Value(date.min, DateField())
LATEST = Value(time.max, TimeField())
NOBODY = Value(UUID(int=0), UUIDField())
NOTHING = Value("", CharField())
COLUMNS: dict[str, Any] = {
    "due": Coalesce("due_date", FAR),
    "was_due": Coalesce("due_date", LONG_AGO),
    "clock": Coalesce("due_time", LATEST),
    "name": Lower("title"),
    "project_order": F("project__order"),
    "section_order": Coalesce("section__order", NOTHING),
    "section_key": Coalesce("section_id", NOBODY),
    "label": Lower(Coalesce("labels__name", NOTHING)),
    "assignee_name": Coalesce("assignee__name", NOTHING),
    "assignee_key": Coalesce("assignee_id", NOBODY),
}
"""What rows are sorted by besides their own fields."""
URGENCY = ("clock", "priority", "order", "id")
ORDERINGS = {
    "order": ("order", "id"),
    "-order": ("-order", "-id"),
    "due_date": ("due", *URGENCY),
    "-due_date": ("-was_due", *URGENCY),
    "priority": ("priority", "due", "clock", "order", "id"),
    "-priority": ("-priority", "due", "clock", "order", "id"),
    "title": ("name", "id"),
    "-title": ("-name", "-id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
    "updated_at": ("updated_at", "id"),
    "-updated_at": ("-updated_at", "-id"),
}
"""By `due_date`, what has none comes last, whichever the direction."""
COMPLETED_ORDERINGS = ORDERINGS | {
    "completed_at": ("completed_at", "id"),
    "-completed_at": ("-completed_at", "-id"),
}
"""For lists in which all is completed."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to part a list: the columns that sort its groups, the one that names a row's, and what that is called."""

    columns: tuple[str, ...]
    key: str
    title: Any = None
    beside: tuple[str, ...] = ()


def _named(path: str) -> Any:
    """Return the name that all rows of a group have in common, or nearly."""
    return Coalesce(Min(path), NOTHING)


GROUPINGS = {
    "project": Grouping(("project_order", "project_id"), "project_id", _named("project__title")),
    "section": Grouping(
        ("project_order", "project_id", "section_order", "section_key"),
        "section_id",
        _named("section__title"),
        ("project_id",),
    ),
    "priority": Grouping(("priority",), "priority"),
    "label": Grouping(("label",), "label", _named("labels__name")),
    "due_date": Grouping(("due",), "due_date"),
    "assignee": Grouping(("assignee_name", "assignee_key"), "assignee_id", _named("assignee__name")),
}
COMPLETED_GROUPINGS = GROUPINGS | {"completed_on": Grouping(("-completed_on",), "completed_on")}


@dataclass(frozen=True)
class Arrangement:
    """An order and maybe groups, in which the order holds. Days begin as in `zone`."""

    order: tuple[str, ...]
    grouping: Grouping | None = None
    zone: tzinfo | None = None

    @property
    def keyset(self) -> tuple[str, ...]:
        """Return the columns that pages are read by."""
        return (*(self.grouping.columns if self.grouping else ()), *self.order)

    def arranged(self, rows: Any) -> Any:
        """Add to a queryset what it is sorted by. By label, a todo is there once for each of its labels."""
        needed = {name.removeprefix("-") for name in self.keyset}
        columns: Mapping[str, Any] = COLUMNS | {"completed_on": TruncDate("completed_at", tzinfo=self.zone)}
        return rows.annotate(**{name: column for name, column in columns.items() if name in needed})

    def as_rows(self, arranged: Any) -> Any:
        """Return an arranged queryset's rows as the API shows them, with what they are sorted by."""
        names = dict.fromkeys(name.removeprefix("-") for name in self.keyset)
        return arranged.as_rows(*(name for name in names if name not in API_FIELDS))

    def key_of(self, row: Any) -> str | None:
        """Return what names the group of a row; None for what lacks that by which they are parted."""
        return _text(getattr(row, self.grouping.key)) if self.grouping else None

    def groups(self, arranged: QuerySet[Any]) -> list[dict[str, Any]]:
        """Return the groups of an arranged queryset in their order: key, title, and how many are in each."""
        grouping = self.grouping
        if grouping is None:
            return []
        columns = [name.removeprefix("-") for name in grouping.columns]
        rows = arranged.order_by().values(*dict.fromkeys([*columns, grouping.key]))
        title = grouping.title or Value("")
        counted = rows.annotate(count=Count("pk"), group_title=title).order_by(*grouping.columns)
        return [
            {"key": _text(row[grouping.key]), "title": row["group_title"], "count": row["count"]}
            | {name.removesuffix("_id"): row[name] for name in grouping.beside}
            for row in counted[:MOST_GROUPS]
        ]


def _text(key: Any) -> str | None:
    return None if key in (None, "") else str(key)
