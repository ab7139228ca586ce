import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from activity import archive
from activity.models import Event
from activity.services.copying import copy_to_archive, copy_to_journal, missing_in_journal

SHOWN = 0.2
"""Seconds between two looks at the progress."""


class Command(BaseCommand):
    """Moves the whole history from the journal to the archive, or back."""

    help = (
        "Copy the history from SQL to MongoDB (--to archive) or back (--to journal), beside the server and its "
        "workers. Stop it whenever you like: run again, it goes on. Both need MONGODB_URL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", choices=("archive", "journal"), required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if not archive.is_configured():
            raise CommandError("There is no archive: name it in MONGODB_URL, for this command at least.")
        try:
            if not archive.is_prepared():
                raise CommandError("The archive is not prepared. Run first: manage.py migrate --database activity")
            self._to_archive() if options["to"] == "archive" else self._to_journal()
        except archive.ERRORS as error:
            raise CommandError(f"A store does not answer ({type(error).__name__}). Run it again to go on.") from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run it again to go on.", returncode=130) from None

    def _to_archive(self) -> None:
        self._follow("stored", copy_to_archive(now=timezone.now()))
        refused = Event.objects.journal().in_flight().count()
        if refused:
            raise CommandError(f"The archive refuses {refused:,} events. Ask activity_status why.")
        self.stdout.write("The archive has the whole history. Give MONGODB_URL to every process now.")

    def _to_journal(self) -> None:
        now = timezone.now()
        self._follow("looked at", copy_to_journal(now=now))
        missing = missing_in_journal()
        if missing:
            raise CommandError(f"{missing:,} events are at odds with others of the journal. Ask activity_verify which.")
        until = timezone.localtime(now + settings.JOURNAL_KEEP)
        self.stdout.write(
            "The journal has the whole history. Take MONGODB_URL away from every process before "
            f"{until:%Y-%m-%d %H:%M}: from then on the worker deletes again what the archive has."
        )

    def _follow(self, done: str, steps: Iterator[int]) -> None:
        """Tell on one line how far it is."""
        count, started, shown = 0, time.monotonic(), 0.0
        try:
            for step in steps:
                count += step
                if time.monotonic() >= shown + SHOWN:
                    shown = time.monotonic()
                    self._tell(done, count, shown - started)
        finally:
            self._tell(done, count, time.monotonic() - started)
            self.stdout.write("")

    def _tell(self, done: str, count: int, seconds: float) -> None:
        self.stdout.write(f"\r{count:,} events {done}, {count / max(seconds, 0.001):,.0f} a second ", ending="")
        self.stdout.flush()
