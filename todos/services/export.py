"""What a person's export holds of this app: all that they see."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from todos.models import Label, Membership, Project, Todo

BATCH = 500
PROJECT = ("id", "owner", "title", "colour", "is_inbox", "order", "archived_at", "created_at", "updated_at")
TODO = (
    "id", "project", "parent", "title", "description", "priority", "due_date", "due_time", "time_zone",
    "completed_at", "order", "created_by", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
Rows = Iterator[Mapping[str, Any]]


def projects(user_id: UUID) -> Rows:
    """Return the projects that a person is in."""
    return Project.objects.visible_to(user_id).in_order().values(*PROJECT).iterator(BATCH)


def memberships(user_id: UUID) -> Rows:
    """Return what a person is in each of them."""
    return Membership.objects.of(user_id).order_by("pk").values("project", "role").iterator(BATCH)


def labels(user_id: UUID) -> Rows:
    """Return a person's labels."""
    columns = ("id", "name", "colour", "created_at", "updated_at")
    return Label.objects.of(user_id).in_order().values(*columns).iterator(BATCH)


def todos(user_id: UUID) -> Rows:
    """Return the todos of the projects that a person is in, those in the trash too."""
    rows = Todo.objects.visible_to(user_id).with_label_names().order_by("pk").values(*TODO, "label_names")
    for row in rows.iterator(BATCH):
        row["labels"] = row.pop("label_names")
        yield row
