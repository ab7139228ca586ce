import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from config.errors import DomainError
from todos.services.transfer.exporting import export_todos
from todos.services.transfer.formats import FORMATS


class Command(BaseCommand):
    """Writes a person's todos to a file, or to the standard output."""

    help = "Write a person's todos to a file, in one of the formats."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose todos")
        parser.add_argument("--as", required=True, dest="form", choices=list(FORMATS))
        parser.add_argument("--project", type=UUID, help="this one with all below it; everything, unless given")
        parser.add_argument("--output", type=Path, help="a file that is not there yet; standard output, unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.active().with_email(options["user"]).first()
        if user is None:
            raise CommandError(f"There is no open account of {options['user']}.")
        try:
            pieces = export_todos(actor=user, form=options["form"], project_id=options["project"], now=timezone.now())
            if options["output"] is None:
                sys.stdout.buffer.writelines(pieces)
                return
            with options["output"].open("xb") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(error.message) from None
