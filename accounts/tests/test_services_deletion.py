"""Leaving: what is asked, what is kept, what is gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from accounts import rotation
from accounts.models import ApiToken, Deletion, Device, Mail, User
from accounts.policies import LastSuperadmin
from accounts.registry import DELETE, Estate, estates
from accounts.services.deletion import (
    cancel_deletion,
    purge_account,
    request_deletion,
    shared_by,
    sweep_due_deletions,
)
from accounts.services.devices import sign_in_device
from activity.models import Event
from activity.services.erasure import DELETED_PERSON, SETTLED, sweep_erasures
from config.errors import Conflict, Invalid, Unauthenticated
from todos.models import Label, Membership, Project, Todo
from todos.services.labels import create_label
from todos.services.projects import create_project, update_project

WEEK = timedelta(days=7)


@pytest.fixture
def after(now):
    return now + WEEK + timedelta(seconds=1)


@pytest.fixture
def leave(now):
    """Ask for a person's deletion, with every choice made for the first heir unless told otherwise."""

    def leave(user, **choices):
        chosen = {str(item.id): str(item.heirs[0].id) for item in shared_by(user.pk)}
        return request_deletion(actor=user, choices=chosen | choices, now=now)

    return leave


def notices(user):
    return [mail.data["notice"] for mail in Mail.objects.filter(to=user.email, template="notice")]


# Asking


def test_a_deletion_waits_a_week_and_says_so(stranger, leave, now, recorded):
    deletion = leave(stranger)

    assert deletion.purge_after == now + WEEK
    assert recorded(stranger)[-1] == "user.deletion_requested"
    assert notices(stranger) == ["deletion_requested"]
    assert Mail.objects.get(template="notice").data["date"] == "9 March 2026"


def test_asking_ends_every_other_device_at_once(stranger, now):
    here = sign_in_device(user=stranger, label="here", ip=None, now=now).device
    there = sign_in_device(user=stranger, label="there", ip=None, now=now).device

    request_deletion(actor=stranger, choices={}, now=now, keep=here.pk)

    assert (rotation.is_live(here.pk), rotation.is_live(there.pk)) == (True, False)


def test_S15_api_tokens_rest_while_the_account_is_about_to_go(stranger, leave, now):
    ApiToken.objects.create(user=stranger, name="cron", prefix="st_", digest="d", scopes=[], created_at=now)

    leave(stranger)
    resting = ApiToken.objects.live(now).count()
    cancel_deletion(actor=stranger, now=now)

    assert (resting, ApiToken.objects.live(now).count()) == (0, 1)


def test_each_shared_project_needs_a_choice(owner, editor, project, now):
    (shared,) = shared_by(owner.pk)

    with pytest.raises(Invalid) as refusal:
        request_deletion(actor=owner, choices={}, now=now)

    assert (shared.id, shared.title) == (project.pk, "Home")
    assert [heir.id for heir in shared.heirs] == [editor.pk]
    assert refusal.value.fields == {"choices": ["Choose who takes over “Home”, or to delete it."]}
    assert not Deletion.objects.exists()


def test_S10_a_choice_names_a_member_and_a_project_of_ones_own(owner, editor, project, stranger, now):
    theirs = create_project(actor=stranger, title="Theirs", now=now)
    wrong = (
        {str(project.pk): str(stranger.pk)},
        {str(project.pk): "nobody"},
        {str(project.pk): DELETE, str(theirs.pk): DELETE},
    )

    for choices in wrong:
        with pytest.raises(Invalid):
            request_deletion(actor=owner, choices=choices, now=now)

    assert not Deletion.objects.exists()


def test_who_asked_already_is_told(stranger, leave):
    leave(stranger)

    with pytest.raises(Conflict):
        leave(stranger)


def test_the_last_superadmin_cannot_leave(superadmin, admin, leave):
    with pytest.raises(LastSuperadmin):
        leave(superadmin)

    assert not Deletion.objects.exists()


def test_taking_it_back_keeps_everything(stranger, leave, now, after, recorded):
    leave(stranger)

    cancel_deletion(actor=stranger, now=now)
    cancel_deletion(actor=stranger, now=now)

    assert sweep_due_deletions(after) == 0
    assert recorded(stranger)[-2:] == ["user.deletion_requested", "user.deletion_cancelled"]
    assert notices(stranger) == ["deletion_requested", "deletion_cancelled"]


# Going


def test_within_the_grace_nothing_goes(stranger, leave, now):
    leave(stranger)

    assert sweep_due_deletions(now + WEEK - timedelta(seconds=1)) == 0
    assert User.objects.filter(pk=stranger.pk).exists()


def test_the_worker_deletes_what_was_the_persons_alone(owner, make_todo, leave, now, after):
    make_todo(labels=["errand"])
    device = sign_in_device(user=owner, label="phone", ip=None, now=now).device
    leave(owner)

    sweep_due_deletions(after)

    assert not User.objects.filter(pk=owner.pk).exists()
    left = [rows.objects.count() for rows in (Project, Todo, Label, Membership, Device, Event, Deletion)]
    assert left == [0] * 7
    assert not rotation.is_live(device.pk)


def test_the_person_is_told_that_it_is_done(stranger, leave, after):
    leave(stranger)

    sweep_due_deletions(after)

    (mail,) = Mail.objects.filter(to=stranger.email)
    assert (mail.template, mail.data, mail.user) == ("notice", {"notice": "account_deleted"}, None)


def test_going_twice_is_going_once(stranger, leave, after):
    leave(stranger)

    assert [purge_account(user_id=stranger.pk, now=after) for _ in range(2)] == [True, False]


def test_a_shared_project_passes_to_the_chosen_heir(owner, editor, viewer, project, make_todo, leave, after, recorded):
    todo = make_todo()
    create_project(actor=viewer, title="Mine", now=after)
    leave(owner, **{str(project.pk): str(viewer.pk)})

    sweep_due_deletions(after)

    before = project.revision
    project.refresh_from_db()
    todo.refresh_from_db()
    roles = dict(project.memberships.values_list("user__name", "role"))
    assert (project.owner, roles) == (viewer, {"Viewer": "owner", "Editor": "editor"})
    assert project.revision > before
    assert recorded(project)[-1] == "project.handed_over"
    assert todo.created_by is None
    assert Project.objects.owned_by(viewer.pk).in_order().last() == project


def test_the_heir_owns_it_like_any_owner(owner, editor, project, leave, after):
    leave(owner)
    sweep_due_deletions(after)

    changed = update_project(actor=editor, project_id=project.pk, values={"title": "Ours"}, now=after)

    assert changed.title == "Ours"


def test_a_project_chosen_so_is_deleted_for_everyone(owner, editor, project, todo, leave, after):
    leave(owner, **{str(project.pk): DELETE})

    sweep_due_deletions(after)

    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Todo.objects.exists()
    assert not Event.objects.journal().in_scopes([project.scope]).exists()
    assert User.objects.get() == editor


def test_an_heir_who_left_is_followed_by_the_next_member(owner, viewer, editor, project, leave, after):
    leave(owner, **{str(project.pk): str(viewer.pk)})
    Membership.objects.filter(user=viewer).delete()

    sweep_due_deletions(after)

    project.refresh_from_db()
    assert project.owner == editor


def test_who_may_edit_comes_before_who_came_first(owner, viewer, editor, project, leave, after):
    leave(owner)
    Deletion.objects.update(choices={})

    sweep_due_deletions(after)

    project.refresh_from_db()
    assert project.owner == editor


def test_a_project_that_nobody_is_left_in_goes_too(owner, editor, project, leave, after):
    leave(owner)
    Membership.objects.filter(user=editor).delete()

    sweep_due_deletions(after)

    assert not Project.objects.filter(pk=project.pk).exists()


def test_in_the_projects_of_others_todos_stay_without_the_name(owner, editor, project, make_todo, leave, after):
    todo = make_todo("Water the plants", actor=editor)
    create_label(actor=editor, name="garden", now=after)
    events = Event.objects.journal().in_scopes([project.scope]).count()
    leave(editor)

    sweep_due_deletions(after)

    todo.refresh_from_db()
    kept = Event.objects.journal().in_scopes([project.scope])
    assert (todo.title, todo.created_by) == ("Water the plants", None)
    assert kept.count() == events + 1
    assert kept.order_by("-revision").first().verb == "project.left"
    assert set(kept.values_list("actor_name", flat=True)) == {"Owner", DELETED_PERSON}
    assert not Event.objects.journal().filter(actor_name="Editor").exists()
    assert not Event.objects.journal().in_scopes([f"user:{editor.pk}"]).exists()


def test_what_was_relayed_already_is_forgotten_too(owner, editor, project, make_todo, leave, after, relay, archive):
    make_todo("Water the plants", actor=editor)
    create_label(actor=editor, name="garden", now=after)
    leave(editor)
    relay()
    before = archive().in_scopes([project.scope]).count()
    Event.objects.journal().in_scopes([project.scope]).delete()  # as pruned

    sweep_due_deletions(after)
    sweep_erasures(after)

    kept = archive().in_scopes([project.scope])
    assert kept.count() == before > 0
    assert set(kept.values_list("actor_name", flat=True)) == {"Owner", DELETED_PERSON}
    assert not archive().filter(actor_name="Editor").exists()
    assert not archive().in_scopes([f"user:{editor.pk}"]).exists()


def test_a_project_that_goes_goes_from_what_was_relayed(owner, make_todo, leave, after, relay, archive):
    make_todo()
    leave(owner)
    assert relay() > 0

    sweep_due_deletions(after)
    sweep_erasures(after)
    relay()

    assert not archive().exists()
    assert sweep_erasures(after + SETTLED) > 0


def test_one_that_fails_leaves_the_others_their_turn(stranger, admin, leave, after, monkeypatch):
    leave(stranger)  # the first in turn
    leave(admin)

    def refuse(user, choices, now):
        if user.pk == stranger.pk:
            raise RuntimeError("A fault")

    monkeypatch.setattr("accounts.services.deletion.estates", [*estates, Estate(lambda _: [], refuse)])
    with pytest.raises(RuntimeError):
        sweep_due_deletions(after)

    assert User.objects.filter(pk=stranger.pk).exists()
    assert Project.objects.inbox_of(stranger.pk).exists()
    assert not User.objects.filter(pk=admin.pk).exists()


def test_who_has_become_the_last_superadmin_stays(register, superadmin, leave, now, after, recorded):
    other = register("other", role="superadmin")
    leave(superadmin)
    User.objects.filter(pk=other.pk).update(is_active=False)

    assert sweep_due_deletions(after) == 0

    assert User.objects.filter(pk=superadmin.pk).exists()
    assert not Deletion.objects.exists()
    assert recorded(superadmin)[-1] == "user.deletion_cancelled"


def test_a_closed_account_goes_as_it_asked(owner, editor, project, leave, after):
    leave(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert sweep_due_deletions(after) == 1

    project.refresh_from_db()
    assert project.owner == editor


def test_the_same_address_signs_up_again_as_somebody_new(stranger, leave, register, after):
    leave(stranger)
    sweep_due_deletions(after)

    again = register("stranger")

    assert again.pk != stranger.pk
    assert Project.objects.owned_by(again.pk).count() == 1


@pytest.mark.servers
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_delete_an_account_once(owner, editor, project, make_todo, leave, after, recorded):
    for number in range(20):
        make_todo(f"Todo {number}")
    leave(owner)

    def purge(_):
        try:
            return purge_account(user_id=owner.pk, now=after)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(purge, range(4)))

    project.refresh_from_db()
    assert outcomes == [False, False, False, True]
    assert project.owner == editor
    assert recorded(project).count("project.handed_over") == 1
    assert Mail.objects.filter(data__notice="account_deleted").count() == 1


@pytest.mark.servers
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_who_keeps_the_account_in_the_last_moment_keeps_it_whole_or_not_at_all(register, leave, now, after):
    people = [register(f"person-{number}") for number in range(6)]
    for person in people:
        leave(person)

    def race(number):
        person = people[number // 2]
        try:
            if number % 2:
                return purge_account(user_id=person.pk, now=after)
            return cancel_deletion(actor=person, now=after)
        except Unauthenticated:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(race, range(12)))

    left = set(User.objects.values_list("pk", flat=True))
    assert not Deletion.objects.filter(user__in=left).exists()
    assert set(Project.objects.values_list("owner_id", flat=True)) == left
