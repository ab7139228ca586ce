"""Members of trees of projects: roles, leaving, handing over."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.models import Event
from config.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from todos.models import Membership, Project, PublicLink, ShareInvitation, Todo, Tombstone
from todos.policies import locked_tree
from todos.services.memberships import RANKS, settle_members
from todos.services.projects import archive_project, create_project
from todos.services.public_links import create_link
from todos.services.share_invitations import invite
from todos.services.sharing import change_role, hand_over, remove_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def below(owner, project, editor, viewer, now):
    """Return a project in the owner's project, and one in that."""
    child = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    return child, create_project(actor=owner, title="Shed", parent=child.pk, now=now)


@pytest.fixture
def share(owner, now):
    """Give somebody a role in a project of the owner's: `share(project, person, "viewer")`."""

    def share(project, person, role):
        tree = locked_tree(project_id=project.pk)
        settle_members(tree, author=owner, now=now, grants={project.pk: {person.pk: role}})

    return share


def roles(person):
    rows = Membership.objects.filter(user=person, project__is_inbox=False)
    return {row.project.title: (row.role, row.granted) for row in rows.select_related("project")}


def last_event(project):
    return Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()


# Access to a project includes those below it


def test_who_is_in_a_project_is_in_those_below_it(project, below, stranger, share):
    share(project, stranger, "viewer")

    assert roles(stranger) == {"Home": ("viewer", "viewer"), "Garden": ("viewer", ""), "Shed": ("viewer", "")}


def test_access_to_a_project_below_opens_nothing_above(below, stranger, share):
    share(below[0], stranger, "editor")

    assert roles(stranger) == {"Garden": ("editor", "editor"), "Shed": ("editor", "")}


def test_a_project_made_below_another_has_its_members_at_once(owner, editor, project, now):
    create_project(actor=owner, title="Garden", parent=project.pk, now=now)

    assert roles(editor) == {"Home": ("editor", "editor"), "Garden": ("editor", "")}


def test_what_was_given_below_stays_when_it_is_more(owner, project, below, viewer, share, now):
    share(below[0], viewer, "editor")

    change_role(actor=owner, project_id=project.pk, user_id=viewer.pk, role="viewer", now=now)

    assert roles(viewer) == {"Home": ("viewer", "viewer"), "Garden": ("editor", "editor"), "Shed": ("editor", "")}


def test_each_project_whose_members_change_counts_on_once_and_says_so(
    owner, project, below, editor, now, assert_gapless
):
    change_role(actor=owner, project_id=project.pk, user_id=editor.pk, role="viewer", now=now)

    for row in (project, *below):
        assert_gapless(row)
        event = last_event(row)
        assert event.verb == "project.members_changed"
        assert event.data["members"] == {str(editor.pk): {"before": "editor", "after": "viewer"}}
        assert Membership.objects.get(project=row, user=editor).revision == row.revision
    assert last_event(project).data["granted"] == {str(editor.pk): {"before": "editor", "after": "viewer"}}
    assert last_event(below[0]).data["granted"] == {}


def test_a_change_that_changes_nothing_is_none(owner, project, editor, now, history):
    before = history(project)

    change_role(actor=owner, project_id=project.pk, user_id=editor.pk, role="editor", now=now)

    assert history(project) == before


TREE = st.lists(st.integers(0, 4), min_size=5, max_size=5)
GRANTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "viewer", "editor"])), max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parents=TREE, steps=GRANTS)
def test_a_role_is_always_the_highest_given_on_the_way_up(owner, stranger, share, now, parents, steps):
    made = []
    for index, parent in enumerate(parents):
        above = made[parent % index].pk if index and parent else None
        made.append(create_project(actor=owner, title=f"P{index}", parent=above, now=now))
    granted = {}

    for index, role in steps:
        share(made[index], stranger, role)
        granted[made[index].pk] = role

    by_id = {row.pk: row for row in made}
    for row in made:
        path, step = [], row
        while step:
            path.append(granted.get(step.pk, ""))
            step = by_id.get(step.parent_id)
        found = Membership.objects.filter(project=row, user=stranger).first()
        assert (found.role if found else "") == max(path, key=RANKS.__getitem__)
        assert (found.granted if found else "") == granted.get(row.pk, "")
    Project.objects.filter(pk__in=by_id).delete()


# Roles


def test_only_the_owner_gives_roles(project, editor, viewer, stranger, now):
    for actor, error in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            change_role(actor=actor, project_id=project.pk, user_id=viewer.pk, role="editor", now=now)


def test_an_editor_cannot_raise_themselves(project, editor, now):
    with pytest.raises(Forbidden):
        change_role(actor=editor, project_id=project.pk, user_id=editor.pk, role="editor", now=now)


@pytest.mark.parametrize(("whom", "role"), [("owner", "viewer"), ("editor", "owner")])
def test_there_is_one_owner_always(project, owner, editor, now, whom, role):
    person = {"owner": owner, "editor": editor}[whom]

    with pytest.raises(Invalid) as refused:
        change_role(actor=owner, project_id=project.pk, user_id=person.pk, role=role, now=now)

    assert "role" in refused.value.fields


def test_a_role_that_comes_from_above_cannot_be_lowered_below(owner, project, below, editor, now):
    with pytest.raises(Conflict) as refused:
        change_role(actor=owner, project_id=below[0].pk, user_id=editor.pk, role="viewer", now=now)

    assert "“Home”" in refused.value.message


def test_a_role_that_was_seen_before_it_changed_is_refused(owner, project, editor, now):
    seen = frozenset([Membership.objects.get(project=project, user=editor).etag])
    change_role(actor=owner, project_id=project.pk, user_id=editor.pk, role="viewer", now=now)

    with pytest.raises(Stale):
        change_role(actor=owner, project_id=project.pk, user_id=editor.pk, role="editor", now=now, if_match=seen)


# Putting out, and leaving


def test_who_is_put_out_is_out_of_all_below_as_well(owner, project, below, editor, share, now):
    share(below[1], editor, "editor")

    remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    assert roles(editor) == {}
    assert last_event(below[1]).data["granted"] == {str(editor.pk): {"before": "editor", "after": None}}


def test_who_loses_a_project_loses_their_todos_there_and_nothing_else(
    owner, project, below, editor, make_todo, now, assert_gapless
):
    here, done = make_todo("Here", assignee=editor.pk), make_todo("Other", assignee=owner.pk)
    there = make_todo("There", project=below[0].pk, assignee=editor.pk)

    remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    for todo in (here, there, done):
        todo.refresh_from_db()
    project.refresh_from_db()
    assert (here.assignee_id, there.assignee_id, done.assignee_id) == (None, None, owner.pk)
    assert here.revision == project.revision
    assert last_event(project).data["unassigned"] == {str(editor.pk): [str(here.pk)]}
    assert last_event(below[0]).data["unassigned"] == {str(editor.pk): [str(there.pk)]}
    assert_gapless(project)


def test_a_membership_that_ends_leaves_a_tombstone(owner, project, editor, now):
    row = Membership.objects.get(project=project, user=editor)

    remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    found = Tombstone.objects.get(project=project, kind="membership")
    project.refresh_from_db()
    assert (found.subject_id, found.revision) == (row.pk, project.revision)


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_members_leave_when_they_like(project, editor, viewer, now, role, recorded):
    person = {"editor": editor, "viewer": viewer}[role]

    remove_member(actor=person, project_id=project.pk, user_id=person.pk, now=now)

    assert roles(person) == {}
    assert recorded(project)[-1] == "project.left"


def test_an_archived_project_can_be_left(owner, project, viewer, now):
    archive_project(actor=owner, project_id=project.pk, now=now)

    remove_member(actor=viewer, project_id=project.pk, user_id=viewer.pk, now=now)

    assert roles(viewer) == {}


def test_the_owner_cannot_leave(owner, project, now):
    with pytest.raises(Conflict) as refused:
        remove_member(actor=owner, project_id=project.pk, user_id=owner.pk, now=now)

    assert "Hand the project over" in refused.value.message


def test_what_comes_from_above_is_left_above(project, below, viewer, now):
    with pytest.raises(Conflict) as refused:
        remove_member(actor=viewer, project_id=below[1].pk, user_id=viewer.pk, now=now)

    assert refused.value.message == "You are in this project through “Garden”. Leave that one."


def test_nobody_but_the_owner_puts_others_out(project, editor, viewer, stranger, now):
    for actor, error in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        person = viewer if actor == editor else editor
        with pytest.raises(error):
            remove_member(actor=actor, project_id=project.pk, user_id=person.pk, now=now)


def test_S01_a_member_of_another_project_is_not_found_here(owner, project, work, editor, now):
    with pytest.raises(NotFound):
        remove_member(actor=owner, project_id=work.pk, user_id=editor.pk, now=now)
    with pytest.raises(NotFound):
        change_role(actor=owner, project_id=work.pk, user_id=editor.pk, role="viewer", now=now)


# Handing over


def test_handing_over_takes_the_whole_tree_along(owner, editor, project, below, now, assert_gapless):
    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    assert roles(editor) == dict.fromkeys(("Home", "Garden", "Shed"), ("owner", "owner"))
    assert roles(owner) == {"Home": ("editor", "editor"), "Garden": ("editor", ""), "Shed": ("editor", "")}
    for row in (project, *below):
        assert_gapless(row)
        assert row.owner_id == editor.pk
        event = last_event(row)
        assert event.verb == "project.handed_over"
        assert event.data["changes"]["owner"] == {"before": str(owner.pk), "after": str(editor.pk)}
        assert event.data["granted"][str(owner.pk)]["before"] == "owner"


def test_a_project_that_is_handed_over_stands_last_among_its_new_owners(owner, editor, project, now):
    last = create_project(actor=editor, title="Mine", now=now)

    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    project.refresh_from_db()
    assert project.order > last.order


def test_what_else_opened_the_tree_ends_with_its_owner(owner, editor, project, below, now):
    create_link(actor=owner, project_id=below[0].pk, now=now)
    invite(actor=owner, project_id=project.pk, email="new@example.org", role="viewer", now=now)

    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    assert not PublicLink.objects.exists()
    assert not ShareInvitation.objects.exists()


def test_todos_stay_with_whom_they_were_when_a_project_is_handed_over(owner, editor, project, make_todo, now):
    todo = make_todo(assignee=owner.pk)

    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)

    assert Todo.objects.get(pk=todo.pk).assignee_id == owner.pk


def test_only_the_owner_hands_over(editor, viewer, stranger, project, now):
    for actor, error in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            hand_over(actor=actor, project_id=project.pk, user_id=actor.pk, now=now)


def test_the_heir_is_a_member_whose_account_is_open(owner, editor, stranger, project, now):
    editor.is_active = False
    editor.save(update_fields=["is_active"])

    for person in (stranger, editor):
        with pytest.raises(Invalid) as refused:
            hand_over(actor=owner, project_id=project.pk, user_id=person.pk, now=now)
        assert "owner" in refused.value.fields


def test_a_part_of_a_tree_is_not_handed_over_alone(owner, editor, below, now):
    with pytest.raises(Conflict):
        hand_over(actor=owner, project_id=below[0].pk, user_id=editor.pk, now=now)


def test_the_inbox_is_handed_to_nobody(owner, editor, now):
    inbox = Project.objects.get(owner=owner, is_inbox=True)

    with pytest.raises(Forbidden):
        hand_over(actor=owner, project_id=inbox.pk, user_id=editor.pk, now=now)


def test_handing_over_to_oneself_changes_nothing(owner, project, now, history):
    before = history(project)

    hand_over(actor=owner, project_id=project.pk, user_id=owner.pk, now=now)

    assert history(project) == before
