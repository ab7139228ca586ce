"""The repository of events: which ones, and from which store."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import Any, Self
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Field, Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql import InsertQuery

from activity.routers import ARCHIVE, JOURNAL

NEWEST_FIRST = ("-created_at", "-id")
OUTBOX = frozenset(("batch", "archived_at"))
"""Fields of the journal alone, null in a new event."""


class EventQuerySet(QuerySet[Any]):
    def journal(self) -> Self:
        """Read where events are written: what is recent, and what the archive does not have yet."""
        return self.using(JOURNAL)

    def archive(self) -> Self:
        return self.using(ARCHIVE)

    def insert(self, event: Any) -> None:
        """Insert a new event by a statement that is compiled once: every write there is pays for this."""
        sql, fields = _insertion(self.model, self.db)  # type: ignore[arg-type]  # classes are hashable
        connection = connections[self.db]
        values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields]
        with transaction.mark_for_rollback_on_error(self.db), connection.cursor() as cursor:
            cursor.execute(sql, values)
        event._state.adding, event._state.db = False, self.db

    def in_scopes(self, scopes: Collection[str]) -> Self:
        return self.filter(scope__in=scopes)

    def between(self, first: int, last: int) -> Self:
        """Keep those of these revisions, both included."""
        return self.filter(revision__range=(first, last))

    def by(self, actor_id: UUID) -> Self:
        return self.filter(actor_id=actor_id)

    def of_kinds(self, verbs: Collection[str]) -> Self:
        return self.filter(verb__in=verbs)

    def about(self, subject_id: UUID) -> Self:
        return self.filter(subject_id=subject_id)

    def about_any(self, subject_ids: Iterable[UUID]) -> Self:
        return self.filter(subject_id__in=list(subject_ids))

    def about_a(self, subject_type: str) -> Self:
        return self.filter(subject_type=subject_type)

    def matching(self, word: str) -> Self:
        """Keep those with this text in the title, the actor's name or the scope; or with this id as any of theirs."""
        found = Q(subject_title__icontains=word) | Q(actor_name__icontains=word) | Q(scope__icontains=word)
        with suppress(ValueError):
            found |= Q(pk=UUID(word)) | Q(subject_id=UUID(word)) | Q(actor_id=UUID(word))
        return self.filter(found)

    def changing(self, field: str) -> Self:
        """Keep what changed a field, which is to be a name and nothing else: it becomes a path into `data`."""
        return self.filter(**{f"data__changes__{field}__isnull": False})

    def on_days(self, first: date | None, last: date | None) -> Self:
        """Keep what was on these local days of its actors, both included; None is open."""
        found = self if first is None else self.filter(local_day__gte=first)
        return found if last is None else found.filter(local_day__lte=last)

    def at(self, moment: datetime) -> Self:
        """Keep what was recorded at this very moment, as the events of one change are."""
        return self.filter(created_at=moment)

    def since(self, moment: datetime) -> Self:
        return self.filter(created_at__gte=moment)

    def before(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)

    def waiting(self) -> Self:
        """Keep what no batch has taken, oldest first."""
        return self.filter(batch=None).order_by("created_at", "id")

    def in_flight(self) -> Self:
        """Keep what a batch has taken and the archive may have, or not."""
        return self.filter(batch__isnull=False, archived_at=None)

    def of_batch(self, number: Any) -> Self:
        return self.filter(batch=number)

    def archived(self) -> Self:
        return self.filter(archived_at__isnull=False)

    def archived_before(self, moment: datetime) -> Self:
        return self.filter(archived_at__lt=moment)

    def written_before(self, moment: datetime) -> Self:
        """Keep what was written before, which the ids tell: theirs is the one index for it in both stores."""
        return self.filter(pk__lt=UUID(int=max(0, int(moment.timestamp() * 1000)) << 80))

    def claimable(self) -> Self:
        """Keep, locked, the rows that nobody else has locked."""
        return self.select_for_update(skip_locked=connections[self.db].features.has_select_for_update_skip_locked)

    @property
    def names_in_order(self) -> tuple[str, ...]:
        """Return the fields it is ordered by, `-` before those that descend."""
        return tuple(str(name) for name in self.query.order_by)

    def first_rows(self, scopes: Sequence[str], count: int) -> list[Any]:
        """Return the first rows of an ordered queryset in any of these scopes, at the cost of a page.

        PostgreSQL would read every event of several scopes to sort them: there each scope gives its
        own first keys, from its index, and only the rows of the page are read.
        """
        if len(scopes) < 2 or connections[self.db].vendor != "postgresql":
            return list(self.in_scopes(scopes)[:count])
        meta, names = self.model._meta, self.names_in_order
        columns = {name: meta.get_field(name.removeprefix("-")).column for name in names}
        keys = self.filter(scope=RawSQL("visible.scope", ())).only(*(name.removeprefix("-") for name in names))
        page, params = keys[:count].query.sql_with_params()
        order = ", ".join(f"{column} {'DESC' if name.startswith('-') else 'ASC'}" for name, column in columns.items())
        sql = (
            f"SELECT {meta.db_table}.* FROM (SELECT first.* FROM unnest(%s::text[]) AS visible(scope)"  # noqa: S608  parts of ours and of the ORM
            f" CROSS JOIN LATERAL ({page}) AS first ORDER BY {order} LIMIT %s) AS first"
            f" JOIN {meta.db_table} USING ({', '.join(columns.values())}) ORDER BY {order}"
        )
        return list(self.model.objects.using(self.db).raw(sql, [list(scopes), *params, count]))


@cache
def _insertion(model: type[Model], alias: str) -> "tuple[str, list[Field[Any, Any]]]":
    """Return the ORM's INSERT of a new row, and the fields that fill it."""
    query, fields = InsertQuery(model), [field for field in model._meta.concrete_fields if field.name not in OUTBOX]
    query.insert_values(fields, [model()], raw=True)
    [(sql, _)] = query.get_compiler(using=alias).as_sql()
    return sql, fields


class BatchQuerySet(QuerySet[Any]):
    def stale(self, now: datetime) -> Self:
        """Keep those whose worker gave up or died, to be tried again."""
        return self.filter(parked_at=None, leased_until__lte=now).order_by("leased_until")

    def parked(self) -> Self:
        return self.filter(parked_at__isnull=False)


class ErasureQuerySet(QuerySet[Any]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")
