"""Which database an event lives in: written to the journal, read from the archive."""

from typing import Any

from django.conf import settings

ARCHIVE, JOURNAL = "activity", "default"


class ActivityRouter:
    """Sends reads of events to the archive where there is one, and every write to the journal.

    The archive holds events and nothing else; the journal's tables are everywhere else's too,
    so that a server can give its archive up again.
    """

    def db_for_read(self, model: type, **hints: Any) -> str | None:
        if model._meta.app_label == "activity":  # type: ignore[attr-defined]  # a model class
            return ARCHIVE if ARCHIVE in settings.DATABASES else JOURNAL
        return None

    def db_for_write(self, model: type, **hints: Any) -> str | None:
        return JOURNAL if model._meta.app_label == "activity" else None  # type: ignore[attr-defined]

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return app_label == "activity" if db == ARCHIVE else None
