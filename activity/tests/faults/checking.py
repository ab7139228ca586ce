"""What must hold at the end: both stores against the writers' diaries."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from uuid import UUID

from django.core.management import CommandError, call_command

from activity.models import Batch, Event

PATIENCE = 5.0
"""Seconds that a write may take at worst, while others wait for the same project."""


@dataclass
class Diary:
    """What the writers wrote down."""

    kept: list[UUID] = field(default_factory=list)
    undone: list[UUID] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Diary":
        diary = cls()
        for entry in (json.loads(line) for path in paths for line in path.read_text().splitlines()):
            diary.seconds.append(entry["seconds"])
            if "failed" in entry:
                diary.failed.append(entry["failed"])
            else:
                (diary.kept if entry["kept"] else diary.undone).append(UUID(entry["event"]))
        return diary


def violations(diary: Diary) -> Iterator[str]:
    """Yield what is not as it was promised."""
    journal = dict(Event.objects.journal().values_list("pk", "archived_at"))
    rows = list(Event.objects.archive().values_list("pk", "scope", "revision"))
    archived = Counter(pk for pk, _, _ in rows)
    places = Counter((scope, revision) for _, scope, revision in rows)
    found: dict[str, Sequence[object]] = {
        "writes failed": diary.failed,
        f"writes took longer than {PATIENCE:g} s": [s for s in diary.seconds if s > PATIENCE],
        "changes were committed and the archive has no event of them": [pk for pk in diary.kept if not archived[pk]],
        "changes were rolled back and the archive has an event of them": [pk for pk in diary.undone if archived[pk]],
        "changes were rolled back and the journal has an event of them": [pk for pk in diary.undone if pk in journal],
        "events are in the archive more than once": [pk for pk, count in archived.items() if count > 1],
        "places in a scope are taken twice in the archive": [at for at, count in places.items() if count > 1],
        "events of the archive are in no journal": [pk for pk in archived if pk not in journal],
        "events of the journal are not marked as archived": [pk for pk, at in journal.items() if at is None],
        "events are marked as archived, and the archive does not have them": [
            pk for pk, at in journal.items() if at and not archived[pk]
        ],
        "batches are left over": list(Batch.objects.all()),
    }
    for what, which in found.items():
        if which:
            yield f"{len(which)} {what}, such as {which[0]}"
    words = StringIO()
    try:
        call_command("activity_verify", stdout=words, no_color=True)
    except CommandError as error:
        yield f"activity_verify: {error}\n{words.getvalue()}"
