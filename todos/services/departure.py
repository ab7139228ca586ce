"""What becomes of what a person has, and is in, when they leave for good.

What they said, attached and made in the projects of others stays, and names nobody. Their todos
there are nobody's, their invitations end, and the database takes along what was theirs alone:
labels, filters, reminders, notifications, feeds.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.registry import DELETE, Choices, Heir, Shared
from activity.services.erasure import forget_scopes
from todos import events
from todos.models import Attachment, Import, Label, Membership, Project, ShareInvitation, Todo
from todos.services.bearers import Bearers, take_off_bearers
from todos.services.memberships import settle_members
from todos.services.purge import discard_files
from todos.services.sharing import pass_on
from todos.services.transfer.running import discard

Below = dict[UUID | None, list[Project]]


def shared_projects(user_id: UUID) -> list[Shared]:
    """Return what a person owns and others are in, each with those who could take it over.

    Of projects in one another that is the topmost one with others in it: what is below goes along.
    """
    found = _others_in_tops(user_id)
    return [
        Shared(rows[0].project_id, rows[0].project.title, tuple(Heir(row.user_id, row.user.name) for row in rows))
        for rows in found.values()
    ]


def _others_in_tops(user_id: UUID) -> dict[UUID, list[Membership]]:
    found: dict[UUID, list[Membership]] = {}
    for row in Membership.objects.beside_owner(user_id).heirs_first():
        found.setdefault(row.project_id, []).append(row)
    tops = {id: rows for id, rows in found.items() if rows[0].project.parent_id not in found}
    return {id: rows for id, rows in tops.items() if rows[0].project.deleted_at is None}


def settle_projects(user: User, choices: Choices, now: datetime) -> None:
    """Hand a leaving person's shared projects over, or delete them, as they chose; the others go too.

    An heir who left meanwhile is followed by the next member: those who may edit before those who
    read, and the oldest first.
    """
    member = Q(pk__in=Membership.objects.filter(user=user).values("project_id"))
    labelled = Q(pk__in=Todo.objects.filter(labels__owner=user).values("project_id"))
    locked = list(
        Project.objects.filter(Q(owner=user) | member | labelled).select_for_update(no_key=True).order_by("pk")
    )
    below: Below = {}
    for project in locked:
        below.setdefault(project.parent_id, []).append(project)
    heirs = _others_in_tops(user.pk)
    ids = set(Membership.objects.filter(user=user).values_list("project_id", flat=True))
    for project in locked:
        if project.pk in heirs and choices.get(str(project.pk)) != DELETE:
            heir = _chosen(heirs[project.pk], choices.get(str(project.pk)))
            pass_on(_tree(project, below), to=heir.user, author=user, now=now)
        elif project.owner_id != user.pk and project.pk in ids and project.parent_id not in ids:
            _leave(_tree(project, below), user, now)
    _take_labels_off(user, {project.pk: project for project in locked if project.owner_id != user.pk}, now)
    _delete([project for project in locked if project.owner_id == user.pk], now)
    ShareInvitation.objects.to_address(user.email).delete()
    for job in Import.objects.of(user.pk):
        discard(job, now=now)


def _chosen(rows: list[Membership], choice: str | None) -> Membership:
    return next((row for row in rows if str(row.user_id) == choice), rows[0])


def _tree(top: Project, below: Below) -> list[Project]:
    found = [top]
    for project in found:
        found += below.get(project.pk, [])
    return found


def _leave(tree: list[Project], user: User, now: datetime) -> None:
    taken = {project.pk: {user.pk: ""} for project in tree}
    settle_members(tree, author=user, now=now, verb=events.PROJECT_LEFT, grants=taken)


def _take_labels_off(user: User, stay: Bearers, now: datetime) -> None:
    """Take the person's labels off the todos of these locked projects: they go with the person."""
    labels = {label.pk: label for label in Label.objects.of(user.pk)}
    borne = Todo.objects.in_projects(stay).filter(labels__in=labels).order_by("labels", "project")
    for label_id, project_id in borne.values_list("labels", "project").distinct():
        label = labels[label_id]
        take_off_bearers(label, {project_id: stay[project_id]}, author=user, name=label.name, now=now)


def _delete(projects: list[Project], now: datetime) -> None:
    ids = [project.pk for project in projects]
    files = Attachment.objects.filter(project_id__in=ids)
    discard_files(files.values_list("pk", flat=True), now=now)
    Project.objects.filter(pk__in=ids).delete()
    forget_scopes([project.scope for project in projects], now=now)
