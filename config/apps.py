from django.apps import AppConfig
from django.contrib.admin import apps


class FloorConfig(AppConfig):
    """The shared floor: commands and system checks that belong to no app."""

    name = "config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers itself


class AdminConfig(apps.AdminConfig):
    """Puts our site in the place of Django's."""

    default_site = "config.admin.Site"
