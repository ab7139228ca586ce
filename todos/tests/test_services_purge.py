"""What was in the trash long enough goes for good: all of it, nothing else, and both stores of history know."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from activity.models import Erasure, Event
from config import stores
from todos.models import (
    Attachment,
    Comment,
    DiscardedFile,
    Membership,
    Project,
    Relation,
    Section,
    Todo,
    Tombstone,
)
from todos.services import purge
from todos.services.attachments import add_attachment, delete_attachment
from todos.services.comments import add_comment, delete_comment
from todos.services.projects import archive_project, create_project
from todos.services.purge import empty_trash, sweep_discarded_files, sweep_trash
from todos.services.relations import relate
from todos.services.saved_filters import create_filter
from todos.services.sections import create_section, delete_section
from todos.services.todos import delete_todo, update_todo
from todos.services.trash import delete_project

KEEP = django_settings.TRASH_KEEP
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {"default": stores.files(bucket_url="", data_dir=tmp_path)}


@pytest.fixture
def attach(owner, now):
    def attach(todo):
        upload = SimpleUploadedFile("note.txt", b"Hello")
        return add_attachment(actor=owner, todo_id=todo.pk, upload=upload, now=now)

    return attach


@pytest.fixture
def comment(owner, now):
    def comment(todo):
        return add_comment(actor=owner, todo_id=todo.pk, text="Hello", now=now)

    return comment


@pytest.fixture
def trash(owner, now):
    def trash(todo, at=now):
        return delete_todo(actor=owner, todo_id=todo.pk, now=at)

    return trash


def purged(project):
    events = Event.objects.journal().in_scopes([project.scope]).of_kinds(["trash.purged"]).order_by("revision")
    return [event.data["purged"] for event in events]


def tombstones(project):
    rows = Tombstone.objects.filter(project=project).order_by("kind")
    return {(row.kind, row.subject_id) for row in rows}


def test_a_todo_goes_after_thirty_days_with_all_that_is_on_it(
    owner, make_todo, comment, attach, trash, project, now, assert_gapless
):
    kept, gone = make_todo("Kept"), make_todo("Gone")
    below = make_todo("Below", parent=gone.pk)
    said, file, own = comment(below), attach(gone), comment(kept)
    tie = relate(actor=owner, todo_id=gone.pk, other_id=kept.pk, kind="relates", now=now)
    trash(gone)
    project.refresh_from_db()
    before = project.revision

    early = sweep_trash(now + KEEP - SECOND)
    swept = sweep_trash(now + KEEP)

    assert (early, swept) == (0, 5)
    assert list(Todo.objects.all()) == [kept]
    assert list(Comment.objects.all()) == [own]
    assert not Attachment.objects.exists()
    assert not Relation.objects.exists()
    assert purged(project) == [{"todo": 2, "comment": 1, "attachment": 1, "relation": 1}]
    lost = {("todo", gone.pk), ("todo", below.pk), ("comment", said.pk), ("attachment", file.pk)}
    assert tombstones(project) == lost | {("relation", tie.pk)}
    assert {row.revision for row in Tombstone.objects.all()} == {before + 1}
    assert_gapless(project)
    assert sweep_trash(now + KEEP) == 0


def test_the_events_of_a_todo_stay(make_todo, trash, recorded, now):
    todo = make_todo()
    trash(todo)

    sweep_trash(now + KEEP)

    assert recorded(todo) == ["todo.created", "todo.deleted"]


def test_comments_files_and_sections_go_by_themselves(owner, todo, comment, attach, project, now, assert_gapless):
    said, file = comment(todo), attach(todo)
    section = create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
    delete_comment(actor=owner, todo_id=todo.pk, comment_id=said.pk, now=now)
    delete_attachment(actor=owner, todo_id=todo.pk, attachment_id=file.pk, now=now)
    delete_section(actor=owner, section_id=section.pk, now=now)

    swept = sweep_trash(now + KEEP)

    assert swept == 3
    assert (Comment.objects.count(), Attachment.objects.count(), Section.objects.count()) == (0, 0, 0)
    assert tombstones(project) == {("attachment", file.pk), ("comment", said.pk), ("section", section.pk)}
    assert Todo.objects.get() == todo
    assert_gapless(project)


def test_files_go_once_that_is_committed_and_not_before(make_todo, attach, trash, now):
    file = attach(todo := make_todo())
    other = attach(make_todo("Kept"))
    trash(todo)

    point = transaction.savepoint()
    sweep_trash(now + KEEP)
    transaction.savepoint_rollback(point)  # a crash before the commit
    kept = default_storage.exists(file.file.name), DiscardedFile.objects.count()
    sweep_trash(now + KEEP)
    waiting = default_storage.exists(file.file.name), DiscardedFile.objects.count()
    swept = sweep_discarded_files(now + KEEP)

    assert (kept, waiting, swept) == ((True, 0), (True, 1), 1)
    assert not default_storage.exists(file.file.name)
    assert default_storage.exists(other.file.name)
    assert not DiscardedFile.objects.exists()


def test_a_file_that_the_storage_does_not_let_go_of_is_tried_again(make_todo, attach, trash, now, monkeypatch):
    attach(todo := make_todo())
    trash(todo)
    sweep_trash(now + KEEP)

    def away(name):
        raise OSError("the storage is away")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", away)
        with pytest.raises(OSError, match="away"):
            sweep_discarded_files(now)

    assert sweep_discarded_files(now) == 1


def test_a_todo_of_another_project_loses_its_tie_by_an_event_of_its_own(
    owner, make_todo, trash, project, work, now, assert_gapless
):
    gone, other = make_todo("Gone"), make_todo("Other", project=work.pk)
    tie = relate(actor=owner, todo_id=other.pk, other_id=gone.pk, kind="blocks", now=now)
    trash(gone)

    sweep_trash(now + KEEP)

    assert purged(work) == [{"relation": 1}]
    assert tombstones(work) == {("relation", tie.pk)}
    for row in (project, work):
        assert_gapless(row)


def test_a_large_trash_goes_in_batches_each_with_its_event(make_todo, trash, project, now, monkeypatch, assert_gapless):
    monkeypatch.setattr(purge, "BATCH", 3)
    for number in range(7):
        trash(make_todo(str(number)))

    swept = sweep_trash(now + KEEP)

    assert swept == 7
    assert [row["todo"] for row in purged(project)] == [3, 3, 1]
    assert_gapless(project)


def test_a_todo_that_came_back_stays(owner, make_todo, trash, now):
    from todos.services.todos import restore_todo

    todo = make_todo()
    below = make_todo("Below", parent=todo.pk)
    trash(below)
    trash(todo, at=now + SECOND)
    restore_todo(actor=owner, todo_id=below.pk, now=now + 2 * SECOND)

    sweep_trash(now + KEEP + SECOND)

    assert list(Todo.objects.all()) == [below]


def test_the_trash_of_an_archived_project_goes_too(owner, make_todo, trash, project, now):
    trash(make_todo())
    archive_project(actor=owner, project_id=project.pk, now=now)

    assert sweep_trash(now + KEEP) == 1


def test_a_project_goes_after_thirty_days_with_all_below_and_its_history(
    owner, editor, project, work, make_todo, comment, attach, now, assert_gapless, monkeypatch
):
    monkeypatch.setattr(purge, "BATCH", 2)
    below = create_project(actor=editor, title="Below", parent=project.pk, now=now)
    file = attach(make_todo("Todo", project=below.pk))
    for number in range(5):
        comment(make_todo(str(number), parent=make_todo().pk))
    other = make_todo("Other", project=work.pk)
    relate(actor=owner, todo_id=other.pk, other_id=Todo.objects.in_project(below.pk).get().pk, kind="relates", now=now)
    delete_project(actor=owner, project_id=project.pk, now=now)

    early = sweep_trash(now + KEEP - SECOND)
    sweep_trash(now + KEEP)
    sweep_discarded_files(now + KEEP)

    assert early == 0
    assert set(Project.objects.filter(is_inbox=False)) == {work}
    assert list(Todo.objects.all()) == [other]
    assert not Membership.objects.filter(user=editor, project__is_inbox=False).exists()
    assert not default_storage.exists(file.file.name)
    gone = [project.scope, below.scope]
    assert not Event.objects.journal().in_scopes(gone).exists()
    assert sorted(Erasure.objects.values_list("scope", flat=True)) == sorted(gone)
    assert purged(work) == [{"relation": 1}]
    assert_gapless(work)


def test_a_filter_shown_in_a_project_that_goes_stays_its_owners(owner, editor, project, now, assert_gapless):
    values = {"name": "Urgent", "query": "p1", "project": project.pk}
    saved = create_filter(actor=editor, values=values, now=now)
    delete_project(actor=owner, project_id=project.pk, now=now)

    sweep_trash(now + KEEP)

    saved.refresh_from_db()
    editor.refresh_from_db()
    assert (saved.project_id, saved.revision) == (None, editor.revision)
    assert_gapless(editor)


def test_below_a_project_in_the_trash_goes_what_went_there_before(owner, project, now):
    below = create_project(actor=owner, title="Below", parent=project.pk, now=now)
    delete_project(actor=owner, project_id=below.pk, now=now)
    delete_project(actor=owner, project_id=project.pk, now=now + SECOND)

    sweep_trash(now + KEEP)

    assert set(Project.objects.filter(is_inbox=False)) == {project}


# By hand


def test_the_owner_empties_the_trash_of_their_own_projects_alone(
    owner, editor, project, make_todo, trash, now, api, assert_gapless
):
    theirs = create_project(actor=editor, title="Theirs", now=now)
    Membership.objects.create(project=theirs, user=owner, role="editor", granted="editor")
    kept = make_todo("Kept", project=theirs.pk)
    for todo in (make_todo("Gone"), kept):
        trash(todo)
    old = create_project(actor=owner, title="Old", now=now)
    delete_project(actor=owner, project_id=old.pk, now=now)

    answer = api(owner).delete("/api/v1/trash/")

    assert (answer.status_code, answer.json()) == (200, {"deleted": 2, "more": False})
    assert list(Todo.objects.all()) == [kept]
    assert not Project.objects.filter(pk=old.pk).exists()
    event = Event.objects.journal().in_scopes([project.scope]).of_kinds(["trash.purged"]).get()
    assert event.actor_id == owner.pk
    assert_gapless(project)


def test_emptying_stops_when_it_takes_too_long_and_says_so(owner, make_todo, trash, now, monkeypatch):
    monkeypatch.setattr(purge, "PATIENCE", 0.0)
    trash(make_todo())

    assert empty_trash(actor=owner, now=now) == (0, True)


def test_what_the_worker_purged_is_told_as_nobodys_doing(owner, make_todo, trash, now, api):
    trash(make_todo())
    sweep_trash(now + KEEP)

    row = api(owner).get("/api/v1/activity/?verb=trash.purged").json()["results"][0]

    assert row["actor"] == {"id": None, "name": "Simple Todos"}
    assert row["sentence"] == "Simple Todos deleted for good what was in the trash of “Home”"


def test_a_moved_todo_is_not_lost_with_the_one_it_was_under(owner, make_todo, edit, trash, work, now):
    parent = make_todo("Parent")
    child = make_todo("Child", parent=parent.pk)
    trash(child)
    edit(parent, project=work.pk)
    update_todo(actor=owner, todo_id=parent.pk, values={"title": "Moved"}, now=now)
    trash(parent)

    empty = sweep_trash(now + KEEP)

    assert empty == 2
    assert {row.kind for row in Tombstone.objects.filter(project=child.project_id)} == {"todo"}
