from django.apps import AppConfig


class TodosConfig(AppConfig):
    """Projects, todos and labels."""

    name = "todos"

    def ready(self) -> None:
        from accounts.registry import Estate, at_departure, at_profile_change, at_registration, in_export, in_mail
        from todos import events
        from todos.services import departure, export
        from todos.services.delivery import TEMPLATE as REMINDER
        from todos.services.delivery import write_reminder
        from todos.services.mentions import TEMPLATE as MENTION
        from todos.services.mentions import write_mention
        from todos.services.moments import follow_clock
        from todos.services.projects import create_inbox
        from todos.services.share_invitations import TEMPLATE as INVITATION
        from todos.services.share_invitations import write_invitation

        events.register()
        at_registration(create_inbox)
        in_mail(INVITATION, write_invitation)
        in_mail(MENTION, write_mention)
        in_mail(REMINDER, write_reminder)
        at_profile_change(follow_clock)
        at_departure(Estate(shared=departure.shared_projects, settle=departure.settle_projects))
        for name, rows in (export.KINDS | export.OWN).items():
            in_export(name, export.of_person(rows))
