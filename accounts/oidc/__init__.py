"""Signing in over OpenID Connect, as the relying party."""

from accounts.oidc.flow import Flow, Vouched, begin, finish
from accounts.oidc.providers import Provider, provider_named, providers

__all__ = ["Flow", "Provider", "Vouched", "begin", "finish", "provider_named", "providers"]
