"""Comments: who writes, changes and deletes them, what is recorded, and whom they call."""

import pytest

from activity.models import Event
from config.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from config.ids import uuid7
from todos.models import Comment, Membership, Notification
from todos.services.comments import LONGEST, add_comment, delete_comment, edit_comment, restore_comment
from todos.services.projects import archive_project
from todos.services.todos import delete_todo, update_todo


@pytest.fixture
def say(todo, now):
    """Comment on the todo: `say(editor, "Hello @Owner")`."""

    def say(person, text, **options):
        return add_comment(actor=person, todo_id=todo.pk, text=text, now=now, **options)

    return say


@pytest.fixture
def on(todo, now):
    """Change a comment on the todo: `on(edit_comment, comment, owner, text="New")`."""

    def on(service, comment, person, **options):
        return service(actor=person, todo_id=todo.pk, comment_id=comment.pk, now=now, **options)

    return on


def last_event(todo):
    return Event.objects.journal().about(todo.pk).order_by("-revision").first()


def told(person):
    return list(Notification.objects.of(person.pk).values_list("kind", flat=True))


def test_a_comment_is_one_event_about_its_todo(editor, todo, say, recorded, assert_gapless):
    comment = say(editor, " \r\nMilk is **out**\r\nagain ")

    event = last_event(todo)
    assert comment.text == "Milk is **out**\nagain"
    assert recorded(todo) == ["todo.created", "comment.added"]
    assert event.data["comment"] == {"id": str(comment.pk)}
    assert event.data["changes"] == {"text": {"before": "", "after": comment.text}}
    assert (event.subject_title, event.revision) == (todo.title, comment.revision)
    assert_gapless(todo.project)


def test_every_change_of_a_comment_is_recorded_so_that_it_can_be_taken_back(owner, todo, say, on, recorded):
    comment = say(owner, "One")

    on(edit_comment, comment, owner, text="Two")
    edited = last_event(todo)
    on(delete_comment, comment, owner)
    deleted = last_event(todo)
    on(restore_comment, comment, owner)

    assert edited.data["changes"] == {"text": {"before": "One", "after": "Two"}}
    assert deleted.data["changes"]["deleted_at"]["before"] is None
    assert recorded(todo)[1:] == ["comment.added", "comment.edited", "comment.deleted", "comment.restored"]
    assert Comment.objects.get().deleted_at is None


def test_changing_nothing_records_nothing(owner, todo, say, on, recorded):
    comment = say(owner, "One")

    on(edit_comment, comment, owner, text="One ")
    on(restore_comment, comment, owner)
    on(delete_comment, comment, owner)
    on(delete_comment, comment, owner)

    assert recorded(todo)[1:] == ["comment.added", "comment.deleted"]


@pytest.mark.parametrize("text", ["", " \r\n\t", "x" * (LONGEST + 1)])
def test_a_comment_of_no_or_too_many_words_is_refused(owner, say, text):
    with pytest.raises(Invalid) as refusal:
        say(owner, text)

    assert list(refusal.value.fields) == ["text"]
    assert not Comment.objects.exists()


def test_a_comment_may_bring_its_id_once(owner, say, assert_gapless, project):
    chosen = uuid7()

    assert say(owner, "One", id=chosen).pk == chosen
    with pytest.raises(Conflict):
        say(owner, "Two", id=chosen)

    assert_gapless(project)


def test_S07_a_viewer_reads_comments_and_writes_none(owner, viewer, say, on):
    comment = say(owner, "One")
    theirs = Comment.objects.create(
        todo=comment.todo, project=comment.project, author=viewer, text="From when I could edit",
        revision=1, created_at=comment.created_at, updated_at=comment.updated_at,
    )  # fmt: skip

    with pytest.raises(Forbidden):
        say(viewer, "Two")
    for found in (comment, theirs):
        with pytest.raises(Forbidden):
            on(edit_comment, found, viewer, text="Two")
        with pytest.raises(Forbidden):
            on(delete_comment, found, viewer)
        with pytest.raises(Forbidden):
            on(restore_comment, found, viewer)


def test_a_comment_is_changed_by_its_author_and_deleted_by_the_projects_owner_too(owner, editor, say, on):
    mine, theirs = say(owner, "Mine"), say(editor, "Theirs")

    with pytest.raises(Forbidden):
        on(edit_comment, mine, editor, text="x")
    with pytest.raises(Forbidden):
        on(delete_comment, mine, editor)
    with pytest.raises(Forbidden):
        on(edit_comment, theirs, owner, text="x")
    on(delete_comment, theirs, owner)

    assert list(Comment.objects.live()) == [mine]


def test_a_comment_in_the_trash_is_not_edited(owner, say, on):
    comment = say(owner, "One")
    on(delete_comment, comment, owner)

    with pytest.raises(Conflict):
        on(edit_comment, comment, owner, text="Two")


def test_what_cannot_be_changed_takes_no_comments(owner, todo, project, say, now):
    delete_todo(actor=owner, todo_id=todo.pk, now=now)
    with pytest.raises(Conflict):
        say(owner, "One")
    archive_project(actor=owner, project_id=project.pk, now=now)
    with pytest.raises(Conflict):
        say(owner, "One")


def test_a_stale_change_is_refused(owner, say, on):
    comment = say(owner, "One")
    seen = frozenset([comment.etag])
    on(edit_comment, comment, owner, text="Two", if_match=seen)

    with pytest.raises(Stale):
        on(edit_comment, comment, owner, text="Three", if_match=seen)
    with pytest.raises(Stale):
        on(delete_comment, comment, owner, if_match=seen)


def test_S01_a_comment_is_found_under_its_own_todo_alone(owner, make_todo, say, now):
    comment, other = say(owner, "One"), make_todo("Other")

    for service, options in ((edit_comment, {"text": "x"}), (delete_comment, {}), (restore_comment, {})):
        with pytest.raises(NotFound):
            service(actor=owner, todo_id=other.pk, comment_id=comment.pk, now=now, **options)


def test_a_comment_moves_along_with_its_todo(owner, todo, work, say, on, now, assert_gapless):
    comment = say(owner, "One")

    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)
    on(edit_comment, comment, owner, text="Two")

    comment.refresh_from_db()
    work.refresh_from_db()
    assert (comment.project_id, comment.revision) == (work.pk, work.revision)
    assert_gapless(work)


# Mentions


def test_a_member_who_is_called_is_told_once_in_the_app_and_by_mail(owner, editor, todo, say, on, mailed):
    comment = say(owner, "@editor and @EDITOR, look")
    on(edit_comment, comment, owner, text="@Editor, look again")

    [letter] = [mail for mail in mailed() if mail.to == [editor.email] and "mentioned" in mail.subject]
    assert told(editor) == ["mention"]
    assert list(comment.mentions.all()) == [editor]
    line = Notification.objects.of(editor.pk).get()
    assert (line.todo, line.actor, line.data) == (todo, owner, {"comment": str(comment.pk)})
    assert letter.subject == "Owner mentioned you"
    assert f"/todos/{todo.pk}/" in letter.body
    assert "look" not in letter.body


def test_who_is_called_by_an_edit_is_told_then(owner, editor, viewer, say, on):
    comment = say(owner, "@editor")

    on(edit_comment, comment, owner, text="@viewer")

    assert (told(editor), told(viewer)) == (["mention"], ["mention"])
    assert list(comment.mentions.all()) == [viewer]


def test_nobody_calls_themselves_or_a_person_outside(owner, editor, stranger, say, mailed):
    comment = say(owner, "@owner and @stranger and @[Stranger] and @stranger@example.org")

    assert list(comment.mentions.all()) == [owner]
    assert (told(owner), told(stranger)) == ([], [])
    assert not [mail for mail in mailed() if "mentioned" in mail.subject]


@pytest.mark.parametrize(
    "text",
    ["`@editor`", "```\n@editor\n```", "    @editor", "me@editor", "[@editor](https://a.org)", "@@editor", "@editors"],
)
def test_code_links_and_other_words_call_nobody(owner, editor, say, text):
    say(owner, text)

    assert told(editor) == []


def test_S08_who_left_or_whose_comment_went_gets_no_mail(owner, editor, viewer, say, on, mailed):
    comment = say(owner, "@editor")
    Membership.objects.of(editor.pk).delete()
    gone = say(owner, "@viewer")
    on(delete_comment, gone, owner)

    assert comment.mentions.count() == 1
    assert not [mail for mail in mailed() if "mentioned" in mail.subject]


def test_S26_a_name_makes_no_link_in_the_mail(register, owner, editor, todo, make_todo, now, mailed):
    editor.name = "evil.example/win\r\nBcc: all@example.org"
    editor.save()
    other = make_todo("Win at https://evil.example")

    add_comment(
        actor=editor, todo_id=other.pk, text="@owner https://evil.example ![x](https://evil.example/x.png)", now=now
    )

    [letter] = [mail for mail in mailed() if "mentioned" in mail.subject]
    html = letter.alternatives[0][0]
    assert letter.subject == "Somebody mentioned you"
    assert "evil" not in letter.body + html
    assert "<img" not in html
