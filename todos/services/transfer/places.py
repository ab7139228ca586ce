"""Taking in what todos are put into: labels, projects, sections."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from accounts.policies import locked_self
from config.errors import DomainError, Invalid, NotFound
from todos import policies
from todos.domain.ranking import key_between
from todos.models import Label, Membership, Project, Section
from todos.services.labels import clean_name, insert_labels, own_labels
from todos.services.memberships import settle_members
from todos.services.projects import clean_title, favour_projects, insert_projects, require_room
from todos.services.sections import clean_title as clean_section_title
from todos.services.sections import insert_sections
from todos.services.transfer.batch import Batch, Line

LONGEST_TITLE = 200


def take_labels(batch: Batch) -> None:
    """Make the labels whose names are free; the person's own stay as they are."""
    author = locked_self(actor=batch.author)
    batch.name_all(Label, Label.objects.of(author.pk))
    own, made = own_labels(author.pk), list[Label]()
    for line in batch.open():
        try:
            name = clean_name(line.record.name)
        except Invalid as error:
            line.refuse(error)
            continue
        if name.casefold() in own:
            line.leave(own[name.casefold()].pk)
            continue
        created_at = batch.moment(line.record.created_at, line, "made") or batch.now
        colour = batch.colour(line.record.colour, line)
        label = Label(pk=line.id, owner=author, name=name, colour=colour, created_at=created_at, updated_at=batch.now)
        own[name.casefold()] = label
        made.append(label)
        line.take()
    batch.keep(made, lambda: insert_labels(made, owner=author, now=batch.now))


def take_projects(batch: Batch) -> None:
    """Make projects, each below the one that it is in, or at the end of the person's list."""
    batch.name_all(Project, Project.objects.seen_by(batch.author.pk))
    for line in batch.open():
        if line.record.is_inbox:
            line.leave(policies.inbox(actor=batch.author).pk)
    parents = {parent for line in batch.open() if (parent := _above(batch, line))}
    batch.lock(parents)
    author = locked_self(actor=batch.author)
    maker = _Projects(batch, batch.projects(parents))
    for line in batch.open():
        maker.make(line)
    batch.ledger.made |= {project.pk for project in maker.made}

    def insert() -> None:
        insert_projects(maker.made, author=author, now=batch.now, told=batch.origin)
        if maker.favourites:
            favour_projects(maker.favourites, user=author, now=batch.now)
        for project in maker.among_others():
            settle_members([project], author=author, now=batch.now)

    batch.keep(maker.made, insert)


def _above(batch: Batch, line: Line) -> UUID | None:
    number = batch.plan.parents.get(line.number)
    return batch.at(number) if number else None


class _Projects:
    """The projects of a batch, one after the other."""

    def __init__(self, batch: Batch, parents: dict[UUID, Project]) -> None:
        self.batch = batch
        self.levels = batch.levels(parents.values())
        self.parents = {id: grant.project for id, grant in batch.grants.items()}
        self.last = _last_keys(batch, parents)
        self.shared = _shared(parents)
        self.made: list[Project] = []
        self.favourites: list[Project] = []

    def make(self, line: Line) -> None:
        record, batch = line.record, self.batch
        try:
            title = clean_title(batch.text(record.title, line, "title", LONGEST_TITLE))
        except Invalid as error:
            return line.refuse(error)
        parent = self._parent(line)
        project = Project(
            pk=line.id, title=title, parent=parent, owner_id=parent.owner_id if parent else batch.author.pk
        )
        project.colour = batch.colour(record.colour, line)
        project.created_at = batch.moment(record.created_at, line, "made") or batch.now
        project.updated_at = batch.now
        project.archived_at = self._along(line, "archived", record.archived_at, parent.archived_at if parent else None)
        project.deleted_at = self._along(line, "deleted", record.deleted_at, parent.deleted_at if parent else None)
        project.order = self.last[project.parent_id] = key_between(self.last.get(project.parent_id), None)
        self.levels[project.pk] = self.levels[parent.pk] + 1 if parent else 1
        self.parents[project.pk] = project
        self.made.append(project)
        self.favourites += [project] if record.is_favourite else []
        batch.ledger.ids[line.number] = project.pk
        return line.take()

    def _parent(self, line: Line) -> Project | None:
        """Return the project that this one goes into; where it may not, it goes to the top."""
        number = self.batch.plan.parents.get(line.number)
        if number is None:
            return None
        id = self.batch.at(number)
        try:
            if id is None or (id not in self.parents and id not in self.batch.refusals):
                raise NotFound("The project that it is in was not taken.")
            parent = self.parents[id] if id in self.parents else self.batch.grant(id).project
            require_room(parent, level=self.levels[parent.pk])
        except (Invalid, NotFound) as error:
            line.note(f"{error.message} It went to the top.")
            return None
        return parent

    def _along(self, line: Line, what: str, given: datetime | None, above: datetime | None) -> datetime | None:
        """Return when it was put aside; what is in one that was, was so too."""
        if above and given is None:
            line.note(f"The project that it is in was {what}, so it is too.")
        return self.batch.moment(given, line, what) or above

    def among_others(self) -> Iterable[Project]:
        """Return those that come into a project where others are."""
        return [project for project in self.made if project.parent_id in self.shared]


def _last_keys(batch: Batch, parents: Iterable[UUID]) -> dict[UUID | None, str | None]:
    rows = Project.objects.children_of(parents).order_by().values_list("parent_id").annotate(last=Max("order"))
    top = Project.objects.siblings(batch.author.pk, None).aggregate(last=Max("order"))["last"]
    return dict(rows) | {None: top}


def _shared(parents: dict[UUID, Project]) -> set[UUID]:
    rows = Membership.objects.in_projects(parents).values_list("project_id", "user_id")
    return {project_id for project_id, user_id in rows if user_id != parents[project_id].owner_id}


def take_sections(batch: Batch) -> None:
    """Make sections at the end of their projects."""
    seen = Project.objects.seen_by(batch.author.pk).values("pk")
    batch.name_all(Section, Section.objects.filter(project__in=seen))
    homes = {line.number: _home(batch, line) for line in batch.open()}
    batch.lock(set(homes.values()))
    rows = Section.objects.in_projects(batch.grants).order_by().values_list("project_id").annotate(last=Max("order"))
    last, made = dict(rows), list[Section]()
    for line in batch.open():
        try:
            project = batch.grant(homes[line.number]).project
            title = clean_section_title(batch.text(line.record.title, line, "title", LONGEST_TITLE))
        except DomainError as error:
            line.refuse(error)
            continue
        section = Section(pk=line.id, project=project, title=title)
        section.created_at = batch.moment(line.record.created_at, line, "made") or batch.now
        section.deleted_at = batch.moment(line.record.deleted_at, line, "deleted")
        section.order = last[project.pk] = key_between(last.get(project.pk), None)
        made.append(section)
        line.take()
    batch.keep(made, lambda: insert_sections(made, author=batch.author, now=batch.now, told=batch.origin))


def _home(batch: Batch, line: Line) -> UUID:
    if line.record.project is None:
        return batch.rest
    found = batch.id_of("project", line.record.project)
    if found is None:
        line.note("Its project was not taken. It went where the rest goes.")
    return found or batch.rest
