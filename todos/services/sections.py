"""The parts of a project under headings of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from accounts.policies import Actor
from activity.models import Event
from activity.services.recording import Subject, event_of, record_all
from config.errors import Conflict, Invalid
from todos import events, policies
from todos.domain.ranking import key_between
from todos.domain.titles import one_line
from todos.models import Section, Todo
from todos.policies import Grant, IfMatch
from todos.services.commit import count_on, record_project, save_revisions
from todos.services.ranks import key_among

BATCH = 500
NONE: Mapping[str, Any] = {}


@transaction.atomic
def create_section(*, actor: Actor, project_id: UUID, title: str, now: datetime, id: UUID | None = None) -> Section:
    """Create a section at the end of a project; raises Conflict when the id is taken."""
    grant = policies.editable_project(actor=actor, project_id=project_id)
    section = Section(project=grant.project, title=clean_title(title), created_at=now)
    section.id = id or section.id
    last = Section.objects.in_project(project_id).aggregate(last=Max("order"))["last"]
    section.order = key_between(last, None)
    insert_sections([section], author=grant.author, now=now)
    return section


def insert_sections(
    sections: Sequence[Section], *, author: User, now: datetime, told: Mapping[str, Any] = NONE
) -> None:
    """Insert sections of locked projects, each counted on and with its event; raises Conflict when an id is taken.

    `told` is what each event keeps besides.
    """
    for section in sections:
        section.project.revision += 1
        section.revision, section.updated_at = section.project.revision, now
    try:
        with transaction.atomic():
            Section.objects.bulk_create(sections, batch_size=BATCH)
    except IntegrityError:
        raise Conflict("A section with this id exists already.", fields={"id": ["Taken."]}) from None
    save_revisions(section.project for section in sections)
    record_all(
        [
            event_of(
                author=author,
                scope=section.project.scope,
                revision=section.revision,
                verb=events.SECTION_CREATED,
                subject=Subject("section", section.pk, section.title, section.created_at),
                data={"changes": {"title": {"before": None, "after": section.title}}, **told},
                now=now,
            )
            for section in sections
        ]
    )


@transaction.atomic
def update_section(
    *, actor: Actor, section_id: UUID, values: dict[str, Any], now: datetime, if_match: IfMatch = None
) -> Section:
    """Change a section's title; changing nothing records nothing."""
    section, grant = policies.editable_section(actor=actor, section_id=section_id, if_match=if_match)
    title = clean_title(values.get("title", section.title))
    return _change(section, grant, {"title": title}, verb=events.SECTION_UPDATED, now=now)


@transaction.atomic
def reorder_section(
    *, actor: Actor, section_id: UUID, now: datetime, if_match: IfMatch = None, **place: UUID | None
) -> Section:
    """Put a section right `after` or `before` another of its project; None is the start, or the end."""
    section, grant = policies.editable_section(actor=actor, section_id=section_id, if_match=if_match)
    rows = list(Section.objects.in_project(section.project_id).in_order())
    keys = key_among(rows, section, place)
    if not keys:
        return section
    return arrange_sections(section, grant, {row.pk: row for row in rows}, keys, now=now)


def arrange_sections(
    section: Section, grant: Grant, rows: Mapping[UUID, Section], keys: Mapping[UUID, str], *, now: datetime
) -> Section:
    """Give sections of a locked project these order keys: one that was moved, and those that make room for it."""
    others = [rows[id] for id, key in keys.items() if id != section.pk and rows[id].order != key]
    moved = {str(row.pk): {"before": row.order, "after": keys[row.pk]} for row in others}
    for row in others:
        row.order, row.revision = keys[row.pk], grant.project.revision + 1
    Section.objects.bulk_update(others, ["order", "revision"])
    order = keys.get(section.pk, section.order)
    told = {"others": moved} if moved else {}
    return _change(section, grant, {"order": order}, verb=events.SECTION_REORDERED, now=now, told=told)


@transaction.atomic
def delete_section(*, actor: Actor, section_id: UUID, now: datetime, if_match: IfMatch = None) -> Section:
    """Move a section to the trash; its todos stay in the project without one, and the event knows which they were."""
    section, grant = policies.editable_section(actor=actor, section_id=section_id, if_match=if_match, trashed=True)
    if section.deleted_at:
        return section
    ids = list(Todo.objects.in_section(section.pk).in_order().values_list("pk", flat=True))
    _put(ids, None, grant)
    return _change(section, grant, {"deleted_at": now}, verb=events.SECTION_DELETED, now=now, told={"todos": ids})


@transaction.atomic
def restore_section(*, actor: Actor, section_id: UUID, now: datetime, if_match: IfMatch = None) -> Section:
    """Bring a section back from the trash, with those of its todos that are in no other one since."""
    section, grant = policies.editable_section(actor=actor, section_id=section_id, if_match=if_match, trashed=True)
    if section.deleted_at is None:
        return section
    loose = Todo.objects.in_project(section.project_id).filter(section=None, pk__in=_todos_of(section))
    ids = list(loose.in_order().values_list("pk", flat=True))
    _put(ids, section, grant)
    return _change(section, grant, {"deleted_at": None}, verb=events.SECTION_RESTORED, now=now, told={"todos": ids})


def _todos_of(section: Section) -> list[UUID]:
    """Return the todos that a section in the trash had, as its deletion was written down."""
    deletions = Event.objects.journal().about(section.pk).of_kinds([events.SECTION_DELETED])
    last = deletions.order_by("-revision").first()
    return [UUID(str(id)) for id in last.data["todos"]] if last else []


def _put(ids: list[UUID], section: Section | None, grant: Grant) -> None:
    Todo.objects.filter(pk__in=ids).update(section=section, revision=grant.project.revision + 1)


def clean_title(title: str) -> str:
    """Return a section's title as it is stored; raises Invalid."""
    title = one_line(title)
    if not title:
        raise Invalid.field("title", "A section needs a title.")
    return title


def _change(
    section: Section,
    grant: Grant,
    values: dict[str, Any],
    *,
    verb: str,
    now: datetime,
    told: Mapping[str, Any] | None = None,
) -> Section:
    """Save what changed of a locked section, with its event; nothing when nothing did and nothing else is `told`."""
    change = {
        name: {"before": getattr(section, name), "after": value}
        for name, value in values.items()
        if getattr(section, name) != value
    }
    if not change and not told:
        return section
    for name, value in values.items():
        setattr(section, name, value)
    section.revision, section.updated_at = grant.project.revision + 1, now
    section.save(update_fields=[*change, "revision", "updated_at"])
    return _commit(section, grant, verb=verb, data={"changes": change, **(told or {})}, now=now)


def _commit(section: Section, grant: Grant, *, verb: str, data: dict[str, Any], now: datetime) -> Section:
    count_on(grant.project)
    subject = Subject("section", section.pk, section.title, section.created_at)
    record_project(grant, verb=verb, data=data, now=now, subject=subject)
    return section
