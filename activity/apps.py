from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """What happened, to whom and by whom: the memory of every other app."""

    name = "activity"
    verbose_name = "Activity"
