"""What can happen to projects, todos and labels, and how a timeline says it."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from activity import registry
from activity.registry import Place, Verb
from activity.wording import (
    Field,
    Setting,
    Title,
    Words,
    say_choice,
    say_day,
    say_list,
    say_person,
    say_time,
    say_title,
)
from todos.domain.phrases import duration_in_words, in_words
from todos.domain.recurrence import parse_recurrence
from todos.models import Membership, Project, Todo

PROJECT_CREATED = "project.created"
PROJECT_UPDATED = "project.updated"
PROJECT_ARCHIVED = "project.archived"
PROJECT_UNARCHIVED = "project.unarchived"
PROJECT_REORDERED = "project.reordered"
PROJECT_DELETED = "project.deleted"
PROJECT_RESTORED = "project.restored"
PROJECT_FAVOURED = "project.favoured"
PROJECT_UNFAVOURED = "project.unfavoured"
PROJECT_HANDED_OVER = "project.handed_over"
PROJECT_MEMBERS_CHANGED = "project.members_changed"
PROJECT_JOINED = "project.joined"
PROJECT_LEFT = "project.left"
PROJECT_INVITED = "project.invited"
PROJECT_INVITATION_WITHDRAWN = "project.invitation_withdrawn"
PROJECT_INVITATION_DECLINED = "project.invitation_declined"
PROJECT_LINK_MADE = "project.link_made"
PROJECT_LINK_REVOKED = "project.link_revoked"
SECTION_CREATED = "section.created"
SECTION_UPDATED = "section.updated"
SECTION_REORDERED = "section.reordered"
SECTION_DELETED = "section.deleted"
SECTION_RESTORED = "section.restored"
TRASH_PURGED = "trash.purged"
TODO_CREATED = "todo.created"
TODO_UPDATED = "todo.updated"
TODO_COMPLETED = "todo.completed"
TODO_SKIPPED = "todo.skipped"
TODO_REOPENED = "todo.reopened"
TODO_COMPLETION_UNDONE = "todo.completion_undone"
TODO_REOPENING_UNDONE = "todo.reopening_undone"
TODO_DELETED = "todo.deleted"
TODO_RESTORED = "todo.restored"
TODO_REORDERED = "todo.reordered"
TODO_LABELLED = "todo.labelled"
TODO_MOVED = "todo.moved"
TODO_MOVED_OUT = "todo.moved_out"
COMMENT_ADDED = "comment.added"
COMMENT_EDITED = "comment.edited"
COMMENT_DELETED = "comment.deleted"
COMMENT_RESTORED = "comment.restored"
ATTACHMENT_ADDED = "attachment.added"
ATTACHMENT_DELETED = "attachment.deleted"
ATTACHMENT_RESTORED = "attachment.restored"
RELATION_ADDED = "relation.added"
RELATION_REMOVED = "relation.removed"
LABEL_CREATED = "label.created"
LABEL_UPDATED = "label.updated"
LABEL_DELETED = "label.deleted"
FILTER_CREATED = "filter.created"
FILTER_UPDATED = "filter.updated"
FILTER_REORDERED = "filter.reordered"
FILTER_DELETED = "filter.deleted"
LABEL_RENAMED_ON_TODOS = "label.renamed_on_todos"
LABEL_TAKEN_OFF_TODOS = "label.taken_off_todos"
LABEL_PUT_ON_TODOS = "label.put_on_todos"
REMINDER_CREATED = "reminder.created"
REMINDER_UPDATED = "reminder.updated"
REMINDER_DELETED = "reminder.deleted"
FEED_CREATED = "feed.created"
FEED_REVOKED = "feed.revoked"

EDITED = "changed the {fields} of {subject}"
EDITED_PROJECT = "changed the {fields} of the project {subject}"
EDITED_SECTION = "changed the {fields} of the section {subject}"
EDITED_FILTER = "changed the {fields} of the filter {subject}"
EDITED_LABEL = "changed the {fields} of the label {subject}"
NO_PRIORITY = 4
DAILY = "RRULE:FREQ=DAILY"


def _say_priority(value: Any, setting: Setting) -> Words:
    return f"P{value}" if value and value != NO_PRIORITY else ""


def _raised_or_lowered(before: str, after: str) -> str:
    return f"{'raised' if after < before else 'lowered'} {{subject}} from {{before}} to {{after}}"


def _say_parent(value: Any, setting: Setting) -> Words:
    if not value:
        return ""
    title = value.get("title") if isinstance(value, dict) else None
    return Title(title) if title else "another todo"


def _say_section(value: Any, setting: Setting) -> Words:
    if not value:
        return ""
    title = value.get("title") if isinstance(value, dict) else None
    return Title(title) if title else "a section"


def _say_project(value: Any, setting: Setting) -> Words:
    """Say a project by its title, as it was then or is now, if the reader may see it."""
    if not value:
        return ""
    document = value if isinstance(value, dict) else {"id": value}
    place = setting.places.get(f"project:{document['id']}")
    title = document.get("title") or (place.title if place else "")
    return Title(title, place.url if place else "", is_quoted=False) if title else "another project"


def _say_recurrence(value: Any, setting: Setting) -> Words:
    """Say a recurrence, or the lines of one that came or went: without a rule among them, those are exceptions."""
    if not value:
        return ""

    def said(day: date) -> str:
        return str(say_day(day, setting))

    if not any(line.startswith("RRULE") for line in value):
        return in_words(parse_recurrence([DAILY, *value]), said).removeprefix("every day ")
    return in_words(parse_recurrence(value), said)


def _say_duration(value: Any, setting: Setting) -> Words:
    return duration_in_words(value) if value else ""


DUE_DATE = Field(
    "date",
    say_day,
    set="set {subject} for {after}",
    changed="moved {subject} from {before} to {after}",
    cleared="took the date off {subject}",
    beside="due_time",
)
DUE_TIME = Field(
    "time",
    say_time,
    set="set {subject} for {after}",
    changed="moved {subject} from {before} to {after}",
    cleared="took the time off {subject}",
)
TODO_FIELDS: dict[str, Field | None] = {
    "project": Field("project", _say_project, changed="moved {subject} from {before} to {after}", leads=True),
    "title": Field("title", say_title, changed="renamed {before} to {subject}"),
    "due_date": DUE_DATE,
    "due_time": DUE_TIME,
    "time_zone": Field(
        "time zone",
        set="set the time zone of {subject} to {after}",
        changed="changed the time zone of {subject} from {before} to {after}",
        cleared="took the time zone off {subject}",
    ),
    "recurrence": Field(
        "repetition",
        _say_recurrence,
        set="made {subject} repeat {after}",
        changed="made {subject} repeat {after}, and no longer {before}",
        cleared="stopped {subject} from repeating",
    ),
    "recurrence_anchor": Field(
        "way of repeating",
        say_choice({"schedule": "from the day it is due", "completion": "from the day it is done"}),
        set="made {subject} repeat {after}",
        changed="made {subject} repeat {after}",
    ),
    "start_date": Field(
        "start",
        say_day,
        set="planned to start {subject} on {after}",
        changed="moved the start of {subject} from {before} to {after}",
        cleared="took the start off {subject}",
    ),
    "deadline": Field(
        "deadline",
        say_day,
        set="gave {subject} the deadline {after}",
        changed="moved the deadline of {subject} from {before} to {after}",
        cleared="took the deadline off {subject}",
    ),
    "duration_minutes": Field(
        "duration",
        _say_duration,
        set="planned {after} for {subject}",
        changed="planned {after} for {subject} instead of {before}",
        cleared="took the duration off {subject}",
    ),
    "assignee": Field(
        "assignee",
        say_person,
        set="assigned {subject} to {after}",
        changed="assigned {subject} to {after} instead of {before}",
        cleared="took {subject} off {before}",
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
    "section": Field(
        "section",
        _say_section,
        set="put {subject} into {after}",
        changed="moved {subject} from {before} to {after}",
        cleared="took {subject} out of {before}",
    ),
    "occurrence": None,
    "occurrence_date": None,
    "occurrence_time": None,
    "order": None,
    "completed_at": None,
    "deleted_at": None,
}
TODO: dict[str, Any] = {"fields": TODO_FIELDS, "along": ("subtask", "subtasks")}


def _going(sentence: str) -> dict[str, Any]:
    """Return how a todo is told that went to another of its occurrences: by where it is due now."""
    day = replace(DUE_DATE, set="", changed=f"{sentence} on {{after}}", cleared="", leads=True)
    hour = replace(DUE_TIME, set="", changed=f"{sentence} at {{after}}", cleared="", leads=True)
    return {"fields": TODO_FIELDS | {"due_date": day, "due_time": hour}, "along": TODO["along"]}


PROJECT_FIELDS = {
    "title": Field("title", say_title, changed="renamed the project {before} to {subject}"),
    "colour": Field("colour", changed="changed the colour of the project {subject} from {before} to {after}"),
    "parent": Field(
        "place",
        _say_project,
        set="put the project {subject} into {after}",
        changed="moved the project {subject} from {before} to {after}",
        cleared="took the project {subject} out of {before}",
    ),
    "order": None,
    "archived_at": None,
    "deleted_at": None,
    "owner": None,
}
SECTION_FIELDS = {
    "title": Field("title", say_title, changed="renamed the section {before} to {subject}"),
    "order": None,
    "deleted_at": None,
}
LABEL_FIELDS = {
    "name": Field("name", say_title, changed="renamed the label {before} to {subject}"),
    "colour": Field("colour", changed="changed the colour of the label {subject} from {before} to {after}"),
}
FILTER_FIELDS = {
    "name": Field("name", say_title, changed="renamed the filter {before} to {subject}"),
    "query": Field("query", changed="changed the filter {subject} from {before} to {after}"),
    "colour": Field("colour", changed="changed the colour of the filter {subject} from {before} to {after}"),
    "project": Field(
        "project",
        _say_project,
        set="showed the filter {subject} to {after}",
        changed="showed the filter {subject} to {after} and no longer to {before}",
        cleared="no longer showed the filter {subject} to {before}",
    ),
    "is_favourite": None,
    "order": None,
}

PROJECT: dict[str, Any] = {"fields": PROJECT_FIELDS}
SECTION: dict[str, Any] = {"fields": SECTION_FIELDS}
ON_TODOS = {"labels": None}
TALK: dict[str, Any] = {"fields": {"text": None, "deleted_at": None}}
VERBS = (
    Verb(PROJECT_CREATED, "plus", "created the project {subject}", **PROJECT),
    Verb(PROJECT_UPDATED, "pencil", "changed the project {subject}", **PROJECT, edits=EDITED_PROJECT),
    Verb(PROJECT_ARCHIVED, "archive", "archived the project {subject}", **PROJECT),
    Verb(PROJECT_UNARCHIVED, "rotate-ccw", "brought back the project {subject}", **PROJECT),
    Verb(PROJECT_REORDERED, "arrow-up-down", "reordered the project {subject}", **PROJECT),
    Verb(PROJECT_DELETED, "trash-2", "moved the project {subject} to the trash", **PROJECT),
    Verb(PROJECT_RESTORED, "undo-2", "restored the project {subject}", **PROJECT),
    Verb(PROJECT_FAVOURED, "flag", "made the project {subject} a favourite"),
    Verb(PROJECT_UNFAVOURED, "flag", "took the project {subject} off the favourites"),
    Verb(PROJECT_HANDED_OVER, "arrow-right", "handed the project {subject} over", **PROJECT),
    Verb(PROJECT_MEMBERS_CHANGED, "users", "changed who is in the project {subject}", **PROJECT),
    Verb(PROJECT_JOINED, "user-plus", "joined the project {subject}", **PROJECT),
    Verb(PROJECT_LEFT, "log-out", "left the project {subject}", **PROJECT),
    Verb(PROJECT_INVITED, "user-plus", "invited somebody to the project {subject}", **PROJECT),
    Verb(PROJECT_INVITATION_WITHDRAWN, "x", "withdrew an invitation to the project {subject}", **PROJECT),
    Verb(PROJECT_INVITATION_DECLINED, "x", "declined an invitation to the project {subject}", **PROJECT),
    Verb(PROJECT_LINK_MADE, "key-round", "made a public link to the project {subject}", **PROJECT),
    Verb(PROJECT_LINK_REVOKED, "x", "revoked a public link to the project {subject}", **PROJECT),
    Verb(SECTION_CREATED, "plus", "added the section {subject}"),
    Verb(SECTION_UPDATED, "pencil", "changed the section {subject}", **SECTION, edits=EDITED_SECTION),
    Verb(SECTION_REORDERED, "arrow-up-down", "reordered the section {subject}", **SECTION),
    Verb(SECTION_DELETED, "trash-2", "moved the section {subject} to the trash", **SECTION),
    Verb(SECTION_RESTORED, "undo-2", "restored the section {subject}", **SECTION),
    Verb(TRASH_PURGED, "trash-2", "deleted for good what was in the trash of {subject}"),
    Verb(TODO_CREATED, "plus", "added {subject}", **TODO),
    Verb(TODO_UPDATED, "pencil", "edited {subject}", **TODO, edits=EDITED),
    Verb(
        TODO_COMPLETED,
        "check",
        "completed {subject}",
        **_going("completed {subject}, next"),
        edits="completed {subject}",
        finishes=True,
    ),
    Verb(
        TODO_SKIPPED,
        "arrow-right",
        "skipped {subject} once",
        **_going("skipped {subject} once, next"),
        edits="skipped {subject} once",
    ),
    Verb(
        TODO_REOPENED,
        "rotate-ccw",
        "reopened {subject}",
        **_going("reopened {subject}, due"),
        edits="reopened {subject}",
    ),
    Verb(
        TODO_COMPLETION_UNDONE,
        "rotate-ccw",
        "took back the completion of {subject}",
        **_going("took back the completion of {subject}, due"),
        edits="took back the completion of {subject}",
        unfinishes=True,
    ),
    Verb(
        TODO_REOPENING_UNDONE,
        "check",
        "took back the reopening of {subject}",
        **_going("took back the reopening of {subject}, next"),
        edits="took back the reopening of {subject}",
    ),
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
    Verb(COMMENT_ADDED, "message-square", "commented on {subject}", **TALK),
    Verb(COMMENT_EDITED, "pencil", "edited a comment on {subject}", **TALK),
    Verb(COMMENT_DELETED, "trash-2", "deleted a comment on {subject}", **TALK),
    Verb(COMMENT_RESTORED, "undo-2", "restored a comment on {subject}", **TALK),
    Verb(ATTACHMENT_ADDED, "paperclip", "attached a file to {subject}", **TALK),
    Verb(ATTACHMENT_DELETED, "trash-2", "deleted a file of {subject}", **TALK),
    Verb(ATTACHMENT_RESTORED, "undo-2", "restored a file of {subject}", **TALK),
    Verb(RELATION_ADDED, "link", "linked {subject} to another todo", **TALK),
    Verb(RELATION_REMOVED, "link", "took a link off {subject}", **TALK),
    Verb(LABEL_CREATED, "tag", "created the label {subject}"),
    Verb(LABEL_UPDATED, "tag", "changed the label {subject}", edits=EDITED_LABEL, fields=LABEL_FIELDS),
    Verb(LABEL_DELETED, "tag", "deleted the label {subject}"),
    Verb(FILTER_CREATED, "plus", "saved the filter {subject}"),
    Verb(FILTER_UPDATED, "pencil", "changed the filter {subject}", edits=EDITED_FILTER, fields=FILTER_FIELDS),
    Verb(FILTER_REORDERED, "arrow-up-down", "reordered the filter {subject}", fields=FILTER_FIELDS),
    Verb(FILTER_DELETED, "trash-2", "deleted the filter {subject}"),
    Verb(LABEL_RENAMED_ON_TODOS, "tag", "renamed the label {subject} on todos", fields=ON_TODOS, echo=LABEL_UPDATED),
    Verb(LABEL_TAKEN_OFF_TODOS, "tag", "took the label {subject} off todos", fields=ON_TODOS, echo=LABEL_DELETED),
    Verb(LABEL_PUT_ON_TODOS, "tag", "put the label {subject} on todos", fields=ON_TODOS, echo=LABEL_CREATED),
    Verb(REMINDER_CREATED, "clock", "set a reminder"),
    Verb(REMINDER_UPDATED, "clock", "changed a reminder"),
    Verb(REMINDER_DELETED, "clock", "deleted a reminder"),
    Verb(FEED_CREATED, "calendar", "made a calendar feed"),
    Verb(FEED_REVOKED, "calendar", "revoked a calendar feed"),
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
    memberships: Any = Membership.objects.filter(user_id=actor_id, project__deleted_at=None)
    return [f"project:{project_id}" for project_id in memberships.values_list("project_id", flat=True)]


def _project_places(actor_id: UUID) -> list[Place]:
    projects = Project.objects.visible_to(actor_id).in_order()
    return [_place(project) for project in projects]


def _place(project: Project) -> Place:
    page, args = ("inbox", ()) if project.is_inbox else ("project", (project.pk,))
    return Place(project.scope, project.pk, project.title, project.colour, page, args)
