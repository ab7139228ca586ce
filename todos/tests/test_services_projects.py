from datetime import timedelta

import pytest

from config.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from config.ids import uuid7
from todos.models import Membership, Project
from todos.services.projects import archive_project, create_project, unarchive_project, update_project
from todos.services.todos import complete_todo, create_todo, delete_todo, restore_todo, update_todo

HOUR = timedelta(hours=1)


@pytest.fixture
def inbox(owner):
    return Project.objects.inbox_of(owner.pk).get()


def test_a_new_project_is_its_makers_own_and_comes_last(owner, now, history, assert_gapless):
    first = create_project(actor=owner, title=" Garden ", colour="lime", now=now)
    second = create_project(actor=owner, title="House", now=now)

    assert (first.title, first.colour, first.owner_id) == ("Garden", "lime", owner.pk)
    assert first.order < second.order
    assert Membership.objects.get(project=first).role == "owner"
    assert history(first) == [(1, "project.created")]
    assert_gapless(first)


def test_everybody_has_one_inbox_from_the_start(owner, stranger):
    inboxes = Project.objects.filter(is_inbox=True)

    assert {inbox.owner_id for inbox in inboxes} == {owner.pk, stranger.pk}


def test_a_chosen_project_id_that_is_taken_is_a_conflict_and_changes_nothing(stranger, project, now):
    with pytest.raises(Conflict):
        create_project(actor=stranger, title="Mine", id=project.pk, now=now)

    project.refresh_from_db()
    assert project.title == "Home"
    assert not Membership.objects.of(stranger.pk).filter(project=project).exists()


@pytest.mark.parametrize("title", ["", "  "])
def test_a_project_needs_a_title(owner, project, now, title):
    with pytest.raises(Invalid):
        create_project(actor=owner, title=title, now=now)
    with pytest.raises(Invalid):
        update_project(actor=owner, project_id=project.pk, values={"title": title}, now=now)

    project.refresh_from_db()
    assert project.title == "Home"


def test_renaming_records_what_changed(owner, project, now, history, assert_gapless):
    renamed = update_project(actor=owner, project_id=project.pk, values={"title": " Flat "}, now=now + HOUR)

    assert (renamed.title, renamed.updated_at) == ("Flat", now + HOUR)
    assert history(project) == [(1, "project.created"), (2, "project.updated")]
    assert_gapless(project)


def test_changing_nothing_records_nothing(owner, project, now, history):
    update_project(actor=owner, project_id=project.pk, values={"title": "Home", "colour": "green"}, now=now)

    assert history(project) == [(1, "project.created")]


def test_a_stale_rename_changes_nothing(owner, project, todo, now, history):
    before = history(project)

    with pytest.raises(Stale):
        update_project(
            actor=owner, project_id=project.pk, values={"title": "Flat"}, now=now, if_match=frozenset([project.etag])
        )

    project.refresh_from_db()
    assert project.title == "Home"
    assert history(project) == before


def test_an_editor_may_rename_and_a_viewer_or_stranger_may_not(editor, viewer, stranger, project, now):
    change = {"project_id": project.pk, "values": {"title": "Flat"}, "now": now}

    with pytest.raises(Forbidden):
        update_project(actor=viewer, **change)
    with pytest.raises(NotFound):
        update_project(actor=stranger, **change)

    assert update_project(actor=editor, **change).title == "Flat"


def test_the_inbox_can_neither_be_renamed_nor_archived(owner, inbox, now, history):
    with pytest.raises(Forbidden):
        update_project(actor=owner, project_id=inbox.pk, values={"title": "Other"}, now=now)
    with pytest.raises(Forbidden):
        archive_project(actor=owner, project_id=inbox.pk, now=now)

    inbox.refresh_from_db()
    assert (inbox.title, inbox.archived_at) == ("Inbox", None)
    assert history(inbox) == []


def test_archiving_and_bringing_back_each_record_it_once(owner, project, now, history, assert_gapless):
    for service in (archive_project, archive_project, unarchive_project, unarchive_project):
        service(actor=owner, project_id=project.pk, now=now)

    assert [verb for _, verb in history(project)] == ["project.created", "project.archived", "project.unarchived"]
    assert_gapless(project)


@pytest.mark.parametrize("service", [archive_project, unarchive_project])
def test_only_the_owner_archives(editor, viewer, stranger, project, now, service):
    for person in (editor, viewer):
        with pytest.raises(Forbidden):
            service(actor=person, project_id=project.pk, now=now)
    with pytest.raises(NotFound):
        service(actor=stranger, project_id=project.pk, now=now)
    with pytest.raises(NotFound):
        service(actor=editor, project_id=uuid7(), now=now)

    project.refresh_from_db()
    assert project.archived_at is None


def test_archiving_minds_what_the_caller_has_seen(owner, project, todo, now):
    with pytest.raises(Stale):
        archive_project(actor=owner, project_id=project.pk, now=now, if_match=frozenset([project.etag]))


def test_an_archived_project_refuses_every_write(owner, project, make_todo, now, history):
    todo, trashed = make_todo("Todo"), make_todo("Trashed")
    delete_todo(actor=owner, todo_id=trashed.pk, now=now)
    archive_project(actor=owner, project_id=project.pk, now=now)
    before = history(project)

    for write in (
        lambda: create_todo(actor=owner, values={"title": "New", "project": project.pk}, now=now),
        lambda: create_todo(actor=owner, values={"title": "New", "parent": todo.pk}, now=now),
        lambda: update_todo(actor=owner, todo_id=todo.pk, values={"title": "New"}, now=now),
        lambda: complete_todo(actor=owner, todo_id=todo.pk, now=now),
        lambda: delete_todo(actor=owner, todo_id=todo.pk, now=now),
        lambda: restore_todo(actor=owner, todo_id=trashed.pk, now=now),
        lambda: update_project(actor=owner, project_id=project.pk, values={"title": "New"}, now=now),
    ):
        with pytest.raises(Conflict):
            write()

    assert history(project) == before


def test_a_project_brought_back_takes_writes_again(owner, project, make_todo, now):
    archive_project(actor=owner, project_id=project.pk, now=now)

    unarchive_project(actor=owner, project_id=project.pk, now=now)

    assert make_todo("New").project_id == project.pk
