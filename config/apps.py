from django.apps import AppConfig


class FloorConfig(AppConfig):
    """The shared floor: commands and system checks that belong to no app."""

    name = "config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from config import checks  # noqa: F401  registers itself
