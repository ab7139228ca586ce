"""Who may do what to which project, todo or label: the only permission code of this app.

Each answers with the object or an error: what a person may not see is NotFound, what they see
and may not change is Forbidden. The `editable_*` ones lock the project's row before the todo's, and
either before the person's. The locks let others write rows that point there (`no_key`): such a row
is checked when it is committed, and whoever then waited for a lock could be waited for in turn.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.policies import Actor, locked_self
from config.errors import Conflict, DomainError, Forbidden, NotFound, Stale
from todos.models import (
    CalendarFeed,
    Import,
    Label,
    Membership,
    MembershipRole,
    Notification,
    Project,
    Relation,
    Reminder,
    SavedFilter,
    Section,
    Todo,
)
from todos.querysets import OfTodoQuerySet, RelationQuerySet, TodoQuerySet

EDITORS = (MembershipRole.OWNER, MembershipRole.EDITOR)
NO_PROJECT = "There is no such project."
OWNERS_ALONE = "Only the owner of this project may do that."
NO_TODO = "There is no such todo."
NO_SECTION = "There is no such section."
READERS_LOOK = "You may look at this project and not change it."
NO_PART = "There is nothing like that on this todo."
IfMatch = frozenset[str] | None
"""The entity tags that a caller accepts (RFC 9110 §13.1.1); None for any."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A locked project, and the person who may change it."""

    project: Project
    author: User
    role: str


Grants = dict[UUID, Grant]
"""Locked projects by id."""


def visible_todo(*, actor: Actor, todo_id: UUID) -> Todo:
    """Return a todo the person may read, trashed ones too, with its `label_names`."""
    return _visible(Todo.objects.with_label_names(), actor, todo_id)


def listed_todo(*, actor: Actor, todo_id: UUID) -> Todo:
    """Return a todo the person may read, with all that a page shows of it."""
    return _visible(Todo.objects.for_pages(), actor, todo_id)


def _visible(rows: TodoQuerySet, actor: Actor, todo_id: UUID) -> Todo:
    found: Todo | None = rows.visible_to(actor.pk).filter(pk=todo_id).first()
    if found is None:
        raise NotFound(NO_TODO)
    return found


def visible_project(*, actor: Actor, project_id: UUID) -> Project:
    """Return a project the person is a member of, with their `role`."""
    found: Project | None = Project.objects.with_role(actor.pk).filter(pk=project_id).first()
    if found is None:
        raise NotFound(NO_PROJECT)
    return found


def own_project(*, actor: Actor, project_id: UUID) -> Project:
    """Return a project to look at what only its owner may; raises Forbidden for others in it."""
    found = visible_project(actor=actor, project_id=project_id)
    if not owns(found):
        raise Forbidden(OWNERS_ALONE)
    return found


def visible_tree(*, actor: Actor, project_id: UUID) -> frozenset[UUID]:
    """Return a project that the person is in, and all below it that they see, by id."""
    visible_project(actor=actor, project_id=project_id)
    seen = Project.objects.seen_by(actor.pk).filter(pk__in=_tree_ids(project_id))
    return frozenset(seen.values_list("pk", flat=True))


def owns(project: Project) -> bool:
    """Say whether a project that came with the reader's `role` is theirs."""
    return getattr(project, "role", "") == MembershipRole.OWNER


def listed_project(*, actor: Actor, project_id: UUID) -> Project:
    """Return a project as `visible_project` does, or one of the person's own in the trash."""
    found: Project | None = Project.objects.seen_by(actor.pk).filter(pk=project_id).first()
    if found is None:
        raise NotFound(NO_PROJECT)
    return found


def inbox(*, actor: Actor) -> Project:
    """Return the person's inbox, with their `role`."""
    found: Project | None = Project.objects.with_role(actor.pk).inbox_of(actor.pk).first()
    if found is None:
        raise NotFound("This account has no inbox.")
    return found


def editable_project(*, actor: Actor, project_id: UUID, if_match: IfMatch = None) -> Grant:
    """Lock a project to put something into it; raises Stale unless `if_match` names its state."""
    return editable_projects(actor=actor, project_ids=[project_id], if_match=if_match)[project_id]


def editable_projects(*, actor: Actor, project_ids: list[UUID], if_match: IfMatch = None) -> dict[UUID, Grant]:
    """Lock several projects, lower id first."""
    memberships = Membership.objects.of(actor.pk).locking_project().filter(project_id__in=project_ids)
    grants = {row.project_id: _grant(row) for row in memberships}
    if len(grants) != len(set(project_ids)):
        raise NotFound(NO_PROJECT)
    for grant in grants.values():
        _require_editor(grant)
        _require_match(grant.project, if_match)
    return grants


def fillable_projects(
    *, actor: Actor, project_ids: Iterable[UUID], made: Collection[UUID]
) -> tuple[Grants, dict[UUID, DomainError]]:
    """Lock those of many projects that the person is in; returns which they may fill, and why not the others.

    What they `made` just now may be archived, or in the trash.
    """
    grants: Grants = {}
    refusals: dict[UUID, DomainError] = {id: NotFound(NO_PROJECT) for id in project_ids}
    for row in Membership.objects.of(actor.pk).locking_project().filter(project_id__in=list(refusals)):
        grant = _grant(row)
        try:
            if row.project_id not in made or grant.role not in EDITORS:
                _require_editor(grant)
            grants[row.project_id] = grant
            del refusals[row.project_id]
        except DomainError as error:
            refusals[row.project_id] = error
    return grants, refusals


def editable_ids(*, actor: Actor, todo_ids: Iterable[UUID]) -> set[UUID]:
    """Return the projects, of those that these todos are in, that the person may change now."""
    projects = Project.objects.editable_by(actor.pk, EDITORS).live().filter(deleted_at=None)
    todos = Todo.objects.filter(pk__in=list(todo_ids), project_id__in=projects.values("pk"))
    return set(todos.values_list("project_id", flat=True))


def owned_project(*, actor: Actor, project_id: UUID, if_match: IfMatch = None, trashed: bool = False) -> Grant:
    """Lock a project to change what only its owner may: whether it is archived; with `trashed` in the trash too."""
    row = Membership.objects.of(actor.pk).locking_project().filter(project_id=project_id).first()
    if row is None:
        raise NotFound(NO_PROJECT)
    grant = _grant(row)
    is_owner = grant.role == MembershipRole.OWNER
    if grant.project.deleted_at and not (trashed and is_owner):
        raise NotFound(NO_PROJECT)
    if not is_owner:
        raise Forbidden(OWNERS_ALONE)
    _require_match(grant.project, if_match)
    return grant


def owned_tree(
    *, actor: Actor, project_id: UUID, if_match: IfMatch = None, trashed: bool = False
) -> tuple[Grant, list[Project]]:
    """Lock a project that the person owns and all below it, lower id first; parents come before children.

    Raises as `owned_project` does, and Conflict when the tree grew meanwhile.
    """
    _require_owner(actor, project_id)
    tree = locked_tree(project_id=project_id)
    grant = owned_project(actor=actor, project_id=project_id, if_match=if_match, trashed=trashed)
    return grant, [grant.project, *tree[1:]]


def movable_tree(
    *, actor: Actor, project_id: UUID, parent_id: UUID | None, if_match: IfMatch = None, trashed: bool = False
) -> tuple[Grant, list[Project], list[Project]]:
    """Lock a project that the person owns and all below it, as `owned_tree` does, to put it under another of theirs.

    Returns that one too and those above it, the lowest first. All are locked at once: of two moves
    that together would make a circle, the second sees what the first did. With `trashed` they may
    be in the trash, or archived there.
    """
    _require_owner(actor, project_id, *filter(None, [parent_id]))
    ids, above = _tree_ids(project_id), ids_above(parent_id)
    rows = Project.objects.select_for_update(no_key=True).filter(pk__in={*ids, *above}).order_by("pk")
    locked = {row.pk: row for row in rows}
    owned = [owned_project(actor=actor, project_id=project_id, if_match=if_match, trashed=trashed)]
    owned += [owned_project(actor=actor, project_id=parent_id, trashed=trashed)] if parent_id else []
    for grant in owned if not trashed else []:
        _require_editor(grant)
    if locked.keys() != {*ids, *above} or _tree_ids(project_id) != ids or ids_above(parent_id) != above:
        raise Conflict("These projects just moved. Try again.")
    return owned[0], [owned[0].project, *(locked[id] for id in ids[1:])], [locked[id] for id in above]


def owned_siblings(*, actor: Actor, project_id: UUID, if_match: IfMatch = None) -> tuple[Grant, list[Project]]:
    """Lock a project that the person owns, the others beside it and the one above, to put them in another order.

    At the top the person's own row is locked instead. Raises as `owned_project` does, and
    Conflict when the project just moved.
    """
    _require_owner(actor, project_id)
    place = Project.objects.filter(pk=project_id).values_list("owner_id", "parent_id").get()
    beside = Project.objects.siblings(*place)
    list(Project.objects.select_for_update(no_key=True).filter(Q(pk__in=beside) | Q(pk=place[1])).order_by("pk"))
    grant = owned_project(actor=actor, project_id=project_id, if_match=if_match)
    _require_editor(grant)
    if grant.project.parent_id is None:
        locked_self(actor=actor)
    rows = list(beside.in_order())
    if (grant.project.owner_id, grant.project.parent_id) != place:
        raise Conflict("This project just moved. Try again.")
    return grant, [grant.project if row == grant.project else row for row in rows]


def own_membership(*, actor: Actor, project_id: UUID, if_match: IfMatch = None) -> Membership:
    """Lock a project that the person is in, and their own row, to change what they alone think of it."""
    row: Membership | None = Membership.objects.of(actor.pk).locking_project().filter(project_id=project_id).first()
    if row is None or row.project.deleted_at:
        raise NotFound(NO_PROJECT)
    _require_match(row.project, if_match)
    row.user = locked_self(actor=actor)
    return row


def ids_above(project_id: UUID | None) -> list[UUID]:
    """Return a project and all above it, the lowest first; nothing above nothing."""
    found: list[UUID] = []
    while project_id and project_id not in found:
        found.append(project_id)
        project_id = Project.objects.filter(pk=project_id).values_list("parent_id", flat=True).first()
    return found


def visible_section(*, actor: Actor, section_id: UUID) -> Section:
    """Return a section of a project that the person is in, be it in the trash."""
    found: Section | None = Section.objects.visible_to(actor.pk).filter(pk=section_id).first()
    if found is None:
        raise NotFound(NO_SECTION)
    return found


def editable_section(
    *, actor: Actor, section_id: UUID, if_match: IfMatch = None, trashed: bool = False
) -> tuple[Section, Grant]:
    """Lock a section's project to change the section; Conflict for one in the trash, but with `trashed`."""
    home = visible_section(actor=actor, section_id=section_id).project_id
    grant = editable_project(actor=actor, project_id=home)
    section: Section | None = Section.objects.in_project(home).filter(pk=section_id).first()
    if section is None:
        raise NotFound(NO_SECTION)
    _require_match(section, if_match)
    if section.deleted_at and not trashed:
        raise Conflict("This section is in the trash. Restore it first.")
    return section, grant


def _require_owner(actor: Actor, *project_ids: UUID) -> None:
    """Raise NotFound, or Forbidden, unless the person owns all of these: nobody locks what they may not change."""
    rows = list(Membership.objects.of(actor.pk).filter(project_id__in=project_ids))
    foreign = [row for row in rows if row.role != MembershipRole.OWNER]
    if len(rows) != len(set(project_ids)) or any(row.project.deleted_at for row in foreign):
        raise NotFound(NO_PROJECT)
    if foreign:
        raise Forbidden(OWNERS_ALONE)


def member_tree(*, actor: Actor, project_id: UUID) -> tuple[Grant, list[Project]]:
    """Lock a project that the person is in, whatever their role, and all below it, as `owned_tree` does."""
    visible_project(actor=actor, project_id=project_id)
    tree = locked_tree(project_id=project_id)
    row = Membership.objects.of(actor.pk).filter(project_id=project_id, project__deleted_at=None).first()
    if row is None:
        raise NotFound(NO_PROJECT)
    return Grant(tree[0], row.user, row.role), tree


def member(*, project_id: UUID, user_id: UUID, if_match: IfMatch = None) -> Membership:
    """Return a member of a project that the caller may see, with the role that is `inherited`; raises Stale."""
    found: Membership | None = Membership.objects.in_projects([project_id]).as_members().filter(user_id=user_id).first()
    if found is None:
        raise NotFound("There is no such member.")
    _require_match(found, if_match)
    return found


def locked_tree(*, project_id: UUID) -> list[Project]:
    """Lock a project and all below it, the trash too, lower id first; parents come before children."""
    ids = _tree_ids(project_id)
    locked = {row.pk: row for row in Project.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    if locked.keys() != set(ids) or _tree_ids(project_id) != ids:
        raise Conflict("The projects in this one just changed. Try again.")
    return [locked[id] for id in ids]


def _tree_ids(project_id: UUID) -> list[UUID]:
    found = level = [project_id]
    while level := list(Project.objects.children_of(level).order_by("pk").values_list("pk", flat=True)):
        found = found + level
    return found


def editable_todo(
    *,
    actor: Actor,
    todo_id: UUID,
    if_match: IfMatch = None,
    target_id: UUID | None = None,
    trashed: bool = False,
) -> tuple[Todo, dict[UUID, Grant]]:
    """Lock a todo and its project, and the project it is to move to; grants come by project id.

    Raises Stale unless `if_match` names its state, and Conflict for a todo that is in
    the trash (with `trashed`: for one that somebody else moved meanwhile only).
    """
    home = Todo.objects.visible_to(actor.pk).filter(pk=todo_id).values_list("project_id", flat=True).first()
    if home is None:
        raise NotFound(NO_TODO)
    grants = editable_projects(actor=actor, project_ids=[home, target_id or home])
    locked = Todo.objects.select_for_update(of=("self",)).with_label_names()
    todo: Todo | None = locked.filter(pk=todo_id, project_id=home).first()
    if todo is None:
        raise Conflict("This todo was just moved or deleted for good. Load it again.")
    todo.project = grants[home].project
    _require_present(todo, if_match, trashed=trashed)
    return todo, grants


def lockable_todos(
    *, actor: Actor, todo_ids: Collection[UUID], target_id: UUID | None = None
) -> tuple[dict[UUID, Todo], dict[UUID, Grant]]:
    """Lock those of many todos that the person sees, after their projects and the one that they are to move to.

    Whether one may be changed is `require_changeable`'s to say. Raises as `editable_project` does for the target.
    """
    homes = dict(Todo.objects.visible_to(actor.pk).filter(pk__in=todo_ids).values_list("pk", "project_id"))
    places = {*homes.values(), *filter(None, [target_id])}
    memberships = Membership.objects.of(actor.pk).locking_project().filter(project_id__in=places)
    grants = {row.project_id: _grant(row) for row in memberships}
    if target_id is not None:
        if target_id not in grants:
            raise NotFound(NO_PROJECT)
        _require_editor(grants[target_id])
    locked = Todo.objects.in_projects(grants).locked(homes).with_label_names().with_has_subtasks()
    found = locked.select_related("section", "parent", "assignee")
    rows = {todo.pk: todo for todo in found}
    for todo in rows.values():
        todo.project = grants[todo.project_id].project
    return rows, grants


def require_changeable(todo: Todo, grant: Grant, if_match: IfMatch, *, trashed: bool = False) -> None:
    """Raise what stands against changing a todo that is locked, as `editable_todo` does."""
    _require_editor(grant)
    _require_present(todo, if_match, trashed=trashed)


def _require_present(todo: Todo, if_match: IfMatch, *, trashed: bool) -> None:
    _require_match(todo, if_match)
    if todo.deleted_at and not trashed:
        raise Conflict("This todo is in the trash. Restore it first.")


def editable_unlocked(*, actor: Actor, todo_id: UUID) -> Todo:
    """Return a todo that the person may change now, before a lock makes sure of it."""
    todo = visible_todo(actor=actor, todo_id=todo_id)
    if getattr(visible_project(actor=actor, project_id=todo.project_id), "role", "") not in EDITORS:
        raise Forbidden(READERS_LOOK)
    return todo


def part_of_todo(rows: OfTodoQuerySet, *, actor: Actor, todo_id: UUID, id: UUID) -> Any:
    """Return a comment, file or tie of a todo that the person may read, out of `rows`."""
    found = rows.visible_to(actor.pk).of_todo(todo_id).filter(pk=id).first()
    if found is None:
        raise NotFound(NO_PART)
    return found


def editable_part(
    rows: OfTodoQuerySet, *, actor: Actor, todo_id: UUID, id: UUID, if_match: IfMatch = None
) -> tuple[Any, Todo, Grant]:
    """Lock the project of a todo, and return what is on it out of `rows`; raises as `editable_todo` does."""
    todo, grants = editable_todo(actor=actor, todo_id=todo_id)
    found = rows.of_todo(todo.pk).filter(pk=id).first()
    if found is None:
        raise NotFound(NO_PART)
    _require_match(found, if_match)
    return found, todo, grants[todo.project_id]


def visible_relations(*, actor: Actor, todo_id: UUID) -> RelationQuerySet:
    """Return the ties of a todo that the person may read, in either direction, to live todos that they may read."""
    visible_todo(actor=actor, todo_id=todo_id)
    return Relation.objects.at(todo_id).reaching(Todo.objects.visible_to(actor.pk).live())


def visible_relation(*, actor: Actor, todo_id: UUID, relation_id: UUID) -> Relation:
    """Return one of them."""
    found: Relation | None = visible_relations(actor=actor, todo_id=todo_id).filter(pk=relation_id).first()
    if found is None:
        raise NotFound(NO_PART)
    return found


def require_author(author_id: UUID | None, *, grant: Grant) -> None:
    """Raise Forbidden unless it was the person who wrote it."""
    if author_id != grant.author.pk:
        raise Forbidden("Only the person who wrote this may change it.")


def require_author_or_owner(author_id: UUID | None, *, grant: Grant) -> None:
    """Raise Forbidden unless the person brought it here, or owns the project."""
    if author_id != grant.author.pk and grant.role != MembershipRole.OWNER:
        raise Forbidden("Only the person who added this, or the project's owner, may do that.")


def can_edit(project: Project) -> bool:
    """Say whether to offer changes in a project that came with the reader's `role`."""
    return getattr(project, "role", "") in EDITORS and project.archived_at is None


def can_archive(project: Project) -> bool:
    """Say whether to offer putting a project aside, or bringing it back."""
    return getattr(project, "role", "") == MembershipRole.OWNER and not project.is_inbox


def projects_to_choose(*, actor: Actor, todo: Todo) -> list[Project]:
    """Return the projects that the person can put the todo into, and the one it is in."""
    found = list(Project.objects.editable_by(actor.pk, EDITORS).live().in_order())
    return found if todo.project in found else [todo.project, *found]


def parents_to_choose(*, actor: Actor, project: Project | None = None) -> list[Project]:
    """Return the projects that the person can put a new one into, or one of their own; none for another's."""
    found = Project.objects.editable_by(actor.pk, EDITORS).live().filter(is_inbox=False).in_order()
    if project is None:
        return list(found)
    if project.owner_id != actor.pk:
        return []
    return list(found.owned_by(actor.pk).exclude(pk__in=_tree_ids(project.pk)))


def own_label(*, actor: Actor, label_id: UUID, if_match: IfMatch = None) -> Label:
    """Return a label of the person's own; raises Stale unless `if_match` names its state."""
    found: Label | None = Label.objects.of(actor.pk).filter(pk=label_id).first()
    if found is None:
        raise NotFound("There is no such label.")
    _require_match(found, if_match)
    return found


def own_filter(*, actor: Actor, filter_id: UUID, if_match: IfMatch = None) -> SavedFilter:
    """Return a filter that the person may change: their own; raises as `visible_filter` does, and Stale."""
    found = visible_filter(actor=actor, filter_id=filter_id)
    if found.owner_id != actor.pk:
        raise Forbidden("Only who made this filter may change it.")
    _require_match(found, if_match)
    return found


def visible_filter(*, actor: Actor, filter_id: UUID) -> SavedFilter:
    """Return a filter of the person's own, or one that is shown to a project they are in."""
    found: SavedFilter | None = SavedFilter.objects.visible_to(actor.pk).filter(pk=filter_id).first()
    if found is None:
        raise NotFound("There is no such filter.")
    return found


def project_to_share_in(*, actor: Actor, project_id: UUID) -> Project:
    """Return a project whose members the person may show something of their own; raises Forbidden for viewers."""
    found = visible_project(actor=actor, project_id=project_id)
    if getattr(found, "role", "") not in EDITORS:
        raise Forbidden("You may look at this project and not change it.")
    return found


def remindable_todo(*, actor: Actor, todo_id: UUID) -> Todo:
    """Return a todo that the person may read, to remind them of it; raises Conflict for one in the trash.

    Its project is locked, as by whoever changes the todo: its dates stay while what hangs on them is written.
    """
    homes = Project.objects.visible_to(actor.pk).filter(todos=todo_id).select_for_update(of=("self",), no_key=True)
    home: Project | None = homes.first()
    todo: Todo | None = Todo.objects.in_project(home.pk).filter(pk=todo_id).first() if home else None
    if todo is None:
        raise NotFound(NO_TODO)
    if todo.deleted_at:
        raise Conflict("This todo is in the trash. Restore it first.")
    return todo


def own_reminder(*, actor: Actor, todo_id: UUID, reminder_id: UUID, if_match: IfMatch = None) -> Reminder:
    """Return one of the person's reminders of a todo that they see."""
    visible_todo(actor=actor, todo_id=todo_id)
    found: Reminder | None = Reminder.objects.of(actor.pk).of_todo(todo_id).filter(pk=reminder_id).first()
    if found is None:
        raise NotFound("There is no such reminder.")
    _require_match(found, if_match)
    return found


def own_notification(*, actor: Actor, notification_id: UUID) -> Notification:
    """Return a line of the person's list, if they see what it tells of."""
    lines = Notification.objects.visible_to(actor.pk).with_subjects()
    found: Notification | None = lines.filter(pk=notification_id).first()
    if found is None:
        raise NotFound("There is no such notification.")
    return found


def own_feed(*, actor: Actor, feed_id: UUID) -> CalendarFeed:
    """Return one of the person's calendar feeds."""
    found: CalendarFeed | None = CalendarFeed.objects.of(actor.pk).filter(pk=feed_id).first()
    if found is None:
        raise NotFound("There is no such feed.")
    return found


def own_import(*, actor: Actor, import_id: UUID) -> Import:
    """Return one of the person's imports."""
    found: Import | None = Import.objects.of(actor.pk).filter(pk=import_id).first()
    if found is None:
        raise NotFound("There is no such import.")
    return found


def _grant(row: Membership) -> Grant:
    return Grant(row.project, row.user, row.role)


def _require_editor(grant: Grant) -> None:
    if grant.role not in EDITORS:
        raise Forbidden(READERS_LOOK)
    if grant.project.deleted_at:
        raise NotFound(NO_PROJECT)
    if grant.project.archived_at:
        raise Conflict("This project is archived. Bring it back to change it.")


def _require_match(thing: Any, if_match: IfMatch) -> None:
    # The bare revision counts too: clients that keep the number need not keep the tag.
    if if_match is not None and not if_match & {thing.etag, str(thing.revision)}:
        message = "Somebody changed this since you loaded it. Nothing was overwritten; load it again."
        raise Stale(message, current=thing)
