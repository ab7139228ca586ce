"""An OpenID Connect provider that says what a test tells it to, on a port of its own.

It checks what a good one checks: the redirect address, the client's secret, PKCE, and that a code
is used once. Everything it says may be bent.
"""

import base64
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey


class OpenIdProvider:
    """`claims` go into every ID token, `description` and `keys` are what it publishes of itself."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("localhost", 0), self._handler())
        self.issuer = f"http://localhost:{self.server.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.algorithm, self.signing_key = "RS256", self.key
        self.keys: list[Any] = [self.key.as_dict(private=False)]
        self.description: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def settings(self, **changes: str) -> dict[str, str]:
        """Return how an operator would configure it."""
        return {"issuer": self.issuer, "client_id": "todos", "client_secret": "s3cret", "label": "Company"} | changes

    def sign_in(self, address: str, **changes: str) -> str:
        """Do what a person does there: return the path that it sends their browser back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        answer = {"code": code, "state": asked["state"]} | changes
        return f"{back.path}?{urlencode({name: value for name, value in answer.items() if value})}"

    def _token(self, body: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(body.get("code", ""), None)
        basic = base64.b64encode(b"todos:s3cret").decode()
        proof = base64.urlsafe_b64encode(sha256(body.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if (
            asked is None
            or authorization != f"Basic {basic}"
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != proof
            or asked["redirect_uri"] != body.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        now = self.now
        claims = {"iss": self.issuer, "aud": "todos", "sub": "mara", "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        id_token = jwt.encode(header, claims, self.signing_key, algorithms=[self.algorithm])
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": id_token}

    @property
    def now(self) -> int:
        return int(time.time())

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805  two objects, two names
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                pages = {
                    "/.well-known/openid-configuration": provider.description,
                    "/keys": {"keys": provider.keys},
                    "/userinfo": provider.userinfo,
                }
                self._answer(path, 200 if path in pages else 404, pages.get(path, {}))

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = {name: values[0] for name, values in parse_qs(text).items()}
                self._answer("/token", *provider._token(body, self.headers.get("Authorization", "")))

            def _answer(self, path: str, status: int, data: dict[str, Any]) -> None:
                provider.asked.append(path)
                status, sent = provider.answers.get(path, (status, json.dumps(data).encode()))
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                if 300 <= status < 400:
                    self.send_header("Location", provider.issuer)
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *args: Any) -> None:
                """Keep the test run quiet."""

        return Handler


@contextmanager
def provider_process(**claims: Any) -> Iterator[str]:
    """Run a provider that others made, in a process of its own, which knows one person; returns its issuer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    running = subprocess.Popen(
        [*command, "--user-claims", json.dumps(claims)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    issuer = f"http://localhost:{port}"
    try:
        for _ in range(200):
            try:
                requests.get(f"{issuer}/.well-known/openid-configuration", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield issuer
    finally:
        running.terminate()
        running.wait(10)
