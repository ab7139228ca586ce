from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who people are, how they come in, and how they are kept out."""

    name = "accounts"

    def ready(self) -> None:
        from accounts import events

        events.register()
