"""Projects, sections and places changed by many at once, each thread with a connection of its own."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.utils import timezone

from activity.models import Event
from config.errors import Conflict, DomainError
from todos.models import Project, Section, Todo, Tombstone
from todos.services.ordering import reorder_todo
from todos.services.projects import (
    archive_project,
    create_project,
    reorder_project,
    set_favourite,
    unarchive_project,
    update_project,
)
from todos.services.purge import sweep_trash
from todos.services.sections import create_section, delete_section, reorder_section, restore_section
from todos.services.todos import create_todo, delete_todo, update_todo
from todos.services.trash import delete_project, restore_project
from todos.tests.test_concurrency import together

pytestmark = [
    pytest.mark.servers,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgresql" not in settings.DATABASES["default"]["ENGINE"],
        reason="needs PostgreSQL: SQLite lets one writer in at a time",
    ),
]


def circles():
    parents = dict(Project.objects.values_list("pk", "parent_id"))
    for start in parents:
        above = [start]
        while parent := parents[above[-1]]:
            if parent in above:
                yield start
                break
            above.append(parent)


def test_S32_two_projects_put_into_one_another_at_once_make_no_circle(owner, now):
    for _ in range(5):
        pair = [create_project(actor=owner, title=title, now=now).pk for title in ("One", "Two")]

        def hang(number, pair=pair):
            values = {"parent": pair[1 - number]}
            try:
                update_project(actor=owner, project_id=pair[number], values=values, now=timezone.now())
            except DomainError:
                return "refused"
            return "done"

        assert sorted(together(2, hang)) == ["done", "refused"]


def test_S32_eight_threads_that_move_projects_about_make_no_circle_and_no_gap(
    owner, editor, project, now, assert_gapless
):
    tree = [project.pk] + [create_project(actor=owner, title=str(number), now=now).pk for number in range(6)]
    faults = []

    def work(number):
        dice = random.Random(number)
        for _ in range(20):
            one, other = dice.sample(tree, 2)
            change = {"actor": owner, "project_id": one, "now": timezone.now()}
            try:
                match dice.randrange(24):
                    case 0:
                        create_project(actor=editor, title="New", parent=one, now=timezone.now())
                    case 1:
                        archive_project(**change)
                    case 2 | 3:
                        unarchive_project(**change)
                    case 4:
                        delete_project(**change)
                    case 5 | 6 | 7:
                        restore_project(**change)
                    case 8 | 9:
                        reorder_project(**change, after=None)
                    case 10:
                        set_favourite(**change | {"actor": editor}, favourite=dice.random() < 0.5)
                    case _:
                        update_project(**change, values={"parent": dice.choice([None, other])})
            except DomainError:
                pass  # archived, in the trash, a circle or too deep: an answer, not a fault
            except Exception as error:
                faults.append(error)

    together(8, work)

    assert faults == []
    assert Event.objects.journal().of_kinds(["project.updated"]).count() > 10
    assert list(circles()) == []
    for row in Project.objects.all():
        assert_gapless(row)
        assert row.parent is None or row.parent.archived_at is None or row.archived_at
        assert row.parent is None or row.parent.deleted_at is None or row.deleted_at
    beside: dict = {}
    for row in Project.objects.all():
        beside.setdefault((row.owner_id, row.parent_id), []).append(row.order)
    assert [keys for keys in beside.values() if len(set(keys)) < len(keys)] == []
    assert_gapless(owner)
    assert_gapless(editor)


def test_eight_threads_that_drag_todos_about_leave_a_total_order(owner, editor, project, now, assert_gapless):
    work = create_project(actor=owner, title="Work", now=now)
    places = [project.pk, work.pk]
    sections = {id: create_section(actor=owner, project_id=id, title="Section", now=now).pk for id in places}
    todos = [
        create_todo(actor=owner, values={"title": str(number), "project": places[number % 2]}, now=now).pk
        for number in range(10)
    ]
    faults = []

    def drag(number):
        dice = random.Random(number)
        for _ in range(15):
            one, other = dice.sample(todos, 2)
            where = {dice.choice(["after", "before"]): dice.choice([None, other])}
            if dice.random() < 0.4:
                target = dice.choice(places)
                where |= {"project": target, "section": dice.choice([None, sections[target]])}
            try:
                reorder_todo(actor=dice.choice([owner, editor]), todo_id=one, now=timezone.now(), **where)
            except DomainError:
                pass  # it is in the other project by now
            except Exception as error:
                faults.append(error)

    together(8, drag)

    assert faults == []
    for id in places:
        keys = list(Todo.objects.in_project(id).in_order().values_list("order", flat=True))
        assert all(low < high for low, high in pairwise(keys))
        assert_gapless(Project.objects.get(pk=id))


def test_what_all_put_after_the_same_todo_stands_after_it_once_each(owner, project, make_todo):
    anchor, last = make_todo("Anchor").pk, make_todo("Last").pk
    moved = [make_todo(str(number)).pk for number in range(8)]

    together(8, lambda number: reorder_todo(actor=owner, todo_id=moved[number], now=timezone.now(), after=anchor))

    order = list(Todo.objects.in_project(project.pk).in_order().values_list("pk", flat=True))
    assert (order[0], order[-1]) == (anchor, last)
    assert sorted(order[1:-1]) == sorted(moved)


def test_sections_made_deleted_and_ordered_at_once_leave_no_gap(owner, project, make_todo, now, assert_gapless):
    first = create_section(actor=owner, project_id=project.pk, title="First", now=now).pk
    todo = make_todo().pk

    def work(number):
        for _ in range(5):
            moment = timezone.now()
            try:
                own = create_section(actor=owner, project_id=project.pk, title=str(number), now=moment).pk
                reorder_section(actor=owner, section_id=own, now=moment, before=first)
                update_todo(actor=owner, todo_id=todo, values={"section": own}, now=moment)
                delete_section(actor=owner, section_id=own, now=moment)
                restore_section(actor=owner, section_id=own, now=moment)
            except Conflict:
                pass

    together(6, work)

    assert_gapless(project)
    keys = list(Section.objects.values_list("order", flat=True))
    assert len(keys) == len(set(keys)) == 31


def test_workers_purge_side_by_side_and_everything_once(owner, project, make_todo, now, assert_gapless):
    trashed = []
    for number in range(4):
        other = create_project(actor=owner, title=str(number), now=now)
        todos = [make_todo(project=row.pk) for row in (project, other) for _ in range(5)]
        trashed += [delete_todo(actor=owner, todo_id=todo.pk, now=now).pk for todo in todos]
    gone = create_project(actor=owner, title="Gone", now=now)
    make_todo(project=gone.pk)
    delete_project(actor=owner, project_id=gone.pk, now=now)
    moment = now + settings.TRASH_KEEP + timedelta(hours=1)

    def work(number):
        if number < 4:
            return sweep_trash(moment)
        for _ in range(10):
            create_todo(actor=owner, values={"title": "New", "project": project.pk}, now=moment)
        return 0

    swept = sum(together(6, work)) + sweep_trash(moment)

    assert swept == len(trashed) + 2
    assert sorted(Tombstone.objects.values_list("subject_id", flat=True)) == sorted(trashed)
    assert not Todo.objects.filter(pk__in=trashed).exists()
    assert not Project.objects.filter(pk=gone.pk).exists()
    for row in Project.objects.filter(is_inbox=False):
        assert_gapless(row)
