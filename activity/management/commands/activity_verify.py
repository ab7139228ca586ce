import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from activity import archive
from activity.services.verification import MEANING, Finding, Verification

SHOWN = 50


class Command(BaseCommand):
    """Compares the history with what was counted; ends with 1 when something is wrong."""

    help = (
        "Look for gaps, doubles and strays in the history, in the journal and in the archive. Changes nothing, "
        "and may run beside the server. Ends with 1 when it finds something, and with 2 when it could not look."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help=f"Name every finding, not only the first {SHOWN}.")
        parser.add_argument("--json", action="store_true", help="Print JSON: an object with `findings`.")

    def handle(self, *args: Any, **options: Any) -> None:
        verification = Verification(now=timezone.now())
        kinds: Counter[str] = Counter()
        shown: list[Finding] = []
        try:
            for finding in verification.findings():
                kinds[finding.kind] += 1
                if not options["all"] and kinds.total() > SHOWN:
                    continue
                if options["json"]:
                    shown.append(finding)
                else:
                    self.stdout.write(str(finding))
        except archive.ERRORS as error:
            raise CommandError(f"A store does not answer ({type(error).__name__}). Try again.", returncode=2) from error
        if options["json"]:
            found = {"scopes": verification.scopes, "events": verification.events, "kinds": dict(kinds)}
            self.stdout.write(json.dumps(found | {"findings": [asdict(finding) for finding in shown]}, indent=2))
        else:
            if not options["all"] and kinds.total() > SHOWN:
                self.stdout.write(f"… and {kinds.total() - SHOWN:,} more: --all names them.")
            self._summarise(verification, kinds)
        if kinds:
            raise CommandError(f"{kinds.total():,} findings.")

    def _summarise(self, verification: Verification, kinds: Counter[str]) -> None:
        self.stdout.write(f"Looked at {verification.events:,} events of {verification.scopes:,} scopes.")
        for kind, count in kinds.items():
            self.stdout.write(f"{count:>7,}  {kind}: {MEANING[kind]}")
        if not kinds:
            self.stdout.write(self.style.SUCCESS("Every change is there once, in order."))
