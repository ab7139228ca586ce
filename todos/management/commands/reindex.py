from typing import Any

from django.core.management.base import BaseCommand

from todos.services.search import reindex


class Command(BaseCommand):
    """Makes what the search looks in anew, where rows were written by other hands than ours."""

    help = "Index every todo for the search again. Safe to run at any time, and to interrupt."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(self.style.SUCCESS(f"Indexed {reindex()} todos."))
