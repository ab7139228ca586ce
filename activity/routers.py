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
        options: Any = model._meta  # type: ignore[attr-defined]  # a model class
        if (options.app_label, options.model_name) != ("activity", "event"):
            return None
        return ARCHIVE if settings.ACTIVITY_ARCHIVE else JOURNAL

    def db_for_write(self, model: type, **hints: Any) -> str | None:
        return JOURNAL if model._meta.app_label == "activity" else None  # type: ignore[attr-defined]

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        return app_label == "activity" and model_name in (None, "event") if db == ARCHIVE else None
