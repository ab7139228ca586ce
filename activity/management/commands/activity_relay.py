from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from activity import archive
from activity.archive import ArchiveAway
from activity.services.relay import drain, retry_parked
from activity.services.status import status


class Command(BaseCommand):
    """Relays in the foreground, beside the workers or in place of one."""

    help = "Bring every event that waits to the archive. May run beside the worker, and be stopped at any moment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry-parked", action="store_true", help="Try again what the archive refused for good.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not archive.is_configured():
            raise CommandError("There is no archive: name a MongoDB in MONGODB_URL. The journal keeps every event.")
        now = timezone.now()
        if options["retry_parked"]:
            self.stdout.write(f"{retry_parked(now)} parked batches get their tries again.")
        count = 0
        try:
            for delivered in drain():
                count += delivered
                self.stdout.write(f"\r{count:,} events relayed …", ending="")
                self.stdout.flush()
        except ArchiveAway as error:
            raise CommandError(
                f"The archive is away ({error}). {count:,} events were relayed; nothing is lost, the others wait in "
                "the journal. The worker relays them when it answers, or run this again."
            ) from error
        left = status(now=timezone.now())
        self.stdout.write(self.style.SUCCESS(f"\r{count:,} events relayed, {left.waiting + left.in_flight:,} left."))
        if left.in_flight:
            self.stdout.write("What is left is with a worker, or was refused: activity_status says which.")
