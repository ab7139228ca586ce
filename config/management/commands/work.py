import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.work import Worker


class Command(BaseCommand):
    """Runs the worker beside the server."""

    help = "Run the background work of settings.SWEEPS until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Run every sweep once and end.")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(settings.SWEEPS)
        if options["once"]:
            failed = worker.run_once()
            if failed:
                raise CommandError(f"Failed: {', '.join(failed)}")
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
