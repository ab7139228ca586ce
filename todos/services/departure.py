"""What becomes of projects when their owner leaves for good."""

from datetime import datetime
from uuid import UUID

from accounts.models import User
from accounts.registry import DELETE, Choices, Heir, Shared
from activity.services.erasure import forget_scopes
from todos import events
from todos.models import Membership, MembershipRole, Project
from todos.policies import Grant
from todos.services.commit import commit_project
from todos.services.projects import last_of


def shared_projects(user_id: UUID) -> list[Shared]:
    """Return the projects that a person owns and others are in, each with those who could take it over."""
    found: dict[UUID, list[Membership]] = {}
    for row in Membership.objects.beside_owner(user_id).heirs_first():
        found.setdefault(row.project_id, []).append(row)
    return [
        Shared(rows[0].project_id, rows[0].project.title, tuple(Heir(row.user_id, row.user.name) for row in rows))
        for rows in found.values()
    ]


def settle_projects(user: User, choices: Choices, now: datetime) -> None:
    """Hand a leaving person's shared projects over, or delete them, as they chose; the others go too.

    An heir who left meanwhile is followed by the next member: those who may edit before those who
    read, and the oldest first.
    """
    owned = list(Project.objects.owned_by(user.pk).select_for_update().order_by("pk"))
    heirs: dict[UUID, list[Membership]] = {}
    for row in Membership.objects.beside_owner(user.pk).heirs_first():
        heirs.setdefault(row.project_id, []).append(row)
    gone = []
    for project in owned:
        choice = choices.get(str(project.pk))
        if choice != DELETE and project.pk in heirs:
            _hand_over(project, user, _chosen(heirs[project.pk], choice), now)
        else:
            gone.append(project)
    Project.objects.filter(pk__in=[project.pk for project in gone]).delete()
    forget_scopes([project.scope for project in gone], now=now)


def _chosen(rows: list[Membership], choice: str | None) -> Membership:
    return next((row for row in rows if str(row.user_id) == choice), rows[0])


def _hand_over(project: Project, user: User, heir: Membership, now: datetime) -> None:
    change = {"owner": {"before": user.pk, "after": heir.user_id}}
    Membership.objects.filter(project=project, user=user).delete()
    heir.role = heir.granted = MembershipRole.OWNER
    heir.save(update_fields=["role", "granted"])
    project.owner_id, project.order = heir.user_id, last_of(heir.user_id)
    project.save(update_fields=["order"])
    grant = Grant(project, user, MembershipRole.OWNER)
    commit_project(project, change=change, grant=grant, verb=events.PROJECT_HANDED_OVER, now=now)
