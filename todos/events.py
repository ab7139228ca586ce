"""What can happen to projects, todos and labels, and how a timeline says it."""

from typing import Any
from uuid import UUID

from activity import registry
from activity.registry import Place, Verb
from activity.wording import Field, Setting, Title, Words, say_day, say_list, say_time, say_title
from todos.models import Membership, Project, Todo

PROJECT_CREATED = "project.created"
PROJECT_UPDATED = "project.updated"
PROJECT_ARCHIVED = "project.archived"
PROJECT_UNARCHIVED = "project.unarchived"
PROJECT_HANDED_OVER = "project.handed_over"
PROJECT_MEMBERS_CHANGED = "project.members_changed"
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

EDITED = "changed the {fields} of {subject}"
EDITED_PROJECT = "changed the {fields} of the project {subject}"
EDITED_LABEL = "changed the {fields} of the label {subject}"
NO_PRIORITY = 4


def _say_priority(value: Any, setting: Setting) -> Words:
    return f"P{value}" if value and value != NO_PRIORITY else ""


def _raised_or_lowered(before: str, after: str) -> str:
    return f"{'raised' if after < before else 'lowered'} {{subject}} from {{before}} to {{after}}"


def _say_parent(value: Any, setting: Setting) -> Words:
    if not value:
        return ""
    title = value.get("title") if isinstance(value, dict) else None
    return Title(title) if title else "another todo"


def _say_project(value: Any, setting: Setting) -> Words:
    """Say a project by its title, as it was then or is now, if the reader may see it."""
    if not value:
        return ""
    document = value if isinstance(value, dict) else {"id": value}
    place = setting.places.get(f"project:{document['id']}")
    title = document.get("title") or (place.title if place else "")
    return Title(title, place.url if place else "", is_quoted=False) if title else "another project"


TODO_FIELDS = {
    "project": Field("project", _say_project, changed="moved {subject} from {before} to {after}", leads=True),
    "title": Field("title", say_title, changed="renamed {before} to {subject}"),
    "due_date": Field(
        "date",
        say_day,
        set="set {subject} for {after}",
        changed="moved {subject} from {before} to {after}",
        cleared="took the date off {subject}",
        beside="due_time",
    ),
    "due_time": Field(
        "time",
        say_time,
        set="set {subject} for {after}",
        changed="moved {subject} from {before} to {after}",
        cleared="took the time off {subject}",
    ),
    "time_zone": Field(
        "time zone",
        set="set the time zone of {subject} to {after}",
        changed="changed the time zone of {subject} from {before} to {after}",
        cleared="took the time zone off {subject}",
    ),
    "priority": Field(
        "priority",
        _say_priority,
        set="set {subject} to {after}",
        changed=_raised_or_lowered,
        cleared="took the priority off {subject}",
    ),
    "labels": Field(
        "labels",
        say_list("@"),
        set="labelled {subject} {after}",
        changed="labelled {subject} {after} and took {before} off",
        cleared="took {before} off {subject}",
    ),
    "description": Field(
        "description",
        set="described {subject}",
        changed="edited the description of {subject}",
        cleared="removed the description of {subject}",
    ),
    "parent": Field(
        "parent",
        _say_parent,
        set="put {subject} under {after}",
        changed="moved {subject} from under {before} to under {after}",
        cleared="moved {subject} out from under {before}",
    ),
    "order": None,
    "completed_at": None,
    "deleted_at": None,
}
PROJECT_FIELDS = {
    "title": Field("title", say_title, changed="renamed the project {before} to {subject}"),
    "colour": Field("colour", changed="changed the colour of the project {subject} from {before} to {after}"),
    "archived_at": None,
    "owner": None,
}
LABEL_FIELDS = {
    "name": Field("name", say_title, changed="renamed the label {before} to {subject}"),
    "colour": Field("colour", changed="changed the colour of the label {subject} from {before} to {after}"),
}

TODO: dict[str, Any] = {"fields": TODO_FIELDS, "along": ("subtask", "subtasks")}
PROJECT: dict[str, Any] = {"fields": PROJECT_FIELDS}
VERBS = (
    Verb(PROJECT_CREATED, "plus", "created the project {subject}", **PROJECT),
    Verb(PROJECT_UPDATED, "pencil", "changed the project {subject}", **PROJECT, edits=EDITED_PROJECT),
    Verb(PROJECT_ARCHIVED, "archive", "archived the project {subject}", **PROJECT),
    Verb(PROJECT_UNARCHIVED, "rotate-ccw", "brought back the project {subject}", **PROJECT),
    Verb(PROJECT_HANDED_OVER, "arrow-right", "left, and handed the project {subject} over", **PROJECT),
    Verb(PROJECT_MEMBERS_CHANGED, "users", "changed who is in the project {subject}", **PROJECT),
    Verb(TODO_CREATED, "plus", "added {subject}", **TODO),
    Verb(TODO_UPDATED, "pencil", "edited {subject}", **TODO, edits=EDITED),
    Verb(TODO_COMPLETED, "check", "completed {subject}", **TODO, finishes=True),
    Verb(TODO_REOPENED, "rotate-ccw", "reopened {subject}", **TODO),
    Verb(TODO_DELETED, "trash-2", "moved {subject} to the trash", **TODO),
    Verb(TODO_RESTORED, "undo-2", "restored {subject}", **TODO),
    Verb(TODO_REORDERED, "arrow-up-down", "reordered {subject}", **TODO),
    Verb(TODO_LABELLED, "tag", "labelled {subject}", **TODO, edits=EDITED),
    Verb(TODO_MOVED, "arrow-right", "moved {subject} in from another project", **TODO, edits=EDITED),
    Verb(
        TODO_MOVED_OUT,
        "arrow-right",
        "moved {subject} out to another project",
        **TODO,
        edits=EDITED,
        echo=TODO_MOVED,
    ),
    Verb(LABEL_CREATED, "tag", "created the label {subject}"),
    Verb(LABEL_UPDATED, "tag", "changed the label {subject}", edits=EDITED_LABEL, fields=LABEL_FIELDS),
    Verb(LABEL_DELETED, "tag", "deleted the label {subject}"),
)


def register() -> None:
    """Teach the timeline these verbs, where their subjects have pages, and who sees projects."""
    for verb in VERBS:
        registry.add_verb(verb)
    registry.subject_pages.update({"todo": "todo", "project": "project"})
    registry.add_scopes(_project_scopes)
    registry.add_places(_project_places)
    registry.add_people(lambda actor_id: Membership.objects.people_beside(actor_id))
    registry.add_counter("project", Project.objects.all)
    registry.add_open("project", lambda project_id: Todo.objects.in_project(project_id).live().open().count())


def _project_scopes(actor_id: UUID) -> list[str]:
    memberships: Any = Membership.objects.filter(user_id=actor_id)
    return [f"project:{project_id}" for project_id in memberships.values_list("project_id", flat=True)]


def _project_places(actor_id: UUID) -> list[Place]:
    projects = Project.objects.visible_to(actor_id).in_order()
    return [_place(project) for project in projects]


def _place(project: Project) -> Place:
    page, args = ("inbox", ()) if project.is_inbox else ("project", (project.pk,))
    return Place(project.scope, project.pk, project.title, project.colour, page, args)
