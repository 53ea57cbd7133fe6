"""A minimal passkey device (WebAuthn level 2, ES256) that sends whatever a test needs."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.utils import websafe_encode

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Authenticator:
    origin: str = "http://testserver"
    host: str = "testserver"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    user_handle: str | None = None
    credential_id: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options, **changes):
        """Return the response to registration options, as the page's script sends it."""
        options = options["publicKey"]
        self.user_handle = options["user"]["id"]
        data = self._data(ATTESTED) + self.attested()
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        inside = {"attestationObject": websafe_encode(attestation)}
        return self._answer("webauthn.create", options, inside, **changes)[0]

    def attested(self):
        """Return the device's type, ID and public key, as the server stores them."""
        name = len(self.credential_id).to_bytes(2, "big") + self.credential_id
        return bytes(16) + name + cbor.encode(self._public_key())

    def use(self, options, **changes):
        """Return the response to sign-in options."""
        options = options["publicKey"]
        data = self._data()
        text, client_data = self._answer("webauthn.get", options, {}, **changes)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        answer = json.loads(text)
        answer["response"] |= {
            "authenticatorData": websafe_encode(data), "signature": websafe_encode(signature),
        }  # fmt: skip
        if self.user_handle is not None:
            answer["response"]["userHandle"] = self.user_handle
        return json.dumps(answer)

    def _data(self, flags=0):
        host = sha256(self.host.encode()).digest()
        return host + bytes([self.flags | flags]) + self.counter.to_bytes(4, "big")

    def _public_key(self):
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _answer(self, type_, options, inside, **changes):
        said = {"type": type_, "challenge": options["challenge"], "origin": self.origin} | changes
        client_data = json.dumps(said).encode()
        credential_id = websafe_encode(self.credential_id)
        response = inside | {"clientDataJSON": websafe_encode(client_data)}
        answer = {"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response}
        return json.dumps(answer), client_data
