from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Role, User
from accounts.services.users import register_user
from config.errors import DomainError


class Command(BaseCommand):
    """Creates a superadmin: the first one outside development comes from here."""

    help = "Create a superadmin. Asks for what is not given; a password is never taken from the arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email")
        parser.add_argument("--name")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"] or input("E-mail: ")
        name = options["name"] or input("Name: ")
        try:
            User(email=email, name=name.strip()).clean_fields(exclude=["password", "created_at", "updated_at"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        password = getpass("Password: ")
        if password != getpass("Password again: "):
            raise CommandError("The two passwords differ. Nothing was created.")
        try:
            user = register_user(email=email, password=password, name=name, now=timezone.now(), role=Role.SUPERADMIN)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(self.style.SUCCESS(f"{user.email} is a superadmin."))
