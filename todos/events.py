"""What can happen to projects, todos and labels, and how a timeline says it."""

from typing import Any
from uuid import UUID

from activity import registry
from activity.registry import Verb
from todos.models import Membership

PROJECT_CREATED = "project.created"
PROJECT_UPDATED = "project.updated"
PROJECT_ARCHIVED = "project.archived"
PROJECT_UNARCHIVED = "project.unarchived"
PROJECT_HANDED_OVER = "project.handed_over"
TODO_CREATED = "todo.created"
TODO_UPDATED = "todo.updated"
TODO_COMPLETED = "todo.completed"
TODO_REOPENED = "todo.reopened"
TODO_DELETED = "todo.deleted"
TODO_RESTORED = "todo.restored"
TODO_REORDERED = "todo.reordered"
TODO_LABELLED = "todo.labelled"
TODO_MOVED = "todo.moved"
TODO_MOVED_OUT = "todo.moved_out"
LABEL_CREATED = "label.created"
LABEL_UPDATED = "label.updated"
LABEL_DELETED = "label.deleted"

VERBS = (
    Verb(PROJECT_CREATED, "plus", "created the project {subject}"),
    Verb(PROJECT_UPDATED, "pencil", "changed the project {subject}"),
    Verb(PROJECT_ARCHIVED, "archive", "archived the project {subject}"),
    Verb(PROJECT_UNARCHIVED, "rotate-ccw", "brought back the project {subject}"),
    Verb(PROJECT_HANDED_OVER, "arrow-right", "left, and handed the project {subject} over"),
    Verb(TODO_CREATED, "plus", "added {subject}"),
    Verb(TODO_UPDATED, "pencil", "edited {subject}"),
    Verb(TODO_COMPLETED, "check", "completed {subject}"),
    Verb(TODO_REOPENED, "rotate-ccw", "reopened {subject}"),
    Verb(TODO_DELETED, "trash-2", "moved {subject} to the trash"),
    Verb(TODO_RESTORED, "undo-2", "restored {subject}"),
    Verb(TODO_REORDERED, "arrow-up-down", "reordered {subject}"),
    Verb(TODO_LABELLED, "tag", "labelled {subject}"),
    Verb(TODO_MOVED, "arrow-right", "moved {subject} in from another project"),
    Verb(TODO_MOVED_OUT, "arrow-right", "moved {subject} out to another project"),
    Verb(LABEL_CREATED, "tag", "created the label {subject}"),
    Verb(LABEL_UPDATED, "tag", "changed the label {subject}"),
    Verb(LABEL_DELETED, "tag", "deleted the label {subject}"),
)


def register() -> None:
    """Teach the timeline these verbs, where their subjects have pages, and who sees projects."""
    for verb in VERBS:
        registry.add_verb(verb)
    registry.subject_pages.update({"todo": "todo", "project": "project"})
    registry.add_scopes(_project_scopes)


def _project_scopes(actor_id: UUID) -> list[str]:
    memberships: Any = Membership.objects.filter(user_id=actor_id)
    return [f"project:{project_id}" for project_id in memberships.values_list("project_id", flat=True)]
