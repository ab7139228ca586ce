"""What stays of a person who leaves for good, in trees of projects and in those of others."""

import pytest
from django.core.files.base import ContentFile

from accounts.registry import DELETE
from activity.models import Event
from todos.models import (
    Attachment,
    CalendarFeed,
    Comment,
    DiscardedFile,
    Label,
    Membership,
    Project,
    PublicLink,
    ShareInvitation,
    Todo,
)
from todos.policies import locked_tree
from todos.services.departure import settle_projects, shared_projects
from todos.services.memberships import settle_members
from todos.services.projects import create_project
from todos.services.public_links import create_link
from todos.services.share_invitations import invite
from todos.services.trash import delete_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(owner, project, now):
    """Return a private project of the owner's with the shared one in it, and one in that."""
    top = create_project(actor=owner, title="Everything", now=now)
    project.parent = top
    project.save(update_fields=["parent"])
    return top, project, create_project(actor=owner, title="Garden", parent=project.pk, now=now)


@pytest.fixture
def leave(now):
    """Let a person go, as the worker would: `leave(owner, choices)`."""

    def leave(person, choices=None):
        settle_projects(person, {str(id): str(heir) for id, heir in (choices or {}).items()}, now)
        person.delete()

    return leave


def roles(project):
    return dict(Membership.objects.filter(project=project).values_list("user__name", "role"))


def test_one_is_asked_about_the_topmost_project_with_others_in_it(owner, editor, viewer, tree):
    [shared] = shared_projects(owner.pk)

    assert shared.title == "Home"
    assert [heir.name for heir in shared.heirs] == ["Editor", "Viewer"]


def test_one_is_asked_about_each_tree_apart(owner, editor, viewer, project, work, now):
    settle_members(locked_tree(project_id=work.pk), author=owner, now=now, grants={work.pk: {viewer.pk: "viewer"}})

    assert sorted(shared.title for shared in shared_projects(owner.pk)) == ["Home", "Work"]


def test_one_is_not_asked_about_the_trash(owner, editor, project, now):
    delete_project(actor=owner, project_id=project.pk, now=now)

    assert shared_projects(owner.pk) == []


def test_a_tree_goes_over_whole_and_stands_alone_without_what_was_private(owner, editor, viewer, tree, leave):
    top, project, below = tree
    private = [top.pk, *Project.objects.inbox_of(owner.pk).values_list("pk", flat=True)]

    leave(owner, {project.pk: viewer.pk})

    project.refresh_from_db()
    below.refresh_from_db()
    assert (project.owner, project.parent, below.owner, below.parent_id) == (viewer, None, viewer, project.pk)
    assert roles(project) == roles(below) == {"Viewer": "owner", "Editor": "editor"}
    assert not Project.objects.filter(pk__in=private).exists()
    event = Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()
    assert event.data["changes"]["parent"] == {"before": str(top.pk), "after": None}


def test_each_project_that_goes_over_counts_on_once(owner, editor, tree, leave, assert_gapless):
    leave(owner, {tree[1].pk: editor.pk})

    for project in tree[1:]:
        assert_gapless(project)


def test_a_tree_that_is_to_be_deleted_goes_whole_with_its_files(owner, editor, tree, make_todo, leave, now):
    todo = make_todo("Dig", project=tree[2].pk)
    file = Attachment(
        todo=todo, project=tree[2], revision=1, uploaded_by=editor, name="plan.pdf", size=4, created_at=now
    )
    file.file.save("plan.pdf", ContentFile(b"plan"), save=False)
    file.save()

    leave(owner, {tree[1].pk: DELETE})

    assert not Project.objects.filter(owner_id=owner.pk).exists()
    assert list(Project.objects.filter(is_inbox=False)) == []
    assert list(DiscardedFile.objects.values_list("name", flat=True)) == [file.file.name]


def test_what_one_said_and_brought_stays_and_names_nobody(owner, editor, project, make_todo, leave, now):
    todo = make_todo("Buy milk", actor=editor)
    on = {"todo": todo, "project": project, "revision": 1, "created_at": now}
    comment = Comment.objects.create(author=editor, text="Oat, please", updated_at=now, **on)
    file = Attachment.objects.create(uploaded_by=editor, name="list.txt", size=1, file="attachments/x", **on)

    leave(editor)

    for row, name in ((comment, "author"), (file, "uploaded_by"), (todo, "created_by")):
        row.refresh_from_db()
        assert getattr(row, name) is None


def test_what_was_assigned_to_one_is_nobodys_and_counted(owner, editor, tree, make_todo, leave, assert_gapless):
    settled = make_todo("Dig", project=tree[2].pk, assignee=owner.pk)
    todo = make_todo(assignee=editor.pk)
    membership, who = Membership.objects.get(project=tree[1], user=editor), str(editor.pk)

    leave(editor)

    todo.refresh_from_db()
    tree[1].refresh_from_db()
    assert (todo.assignee, todo.revision) == (None, tree[1].revision)
    assert Todo.objects.get(pk=settled.pk).assignee == owner
    event = Event.objects.journal().in_scopes([tree[1].scope]).order_by("-revision").first()
    assert event.verb == "project.left"
    assert event.data["unassigned"] == {who: [str(todo.pk)]}
    assert event.data["members"] == {who: {"before": "editor", "after": None}}
    assert not Membership.objects.filter(pk=membership.pk).exists()
    for project in tree:
        assert_gapless(project)


def test_ones_labels_come_off_the_todos_of_others_and_it_is_counted(
    owner, editor, project, make_todo, leave, assert_gapless
):
    todo = make_todo(labels=["mine"], actor=editor)

    leave(editor)

    todo.refresh_from_db()
    assert not Label.objects.exists()
    assert list(_verbs(project))[-2:] == ["project.left", "label.taken_off_todos"]
    project.refresh_from_db()
    assert todo.revision == project.revision
    assert_gapless(project)


def _verbs(project):
    events = Event.objects.journal().in_scopes([project.scope]).order_by("revision")
    return events.values_list("verb", flat=True)


def test_S15_what_else_one_opened_and_was_offered_ends(owner, editor, project, work, leave, now):
    create_link(actor=owner, project_id=project.pk, now=now)
    invite(actor=owner, project_id=project.pk, email="guest@example.org", role="viewer", now=now)
    CalendarFeed.objects.create(user=owner, digest="d", prefix="cf_", created_at=now)

    leave(owner, {project.pk: editor.pk})

    assert Project.objects.filter(pk=project.pk).exists()
    assert not PublicLink.objects.exists()
    assert not ShareInvitation.objects.exists()
    assert not CalendarFeed.objects.exists()


def test_an_invitation_to_ones_address_goes_with_the_account(owner, stranger, project, leave, now):
    invite(actor=owner, project_id=project.pk, email=stranger.email, role="viewer", now=now)

    leave(stranger)

    assert not ShareInvitation.objects.exists()
