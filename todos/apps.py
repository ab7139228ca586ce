from django.apps import AppConfig


class TodosConfig(AppConfig):
    """Projects, todos and labels."""

    name = "todos"

    def ready(self) -> None:
        from accounts.registry import at_registration
        from todos import events
        from todos.services.projects import create_inbox

        events.register()
        at_registration(create_inbox)
