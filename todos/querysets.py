"""The repository of projects, todos and labels: who sees what, and in which state."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Lower

from todos.domain.search import Needles

API_FIELDS = (
    "id", "project_id", "section_id", "parent_id", "title", "description", "priority", "due_date",
    "due_time", "time_zone", "start_date", "deadline", "duration_minutes", "recurrence",
    "recurrence_anchor", "occurrence", "occurrence_date", "occurrence_time", "assignee_id",
    "completed_at", "order", "revision", "created_by_id",
    "created_at", "updated_at", "deleted_at",
)  # fmt: skip

TASK_FIELDS = (
    "id", "parent_id", "title", "description", "priority", "due_date", "due_time", "time_zone", "start_date",
    "deadline", "duration_minutes", "recurrence", "recurrence_anchor", "occurrence", "occurrence_date",
    "occurrence_time", "completed_at", "revision", "created_at", "updated_at",
)  # fmt: skip


class JSONList(Subquery):
    """A correlated subquery of one column as a JSON array, in the same statement as its row."""

    output_field: JSONField = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(SELECT json_group_array(item) FROM (%(subquery)s))"
        return super().as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(SELECT coalesce(jsonb_agg(item), '[]') FROM (%(subquery)s) AS list)"
        return super().as_sql(compiler, connection, template=template, **extra)


class ProjectQuerySet(QuerySet[Any]):
    def of_member(self, actor_id: UUID) -> Self:
        """Keep what the person is in, be it in the trash."""
        return self.filter(memberships__user_id=actor_id)

    def visible_to(self, actor_id: UUID) -> Self:
        return self.of_member(actor_id).filter(deleted_at=None)

    def seen_by(self, actor_id: UUID) -> Self:
        """Return what the person is in, with `role` and `is_favourite`: what they are there, and think of it.

        Of what is in the trash that is their own alone.
        """
        rows = self.of_member(actor_id).filter(Q(deleted_at=None) | Q(owner_id=actor_id))
        return rows.annotate(role=F("memberships__role"), is_favourite=F("memberships__is_favourite"))

    def with_role(self, actor_id: UUID) -> Self:
        """Return what `seen_by` does outside the trash."""
        return self.seen_by(actor_id).filter(deleted_at=None)

    def touched_by(self, actor_id: UUID) -> Self:
        """Add `own_revision` to those of which the person alone has changed something: theirs at the time."""
        touched = self.with_role(actor_id).annotate(own_revision=F("memberships__own_revision"))
        return touched.filter(own_revision__gt=0)

    def in_trash_of(self, actor_id: UUID) -> Self:
        """Return what `seen_by` does in the trash."""
        return self.seen_by(actor_id).exclude(deleted_at=None)

    def trash_roots(self) -> Self:
        """Leave out what went to the trash with the project above: it comes back with it too."""
        return self.exclude(deleted_at=None).exclude(parent__deleted_at=F("deleted_at"))

    def trashed_before(self, moment: datetime) -> Self:
        return self.filter(deleted_at__lte=moment)

    def siblings(self, owner_id: UUID, parent_id: UUID | None) -> Self:
        """Keep those that are ordered among themselves: right below one project, or a person's own at the top."""
        return self.filter(owner_id=owner_id, parent_id=parent_id)

    def children_of(self, ids: Iterable[UUID]) -> Self:
        return self.filter(parent_id__in=list(ids))

    def editable_by(self, actor_id: UUID, roles: Collection[str]) -> Self:
        return self.filter(memberships__user_id=actor_id, memberships__role__in=roles, deleted_at=None)

    def live(self) -> Self:
        return self.filter(archived_at=None)

    def shown(self) -> Self:
        """Leave out what is archived or in the trash."""
        return self.filter(archived_at=None, deleted_at=None)

    def archived(self) -> Self:
        return self.exclude(archived_at=None)

    def owned_by(self, user_id: UUID) -> Self:
        return self.filter(owner_id=user_id)

    def inbox_of(self, user_id: UUID) -> Self:
        return self.filter(owner_id=user_id, is_inbox=True)

    def with_open_count(self) -> Self:
        """Add `open_count`: todos that wait to be done."""
        waiting = Q(todos__completed_at=None, todos__deleted_at=None)
        return self.annotate(open_count=Count("todos", filter=waiting))

    def in_order(self) -> Self:
        return self.order_by("order", "pk")


class MembershipQuerySet(QuerySet[Any]):
    def of(self, actor_id: UUID) -> Self:
        """Return the person's memberships, each with its project and the person."""
        return self.filter(user_id=actor_id, user__is_active=True).select_related("project", "user")

    def visible_to(self, actor_id: UUID) -> Self:
        """Keep everybody's memberships of the projects that the person sees."""
        projects = apps.get_model("todos", "Project").objects.visible_to(actor_id)
        return self.filter(project_id__in=projects.values("pk"))

    def beside_owner(self, owner_id: UUID) -> Self:
        """Return the other members of the projects that a person owns."""
        return self.filter(project__owner_id=owner_id).exclude(user_id=owner_id).select_related("project", "user")

    def in_projects(self, ids: Iterable[UUID]) -> Self:
        return self.filter(project_id__in=list(ids))

    def with_email(self, email: str) -> Self:
        """Keep that of the person with this address."""
        return self.filter(user__email=email)

    def as_members(self) -> Self:
        """Add to each row its person, and `inherited`: what they are in the project above, None for nothing."""
        above = self.model.objects.filter(project_id=OuterRef("project__parent_id"), user_id=OuterRef("user_id"))
        return self.select_related("user").annotate(inherited=Subquery(above.values("role")))

    def people_beside(self, actor_id: UUID) -> QuerySet[Any, tuple[UUID, str]]:
        """Return id and name of each person in the projects that this one is in."""
        projects = self.filter(user_id=actor_id).values("project_id")
        return self.filter(project_id__in=projects).values_list("user_id", "user__name").distinct()

    def heirs_first(self) -> Self:
        """Order members by who should take a project over: open accounts, those who may edit, the oldest."""
        viewer = Case(When(role="viewer", then=1), default=0)
        return self.order_by("project__order", "project_id", "-user__is_active", viewer, "pk")

    def locking_project(self) -> Self:
        """Lock the project's row: its revision is about to move."""
        return self.select_for_update(of=("project",), no_key=True).order_by("project_id")


class SectionQuerySet(QuerySet[Any]):
    def visible_to(self, actor_id: UUID) -> Self:
        return self.filter(project__deleted_at=None, project__memberships__user_id=actor_id)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)

    def trashed_before(self, moment: datetime) -> Self:
        return self.filter(deleted_at__lte=moment)

    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def in_project(self, project_id: UUID) -> Self:
        return self.filter(project_id=project_id)

    def in_projects(self, ids: Iterable[UUID]) -> Self:
        return self.filter(project_id__in=list(ids))

    def in_order(self) -> Self:
        return self.order_by("order", "pk")


class TodoQuerySet(QuerySet[Any]):
    def visible_to(self, actor_id: UUID) -> Self:
        mine = apps.get_model("todos", "Membership").objects.filter(user_id=actor_id, project__deleted_at=None)
        return self.filter(project_id__in=mine.values("project_id"))

    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)

    def trashed_before(self, moment: datetime) -> Self:
        return self.filter(deleted_at__lte=moment)

    def in_section(self, section_id: UUID) -> Self:
        return self.filter(section_id=section_id)

    def trash_roots(self) -> Self:
        """Leave out what went to the trash with its parent: it comes back with it too."""
        together = self.model.objects.filter(pk=OuterRef("parent_id"), deleted_at=OuterRef("deleted_at"))
        return self.trashed().filter(~Exists(together))

    def in_projects(self, ids: Iterable[UUID]) -> Self:
        return self.filter(project_id__in=list(ids))

    def locked(self, ids: Iterable[UUID]) -> Self:
        """Lock these rows, lower id first."""
        return self.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk")

    def outside_archives(self) -> Self:
        return self.filter(project__archived_at=None)

    def in_project(self, project_id: UUID) -> Self:
        return self.filter(project_id=project_id)

    def of_assignees(self, ids: Iterable[UUID]) -> Self:
        return self.filter(assignee_id__in=list(ids))

    def open(self) -> Self:
        return self.filter(completed_at=None)

    def completed(self) -> Self:
        return self.exclude(completed_at=None)

    def completed_since(self, moment: datetime) -> Self:
        return self.filter(completed_at__gte=moment)

    def completed_before(self, moment: datetime) -> Self:
        return self.filter(completed_at__lt=moment)

    def top_level(self) -> Self:
        """Leave out subtasks, but for those whose parent is done."""
        return self.filter(Q(parent=None) | Q(parent__completed_at__isnull=False))

    def due_by(self, day: date) -> Self:
        return self.filter(due_date__lte=day)

    def due_before(self, day: date) -> Self:
        return self.filter(due_date__lt=day)

    def due_from(self, day: date) -> Self:
        return self.filter(due_date__gte=day)

    def undated(self) -> Self:
        return self.filter(due_date=None)

    def assigned_to(self, user_id: UUID) -> Self:
        return self.filter(assignee_id=user_id)

    def holding(self, needles: Needles) -> Self:
        """Keep todos in whose title, description and comments each needle is."""
        documents = apps.get_model("todos", "SearchDocument").objects.filter(todo_id=OuterRef("pk"))
        return self.filter(Exists(documents.holding(needles)))

    def labelled(self, label_id: UUID) -> Self:
        return self.filter(labels=label_id)

    def with_label_named(self, name: str) -> Self:
        found = self.model.labels.through.objects.filter(
            todo_id=OuterRef("pk"), label__name__iexact=name.removeprefix("@")
        )
        return self.filter(Exists(found))

    def children_of(self, ids: Iterable[UUID]) -> Self:
        return self.filter(parent_id__in=list(ids))

    def in_order(self) -> Self:
        return self.order_by("order", "pk")

    def by_section(self) -> Self:
        """Add `section_order`, "" outside any: with `order`, what a project's page is sorted by."""
        return self.annotate(section_order=Coalesce("section__order", Value(""), output_field=CharField()))

    def by_due(self) -> Self:
        """Most urgent first: day, then time (none is the whole day, last), then priority."""
        return self.order_by("due_date", F("due_time").asc(nulls_last=True), "priority", "order", "pk")

    def with_label_names(self) -> Self:
        """Add `label_names`, a sorted list, without a query per row."""
        through = self.model.labels.through.objects.filter(todo_id=OuterRef("pk"))
        names = through.order_by("label__name").values(item=F("label__name"))
        return self.annotate(label_names=JSONList(names))

    def with_has_subtasks(self) -> Self:
        """Add `has_subtasks`: whether anything hangs below, be it in the trash."""
        return self.annotate(has_subtasks=Exists(self.model.objects.filter(parent_id=OuterRef("pk"))))

    def with_subtask_counts(self) -> Self:
        """Add `subtasks_done` and `subtasks_all`."""
        subtasks = Q(subtasks__deleted_at=None)
        return self.annotate(
            subtasks_all=Count("subtasks", filter=subtasks),
            subtasks_done=Count("subtasks", filter=subtasks & Q(subtasks__completed_at__isnull=False)),
        )

    def for_pages(self) -> Self:
        """Return rows with all that a list shows of them."""
        return self.with_label_names().with_subtask_counts().select_related("project")

    def done_since(self, moment: datetime) -> Self:
        """Keep what waits to be done, and what was done lately."""
        return self.filter(Q(completed_at=None) | Q(completed_at__gte=moment))

    def as_tasks(self) -> Any:
        """Return light named tuples of what iCalendar tells of todos."""
        return self.with_label_names().values_list(*TASK_FIELDS, "label_names", named=True)

    def as_rows(self, *extra: str) -> Any:
        """Return light named tuples of what the API shows (and `extra` columns), not instances."""
        return self.with_label_names().values_list(*API_FIELDS, "label_names", *extra, named=True)


class LabelQuerySet(QuerySet[Any]):
    def of(self, owner_id: UUID) -> Self:
        return self.filter(owner_id=owner_id)

    def borne_before(self, actor_id: UUID) -> Self:
        """Keep labels of anybody's that are on todos that the person sees."""
        through = self.model.todos.through.objects
        seen = apps.get_model("todos", "Todo").objects.visible_to(actor_id)
        return self.filter(pk__in=through.filter(todo_id__in=seen.values("pk")).values("label_id"))

    def in_order(self) -> Self:
        return self.order_by("name", "pk")


class OfTodoQuerySet(QuerySet[Any]):
    """Rows on a todo: who sees the todo sees them."""

    def visible_to(self, actor_id: UUID) -> Self:
        return self.filter(project__deleted_at=None, project__memberships__user_id=actor_id)

    def of_todo(self, todo_id: UUID) -> Self:
        return self.filter(todo_id=todo_id)

    def of_todos(self, ids: Iterable[UUID]) -> Self:
        return self.filter(todo_id__in=list(ids))


class CommentQuerySet(OfTodoQuerySet):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed_before(self, moment: datetime) -> Self:
        return self.filter(deleted_at__lte=moment)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)

    def with_mentions(self) -> Self:
        """Add `mentioned`, the ids of those it calls by name, without a query per row."""
        through = self.model.mentions.through.objects.filter(comment_id=OuterRef("pk"))
        return self.annotate(mentioned=JSONList(through.order_by("user_id").values(item=F("user_id"))))


class AttachmentQuerySet(OfTodoQuerySet):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed_before(self, moment: datetime) -> Self:
        return self.filter(deleted_at__lte=moment)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)

    def owned_by(self, owner_id: UUID) -> Self:
        """Files in projects of a person, whoever sent them."""
        return self.filter(project__owner_id=owner_id)

    def bytes_held(self) -> int:
        """Return how many bytes the files have together."""
        return int(self.aggregate(held=Sum("size"))["held"] or 0)


class RelationQuerySet(OfTodoQuerySet):
    def at(self, todo_id: UUID) -> Self:
        """Ties of a todo in either direction, each with `far_id`, the todo at its other end."""
        far = Case(When(todo_id=todo_id, then=F("other_id")), default=F("todo_id"))
        return self.filter(Q(todo_id=todo_id) | Q(other_id=todo_id)).annotate(far_id=far)

    def reaching(self, todos: QuerySet[Any]) -> Self:
        """Of ties `at` a todo, those whose other end is one of these."""
        return self.filter(far_id__in=todos.order_by().values("pk"))

    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def between(self, one_id: UUID, other_id: UUID) -> Self:
        """Ties between two todos, in either direction."""
        ends = (one_id, other_id)
        return self.filter(todo_id__in=ends, other_id__in=ends)


class ReminderQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def told_to(self, user_id: UUID) -> Self:
        """Keep the person's own of todos that they see, with the `project_id` and the `todo_revision` of each todo."""
        seen = apps.get_model("todos", "Todo").objects.visible_to(user_id)
        rows = self.of(user_id).filter(todo__in=seen)
        return rows.annotate(project_id=F("todo__project_id"), todo_revision=F("todo__revision"))

    def of_todo(self, todo_id: UUID) -> Self:
        return self.filter(todo_id=todo_id)

    def of_todos(self, ids: Iterable[UUID]) -> Self:
        return self.filter(todo_id__in=list(ids))

    def relative(self) -> Self:
        """Keep those that count from a date of their todo."""
        return self.exclude(relative_to="")

    def locked(self) -> Self:
        """Lock them in the one order: by todo, as todos are locked, then by id."""
        return self.select_for_update(of=("self",)).order_by("todo_id", "pk")

    def due(self, now: datetime) -> Self:
        return self.filter(remind_at__lte=now, sent_at=None).order_by("remind_at", "pk")

    def claimable(self) -> Self:
        """Lock rows with their todos and people, but for those that anybody is at: so nobody ever waits here."""
        skip = connection.features.has_select_for_update_skip_locked
        rows = self.select_for_update(of=("self", "todo", "user"), skip_locked=skip, no_key=True)
        return rows.select_related("todo", "user")

    def with_reach(self) -> Self:
        """Add `in_reach`: whether the person is in the todo's project still, and that in use."""
        mine = apps.get_model("todos", "Membership").objects.filter(
            user_id=OuterRef("user_id"),
            project_id=OuterRef("todo__project_id"),
            project__deleted_at=None,
            project__archived_at=None,
        )
        return self.annotate(in_reach=Exists(mine))


class NotificationQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def visible_to(self, user_id: UUID) -> Self:
        """Keep the person's own lines whose todo, else whose project, they see now."""
        mine = apps.get_model("todos", "Membership").objects.filter(user_id=user_id, project__deleted_at=None)
        projects = mine.values("project_id")
        seen = Q(todo=None, project=None) | Q(todo=None, project_id__in=projects) | Q(todo__project_id__in=projects)
        return self.of(user_id).filter(seen)

    def with_subjects(self) -> Self:
        """Bring along what a line names."""
        rows = self.select_related("todo__project", "project", "actor")
        return rows.defer("todo__description")

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def read(self) -> Self:
        return self.exclude(read_at=None)

    def before(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)

    def with_key(self, key: str) -> Self:
        return self.filter(key=key)


class SavedFilterQuerySet(QuerySet[Any]):
    def of(self, owner_id: UUID) -> Self:
        return self.filter(owner_id=owner_id)

    def visible_to(self, actor_id: UUID) -> Self:
        """Keep a person's own, and those shown to a project that both they and the owner are in."""
        members = apps.get_model("todos", "Membership").objects.filter(project__deleted_at=None)
        mine = members.filter(user_id=actor_id).values("project_id")
        theirs = members.filter(user_id=OuterRef("owner_id"), project_id=OuterRef("project_id"))
        return self.filter(Q(owner_id=actor_id) | Q(Exists(theirs), project_id__in=mine))

    def in_order(self) -> Self:
        return self.order_by("order", "pk")


class SearchDocumentQuerySet(QuerySet[Any]):
    def of_todo(self, todo_id: UUID) -> Self:
        return self.filter(todo_id=todo_id)

    def holding(self, needles: Needles) -> Self:
        """Keep documents that hold each needle; nothing holds none at all."""
        found = self if needles else self.none()
        for needle in needles:
            found = found.filter(own__holds=needle)
        return found

    def put(self, documents: Iterable[Any], *, columns: Sequence[str]) -> None:
        """Write documents, or these columns of those that exist."""
        self.bulk_create(documents, update_conflicts=True, unique_fields=["todo"], update_fields=columns)


class ShareInvitationQuerySet(QuerySet[Any]):
    def by(self, user_id: UUID) -> Self:
        """Keep what a person made."""
        return self.filter(invited_by=user_id)

    def live(self, now: datetime) -> Self:
        """Keep what may be accepted: not run out, and its sender still owns the project."""
        standing = self.filter(invited_by=F("project__owner"), invited_by__is_active=True)
        return standing.filter(expires_at__gt=now, project__deleted_at=None)

    def expired(self, now: datetime) -> Self:
        return self.filter(expires_at__lte=now)

    def of_project(self, project_id: UUID) -> Self:
        return self.filter(project_id=project_id)

    def to_address(self, email: str) -> Self:
        return self.annotate(address=Lower("email")).filter(address=email)

    def to_person(self, user_id: UUID) -> Self:
        """Keep what was sent to a person, if their address is proven."""
        people = self.model._meta.get_field("invited_by").related_model.objects
        proven = people.filter(pk=user_id, email_verified_at__isnull=False)
        return self.annotate(address=Lower("email")).filter(address=Subquery(proven.values("email")))

    def for_reader(self) -> Self:
        """Return rows with all that the invited person is shown."""
        return self.select_related("project", "invited_by")

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class PublicLinkQuerySet(QuerySet[Any]):
    def by(self, user_id: UUID) -> Self:
        """Keep what a person made."""
        return self.filter(created_by=user_id)

    def live(self, now: datetime) -> Self:
        """Keep what opens: not run out, made by who still owns the project, which is neither archived nor trashed."""
        standing = self.filter(created_by=F("project__owner"), created_by__is_active=True)
        lasting = standing.filter(Q(expires_at=None) | Q(expires_at__gt=now))
        return lasting.filter(project__deleted_at=None, project__archived_at=None)

    def expired(self, now: datetime) -> Self:
        return self.filter(expires_at__lte=now)

    def of_project(self, project_id: UUID) -> Self:
        return self.filter(project_id=project_id)

    def with_digest(self, digest: str) -> Self:
        return self.filter(digest=digest)


class CalendarFeedQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def with_digest(self, digest: str) -> Self:
        return self.filter(digest=digest)

    def open(self) -> Self:
        """Keep those whose person has an open account and still is in the project.

        Who is about to leave for good may come back; until then feeds rest, as API tokens do.
        """
        member = apps.get_model("todos", "Membership").objects.filter(
            user_id=OuterRef("user_id"), project_id=OuterRef("project_id"), project__deleted_at=None
        )
        rows = self.filter(user__is_active=True, user__deletion=None)
        return rows.filter(Q(project=None) | Exists(member)).select_related("user", "project")


class DiscardedFileQuerySet(QuerySet[Any]):
    def claimable(self) -> Self:
        """Rows that no other worker is at."""
        return self.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


class TombstoneQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        """Keep those of what was a person's own."""
        return self.filter(user_id=user_id)

    def of_projects_of(self, actor_id: UUID) -> Self:
        """Keep those of the projects that the person sees."""
        return self.filter(project__deleted_at=None, project__memberships__user_id=actor_id)

    def before(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)


class SyncPointQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def before(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)


class ImportQuerySet(QuerySet[Any]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def to_do(self) -> Self:
        return self.filter(status__in=("waiting", "running"))

    def claimable(self, now: datetime) -> Self:
        """Keep, locked, those that nobody is at, the oldest first."""
        skip = connection.features.has_select_for_update_skip_locked
        free = self.to_do().filter(Q(held_until=None) | Q(held_until__lte=now))
        return free.select_for_update(of=("self",), skip_locked=skip).order_by("created_at", "pk")

    def held_by(self, holder: UUID | None) -> Self:
        """Keep those that a worker is at, if nobody stopped it and nobody else took over."""
        return self.to_do().filter(held_by=holder)

    def finished_before(self, moment: datetime) -> Self:
        return self.filter(finished_at__lt=moment)


class ImportLineQuerySet(QuerySet[Any]):
    def of(self, job_id: UUID) -> Self:
        return self.filter(job_id=job_id)

    def found(self) -> Self:
        """Keep what is here now, whether it came or was."""
        return self.exclude(subject_id=None)

    def with_outcome(self, outcome: str) -> Self:
        return self.filter(outcome=outcome)

    def worth_a_look(self) -> Self:
        """Keep what was not taken as it stood in the file."""
        return self.filter(outcome__in=("changed", "refused")).order_by("number")
