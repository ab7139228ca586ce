from django.apps import AppConfig


class TodosConfig(AppConfig):
    """Projects, todos and labels."""

    name = "todos"

    def ready(self) -> None:
        from accounts.registry import Estate, at_departure, at_registration, in_export
        from todos import events
        from todos.services import departure, export
        from todos.services.projects import create_inbox

        events.register()
        at_registration(create_inbox)
        at_departure(Estate(shared=departure.shared_projects, settle=departure.settle_projects))
        for rows in (export.projects, export.memberships, export.labels, export.todos):
            in_export(rows.__name__, rows)
