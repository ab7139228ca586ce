"""Whose word counts on where a request came from."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
FORWARDED = "HTTP_X_FORWARDED_"


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address, as proxies in TRUSTED_PROXIES tell it.

    What anybody else says in `X-Forwarded-*` is dropped, so that it can neither dodge a limit nor
    pass for HTTPS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ip_network(name) for name in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = _read(request.META.get("REMOTE_ADDR", ""))
        if peer is not None:
            if self._trusts(peer):
                peer = self._client(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
            else:
                _drop_claims(request)
            request.META["REMOTE_ADDR"] = str(peer)
        else:
            _drop_claims(request)
        return self.get_response(request)

    def _client(self, peer: Address, claim: str) -> Address:
        """Walk from the nearest hop outwards: the first that no proxy of ours vouches for is the client."""
        client = peer
        for text in reversed(claim.split(",") if claim else []):
            hop = _read(text.strip())
            if hop is None:
                return peer
            client = hop
            if not self._trusts(hop):
                break
        return client

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def address_of(request: Any) -> str | None:
    """Return the client's address; None where there is none, as behind a socket file."""
    return request.META.get("REMOTE_ADDR") or None


def _read(text: str) -> Address | None:
    """Return an address; one of IPv4 in IPv6's clothes (RFC 4291 §2.5.5.2) is one of IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _drop_claims(request: HttpRequest) -> None:
    for name in [name for name in request.META if name.startswith(FORWARDED)]:
        del request.META[name]
