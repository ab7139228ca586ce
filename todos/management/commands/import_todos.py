import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from config.errors import DomainError
from todos.models import Import, ImportStatus
from todos.services.transfer.formats import FORMATS
from todos.services.transfer.imports import import_now


class Command(BaseCommand):
    """Takes a file of todos in for a person, in the foreground. A worker goes on with it if it is killed."""

    help = "Take a file of todos in for a person, and print what was not taken as it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose todos they become")
        parser.add_argument("--format", default="", choices=list(FORMATS), help="told by the content, unless given")
        parser.add_argument("--project", type=UUID, help="where what has no project goes; else into the inbox")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would come of it")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.active().with_email(options["user"]).first()
        if user is None:
            raise CommandError(f"There is no open account of {options['user']}.")
        try:
            with options["file"].open("rb") as file:
                job = import_now(
                    actor=user,
                    upload=File(file, name=options["file"].name),
                    form=options["format"],
                    project_id=options["project"],
                    is_dry_run=options["dry_run"],
                    clock=timezone.now,
                    told=self._show,
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(error.message) from None
        self._report(job)

    def _show(self, job: Import) -> None:
        end = "\r" if sys.stderr.isatty() else "\n"
        self.stderr.write(f"{job.done} of {job.total}", ending=end)
        self.stderr.flush()

    def _report(self, job: Import) -> None:
        for line in job.lines.worth_a_look().iterator():
            self.stdout.write(f"{line.place}: {line.kind} “{line.title}” {line.outcome}: {' '.join(line.messages)}")
        if job.status != ImportStatus.DONE:
            raise CommandError(f"The import {job.get_status_display().lower()}. {job.error}".strip())
        would = "would be " if job.is_dry_run else ""
        self.stdout.write(
            f"{job.total} things: {job.taken} {would}taken, {job.existing} were there, {job.refused} {would}refused."
        )
