"""Delta sync: a client that follows has what a client that starts anew gets, whatever happens meanwhile."""

import random
from contextlib import suppress
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.services.users import update_profile
from config.errors import DomainError, Gone, Invalid
from todos.domain.sync import Place, Position, Round, UnknownToken, read_token
from todos.models import Membership, Reminder, SyncPoint, Tombstone
from todos.policies import owned_project
from todos.services import sync
from todos.services.comments import add_comment
from todos.services.labels import create_label, delete_label, update_label
from todos.services.memberships import settle_members
from todos.services.projects import create_project, set_favourite
from todos.services.reminders import create_reminder, delete_reminder
from todos.services.sections import create_section, delete_section, restore_section
from todos.services.sync import changes_since, sweep_sync
from todos.services.todos import complete_todo, create_todo, delete_todo, reopen_todo, restore_todo, update_todo
from todos.services.trash import delete_project, restore_project

PARTS = ("sections", "todos", "comments", "attachments", "memberships")


class Client:
    """What a program does with the pages it gets: first what is gone, then the rows."""

    def __init__(self, person, kinds=None):
        self.person, self.token = person, ""
        self.has = kinds or {kind: {} for kind in sync.KINDS}

    def copy(self):
        twin = Client(self.person, {kind: dict(rows) for kind, rows in self.has.items()})
        twin.token = self.token
        return twin

    def page(self, now, limit=sync.PAGE):
        delta = changes_since(actor=self.person, token=self.token, now=now, limit=limit)
        for kind, id in delta.gone:
            self._drop(kind, id)
        for kind, rows in delta.rows.items():
            self.has[kind] |= {row.id: self._kept(kind, row) for row in rows}
        self.token = delta.token
        return delta

    def catch_up(self, now, limit=sync.PAGE):
        pages = [self.page(now, limit)]
        while pages[-1].more:
            assert len(pages) < 1000
            pages.append(self.page(now, limit))
        return pages

    def _drop(self, kind, id):
        self.has[f"{kind}s"].pop(id, None)
        if kind == "todo":
            self._drop_reminders({id})
        if kind == "project":
            self._drop_reminders({key for key, row in self.has["todos"].items() if row["project_id"] == id})
            for part in PARTS:
                self.has[part] = {key: row for key, row in self.has[part].items() if row["project_id"] != id}

    def _drop_reminders(self, todo_ids):
        rows = self.has["reminders"].items()
        self.has["reminders"] = {key: row for key, row in rows if row["todo_id"] not in todo_ids}

    @staticmethod
    def _kept(kind, row):
        names = ("title", "name", "text", "role", "label_names", "project_id", "completed_at", "deleted_at", "revision")
        if kind == "reminders":
            names = ("todo_id", "relative_to", "offset_minutes", "remind_at")
        names = (*names, "is_favourite")
        return {name: getattr(row, name) for name in names if hasattr(row, name)}


@pytest.fixture
def client():
    return Client


def fresh(person, now):
    anew = Client(person)
    anew.catch_up(now)
    return anew.has


def let_in(person, project, role, *, by, now):
    """Give somebody a role in a project, or take it: what sharing comes down to."""
    with transaction.atomic():
        locked = owned_project(actor=by, project_id=project.pk).project
        if role:
            row = Membership.objects.filter(project=project, user=person).first()
            row = row or Membership(project=project, user=person, role=role)
            row.granted = role
            row.save()
            if row.revision == 0:
                row.role = "viewer" if role == "editor" else "editor"  # so that settling sees a change
                row.save()
        else:
            Membership.objects.filter(project=project, user=person).update(granted="")
        settle_members([locked], author=by, now=now)


def test_a_new_client_gets_all_that_the_person_sees_and_nothing_else(owner, stranger, project, make_todo, client, now):
    todo = make_todo(labels=["errand"])
    create_todo(actor=stranger, values={"title": "Secret"}, now=now)
    mine = client(owner)

    [page] = mine.catch_up(now)

    assert not page.more
    assert page.gone == []
    assert [row.title for row in page.rows["todos"]] == [todo.title]
    assert {row.title for row in page.rows["projects"]} == {"Inbox", "Home"}
    assert [row.name for row in page.rows["labels"]] == ["errand"]
    assert {(row.user_id, row.role) for row in page.rows["memberships"]} == {(owner.pk, "owner")}


def test_a_client_that_is_up_to_date_keeps_its_token_and_gets_nothing(owner, todo, client, now):
    mine = client(owner)
    mine.catch_up(now)
    token = mine.token

    page = mine.page(now + timedelta(minutes=1))

    assert (page.token, page.more, page.gone) == (token, False, [])
    assert not any(page.rows.values())


def test_only_what_changed_is_sent(owner, make_todo, client, now):
    one, _two = make_todo("One"), make_todo("Two")
    mine = client(owner)
    mine.catch_up(now)

    update_todo(actor=owner, todo_id=one.pk, values={"title": "First"}, now=now)

    page = mine.page(now)
    assert [row.title for row in page.rows["todos"]] == ["First"]
    assert [row.title for row in page.rows["projects"]] == ["Home"]


def test_S08_what_moved_out_of_sight_is_gone(owner, viewer, project, todo, client, now):
    work = create_project(actor=owner, title="Work", now=now)
    theirs = client(viewer)
    theirs.catch_up(now)

    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)

    page = theirs.page(now)
    assert page.gone == [("todo", todo.pk)]
    assert theirs.has == fresh(viewer, now)


def test_S08_a_project_that_one_is_no_longer_in_is_gone_with_all_that_is_in_it(
    owner, viewer, project, todo, client, now
):
    theirs = client(viewer)
    theirs.catch_up(now)

    let_in(viewer, project, "", by=owner, now=now)

    page = theirs.page(now)
    assert page.gone == [("project", project.pk)]
    assert theirs.has == fresh(viewer, now)
    assert not theirs.has["todos"]


def test_S08_access_that_is_lost_between_two_pages_ends_what_was_sent_of_it(
    owner, viewer, project, make_todo, client, now
):
    for number in range(6):
        make_todo(str(number))
    theirs = client(viewer)
    while not theirs.has["todos"]:
        theirs.page(now, limit=2)

    let_in(viewer, project, "", by=owner, now=now)
    theirs.catch_up(now, limit=2)

    assert theirs.has == fresh(viewer, now)
    assert not theirs.has["todos"]


def test_a_reminder_that_moved_with_its_todo_is_told_again(owner, viewer, make_todo, client, now):
    todo = make_todo(due_date=date(2026, 3, 9), recurrence=["RRULE:FREQ=DAILY"])
    quiet = make_todo(due_date=date(2026, 3, 9))
    for row in (todo, quiet):
        create_reminder(actor=viewer, todo_id=row.pk, values={"relative_to": "due", "offset_minutes": -60}, now=now)
    theirs = client(viewer)
    theirs.catch_up(now)

    complete_todo(actor=owner, todo_id=todo.pk, now=now)

    [row] = theirs.page(now).rows["reminders"]
    assert (row.todo_id, row.remind_at.isoformat()) == (todo.pk, "2026-03-10T08:00:00+00:00")
    update_profile(actor=viewer, changes={"time_zone": "Asia/Tokyo"}, now=now)
    assert len(theirs.page(now).rows["reminders"]) == 2
    assert theirs.has == fresh(viewer, now)


def test_a_label_that_is_deleted_is_gone(owner, client, now):
    label = create_label(actor=owner, name="errand", now=now)
    mine = client(owner)
    mine.catch_up(now)

    delete_label(actor=owner, label_id=label.pk, now=now)

    page = mine.page(now)
    assert page.gone == [("label", label.pk)]
    assert not mine.has["labels"]


def test_a_token_lives_thirty_days(owner, client, now):
    mine = client(owner)
    mine.catch_up(now)

    assert mine.copy().page(now + timedelta(days=30)).more is False
    with pytest.raises(Gone):
        mine.page(now + timedelta(days=30, seconds=2))


def test_a_client_that_asks_now_and_then_never_gets_too_old(owner, client, now):
    mine = client(owner)

    for day in range(0, 90, 10):
        mine.catch_up(now + timedelta(days=day))

    assert mine.has == fresh(owner, now)


@pytest.mark.parametrize("token", ["nonsense", "~", "~nonsense", "é", "AA", "=", "A" * 5000])
def test_a_made_up_token_is_refused(owner, now, token):
    with pytest.raises(Invalid):
        changes_since(actor=owner, token=token, now=now)


def test_S13_a_token_of_another_person_is_refused(owner, stranger, client, now):
    mine = client(owner)
    mine.catch_up(now)

    with pytest.raises(Invalid):
        changes_since(actor=stranger, token=mine.token, now=now)


def test_S11_a_forged_token_shows_nothing_that_the_person_may_not_see(owner, stranger, todo, now):
    forged = Position(stranger.pk, int(now.timestamp()), 0, {todo.project_id: 0}).token()
    going = Round(9, {todo.project_id: 9}, Place(0, UUID(int=0), 0, UUID(int=0)))
    further = Position(stranger.pk, int(now.timestamp()), 0, {}, going).token()

    for token in (forged, further):
        delta = changes_since(actor=stranger, token=token, now=now)
        assert delta.gone == [("project", todo.project_id)]
        assert todo.pk not in {row.id for rows in delta.rows.values() for row in rows}


def test_a_token_too_long_for_an_address_is_kept_here(owner, client, now, monkeypatch):
    monkeypatch.setattr(sync, "LONGEST", 40)
    mine = client(owner)

    mine.catch_up(now)

    assert len(mine.token) <= 40
    assert mine.page(now).token == mine.token
    assert SyncPoint.objects.count() == 1
    assert sweep_sync(now + timedelta(days=32)) == 1
    with pytest.raises(Gone):
        mine.page(now)


def test_what_is_gone_is_forgotten_when_no_token_can_ask_for_it(owner, project, todo, now):
    work = create_project(actor=owner, title="Work", now=now)
    update_todo(actor=owner, todo_id=todo.pk, values={"project": work.pk}, now=now)

    kept, swept = sweep_sync(now + timedelta(days=30)), sweep_sync(now + timedelta(days=31, seconds=1))

    assert (kept, swept) == (0, 1)
    assert not Tombstone.objects.exists()


def test_more_projects_than_one_round_covers_are_all_sent(owner, client, now, monkeypatch):
    monkeypatch.setattr(sync, "AT_ONCE", 3)
    for number in range(8):
        made = create_project(actor=owner, title=str(number), now=now)
        create_todo(actor=owner, values={"title": str(number), "project": made.pk}, now=now)
    mine = client(owner)

    pages = mine.catch_up(now)

    assert len(pages) == 3
    assert {row["title"] for row in mine.has["todos"].values()} == set("01234567")


@pytest.mark.parametrize("count", [1, 12])
def test_a_page_takes_as_many_queries_whatever_changed(owner, make_todo, client, now, django_assert_num_queries, count):
    mine = client(owner)
    mine.catch_up(now)
    for number in range(count):
        project = create_project(actor=owner, title=str(number), now=now)
        make_todo(str(number), project=project.pk, labels=["errand"])

    with django_assert_num_queries(15):
        mine.page(now)


KINDS = (
    "create", "rename", "move", "complete", "delete", "label", "relabel", "unlabel", "share", "trash", "section",
    "comment", "favour", "date", "remind", "forget", "clock", "page", "page",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(0, 7)), max_size=40)


@pytest.mark.parametrize("limit", [1, 3, 500])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("create", 0, 0), ("page", 0, 0), ("move", 0, 1), ("page", 0, 0), ("move", 0, 0), ("share", 1, 0)])
@example(steps=[("date", 1, 2), ("remind", 1, 3), ("page", 1, 0), ("complete", 1, 1), ("page", 1, 0), ("clock", 1, 1)])
@example(steps=[("remind", 1, 3), ("page", 1, 0), ("share", 1, 0), ("page", 1, 0), ("share", 0, 0), ("date", 1, 1)])
def test_from_any_earlier_token_a_client_comes_to_the_same_state(owner, stranger, limit, steps, now):
    try:
        with transaction.atomic():
            _follow(owner, stranger, limit, steps, now)
            raise _Undo
    except _Undo:
        pass


class _Undo(Exception):
    pass


def _follow(owner, reader, limit, steps, now):
    projects = [create_project(actor=owner, title=title, now=now) for title in "ABC"]
    let_in(reader, projects[0], "editor", by=owner, now=now)
    todos = [create_todo(actor=owner, values={"title": "x", "project": projects[0].pk}, now=now).pk for _ in range(3)]
    clients = [Client(owner), Client(reader)]
    snapshots = []
    for kind, first, second in steps:
        with suppress(DomainError), transaction.atomic():
            _step(kind, first, second, owner, reader, projects, todos, now)
        if kind == "page":
            client = clients[first % 2]
            client.page(now, limit)
            snapshots.append(client.copy())

    for client in [*clients, *snapshots]:
        client.catch_up(now, limit)

        assert client.has == fresh(client.person, now)


def _step(kind, first, second, owner, reader, projects, todos, now):
    todo_id, project = todos[first % len(todos)], projects[second % 3]
    change = {"actor": owner, "todo_id": todo_id, "now": now}
    match kind:
        case "create":
            values = {"title": "new", "project": project.pk}
            if first % 2:
                values |= {"parent": todo_id}
            todos.append(create_todo(actor=owner, values=values, now=now).pk)
        case "rename":
            update_todo(**change, values={"title": f"title {second}"})
        case "move":
            update_todo(**change, values={"project": project.pk})
        case "complete":
            (complete_todo if second % 2 else reopen_todo)(**change)
        case "delete":
            (delete_todo if second % 2 else restore_todo)(**change)
        case "label":
            update_todo(**change, values={"labels": [f"label{second % 2}"]})
        case "relabel" | "unlabel":
            labels = list(owner.labels.all())
            if labels and kind == "unlabel":
                delete_label(actor=owner, label_id=labels[0].pk, now=now)
            elif labels:
                update_label(actor=owner, label_id=labels[0].pk, values={"name": f"other{first}"}, now=now)
        case "share":
            let_in(reader, project, ("editor", "", "viewer")[first % 3], by=owner, now=now)
        case "trash":
            (delete_project if first % 2 else restore_project)(actor=owner, project_id=project.pk, now=now)
        case "section":
            sections = list(project.sections.all())
            if first % 3 and sections:
                act = delete_section if sections[0].deleted_at is None else restore_section
                act(actor=owner, section_id=sections[0].pk, now=now)
            else:
                section = create_section(actor=owner, project_id=project.pk, title="Soon", now=now)
                update_todo(**change, values={"section": section.pk})
        case "comment":
            add_comment(actor=owner, todo_id=todo_id, text=f"text {second}", now=now)
        case "date":
            values = {"due_date": (None, now.date(), date(2026, 4, 1))[second % 3]}
            if values["due_date"] and first % 2:
                values["recurrence"] = ["RRULE:FREQ=DAILY"]
            update_todo(**change, values=values)
        case "remind":
            values = {"relative_to": "due", "offset_minutes": -10 * second}
            create_reminder(actor=(owner, reader)[second % 2], todo_id=todo_id, values=values, now=now)
        case "forget":
            reminder = Reminder.objects.of_todo(todo_id).first()
            if reminder:
                delete_reminder(actor=reminder.user, todo_id=todo_id, reminder_id=reminder.pk, now=now)
        case "clock":
            zone = ("UTC", "Asia/Tokyo", "America/New_York")[second % 3]
            update_profile(actor=(owner, reader)[first % 2], changes={"time_zone": zone}, now=now)
        case "favour":
            set_favourite(actor=(owner, reader)[first % 2], project_id=project.pk, favourite=first > 3, now=now)


POSITIONS = st.builds(
    Position,
    st.uuids(),
    st.integers(0, 2**40),
    st.integers(-1, 2**62),
    st.dictionaries(st.uuids(), st.integers(0, 2**62), max_size=5),
    st.none()
    | st.builds(
        Round,
        st.integers(-1, 2**62),
        st.dictionaries(st.uuids(), st.integers(0, 2**62), max_size=5),
        st.builds(Place, st.integers(0, 20), st.uuids(), st.integers(0, 2**62), st.uuids()),
    ),
)


@given(position=POSITIONS)
def test_a_token_says_the_position_again(position):
    assert read_token(position.token()) == position


@given(position=POSITIONS, cut=st.integers(1, 40))
def test_a_token_that_was_cut_says_nothing_else(position, cut):
    token = position.token()

    with suppress(UnknownToken):
        assert read_token(token[:-cut]) != position


@given(token=st.text())
def test_any_other_text_is_no_token(token):
    with suppress(UnknownToken):
        read_token(token)


def test_a_token_names_two_hundred_projects_within_an_address():
    rng = random.Random(1)
    projects = {uuid4(): rng.randrange(10_000) for _ in range(145)}

    assert len(Position(uuid4(), 1_800_000_000, 5000, projects).token()) <= sync.LONGEST
