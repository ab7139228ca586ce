import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from activity.services.status import Status, status


class Command(BaseCommand):
    """Says how far the archive is behind; ends with 1 when it is away or something is parked."""

    help = "Say what waits for the archive of events, and what is stuck. Ends with 1 when somebody should look."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON; `lag` is in seconds.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = status(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), cls=DjangoJSONEncoder, indent=2))
        else:
            self._tell(found)
        if found.configured and not found.answers:
            raise CommandError(
                "The archive does not answer. Nothing is lost: events wait in the journal until it does."
            )
        if found.parked:
            raise CommandError("Mend what the archive refuses, then run activity_relay --retry-parked.")

    def _tell(self, found: Status) -> None:
        lines = {"Journal": f"{found.journal:,} events", "Erasures waiting": f"{found.erasures:,}"}
        if found.configured:
            archived = "away" if found.archived is None else f"{found.archived:,} events"
            lines |= {
                "Archive": archived,
                "Waiting": f"{found.waiting:,} events",
                "In flight": f"{found.in_flight:,} events",
                "Lag": str(timedelta(seconds=round(found.lag))),
                "Parked": f"{len(found.parked):,} batches",
            }
        else:
            lines["Archive"] = "none; the journal keeps every event"
        for name, value in lines.items():
            self.stdout.write(f"{name + ':':<18}{value}")
        for batch in found.parked:
            self.stdout.write(f"  Batch {batch.number}, parked {batch.parked_at:%Y-%m-%d %H:%M} UTC: {batch.error}")
            for event in batch.events:
                self.stdout.write(f"    {event}")
