from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.test.utils import override_settings
from django.utils import timezone

from accounts.models import User
from config.env import STRICT
from todos.management.demo import Demo
from todos.management.demo_data import PASSWORD, PEOPLE


class Command(BaseCommand):
    """Fills a development database with three people and what they have to do."""

    help = "Add a believable data set: 3 people, 9 projects, 200 todos. Not in staging or prod."

    # Nobody reads the mail of people who do not exist.
    @override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend")
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.APP_ENV in STRICT:
            raise CommandError(f"The demo's password is public, so it stays out of {settings.APP_ENV}.")
        for email, *_ in PEOPLE.values():
            if User.objects.with_email(email).exists():
                raise CommandError(f"{email} is here already. Nothing was changed.")
        with transaction.atomic():
            Demo(timezone.now()).fill()
        self.stdout.write(self.style.SUCCESS("Three people have 9 projects and 200 todos now. Sign in as:"))
        for email, name, _ in PEOPLE.values():
            self.stdout.write(f"  {email:<22}{name}")
        self.stdout.write(f"  with the password: {PASSWORD}")
