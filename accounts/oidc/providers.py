"""The OpenID Connect providers that the operator named."""

from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse

from config.errors import NotFound


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as the operator configured it. Its secret shows nowhere."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def redirect_uri(self) -> str:
        """Return where it sends people back to: an address of ours, whatever host was asked."""
        return settings.BASE_URL + reverse("provider-return", args=[self.name])


def providers() -> list[Provider]:
    """Return the providers of this server, in the operator's order."""
    return [Provider(name=name, **values) for name, values in settings.OIDC_PROVIDERS.items()]


def provider_named(name: str) -> Provider:
    """Return a provider; raises NotFound."""
    for provider in providers():
        if provider.name == name:
            return provider
    raise NotFound("There is no such way to sign in.")
