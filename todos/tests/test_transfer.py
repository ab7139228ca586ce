"""Giving todos out as files, and taking files in: nothing is lost, doubled, or anybody else's."""

import io
import json
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity.models import Event
from config.errors import Conflict, Invalid, NotFound, RateLimited
from todos.domain.transfer.native import read
from todos.models import (
    Attachment,
    Comment,
    DiscardedFile,
    Import,
    ImportLine,
    Label,
    Membership,
    Project,
    Relation,
    Reminder,
    SavedFilter,
    Section,
    Todo,
)
from todos.services.attachments import add_attachment
from todos.services.comments import add_comment
from todos.services.labels import create_label
from todos.services.projects import archive_project, create_project, set_favourite
from todos.services.relations import relate
from todos.services.reminders import create_reminder
from todos.services.saved_filters import create_filter
from todos.services.search import reindex
from todos.services.sections import create_section
from todos.services.todos import complete_todo, create_todo, delete_todo
from todos.services.transfer import imports, running
from todos.services.transfer.exporting import export_todos
from todos.services.transfer.imports import (
    MOST_AT_ONCE,
    cancel_import,
    start_import,
    sweep_imports,
    sweep_old_imports,
)

KINDS = (
    "projects",
    "sections",
    "labels",
    "saved_filters",
    "todos",
    "comments",
    "attachments",
    "relations",
    "reminders",
)


@pytest.fixture(autouse=True)
def nothing_at_hand():
    """Let each test's worker begin with nothing."""
    imports._present.clear()
    yield
    imports._present.clear()


def document(**rows) -> bytes:
    """Return an export of ours with these rows."""
    return json.dumps({"format": "simple-todos", "version": 1} | rows).encode()


def uid(number: int) -> str:
    return f"0196a000-0000-7000-8000-{number:012}"


def row(number: int, title: str = "Buy milk", **values) -> dict:
    return {"id": uid(number), "title": title} | values


@pytest.fixture
def bring(now):
    """Bring a file and let the worker take it in: `bring(person, data)` returns the import as it is then."""

    def bring(person, data: bytes, *, name: str = "todos.json", work: bool = True, **options) -> Import:
        job = start_import(actor=person, upload=ContentFile(data, name), now=timezone.now(), **options)
        while work and Import.objects.to_do().exists():
            sweep_imports(timezone.now())
        return Import.objects.get(pk=job.pk)

    return bring


@pytest.fixture
def exported(now):
    """Return what an export of ours holds."""

    def exported(person, **options) -> dict:
        found: dict = json.loads(b"".join(export_todos(actor=person, form="json", now=now, **options)))
        return found

    return exported


@pytest.fixture
def data_of(now):
    def data_of(person, form: str = "json") -> bytes:
        return b"".join(export_todos(actor=person, form=form, now=now))

    return data_of


def lines(job: Import) -> list[tuple]:
    return list(job.lines.order_by("number").values_list("kind", "outcome", "messages"))


@pytest.fixture
def world(owner, project, make_todo, now, settings):
    """Let the owner have something of every kind."""
    garden = create_project(actor=owner, title="Garden", colour="teal", parent=project.pk, now=now)
    set_favourite(actor=owner, project_id=garden.pk, favourite=True, now=now)
    section = create_section(actor=owner, project_id=garden.pk, title="Spring", now=now)
    create_label(actor=owner, name="errand", colour="pink", now=now)
    seeds = make_todo("Buy seeds", project=garden.pk, section=section.pk, labels=["errand", "Shop"], assignee=owner.pk)
    make_todo("Beans", project=garden.pk, parent=seeds.pk, priority=1, description="**Runner** beans")
    mow = make_todo(
        "Mow", project=garden.pk, due_date=date(2086, 1, 31), due_time=time(9), time_zone="Europe/Berlin",
        recurrence=["RRULE:FREQ=MONTHLY"],
    )  # fmt: skip
    complete_todo(actor=owner, todo_id=mow.pk, now=now)
    done = make_todo(
        "Dig", project=garden.pk, start_date=date(2026, 1, 1), deadline=date(2026, 1, 9), duration_minutes=30
    )
    complete_todo(actor=owner, todo_id=done.pk, now=now)
    gone = make_todo("Weed", project=garden.pk)
    delete_todo(actor=owner, todo_id=gone.pk, now=now)
    add_comment(actor=owner, todo_id=seeds.pk, text="Ask *Ada*", now=now)
    relate(actor=owner, todo_id=seeds.pk, other_id=mow.pk, kind="blocks", now=now)
    create_reminder(actor=owner, todo_id=mow.pk, values={"relative_to": "due", "offset_minutes": -30}, now=now)
    create_reminder(
        actor=owner, todo_id=seeds.pk, values={"remind_at": datetime(2090, 1, 1, tzinfo=now.tzinfo)}, now=now
    )
    create_filter(actor=owner, values={"name": "Urgent", "query": "p1 & #Garden", "project": garden.pk}, now=now)
    add_attachment(actor=owner, todo_id=seeds.pk, upload=ContentFile(b"runner, broad", "beans.txt"), now=now)
    create_todo(actor=owner, values={"title": "Somewhere"}, now=now)
    return garden


def comparable(found: dict) -> dict:
    """Return an export without ids, revisions and what is the account's: rows are named by where they stand."""
    names: dict = {}
    projects = {item["id"]: item for item in found["projects"]}

    def path(id):
        item = projects.get(id)
        return f"{path(item['parent'])}/{item['title']}" if item else ""

    # What is in different projects has no order among itself but that of ids.
    found = found | {
        "projects": sorted(found["projects"], key=lambda item: path(item["parent"])),
        "todos": sorted(found["todos"], key=lambda item: path(item["project"])),
    }
    for kind in KINDS:
        for number, item in enumerate(found[kind]):
            names[item["id"]] = path(item["id"]) if kind == "projects" else (kind, item.get("title"), number)
    people = {"owner", "assignee", "author", "created_by", "uploaded_by"}
    dropped = {"id", "order", "updated_at", "author_name"}
    shown = {
        kind: [
            {
                name: bool(value) if name in people else names.get(value, value) if isinstance(value, str) else value
                for name, value in item.items()
                if name not in dropped
            }
            for item in found[kind]
        ]
        for kind in KINDS
    }
    ordered = ("projects", "sections", "todos")
    return {kind: rows if kind in ordered else sorted(rows, key=str) for kind, rows in shown.items()}


# Round trips


def test_an_archive_of_everything_makes_the_same_of_everything_elsewhere(
    owner, stranger, world, data_of, exported, bring, assert_gapless
):
    job = bring(stranger, data_of(owner, "zip"), name="all.zip")

    assert (job.status, job.error, job.format) == ("done", "", "zip")
    assert [line for line in lines(job) if line[1] == "refused"] == []
    assert (job.done, job.refused) == (job.total, 0)
    before, after = comparable(exported(owner)), comparable(exported(stranger))
    noted = {tuple(messages) for _, outcome, messages in lines(job) if outcome == "changed"}
    assert noted == {
        ("Somebody else wrote this comment. Here it is nobody's, and begins with their name.",),
        ("It was assigned to somebody else. Here it is assigned to nobody.",),
    }
    [comment] = after["comments"]
    assert comment == before["comments"][0] | {"author": False, "text": "Owner wrote:\n\nAsk *Ada*"}
    for one in before["todos"]:
        one["assignee"] = False
    assert {kind: rows for kind, rows in after.items() if kind != "comments"} == {
        kind: rows for kind, rows in before.items() if kind != "comments"
    }
    for made in Project.objects.owned_by(stranger.pk):
        assert_gapless(made)
    assert_gapless(stranger)
    attachment = Attachment.objects.owned_by(stranger.pk).get()
    assert (attachment.file.read(), attachment.uploaded_by) == (b"runner, broad", stranger)


def test_what_is_there_is_left_alone(owner, world, data_of, bring):
    before = (Event.objects.journal().count(), Todo.objects.count(), Comment.objects.count())

    job = bring(owner, data_of(owner, "zip"), name="all.zip")

    assert (job.status, job.taken, job.refused, job.existing) == ("done", 0, 0, job.total)
    assert (Event.objects.journal().count(), Todo.objects.count(), Comment.objects.count()) == before
    assert set(job.lines.values_list("outcome", flat=True)) == {"exists"}


def test_a_file_brought_twice_adds_nothing(owner, stranger, world, data_of, bring):
    data = document(todos=[row(1), row(2, parent=uid(1))], labels=[{"id": uid(3), "name": "errand"}])

    first, second = bring(stranger, data), bring(stranger, data)

    assert (first.taken, second.taken, second.existing) == (3, 0, 3)
    assert Todo.objects.get(pk=uid(2)).parent_id == Todo.objects.get(pk=uid(1)).pk


def test_the_export_of_an_account_can_be_taken_in_too(owner, stranger, world, now, bring):
    from accounts.services.export import export_account

    job = bring(stranger, b"".join(export_account(actor=owner, now=now)))

    assert (job.status, job.format, job.refused) == ("done", "json", 1)
    [refused] = [messages for _, outcome, messages in lines(job) if outcome == "refused"]
    assert refused == ["The file itself is not in there."]
    assert Todo.objects.filter(project__owner=stranger).count() == Todo.objects.filter(project__owner=owner).count()


def test_a_project_alone_goes_along_with_all_below_it(owner, world, project, exported):
    found = exported(owner, project_id=world.pk)

    assert [(item["title"], item["parent"]) for item in found["projects"]] == [("Garden", None)]
    assert {item["title"] for item in found["todos"]} == {"Buy seeds", "Beans", "Mow", "Dig", "Weed"}
    assert {item["name"] for item in found["labels"]} == {"errand", "Shop"}
    assert [item["name"] for item in found["saved_filters"]] == ["Urgent"]
    everything = exported(owner, project_id=project.pk)
    assert {item["title"] for item in everything["projects"]} == {"Home", "Garden"}


def test_S02_nobody_exports_a_project_that_they_do_not_see(stranger, project, exported):
    with pytest.raises(NotFound):
        exported(stranger, project_id=project.pk)


def test_an_export_holds_what_a_viewer_sees(viewer, todo, exported):
    found = exported(viewer)

    assert [item["title"] for item in found["todos"]] == ["Buy milk"]
    assert found["labels"] == []


def test_records_for_other_formats_come_parents_first_and_without_the_trash(owner, world, now):
    from todos.domain.transfer.records import CommentRecord, ProjectRecord, TodoRecord
    from todos.services.export import Scope
    from todos.services.transfer.writing import records

    found = list(records(Scope(owner.pk)))

    seen: set = set()
    for record in found:
        if isinstance(record, ProjectRecord | TodoRecord):
            assert record.parent is None or (type(record), record.parent) in seen
            seen.add((type(record), record.ref))
    titles = [record.title for record in found if isinstance(record, TodoRecord)]
    assert titles == ["Somewhere", "Mow", "Dig", "Buy seeds", "Beans"]
    assert [(record.text, record.author_name) for record in found if isinstance(record, CommentRecord)] == [
        ("Ask *Ada*", "Owner")
    ]


# What an import keeps, and what it tells


def test_a_todo_keeps_when_it_was_made_and_done_and_nothing_is_said_to_have_happened(stranger, bring, recorded):
    made = {"created_at": "2020-01-01T10:00:00Z", "completed_at": "2020-02-01T10:00:00Z"}

    bring(stranger, document(todos=[row(1, **made)]))

    todo = Todo.objects.get(pk=uid(1))
    assert (todo.created_at.year, todo.completed_at.month, todo.created_by) == (2020, 2, stranger)
    assert recorded(todo) == ["todo.created"]
    event = Event.objects.journal().about(todo.pk).get()
    assert (event.open_delta, event.data["import"]["format"]) == (0, "json")


def test_S10_an_import_sets_no_owner_revision_or_role(stranger, owner, bring):
    data = document(
        projects=[row(1, "Mine", owner=str(owner.pk), revision=900, role="viewer")],
        todos=[row(2, project=uid(1), revision=77, created_by=str(owner.pk), updated_at="2020-01-01T00:00:00Z")],
    )

    bring(stranger, data)

    project, todo = Project.objects.get(pk=uid(1)), Todo.objects.get(pk=uid(2))
    assert (project.owner, project.revision, todo.revision) == (stranger, 2, 2)
    assert (todo.created_by, todo.updated_at.year > 2020) == (stranger, True)
    assert [(member.user, member.role) for member in Membership.objects.filter(project=project)] == [
        (stranger, "owner")
    ]


def test_what_is_somebody_elses_is_not_touched_and_gets_another_id(owner, stranger, todo, bring):
    bring(stranger, document(todos=[{"id": str(todo.pk), "title": "Mine now"}]))

    todo.refresh_from_db()
    assert todo.title == "Buy milk"
    [mine] = Todo.objects.filter(project__owner=stranger)
    assert (mine.title, mine.pk != todo.pk, mine.pk.version) == ("Mine now", True, 7)


BAD = [
    ({"title": " "}, "refused", "A todo needs a title."),
    ({"title": "x" * 501}, "changed", "The title has more than 500 characters. The rest was left out."),
    ({"priority": 9}, "changed", "A priority is from 1 to 4. It has none."),
    ({"due_time": "09:00"}, "changed", "A time needs a date. The time was left out."),
    ({"time_zone": "Mars/Base"}, "changed", "“Mars/Base” is no time zone. Its time is that of whoever looks."),
    ({"duration_minutes": 0}, "changed", "A duration is from a minute to a year. The duration was left out."),
    (
        {"due_date": "2026-01-01", "recurrence": ["RRULE:FREQ=SECONDLY"]},
        "changed",
        "FREQ is one of HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY. The recurrence was left out.",
    ),
    (
        {"start_date": "2026-02-01", "deadline": "2026-01-01"},
        "changed",
        "The deadline is before the start. The start was left out.",
    ),
    ({"labels": ["a,b"]}, "changed", "“a,b”: A label has 1 to 60 characters, and no comma, @ or #. It was left out."),
    ({"labels": [f"l{n}" for n in range(60)]}, "changed", "A todo bears at most 50 labels. The others were left out."),
    ({"assignee": uid(99)}, "changed", "It was assigned to somebody else. Here it is assigned to nobody."),
    ({"created_at": "2090-01-01T00:00:00Z"}, "changed", "It was made in the future. It was made now."),
    ({"project": uid(98)}, "changed", "Its project was not taken. It went where the rest goes."),
    ({"section": uid(97)}, "changed", "Its section was not taken. It is in none."),
    ({"parent": uid(96)}, "changed", "The todo that it is below is not in the file. It went to the top."),
    ({"due_date": "2026-02-30"}, "refused", None),
    ({"title": None}, "refused", None),
]


@pytest.mark.parametrize(("values", "outcome", "message"), BAD, ids=lambda value: str(value)[:40])
def test_each_line_tells_what_was_taken_and_what_was_not(stranger, bring, values, outcome, message):
    job = bring(stranger, document(todos=[row(1) | values, row(2, "Buy bread")]))

    first, second = lines(job)
    assert (first[1], second) == (outcome, ("todo", "taken", []))
    assert message in (None, *first[2])
    assert first[2]
    assert Todo.objects.filter(pk=uid(1)).exists() == (outcome == "changed")


def test_what_cannot_be_stored_as_text_is_told_and_not_the_end(stranger, bring):
    job = bring(stranger, document(todos=[row(1, "a\0b"), row(2, 1)]))

    assert [(kind, outcome) for kind, outcome, _ in lines(job)] == [("todo", "taken"), ("line", "refused")]
    assert Todo.objects.get(project__owner=stranger).title == "ab"


def test_circles_are_opened(stranger, bring):
    job = bring(stranger, document(todos=[row(1, parent=uid(3)), row(2, parent=uid(1)), row(3, parent=uid(2))]))

    assert (job.status, job.taken) == ("done", 3)
    assert ["It was below itself. It went to the top."] in [messages for _, _, messages in lines(job)]
    assert Todo.objects.filter(project__owner=stranger, parent=None).count() == 1


@pytest.mark.parametrize("kind", ["todos", "projects"])
def test_what_is_too_deep_moves_up(stranger, bring, kind):
    rows = [row(number, parent=uid(number - 1) if number > 1 else None) for number in range(1, 31)]

    job = bring(stranger, document(**{kind: rows[::-1]}))

    model = Todo if kind == "todos" else Project
    found = {item.pk: item for item in model.objects.filter(pk__in=[uid(number) for number in range(1, 31)])}
    assert (job.taken, len(found)) == (30, 30)

    def depth(item):
        return 1 + depth(found[item.parent_id]) if item.parent_id else 1

    assert max(depth(item) for item in found.values()) == 10
    assert sum("10 levels" in " ".join(messages) for _, _, messages in lines(job)) == 20


def test_children_come_after_parents_whatever_the_order_of_the_file(stranger, bring):
    rows = [row(3, "C", parent=uid(2), order="a0"), row(2, "B", parent=uid(1), order="a1"), row(1, "A", order="a2")]

    bring(stranger, document(todos=rows))

    assert [Todo.objects.get(pk=uid(number)).parent_id for number in (1, 2, 3)] == [
        None, Todo.objects.get(pk=uid(1)).pk, Todo.objects.get(pk=uid(2)).pk
    ]  # fmt: skip


def test_what_has_no_project_goes_where_it_is_told(owner, project, todo, bring):
    bring(owner, document(todos=[row(1, "Late")]), project_id=project.pk)

    made = Todo.objects.get(pk=uid(1))
    assert (made.project, made.order > todo.order) == (project, True)


def test_S02_an_import_goes_into_no_project_that_one_may_not_change(viewer, stranger, project, bring):
    from config.errors import Forbidden

    with pytest.raises(Forbidden):
        bring(viewer, document(todos=[row(1)]), project_id=project.pk)
    with pytest.raises(NotFound):
        bring(stranger, document(todos=[row(1)]), project_id=project.pk)


def test_an_inbox_goes_into_the_inbox(stranger, bring):
    job = bring(stranger, document(projects=[row(1, "Inbox", is_inbox=True)], todos=[row(2, project=uid(1))]))

    assert Todo.objects.get(pk=uid(2)).project.is_inbox
    assert lines(job)[0][:2] == ("project", "exists")


def test_an_archived_project_comes_archived_with_what_is_in_it(
    owner, stranger, project, make_todo, now, data_of, bring
):
    todo = make_todo()
    add_comment(actor=owner, todo_id=todo.pk, text="Soy", now=now)
    archive_project(actor=owner, project_id=project.pk, now=now)

    bring(stranger, data_of(owner))

    mine = Project.objects.get(owner=stranger, title="Home")
    assert mine.archived_at == now
    assert mine.todos.get().comments.get().text == "Owner wrote:\n\nSoy"


def test_todos_below_what_is_in_the_trash_go_to_the_top(stranger, bring):
    job = bring(stranger, document(todos=[row(1, deleted_at="2026-01-01T00:00:00Z"), row(2, parent=uid(1))]))

    assert Todo.objects.get(pk=uid(2)).parent is None
    assert lines(job)[1][1] == "changed"


def test_reminders_whose_moment_has_passed_remind_nobody(stranger, bring, mailed):
    data = document(
        todos=[row(1)],
        reminders=[{"id": uid(5), "todo": uid(1), "remind_at": "2020-01-01T00:00:00Z", "relative_to": ""}],
    )

    job = bring(stranger, data)

    assert Reminder.objects.get(pk=uid(5)).sent_at is not None
    assert lines(job)[1][2] == ["Its moment has passed, so it reminds of nothing any more."]


def test_ties_close_no_circle(stranger, bring):
    ties = [
        {"id": uid(11), "todo": uid(1), "other": uid(2), "kind": "blocks"},
        {"id": uid(12), "todo": uid(2), "other": uid(3), "kind": "blocks"},
        {"id": uid(13), "todo": uid(3), "other": uid(1), "kind": "blocks"},
        {"id": uid(14), "todo": uid(1), "other": uid(2), "kind": "blocks"},
        {"id": uid(15), "todo": uid(1), "other": uid(1), "kind": "relates"},
    ]

    job = bring(stranger, document(todos=[row(1), row(2), row(3)], relations=ties))

    assert [outcome for _, outcome, _ in lines(job)] == ["taken"] * 5 + ["refused"] * 3
    assert Relation.objects.count() == 2


def test_what_comes_is_found_by_the_search(stranger, bring):
    data = document(todos=[row(1, "Saffron", description="Threads")], comments=[
        {"id": uid(5), "todo": uid(1), "text": "Crocus", "author": str(stranger.pk)}
    ])  # fmt: skip
    bring(stranger, data)
    before = list(Todo.objects.get(pk=uid(1)).search_document.__class__.objects.values("todo", "own", "said"))

    reindex()

    assert list(Todo.objects.get(pk=uid(1)).search_document.__class__.objects.values("todo", "own", "said")) == before
    assert "crocus" in before[0]["said"]


# Dry runs


def test_a_dry_run_tells_all_and_changes_nothing(owner, stranger, world, data_of, bring):
    data = data_of(owner, "zip")
    models = (Project, Section, Label, Todo, Comment, Relation, Reminder, SavedFilter, Attachment, Event, Membership)
    before = [model.objects.count() for model in models]
    revision = stranger.revision
    stored = len(default_storage.listdir("attachments")[0])

    dry = bring(stranger, data, name="all.zip", is_dry_run=True)

    stranger.refresh_from_db()
    assert [model.objects.count() for model in models] == before
    assert (stranger.revision, len(default_storage.listdir("attachments")[0])) == (revision, stored)
    real = bring(stranger, data, name="all.zip")
    assert (dry.status, dry.total, dry.taken, dry.refused) == ("done", real.total, real.taken, real.refused)
    assert lines(dry) == lines(real)


# Files


def test_an_archive_that_is_a_bomb_is_refused(stranger, bring):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("simple-todos.json", document(todos=[row(1, description=" " * (64 << 20))]))

    job = bring(stranger, file.getvalue(), name="bomb.zip")

    assert job.status == "failed"
    assert "far" in job.error
    assert not Todo.objects.filter(project__owner=stranger).exists()


def test_files_pass_the_checks_of_those_that_people_send(stranger, bring, settings):
    settings.ATTACHMENT_MAX = 1000
    settings.ATTACHMENT_QUOTA = 1500
    file = io.BytesIO()
    rows = [
        {"id": uid(number), "todo": uid(1), "name": "../a.html", "member": f"files/{number}"} for number in range(5, 10)
    ]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("simple-todos.json", document(todos=[row(1)], attachments=rows))
        archive.writestr("files/5", b"<html>" + b"x" * 894)
        archive.writestr("files/6", b"y" * 1001)
        archive.writestr("files/7", b"z" * 900)
        archive.writestr("files/8", b"")

    job = bring(stranger, file.getvalue(), name="all.zip")

    outcomes = {messages[0] if messages else outcome for kind, outcome, messages in lines(job) if kind == "attachment"}
    assert outcomes == {
        "taken", "A file has at most 0 MB.", "The owner of this project has no room left for files.",
        "The file is empty.", "The archive has no file “files/9”.",
    }  # fmt: skip
    kept = Attachment.objects.get(project__owner=stranger)
    assert (kept.name, kept.media_type) == ("a.html", "text/plain")
    assert kept.file.name == f"attachments/{kept.project_id}/{kept.pk}"


@pytest.mark.parametrize(
    "data", [b"{}", b'{"format": "other"}', b'{"format": "simple-todos", "version": 9, "todos": []}', b"[]", b"{", b"["]
)
def test_what_is_no_export_of_ours_fails_as_a_whole(stranger, bring, data):
    job = bring(stranger, data, form="json")

    assert job.status == "failed"
    assert job.error


def test_a_file_that_is_cut_off_takes_nothing_in(stranger, bring):
    job = bring(stranger, document(todos=[row(number) for number in range(1, 50)])[:-30])

    assert (job.status, job.error) == ("failed", "The file is no JSON, or it is cut off.")
    assert not Todo.objects.exists()


def test_an_unknown_format_is_refused_at_once(stranger, bring):
    with pytest.raises(Invalid) as refusal:
        bring(stranger, b"What is this?", name="notes.xyz", work=False)
    assert list(refusal.value.fields) == ["format"]
    assert not Import.objects.exists()


def test_a_file_is_kept_under_nothing_of_its_name_and_goes_when_all_is_done(stranger, bring, now):
    job = bring(stranger, document(todos=[row(1)]), name="../../evil.json", work=False)
    assert (job.file.name, job.name) == (f"imports/{job.pk}", "evil.json")

    sweep_imports(timezone.now())

    job.refresh_from_db()
    assert (job.status, job.file.name) == ("done", "")
    assert not default_storage.exists(f"imports/{job.pk}")
    assert not DiscardedFile.objects.exists()


def test_what_is_in_the_file_is_bounded(stranger, bring, monkeypatch):
    from todos.services.transfer import plan

    monkeypatch.setattr(plan, "MOST", 3)

    job = bring(stranger, document(todos=[row(number) for number in range(1, 6)]))

    assert (job.status, job.error) == ("failed", "There are more than 3 things in this file. Split it.")


def test_only_so_many_imports_wait_at_once(stranger, bring):
    for _ in range(MOST_AT_ONCE):
        bring(stranger, document(todos=[row(1)]), work=False)
    stored = len(default_storage.listdir("imports")[1])

    with pytest.raises(Conflict):
        bring(stranger, document(todos=[row(1)]), work=False)

    assert len(default_storage.listdir("imports")[1]) == stored


def test_only_so_many_imports_an_hour(stranger, bring, monkeypatch):
    monkeypatch.setattr(imports, "IMPORT", imports.IMPORT.__class__("import", 1, 3600))
    bring(stranger, document(todos=[row(1)]))

    with pytest.raises(RateLimited):
        bring(stranger, document(todos=[row(1)]))


# Crashes


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(running, "BATCH", 4)


def later():
    """Return when nobody holds an import any more."""
    return timezone.now() + running.LEASE + timedelta(seconds=1)


class Killed(BaseException):
    """The worker is no more."""


@pytest.mark.parametrize("at", range(6))
def test_a_crash_loses_nothing_and_doubles_nothing(
    owner, stranger, world, data_of, exported, bring, small_batches, monkeypatch, at, assert_gapless
):
    job = bring(stranger, data_of(owner, "zip"), name="all.zip", work=False)
    commit, count = running.Run._commit, iter(range(100))

    def crash(run, batch):
        done = commit(run, batch)
        if next(count) == at:
            raise Killed
        return done

    monkeypatch.setattr(running.Run, "_commit", crash)
    with pytest.raises(Killed):
        sweep_imports(timezone.now())
    imports._present.clear()
    monkeypatch.setattr(running.Run, "_commit", commit)

    while Import.objects.to_do().exists():
        sweep_imports(timezone.now())

    job.refresh_from_db()
    assert (job.status, job.done, job.refused) == ("done", job.total, 0)
    assert job.lines.count() == job.total
    before, after = comparable(exported(owner)), comparable(exported(stranger))
    assert {kind: len(rows) for kind, rows in after.items()} == {kind: len(rows) for kind, rows in before.items()}
    assert [item["title"] for item in after["todos"]] == [item["title"] for item in before["todos"]]
    for made in Project.objects.owned_by(stranger.pk):
        assert_gapless(made)
    assert_gapless(stranger)


def test_a_worker_that_is_silent_loses_its_import_to_another(stranger, bring, small_batches):
    job = bring(stranger, document(todos=[row(number) for number in range(1, 10)]), work=False)
    slow = imports._claim_next()
    slow.step()
    Import.objects.filter(pk=job.pk).update(held_until=timezone.now())

    sweep_imports(timezone.now())

    with pytest.raises(running.Superseded):
        slow.step()
    slow.close()
    job.refresh_from_db()
    assert (job.status, job.done, Todo.objects.count()) == ("done", 9, 9)


def test_an_import_that_never_gets_on_fails_in_the_end(stranger, bring, monkeypatch):
    def fail(run, batch):
        raise RuntimeError("no")

    monkeypatch.setattr(running.Run, "_commit", fail)
    job = bring(stranger, document(todos=[row(1)]), work=False)

    for _ in range(running.MOST_TRIES):
        with pytest.raises(RuntimeError):
            sweep_imports(timezone.now())
    sweep_imports(timezone.now())

    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "It could not be finished. What was taken stays.")


def test_what_is_cancelled_stops_where_it_is(stranger, bring, small_batches):
    job = bring(stranger, document(todos=[row(number) for number in range(1, 10)]), work=False)
    run = imports._claim_next()
    run.step()

    cancel_import(actor=stranger, import_id=job.pk, now=timezone.now())

    with pytest.raises(running.Superseded):
        run.step()
    run.close()
    job.refresh_from_db()
    assert (job.status, job.done, Todo.objects.count()) == ("cancelled", 4, 4)
    assert sweep_imports(timezone.now()) == 0


def test_what_is_over_is_forgotten(stranger, bring):
    job = bring(stranger, document(todos=[row(1)]))

    cancel_import(actor=stranger, import_id=job.pk, now=timezone.now())

    assert not Import.objects.exists()
    assert not ImportLine.objects.exists()
    assert Todo.objects.exists()


def test_S02_nobody_stops_the_import_of_another(stranger, owner, bring):
    job = bring(stranger, document(todos=[row(1)]), work=False)

    with pytest.raises(NotFound):
        cancel_import(actor=owner, import_id=job.pk, now=timezone.now())


def test_old_imports_are_forgotten(stranger, bring):
    old, young = bring(stranger, document(todos=[row(1)])), bring(stranger, document(todos=[row(1)]))
    Import.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=31))

    sweep_old_imports(timezone.now())

    assert list(Import.objects.all()) == [young]


def test_files_whose_import_was_never_kept_go(stranger, bring):
    job = bring(stranger, document(todos=[row(1)]), work=False)
    default_storage.save("imports/lost", ContentFile(b"lost"))

    sweep_old_imports(timezone.now())
    assert default_storage.exists("imports/lost")  # it may be on its way
    sweep_old_imports(timezone.now() + timedelta(days=2))

    assert not default_storage.exists("imports/lost")
    assert default_storage.exists(job.file.name)


def test_who_leaves_takes_their_imports_along(stranger, bring, now):
    from todos.services.departure import settle_projects

    job = bring(stranger, document(todos=[row(1)]), work=False)

    settle_projects(stranger, {}, now)
    stranger.delete()

    assert list(DiscardedFile.objects.values_list("name", flat=True)) == [f"imports/{job.pk}"]
    assert not Import.objects.exists()


# Size


def counted(act) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_a_batch_costs_the_same_whatever_comes_before_it(stranger, bring, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 30)
    rows = [row(number, labels=["errand"], parent=uid(number - 1) if number % 3 else None) for number in range(1, 121)]
    bring(stranger, document(todos=rows), work=False)
    run = imports._claim_next()
    run.step()

    costs = [counted(run.step) for _ in range(3)]

    run.close()
    assert len(set(costs)) == 1
    assert costs[0] <= 40


def test_a_batch_costs_less_than_a_query_for_each_todo(stranger, bring, monkeypatch):
    costs = []
    for size in (10, 30):
        monkeypatch.setattr(running, "BATCH", size)
        start = size * 100
        bring(stranger, document(todos=[row(start + number) for number in range(size)]), work=False)
        run = imports._claim_next()
        costs.append(counted(run.step))
        imports.finish(run.job, "done", now=timezone.now())
        run.close()

    assert costs[0] == costs[1]


def test_an_export_costs_the_same_for_few_and_for_many(owner, make_todo, now):
    costs = []
    for _ in range(2):
        for number in range(5):
            make_todo(f"Todo {number}")
        costs.append(counted(lambda: b"".join(export_todos(actor=owner, form="json", now=now))))

    assert costs[0] == costs[1]


def test_our_json_is_read_as_it_is_written(owner, world, data_of, now):
    found = list(read(io.BytesIO(data_of(owner)), now=now))

    assert {type(record).__name__ for record in found} == {
        "ProjectRecord", "SectionRecord", "LabelRecord", "SavedFilterRecord", "TodoRecord", "CommentRecord",
        "AttachmentRecord", "RelationRecord", "ReminderRecord",
    }  # fmt: skip
    assert not any(record.notes for record in found)


@pytest.mark.parametrize("form", ["csv", "todoist", "todoist_backup", "vikunja", "ical", "todotxt"])
def test_what_other_formats_tell_of_todos_comes_in_again(owner, stranger, world, data_of, bring, form, assert_gapless):
    from todos.services.transfer.formats import FORMATS

    job = bring(stranger, data_of(owner, form), name=f"all.{FORMATS[form].ending}")

    assert (job.status, job.format, job.error) == ("done", form, "")
    titles = set(Todo.objects.filter(project__owner=stranger).values_list("title", flat=True))
    assert {"Buy seeds", "Beans", "Mow", "Somewhere"} <= titles
    for made in Project.objects.owned_by(stranger.pk):
        assert_gapless(made)
