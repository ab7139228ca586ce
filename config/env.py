"""Strict readers of the environment.

`APP_ENV` picks `.env.<APP_ENV>`; real environment variables win over the file. In staging and
prod a value that is missing, malformed or still a placeholder stops the start with one line
that names the variable and what it expects.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import SplitResult, parse_qsl, urlsplit
from zoneinfo import available_timezones

import environ

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("dev", "staging", "prod", "test")
STRICT = ("staging", "prod")
PLACEHOLDER = re.compile(r"change[-_ ]?me|replace[-_ ]?me|placeholder|insecure|example\.com", re.I)
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.I)


def app_env() -> str:
    """Return the name of the environment; `dev` when nothing says otherwise."""
    name = os.environ.get("APP_ENV", "dev")
    if name not in ENVIRONMENTS:
        refuse("APP_ENV", f"one of {', '.join(ENVIRONMENTS)}", f"is {name!r}")
    return name


def settings_module() -> str:
    """Return the settings module of this environment."""
    return f"config.settings.{app_env()}"


def refuse(name: str, expects: str, problem: str) -> NoReturn:
    """Stop the start with the one line a person needs."""
    raise SystemExit(f"Configuration error: {name} {problem}; expected {expects}.")


class Environment:
    """Reads variables once at start; `strict` accepts no default for what matters."""

    def __init__(self, values: Mapping[str, str], *, strict: bool) -> None:
        self.values = values
        self.strict = strict

    @classmethod
    def load(cls, name: str) -> "Environment":
        """Read `.env.<name>` under the real environment, which wins."""
        environ.Env.read_env(BASE_DIR / f".env.{name}", overwrite=False)
        return cls(os.environ, strict=name in STRICT)

    def text(self, name: str, expects: str, default: str | None = None) -> str:
        """Return the text, or the default; without a default the variable is required."""
        value = self.values.get(name, "").strip()
        if not value:
            if default is not None:
                return default
            refuse(name, expects, "is missing")
        if self.strict and PLACEHOLDER.search(value):
            refuse(name, expects, "still has its placeholder")
        return value

    def secret(self, name: str) -> str:
        """Return a secret of at least 50 characters; never echoed."""
        expects = "a random text of at least 50 characters"
        value = self.text(name, expects)
        if self.strict and _is_weak(value):
            refuse(name, expects, "is too short or too simple")
        return value

    def secrets(self, name: str) -> list[str]:
        """Return secrets that were in use before, none by default; never echoed."""
        expects = "random texts of at least 50 characters, separated by commas"
        values = _items(self.text(name, expects, ""))
        if self.strict and any(map(_is_weak, values)):
            refuse(name, expects, "has one that is too short or too simple")
        return values

    def key_pairs(self, name: str) -> "list[RSAPrivateKey]":
        """Return the RSA keys in the files named, none by default (RFC 7518 §3.3: 2048 bits or more)."""
        expects = "paths of PEM files with RSA private keys of at least 2048 bits, separated by commas"
        return [_key_pair(name, expects, Path(path)) for path in _items(self.text(name, expects, ""))]

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a truth value."""
        expects = "true or false"
        value = self.text(name, expects, str(default)).lower()
        if value not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            refuse(name, expects, f"is {value!r}")
        return value in ("true", "1", "yes", "on")

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        """Return a whole number between two bounds."""
        expects = f"a whole number from {low} to {high}"
        value = self.text(name, expects, str(default))
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            refuse(name, expects, f"is {value!r}")
        return int(value)

    def rate(self, name: str, *, default: int) -> int | None:
        """Return how many a minute are allowed; None, written `none`, is any number."""
        if self.text(name, "a whole number, or none", str(default)) == "none":
            return None
        return self.integer(name, default=default, low=1, high=1_000_000)

    def days(self, name: str) -> timedelta | None:
        """Return for how many days something is kept; None, written `forever` and the default, is for ever."""
        expects = "a whole number of days from 1 to 36500, or forever"
        value = self.text(name, expects, "forever")
        if value == "forever":
            return None
        if not re.fullmatch(r"\d{1,5}", value) or not 1 <= int(value) <= 36_500:
            refuse(name, expects, f"is {value!r}")
        return timedelta(days=int(value))

    def choice(self, name: str, options: tuple[str, ...], *, default: str) -> str:
        """Return one of the options."""
        expects = f"one of {', '.join(options)}"
        value = self.text(name, expects, default)
        if value not in options:
            refuse(name, expects, f"is {value!r}")
        return value

    def hosts(self, name: str, *, default: str | None) -> list[str]:
        """Return host names; a wildcard is refused where it matters."""
        expects = "host names, separated by commas"
        hosts = _items(self.text(name, expects, default))
        if not hosts:
            refuse(name, expects, "names none")
        for host in hosts:
            if not HOST.fullmatch(host) and (self.strict or host != "*"):
                refuse(name, expects, f"has {host!r}")
        return hosts

    def networks(self, name: str) -> list[str]:
        """Return addresses and networks (CIDR); none by default. Everybody's network is refused."""
        expects = "addresses or networks such as 10.0.0.0/8, separated by commas, or none"
        value = self.text(name, expects, "none")
        networks = [] if value == "none" else _items(value)
        for network in networks:
            try:
                everybody = ip_network(network).prefixlen == 0
            except ValueError:
                everybody = True
            if everybody:
                refuse(name, expects, f"has {network!r}")
        return networks

    def origins(self, name: str) -> list[str]:
        """Return web origins (RFC 6454): scheme and host, no path."""
        expects = "origins such as https://todos.example.org, separated by commas"
        origins = _items(self.text(name, expects, ""))
        for origin in origins:
            parts = _split(name, expects, origin)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts[2:] != ("", "", ""):
                refuse(name, expects, f"has {origin!r}")
        return origins

    def web_address(self, name: str, *, default: str | None) -> str:
        """Return the address of the site without a slash at its end."""
        expects = "the address people use, such as https://todos.example.org"
        value = self.text(name, expects, default)
        parts = _split(name, expects, value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            refuse(name, expects, f"is {value!r}")
        return value.rstrip("/")

    def addresses(self, name: str) -> list[str]:
        """Return hosts, each alone or with a port; none by default."""
        expects = "hosts such as id.home.arpa or id.home.arpa:8443, separated by commas"
        found = _items(self.text(name, expects, "").lower())
        for item in found:
            if not re.fullmatch(rf"(?:{HOST.pattern})(?::\d{{1,5}})?", item, re.I):
                refuse(name, expects, f"has {item!r}")
        return found

    def providers(self, name: str) -> dict[str, dict[str, str]]:
        """Return what is known of each OpenID Connect provider that `name` lists, by its name.

        `company` is described by OIDC_COMPANY_ISSUER, _CLIENT_ID, _CLIENT_SECRET and _LABEL.
        """
        expects = "short names such as company, separated by commas"
        found = {}
        for item in _items(self.text(name, expects, "")):
            # The two that are taken are pages of ours beside those of providers.
            taken = item in found or item in ("passkey", "second-step")
            if taken or not re.fullmatch(r"[a-z][a-z0-9-]{0,49}", item):
                refuse(name, expects, f"has {item!r}")
            prefix = f"OIDC_{item.upper().replace('-', '_')}"
            found[item] = {
                "issuer": self._issuer(f"{prefix}_ISSUER"),
                "client_id": self.text(f"{prefix}_CLIENT_ID", "the client id that the provider gave"),
                "client_secret": self.text(f"{prefix}_CLIENT_SECRET", "the client secret that the provider gave"),
                "label": self.text(f"{prefix}_LABEL", "what people call it", item.replace("-", " ").capitalize()),
            }
        return found

    def _issuer(self, name: str) -> str:
        """Return an issuer as it is written: it is compared letter by letter (OpenID Connect Core §2)."""
        expects = "the issuer's address, such as https://id.example.org"
        value = self.text(name, expects)
        parts = _split(name, expects, value)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts[3:] != ("", ""):
            refuse(name, expects, "is malformed")
        return value

    def store(self, name: str, schemes: tuple[str, ...], *, optional: bool = True) -> str:
        """Return the URL of a server, or "" for none.

        Outside staging and prod, none is the default. There, silence is refused: `none` says it.
        """
        options = [f"{scheme}://…" for scheme in schemes]
        expects = " or ".join([*options, "none"] if optional else options)
        default = None if self.strict else "none"
        value = self.text(name, expects, default)
        if value == "none" and (optional or not self.strict):
            return ""
        parts = _split(name, expects, value)
        missing = not parts.hostname and parts.scheme != "sqlite"
        if parts.scheme not in schemes or missing or not _names_a_database(parts):
            refuse(name, expects, "is malformed")
        return value

    def bucket(self, name: str) -> str:
        """Return the URL of a bucket of S3, or "" for none; never echoed, for it has a secret."""
        expects = "s3://key:secret@bucket/folder?region=eu-central-1&endpoint=https://s3.your.org, or none"
        value = self.text(name, expects, "none")
        if value == "none":
            return ""
        parts = _split(name, expects, value)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        endpoint = _split(name, expects, options.get("endpoint", "https://s3"))
        if (
            parts.scheme != "s3"
            or not (parts.username and parts.password and parts.hostname and options.get("region"))
            or not options.keys() <= {"region", "endpoint"}
            or endpoint.scheme not in ("http", "https")
            or not endpoint.hostname
            or parts.fragment
        ):
            refuse(name, expects, "is malformed")
        return value

    def megabytes(self, name: str, *, default: int) -> int | None:
        """Return a number of bytes, given in millions of them; None, written `none`, is any number."""
        if self.text(name, "a whole number of megabytes, or none", str(default)) == "none":
            return None
        return self.integer(name, default=default, low=1, high=100_000_000) * 1_000_000

    def mail_server(self, name: str) -> str:
        """Return the URL of the server that takes outgoing mail; prints mails by default."""
        expects = "a mail server such as smtp+tls://user:password@host:587"
        value = self.text(name, expects, None if self.strict else "consolemail://")
        parts = _split(name, expects, value)
        missing = parts.scheme.startswith("smtp") and not parts.hostname
        if parts.scheme not in environ.Env.EMAIL_SCHEMES or missing:
            refuse(name, expects, "is malformed")
        return value

    def sender(self, name: str) -> str:
        """Return the address that mails come from, with or without a name before it."""
        expects = "a sender such as Simple Todos <todos@example.org>"
        value = self.text(name, expects, None if self.strict else "Simple Todos <todos@localhost>")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1]):
            refuse(name, expects, f"is {value!r}")
        return value

    def time_zone(self, name: str) -> str:
        """Return an IANA time zone; UTC by default."""
        expects = "an IANA time zone such as Europe/Berlin"
        value = self.text(name, expects, "UTC")
        if value not in available_timezones():
            refuse(name, expects, f"is {value!r}")
        return value


def _is_weak(secret: str) -> bool:
    return len(secret) < 50 or len(set(secret)) < 12


def _key_pair(name: str, expects: str, path: Path) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        refuse(name, expects, f"has {str(path)!r}, which cannot be read ({error.strerror})")
    except (ValueError, TypeError, UnsupportedAlgorithm):  # a TypeError asks for the password of a locked key
        refuse(name, expects, f"has {str(path)!r}, which is no such key or is locked by a password")
    if not isinstance(key, RSAPrivateKey):
        refuse(name, expects, f"has {str(path)!r}, which is no RSA key")
    if key.key_size < 2048:
        refuse(name, expects, f"has {str(path)!r}, which has only {key.key_size} bits")
    return key


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _split(name: str, expects: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port, parts.hostname
    except ValueError:
        refuse(name, expects, "is malformed")
    return parts


def _names_a_database(parts: SplitResult) -> bool:
    """PostgreSQL needs a name in the path; Redis takes a number or nothing."""
    path = parts.path.strip("/")
    if parts.scheme.startswith("redis"):
        return not path or path.isdecimal()
    return bool(path) or not parts.scheme.startswith("postgres")
