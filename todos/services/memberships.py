"""What each person is in a project: given there, or come down from the project above."""

from datetime import datetime
from uuid import UUID

from accounts.models import User
from todos import events
from todos.models import Membership, MembershipRole, Project
from todos.policies import Grant
from todos.services.commit import count_on, record_project

RANKS = {"": 0, MembershipRole.VIEWER: 1, MembershipRole.EDITOR: 2, MembershipRole.OWNER: 3}
Roles = dict[UUID, str]


def settle_members(tree: list[Project], *, author: User, now: datetime) -> None:
    """Make everybody's role in the projects of a locked tree the higher of the one given and the one above.

    `tree` has its top first and parents before children. A project whose members change counts on
    and records it; one whose do not is left alone.
    """
    roles: dict[UUID, Roles] = {}
    top = tree[0].parent_id
    if top:
        roles[top] = dict(Membership.objects.filter(project_id=top).values_list("user_id", "role"))
    for project in tree:
        roles[project.pk] = _settle(project, roles.get(project.parent_id, {}) if project.parent_id else {}, author, now)


def _settle(project: Project, above: Roles, author: User, now: datetime) -> Roles:
    rows = {row.user_id: row for row in Membership.objects.filter(project=project)}
    before = {user_id: row.role for user_id, row in rows.items()}
    after = dict(above)
    for user_id, row in rows.items():
        if RANKS[row.granted] > RANKS[after.get(user_id, "")]:
            after[user_id] = row.granted
    if before == after:
        return after
    count_on(project)
    for user_id, role in after.items():
        row = rows.get(user_id) or Membership(project=project, user_id=user_id)
        if before.get(user_id) != role:
            row.role, row.revision = role, project.revision
            row.save()
    gone = before.keys() - after.keys()
    Membership.objects.filter(project=project, user_id__in=gone).delete()
    changed = {
        str(id): {"before": before.get(id), "after": after.get(id)}
        for id in sorted(before.keys() | after.keys())
        if before.get(id) != after.get(id)
    }
    grant = Grant(project, author, MembershipRole.OWNER)
    record_project(grant, verb=events.PROJECT_MEMBERS_CHANGED, data={"members": changed}, now=now)
    return after
