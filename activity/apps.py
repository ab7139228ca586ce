from django.apps import AppConfig
from django.conf import settings
from django.db.utils import load_backend


class ActivityConfig(AppConfig):
    """What happened, to whom and by whom: the memory of every other app."""

    name = "activity"
    verbose_name = "Activity"

    def ready(self) -> None:
        """Load what reaches the archive: the first reader would take that half second for the archive's silence."""
        if settings.ACTIVITY_ARCHIVE:
            load_backend(settings.DATABASES["activity"]["ENGINE"])
