"""Requests that we make ourselves: never to a place inside, over TLS, short and bounded.

requests-hardened resolves a name once, refuses private addresses and connects to the very address
it looked at, so that a name cannot point elsewhere a moment later. What it lets through is refused
here. `OUTGOING_ALLOWED_HOSTS` exempts hosts that the operator trusts, on their own network say.
"""

import time
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ReadTimeout, RequestException
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

CONNECT, READ, WHOLE = 3.0, 5.0, 10.0
"""Seconds to connect, between two pieces of an answer, and for all of it."""
LARGEST = 1024 * 1024
"""Bytes of an answer."""
PIECE = 16 * 1024
POLICY = Config(
    ip_filter_enable=True,
    ip_filter_allow_loopback_ips=False,
    never_redirect=True,
    default_timeout=(CONNECT, READ),
    user_agent_override="Simple-Todos",
)


class Refused(RequestException):
    """The address is not one that we ask, or its answer not one that we take."""


def is_exempt(url: Url) -> bool:
    """Say whether the operator trusts this host: `name` means its standard port, `name:port` another."""
    standard = {"https": 443, "http": 80}.get(url.scheme or "")
    host, port = (url.host or "").lower(), url.port or standard
    names = {f"{host}:{port}"} | ({host} if port == standard else set())
    return not names.isdisjoint(settings.OUTGOING_ALLOWED_HOSTS)


def require_allowed(address: str) -> None:
    """Raise Refused for an address with credentials, and for one without TLS unless its host is exempt."""
    url = parse_url(address)  # as the connection will read it, so that the two cannot differ
    if url.auth is not None:
        raise Refused("The address has credentials in it.")
    if url.scheme != "https" and not (url.scheme == "http" and is_exempt(url)):
        raise Refused("The address is not https.")


class Session(HTTPSession):
    """A session of `requests` under our rules; raises RequestException for whatever breaks one.

    It follows no redirect and asks the environment for no proxy and no password.
    """

    def __init__(self) -> None:
        super().__init__(POLICY)
        self.trust_env = False
        # What is not compressed cannot unfold in memory.
        self.headers["Accept-Encoding"] = "identity"
        self.guarded, self.trusted = _GuardedAdapter(is_https_proto=True), HTTPAdapter()

    def get_adapter(self, url: Any) -> HTTPAdapter:
        return self.trusted if is_exempt(parse_url(url)) else self.guarded

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request and read its answer whole."""
        until = time.monotonic() + WHOLE
        require_allowed(str(request.url))
        with super().send(request, **options | {"stream": True}) as response:
            body = _read(response, until)
        response._content, response._content_consumed = body, True  # as requests itself keeps it
        return response


def _read(response: Response, until: float) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused("The answer is compressed.")
    body = bytearray()
    try:
        while piece := response.raw.read1(PIECE):
            body += piece
            if len(body) > LARGEST:
                raise Refused("The answer is too large.")
            if time.monotonic() > until:
                raise ReadTimeout("The answer takes too long.")
    except (HTTPError, OSError) as error:
        if isinstance(error, RequestException):
            raise
        raise Refused("The answer breaks off.") from error
    return bytes(body)


class _GuardedAdapter(IPFilterAdapter):
    def build_connection_pool_key_attributes(self, *args: Any, **options: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **options)
        address = ip_address(host["host"].strip("[]"))
        inside = not address.is_global or address.is_reserved or address.is_multicast
        if inside or (isinstance(address, IPv6Address) and address.is_site_local):
            raise Refused("The address is not a public one.")
        return host, pool
