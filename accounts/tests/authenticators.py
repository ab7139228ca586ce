"""What people hold: an app that shows codes, and a device that makes passkeys (WebAuthn §6), in software."""

import json
import os
from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django_otp.oath import TOTP
from webauthn.helpers import encode_cbor

from accounts.services.second_factors import authenticator_in_setup, begin_authenticator, confirm_authenticator

PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class App:
    """An authenticator app that took in a secret."""

    def __init__(self, secret):
        self.key = b32decode(secret.replace(" ", ""))

    def code(self, now, steps=0):
        clock = TOTP(self.key, drift=steps)
        clock.time = now.timestamp()
        return f"{clock.token():06d}"


def set_up_app(user, now):
    """Give a person an app that counts; returns it and their recovery codes."""
    begin_authenticator(actor=user, now=now)
    app = App(authenticator_in_setup(user=user).secret)
    return app, confirm_authenticator(actor=user, code=app.code(now, -1), now=now)


class SoftKey:
    """A device with one passkey."""

    def __init__(self, origin="http://testserver", verifies=True):
        self.origin, self.verifies = origin, verifies
        self.id = os.urandom(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0
        self.handle = b""

    def create(self, options, **changes):
        self.handle = unpacked(options["user"]["id"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        credential = bytes(16) + len(self.id).to_bytes(2) + self.id + encode_cbor(cose)
        data = self._data(options["rp"]["id"], HAS_CREDENTIAL) + credential
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options, changes),
            "attestationObject": packed(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._answer(response)

    def get(self, options, handle=True, **changes):
        self.count += 1
        data = self._data(changes.pop("rp_id", options["rpId"]))
        client_data = self._client_data("webauthn.get", options, changes)
        signed = data + sha256(unpacked(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": packed(data),
            "signature": packed(self.key.sign(signed, ec.ECDSA(SHA256()))),
        }
        if handle:
            response["userHandle"] = packed(self.handle)
        return self._answer(response)

    def _data(self, host, flags=0):
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client_data(self, kind, options, changes):
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return packed(json.dumps(said | changes).encode())

    def _answer(self, response):
        return json.dumps({"id": packed(self.id), "rawId": packed(self.id), "type": "public-key", "response": response})


def packed(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text):
    return urlsafe_b64decode(text + "===")
