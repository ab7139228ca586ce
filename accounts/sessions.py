"""Sessions of the pages, kept in the database and tied to their device (settings.SESSION_ENGINE)."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

DEVICE = "device"
"""The key under which a session names its device."""
AUTHENTICATED_AT = "authenticated_at"
"""The key of the moment when the person last proved who they are, in seconds since 1970."""
USED_AT = "used_at"
"""The key of the moment when the device's last use was last noted, in seconds since 1970."""


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

    def load(self) -> dict[str, Any]:
        """Return what the session holds: nothing, if its device has ended or a signed-in person has none."""
        sessions: Any = self.model.objects
        session = sessions.usable(timezone.now()).filter(session_key=self.session_key).first()
        data: dict[str, Any] = self.decode(session.session_data) if session else {}
        if session is None or (SESSION_KEY in data and session.device_id is None):
            self._session_key = None
            return {}
        return data
