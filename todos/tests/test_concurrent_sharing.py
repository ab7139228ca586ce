"""Trees of projects that change hands while others write in them, on PostgreSQL."""

import random

import pytest
from django.db import transaction
from django.utils import timezone

from activity.models import Event
from config.errors import DomainError
from todos.models import Membership, Project, Todo
from todos.policies import locked_tree
from todos.services.memberships import RANKS, settle_members
from todos.services.projects import create_project, update_project
from todos.services.share_invitations import accept, invite
from todos.services.sharing import change_role, hand_over, remove_member
from todos.services.todos import create_todo, update_todo
from todos.tests.test_concurrency import pytestmark as on_servers
from todos.tests.test_concurrency import together

pytestmark = on_servers


@pytest.fixture
def trees(owner, now):
    """Return two trees of three projects each."""
    made = []
    for name in ("A", "B"):
        top = create_project(actor=owner, title=name, now=now)
        middle = create_project(actor=owner, title=f"{name}1", parent=top.pk, now=now)
        made += [top, middle, create_project(actor=owner, title=f"{name}2", parent=middle.pk, now=now)]
    return made


@transaction.atomic
def admit(owner, top, people):
    grants = {top.pk: {person.pk: "editor" for person in people}}
    settle_members(locked_tree(project_id=top.pk), author=owner, now=timezone.now(), grants=grants)


def assert_settled(projects):
    """Check that each role is the highest granted on the way up, and each revision has its event."""
    by_id = {project.pk: Project.objects.get(pk=project.pk) for project in projects}
    rows = list(Membership.objects.filter(project_id__in=by_id))
    granted = {(row.project_id, row.user_id): row.granted for row in rows}
    for project in by_id.values():
        revisions = Event.objects.journal().in_scopes([project.scope]).order_by("revision")
        assert list(revisions.values_list("revision", flat=True)) == list(range(1, project.revision + 1))
    for row in rows:
        path, step = [], by_id[row.project_id]
        while step:
            path.append(granted.get((step.pk, row.user_id), ""))
            step = by_id.get(step.parent_id)
        assert row.role == max(path, key=RANKS.__getitem__)
    members = {(row.project_id, row.user_id) for row in rows}
    assigned = Todo.objects.exclude(assignee=None).values_list("project_id", "assignee_id")
    assert set(assigned) <= members


def test_sixteen_at_once_share_move_assign_and_leave_and_all_adds_up(owner, register, trees):
    people = [register(f"p{index}") for index in range(4)]
    for top in (trees[0], trees[3]):
        admit(owner, top, people)
    todos = [
        create_todo(actor=owner, values={"title": f"T{index}", "project": trees[index % 6].pk}, now=timezone.now())
        for index in range(12)
    ]
    unforeseen = []

    def work(number):
        chance = random.Random(number)
        for _ in range(6):
            now, project, person = timezone.now(), chance.choice(trees), chance.choice(people)
            step = chance.randrange(6)
            here = {"project_id": project.pk, "user_id": person.pk, "now": now}
            try:
                if step == 0:
                    change_role(actor=owner, role=chance.choice(["editor", "viewer"]), **here)
                elif step == 1:
                    remove_member(actor=chance.choice([owner, person]), **here)
                elif step == 2:
                    create_project(actor=owner, title="New", parent=project.pk, now=now)
                elif step == 5:
                    values = {"parent": chance.choice([None, *(row.pk for row in trees)])}
                    update_project(actor=owner, project_id=project.pk, values=values, now=now)
                elif step == 3:
                    todo = chance.choice(todos)
                    update_todo(actor=owner, todo_id=todo.pk, values={"assignee": person.pk}, now=now)
                else:
                    values = {"project": project.pk, "section": None}
                    update_todo(actor=owner, todo_id=chance.choice(todos).pk, values=values, now=now)
            except DomainError:
                pass
            except Exception as error:  # a deadlock, say
                unforeseen.append(error)

    together(16, work)

    assert unforeseen == []
    assert_settled(Project.objects.filter(is_inbox=False))


def test_an_invitation_is_accepted_once_however_often_it_is_tried(owner, register, project, now):
    guest = register("guest", verified=True)
    invitation = invite(actor=owner, project_id=project.pk, email=guest.email, role="editor", now=now)

    def join(_):
        try:
            return accept(actor=guest, invitation_id=invitation.pk, now=now).pk
        except DomainError:
            return None

    outcomes = together(6, join)

    assert sorted(outcome is not None for outcome in outcomes) == [False] * 5 + [True]
    assert Event.objects.journal().in_scopes([project.scope]).filter(verb="project.joined").count() == 1
    assert_settled([project])


def test_a_tree_goes_to_one_of_two_heirs(owner, register, trees, now):
    people = [register(f"p{index}") for index in range(2)]
    top = trees[0]
    admit(owner, top, people)

    def pass_it(number):
        try:
            return hand_over(actor=owner, project_id=top.pk, user_id=people[number].pk, now=now).owner_id
        except DomainError:
            return None

    outcomes = together(2, pass_it)

    [heir] = [outcome for outcome in outcomes if outcome]
    assert set(Project.objects.filter(pk__in=[row.pk for row in trees[:3]]).values_list("owner_id", flat=True)) == {
        heir
    }
    assert_settled(trees)
