"""Sessions of the pages, kept in the database and tied to their device (settings.SESSION_ENGINE)."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

DEVICE = "device"
"""The key under which a session names its device."""
AUTHENTICATED_AT = "authenticated_at"
"""The key of the moment when the person last proved who they are, in seconds since 1970."""


class SessionStore(DatabaseStore):
    """Keeps the device of a session beside it, so that ending the device ends the session."""

    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.device_id = data.get(DEVICE)
        return session
