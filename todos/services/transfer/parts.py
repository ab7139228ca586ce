"""Taking in what is on todos: comments, ties, files."""

from collections.abc import Iterable
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db.models import Q

from config.errors import Conflict, DomainError, Invalid
from todos import events
from todos.domain.transfer.archives import Archive
from todos.models import Attachment, Comment, Project, Relation, RelationKind, Todo
from todos.services.attachments import describe, insert_step, require_room
from todos.services.comments import LONGEST, clean_comment, insert_comments
from todos.services.commit import insert_parts
from todos.services.relations import MOST, document_of_tie
from todos.services.transfer.batch import Batch, Line

FARTHEST = 20_000
"""Todos that a look for circles goes through."""
PIECE = 64 * 1024
CIRCLE = "These todos would block one another in a circle."


def _seen(batch: Batch, model: Any) -> Any:
    return model.objects.filter(project__in=Project.objects.seen_by(batch.author.pk).values("pk"))


def take_comments(batch: Batch) -> None:
    """Make comments; those of others say whose they were, and are nobody's here."""
    batch.name_all(Comment, _seen(batch, Comment))
    todos, made = batch.find_todos(), list[Comment]()
    for line in batch.open():
        todo, record = todos[line.number], line.record
        try:
            text = clean_comment(batch.text(_signed(line, batch), line, "comment", LONGEST))
        except Invalid as error:
            line.refuse(error)
            continue
        comment = Comment(pk=line.id, todo=todo, project=todo.project, text=text)
        comment.author = batch.author if _is_own(line, batch) else None
        comment.created_at = batch.moment(record.created_at, line, "written") or batch.now
        comment.updated_at = batch.now
        comment.deleted_at = batch.moment(record.deleted_at, line, "deleted")
        made.append(comment)
        line.take()
    batch.keep(made, lambda: insert_comments(made, author=batch.author, now=batch.now, told=batch.origin))


def _is_own(line: Line, batch: Batch) -> bool:
    author: str | None = line.record.author
    return author is None or author.casefold() in (str(batch.author.pk), batch.author.email.casefold())


def _signed(line: Line, batch: Batch) -> str:
    """Return the text of a comment, below the name of who wrote it where that is somebody else."""
    record = line.record
    if _is_own(line, batch) or record.author == "":
        return str(record.text)
    line.note("Somebody else wrote this comment. Here it is nobody's, and begins with their name.")
    name = " ".join((record.author_name or record.author).split())[:100]
    return f"{name} wrote:\n\n{record.text}"


def take_relations(batch: Batch) -> None:
    """Make ties between todos; none that there is already, and none that closes a circle."""
    batch.name_all(Relation, _seen(batch, Relation))
    todos = batch.find_todos()
    ends = {line.number: batch.id_of("todo", line.record.other) for line in batch.open()}
    ties = _Ties(batch, todos.values(), [id for id in ends.values() if id])
    made: list[Relation] = []
    for line in batch.open():
        todo, other = todos[line.number], ends[line.number]
        try:
            ties.require_fit(todo.pk, other, line.record.kind)
        except DomainError as error:
            line.refuse(error)
            continue
        relation = Relation(pk=line.id, todo=todo, project=todo.project, kind=line.record.kind)
        relation.other_id = ties.end(other)
        relation.created_by = batch.author
        relation.created_at = batch.moment(line.record.created_at, line, "made") or batch.now
        ties.add(relation)
        made.append(relation)
        line.take()
    parts = [(relation, document_of_tie(relation) | batch.origin) for relation in made]
    batch.keep(made, lambda: insert_parts(parts, author=batch.author, verb=events.RELATION_ADDED, now=batch.now))


class _Ties:
    """The ties that there are around some todos, and those that came to them."""

    def __init__(self, batch: Batch, sources: Iterable[Todo], targets: list[UUID]) -> None:
        ids = {todo.pk for todo in sources} | set(targets)
        self.counts: dict[UUID, int] = {}
        self.known: set[tuple[UUID, UUID, str]] = set()
        for row in Relation.objects.filter(Q(todo__in=ids) | Q(other__in=ids)).values_list("todo", "other", "kind"):
            self._note(*row)
        self.blocks = batch.ledger.blocks
        self.is_whole = self._look(batch, set(targets))

    def _note(self, todo: UUID, other: UUID, kind: str) -> None:
        self.known.add((todo, other, kind))
        for id in (todo, other):
            self.counts[id] = self.counts.get(id, 0) + 1

    def _look(self, batch: Batch, level: set[UUID]) -> bool:
        """Learn what the targets block, be it through others, as far as the person sees; False for too much."""
        seen = set(level)
        while level and len(seen) <= FARTHEST:
            rows = Relation.objects.of_kind(RelationKind.BLOCKS).of_todos(level)
            visible = Todo.objects.visible_to(batch.author.pk).order_by().values("pk")
            for todo, other in rows.filter(other_id__in=visible).values_list("todo", "other"):
                self.blocks.setdefault(todo, set()).add(other)
            level = {other for id in level for other in self.blocks.get(id, ())} - seen
            seen |= level
        return not level

    def require_fit(self, todo: UUID, other: UUID | None, kind: str) -> None:
        """Raise Invalid or Conflict where a tie may not be."""
        other = self.end(other)
        if other == todo:
            raise Invalid("A todo is not tied to itself.")
        if kind not in RelationKind.values:
            raise Invalid(f"There are no ties of the kind “{kind[:20]}” here.")
        turned = kind == RelationKind.RELATES and (other, todo, kind) in self.known
        if turned or (todo, other, kind) in self.known:
            raise Conflict("These todos are tied like this already.")
        if max(self.counts.get(todo, 0), self.counts.get(other, 0)) >= MOST:
            raise Conflict(f"A todo has at most {MOST} ties.")
        if kind == RelationKind.BLOCKS and (not self.is_whole or self._leads(other, todo)):
            raise Invalid(CIRCLE if self.is_whole else "Too many todos block one another here.")

    def _leads(self, start: UUID, end: UUID) -> bool:
        seen, level = {start}, [start]
        while level:
            id = level.pop()
            if id == end:
                return True
            level += self.blocks.get(id, set()) - seen
            seen |= self.blocks.get(id, set())
        return False

    @staticmethod
    def end(other: UUID | None) -> UUID:
        """Return the other end of a tie, if there is one; raises Invalid."""
        if other is None:
            raise Invalid("The todo at its other end was not taken.")
        return other

    def add(self, relation: Relation) -> None:
        self._note(relation.todo_id, relation.other_id, relation.kind)
        if relation.kind == RelationKind.BLOCKS:
            self.blocks.setdefault(relation.todo_id, set()).add(relation.other_id)


class Files:
    """The files of a batch that were put into the storage before anything was locked."""

    def __init__(self) -> None:
        self.kept: dict[int, Attachment] = {}

    def put(self, batch: Batch, archive: Archive | None) -> None:
        """Check the files, and write them where their rows will look for them."""
        batch.name_all(Attachment, _seen(batch, Attachment))
        ids = {line.number: batch.id_of("todo", line.record.todo) for line in batch.open()}
        todos = batch.todos({id for id in ids.values() if id})
        for line in batch.open():
            todo = todos.get(ids[line.number])  # type: ignore[arg-type]
            if todo is None:
                line.refuse("The todo that it is on was not taken.")
                continue
            with TemporaryFile() as copy:
                try:
                    self.kept[line.number] = self._put(line, batch, todo, _copied(archive, line.record.member, copy))
                except DomainError as error:
                    line.refuse(error)

    def _put(self, line: Line, batch: Batch, todo: Todo, copy: BinaryIO) -> Attachment:
        upload = File(copy, name=line.record.name)
        attachment = Attachment(pk=line.id, todo=todo, project_id=todo.project_id, **describe(upload))
        attachment.created_at = batch.moment(line.record.created_at, line, "added") or batch.now
        attachment.deleted_at = batch.moment(line.record.deleted_at, line, "deleted")
        if not batch.job.is_dry_run:
            attachment.file.save("", upload, save=False)
        return attachment

    def drop(self, numbers: Iterable[int]) -> None:
        """Delete files that got no row."""
        for number in numbers:
            if (attachment := self.kept.get(number)) and attachment.file:
                attachment.file.delete(save=False)


def _copied(archive: Archive | None, member: str | None, copy: BinaryIO) -> BinaryIO:
    """Copy a file out of an archive, as much of it as may be kept and one piece, so that more is found too large."""
    if archive is None or member is None:
        raise Invalid("The file itself is not in there.")
    with archive.open(member) as source:
        while copy.tell() <= settings.ATTACHMENT_MAX and (piece := source.read(PIECE)):
            copy.write(piece)
    copy.flush()
    copy.seek(0)
    return copy


def take_attachments(batch: Batch, files: Files) -> None:
    """Keep the files that were put into the storage on their todos, where there is room for them."""
    todos = batch.find_todos()
    for line in batch.open():
        todo, attachment = todos[line.number], files.kept[line.number]
        grant = batch.grants[todo.project_id]
        try:
            if batch.job.is_dry_run:
                require_room(attachment, grant, besides=batch.ledger.bytes)
                batch.ledger.bytes += attachment.size
            else:
                insert_step(attachment, todo=todo, grant=grant, now=batch.now, told=batch.origin)
            line.take()
        except DomainError as error:
            line.refuse(error)
