"""What each person is in a project: given there, or come down from the project above."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.services.commit import commit_user
from activity.services.recording import Subject
from config.errors import Conflict
from todos import events
from todos.models import Membership, MembershipRole, Project, Todo
from todos.models.todo import Change
from todos.policies import Grant
from todos.services.commit import bury, count_on, record_project

RANKS = {"": 0, MembershipRole.VIEWER: 1, MembershipRole.EDITOR: 2, MembershipRole.OWNER: 3}
Roles = Mapping[UUID, str]
Grants = Mapping[UUID, Roles]
"""By project: whom to give which role there, "" to take back what was given."""
Todos = Mapping[UUID, Sequence[UUID]]
"""By person: todos of theirs."""
Favourites = Mapping[UUID, Collection[UUID]]
"""By person: projects."""


def settle_members(
    tree: list[Project],
    *,
    author: User,
    now: datetime,
    verb: str = events.PROJECT_MEMBERS_CHANGED,
    grants: Grants | None = None,
    changes: Mapping[UUID, Change] | None = None,
    returned: Mapping[UUID, Todos] | None = None,
    favourites: Favourites | None = None,
) -> None:
    """Make everybody's role in the projects of a locked tree the higher of the one given and the one above.

    `tree` has its top first and parents before children; `grants` are given first. Whoever loses a
    project loses their todos there too, and is told alone if it was a favourite of theirs. A project
    whose members change counts on and records it, with what else `changes` in it; one whose do not
    is left alone. Those who are back get the todos again that are `returned` to them, by project, and
    their `favourites`; raises Conflict where they cannot.
    """
    grants, changes, returned, roles, rows = (
        grants or {},
        changes or {},
        returned or {},
        _roles_above(tree[0]),
        _rows(tree),
    )
    lost: dict[UUID, list[Project]] = {}
    for project in tree:
        above = roles.get(project.parent_id, {}) if project.parent_id else {}
        members = _Members(project, rows[project.pk], above, grants.get(project.pk, {}))
        roles[project.pk] = members.after
        back = returned.get(project.pk, {})
        if not back.keys() <= members.after.keys():
            raise Conflict("Who had todos here is not in this project any more. Nothing was undone.")
        if members.changed:
            data = members.save(now) | (_assign_again(project, back, now) if back else {})
            for id in members.losers - {author.pk}:
                lost.setdefault(id, []).append(project)
            if project.pk in changes:
                data["changes"] = changes[project.pk]
            record_project(Grant(project, author, MembershipRole.OWNER), verb=verb, data=data, now=now)
    if lost or favourites:
        _settle_favourites(lost, favourites or {}, author=author, now=now)


def _assign_again(project: Project, back: Todos, now: datetime) -> dict[str, Any]:
    """Give todos of a locked project back to those whose they were; raises Conflict for one that is not to be had."""
    for user_id, ids in back.items():
        todos = Todo.objects.in_project(project.pk).filter(pk__in=ids, assignee=None)
        if todos.update(assignee=user_id, revision=project.revision, updated_at=now) != len(ids):
            raise Conflict("A todo of who was in this project is another's by now, or gone. Nothing was undone.")
    return {"assigned": {str(id): ids for id, ids in back.items()}}


def _settle_favourites(lost: Mapping[UUID, list[Project]], back: Favourites, *, author: User, now: datetime) -> None:
    """Record for each person, locked in order, which favourites they lost by another, and give those back.

    It stands in their own history: nobody else is told of these.
    """
    for person in User.objects.locked().filter(pk__in={*lost, *back}).order_by("pk"):
        for project in lost.get(person.pk, ()):
            _record_favourite(person, project, is_one=False, author=author, now=now)
        rows = Membership.objects.of(person.pk).filter(project_id__in=back.get(person.pk, ()))
        for row in rows.order_by("project_id"):
            row.is_favourite, row.own_revision = True, person.revision + 1
            row.save(update_fields=["is_favourite", "own_revision"])
            _record_favourite(person, row.project, is_one=True, author=author, now=now)


def _record_favourite(person: User, project: Project, *, is_one: bool, author: User, now: datetime) -> None:
    verb = events.PROJECT_FAVOURED if is_one else events.PROJECT_UNFAVOURED
    data = {"changes": {"is_favourite": {"before": not is_one, "after": is_one}}}
    subject = Subject("project", project.pk, project.title)
    commit_user(person, verb=verb, data=data, now=now, subject=subject, author=author)


def _roles_above(project: Project) -> dict[UUID, Roles]:
    # That project needs no lock: whoever changes its members has all below it locked too.
    if project.parent_id is None:
        return {}
    rows = Membership.objects.in_projects([project.parent_id])
    return {project.parent_id: dict(rows.values_list("user_id", "role"))}


def _rows(tree: list[Project]) -> Mapping[UUID, dict[UUID, Membership]]:
    found: defaultdict[UUID, dict[UUID, Membership]] = defaultdict(dict)
    for row in Membership.objects.in_projects([project.pk for project in tree]):
        found[row.project_id][row.user_id] = row
    return found


class _Members:
    """The members of one project, as they are and as they are to be."""

    def __init__(self, project: Project, rows: dict[UUID, Membership], above: Roles, given: Roles) -> None:
        self.project, self.rows = project, rows
        self.before = {id: row.role for id, row in rows.items()}
        self.granted_before = {id: row.granted for id, row in rows.items() if row.granted}
        granted = {**self.granted_before, **given}
        self.granted = {id: role for id, role in granted.items() if role}
        roles = {
            id: max(above.get(id, ""), self.granted.get(id, ""), key=RANKS.__getitem__) for id in {**above, **granted}
        }
        self.after = {id: role for id, role in roles.items() if role}

    @property
    def losers(self) -> set[UUID]:
        """Those who are put out of what is a favourite of theirs."""
        return {id for id in self.before.keys() - self.after.keys() if self.rows[id].is_favourite}

    @property
    def changed(self) -> bool:
        return (self.before, self.granted_before) != (self.after, self.granted)

    def save(self, now: datetime) -> dict[str, Any]:
        """Write the rows that differ at the next revision, and return what an event keeps of it."""
        revision = count_on(self.project)
        new: list[Membership] = []
        known: list[Membership] = []
        for id, role in self.after.items():
            row = self.rows.get(id) or Membership(project=self.project, user_id=id)
            if (row.role, row.granted) != (role, self.granted.get(id, "")):
                row.role, row.granted, row.revision = role, self.granted.get(id, ""), revision
                (known if id in self.rows else new).append(row)
        Membership.objects.bulk_create(new)
        Membership.objects.bulk_update(known, ["role", "granted", "revision"])
        data = {
            "members": _difference(self.before, self.after),
            "granted": _difference(self.granted_before, self.granted),
        }
        gone = self.before.keys() - self.after.keys()
        return data | (self._part_with(gone, now) if gone else {})

    def _part_with(self, gone: Collection[UUID], now: datetime) -> dict[str, Any]:
        rows = [self.rows[id].pk for id in gone]
        Membership.objects.filter(pk__in=rows).delete()
        bury(self.project, "membership", rows, now=now)
        todos = Todo.objects.in_project(self.project.pk).of_assignees(gone)
        unassigned: defaultdict[str, list[UUID]] = defaultdict(list)
        for todo_id, user_id in todos.order_by("pk").values_list("pk", "assignee_id"):
            unassigned[str(user_id)].append(todo_id)
        todos.update(assignee=None, revision=self.project.revision, updated_at=now)
        return {"unassigned": unassigned} if unassigned else {}


def _difference(before: Roles, after: Roles) -> dict[str, Any]:
    ids = sorted(id for id in {**before, **after} if before.get(id) != after.get(id))
    return {str(id): {"before": before.get(id), "after": after.get(id)} for id in ids}
