"""What is a person's own and points at a project, while others lock that project and then the person, on PostgreSQL."""

from datetime import timedelta

from django.utils import timezone

from activity.models import Event
from activity.services.recording import collecting_events
from config.errors import Conflict
from todos.models import CalendarFeed, Membership, Project, SavedFilter
from todos.services.feeds import create_feed
from todos.services.projects import create_project, set_favourite
from todos.services.receipts import read_receipt, receipt_for
from todos.services.reminders import create_reminder
from todos.services.saved_filters import create_filter, update_filter
from todos.services.sharing import remove_member
from todos.services.todos import create_todo, update_todo
from todos.services.undo import undo_change
from todos.tests.test_concurrency import pytestmark as on_servers
from todos.tests.test_concurrency import together

pytestmark = on_servers
ROUNDS = 12


def test_who_holds_the_person_waits_for_no_project_and_nobody_stops_for_ever(owner, now):
    projects = [create_project(actor=owner, title=title, now=now) for title in ("A", "B")]
    todos = [create_todo(actor=owner, values={"title": "T", "project": row.pk}, now=now) for row in projects]
    filters = [create_filter(actor=owner, values={"name": "F", "query": "today"}, now=now) for _ in range(4)]

    def work(number):
        for step in range(ROUNDS):
            place, moment = (number + step) % 2, timezone.now()
            project, who = projects[place].pk, {"actor": owner, "now": moment}
            match number % 4:
                case 0:  # the person, and at the commit the project
                    update_filter(filter_id=filters[number // 4].pk, values={"project": project}, **who)
                case 1:  # the project, then the person
                    set_favourite(project_id=project, favourite=step % 4 < 2, **who)
                case 2:
                    values = {"labels": [f"l{number}-{step}"], "priority": 1 + step % 4}
                    update_todo(todo_id=todos[place].pk, values=values, **who)
                case 3:
                    if number == 3:
                        create_feed(project_id=project, **who)
                    elif number == 7:
                        values = {"remind_at": moment + timedelta(days=1)}
                        create_reminder(todo_id=todos[place].pk, values=values, **who)
                    else:
                        values = {"title": "More", "project": project, "labels": [f"n{number}-{step}"]}
                        create_todo(values=values, **who)

    together(16, work)

    assert CalendarFeed.objects.count() == ROUNDS
    assert SavedFilter.objects.exclude(project=None).count() == 4
    for holder in (*projects, owner):
        holder.refresh_from_db()
        scope = getattr(holder, "scope", f"user:{holder.pk}")
        revisions = Event.objects.journal().in_scopes([scope]).order_by("revision").values_list("revision", flat=True)
        assert list(revisions) == list(range(1, holder.revision + 1))


def test_one_receipt_at_sixteen_doors_serves_once(owner, editor, project, now):
    set_favourite(actor=editor, project_id=project.pk, favourite=True, now=now)
    todo = create_todo(actor=owner, values={"title": "T", "project": project.pk, "assignee": editor.pk}, now=now)
    moment = timezone.now()
    with collecting_events() as recorded:
        remove_member(actor=owner, project_id=project.pk, user_id=editor.pk, now=moment)
    receipt = read_receipt(receipt_for(recorded, actor=owner, part="projects", now=moment), actor=owner, now=moment)

    def work(number):
        try:
            undo_change(actor=owner, receipt=receipt, now=timezone.now())
        except Conflict:
            return 0
        return 1

    assert sum(together(16, work)) == 1
    row = Membership.objects.get(project=project, user=editor)
    assert (row.role, row.is_favourite) == ("editor", True)
    todo.refresh_from_db()
    assert todo.assignee_id == editor.pk
    assert Project.objects.get(pk=project.pk).revision == Event.objects.journal().in_scopes([project.scope]).count()
