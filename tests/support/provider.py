"""An OpenID Connect provider on loopback (discovery, authorize, token and keys) that can also misbehave."""

import base64
import hmac
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "audiomusic", "s3cret"
DISCOVERY = "/.well-known/openid-configuration"


def new_key():
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@dataclass
class Provider:
    """A provider that signs in every visitor to /authorize as `person` and redirects back at once."""

    issuer: str = ""
    person: dict = field(default_factory=lambda: {"sub": "248289761001", "preferred_username": "jane"})
    key: RSAKey = field(default_factory=new_key)
    #: Faults that a test can switch on.
    claims: dict = field(default_factory=dict)  # override the correct claims; None: omit the claim
    signing_key: RSAKey | None = None
    algorithm: str = "RS256"
    raw_token: str | None = None
    leaves_out_id_token: bool = False
    names_algorithms: bool = True
    is_down: bool = False
    codes: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)  # the queries that reached /authorize

    def metadata(self):
        ends = {"authorization": "authorize", "token": "token"}
        return {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks",
            **{f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in ends.items()},
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            **({"id_token_signing_alg_values_supported": ["RS256"]} if self.names_algorithms else {}),
        }  # fmt: skip

    def authorize(self, query):
        """Return the URL to which the browser is redirected."""
        self.asked.append(query)
        code = token_urlsafe(12)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form, authorization):
        """Return (status, body) for a code. Bad requests are refused as a real provider refuses them."""
        asked = self.codes.pop(form.get("code"), None)
        verifier = sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        kind, _, credentials = authorization.partition(" ")
        name, _, secret = base64.b64decode(credentials).decode().partition(":")
        is_client = (kind, unquote(name), unquote(secret)) == ("Basic", CLIENT_ID, CLIENT_SECRET)
        if asked is None or not is_client or asked["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        if (asked["code_challenge"], asked["redirect_uri"]) != (proof, form.get("redirect_uri")):
            return 400, {"error": "invalid_grant"}
        body = {"access_token": "unused", "token_type": "Bearer", "expires_in": 300}
        return 200, body if self.leaves_out_id_token else body | {"id_token": self._id_token(asked)}

    def _id_token(self, asked):
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked.get("nonce"),
            "auth_time": now, **self.person, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.raw_token is not None:
            return self.raw_token
        if self.algorithm in ("none", "HS256"):
            parts = [_encoded({"alg": self.algorithm, "kid": self.key.kid}), _encoded(claims)]
            public = self.key.as_pem(private=False)
            proof = (
                hmac.digest(public, ".".join(parts).encode(), "sha256") if self.algorithm == "HS256" else b""
            )
            return ".".join([*parts, base64.urlsafe_b64encode(proof).rstrip(b"=").decode()])
        signing = self.signing_key or self.key
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, signing, [self.algorithm])


def _encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@contextmanager
def running_provider():
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            if provider.is_down:
                self._send(503, {})
            elif url.path == DISCOVERY:
                self._send(200, provider.metadata())
            elif url.path == "/jwks":
                self._send(200, KeySet([provider.key]).as_dict(private=False))
            elif url.path == "/authorize":
                self._send(302, {}, Location=provider.authorize(query))
            else:
                self._send(404, {})

        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._send(*provider.token(form, self.headers.get("Authorization", "")))

        def _send(self, status, body, **headers):
            content = json.dumps(body).encode()
            self.send_response(status)
            fixed = {"Content-Type": "application/json", "Content-Length": str(len(content))}
            for name, value in {**fixed, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield provider
        server.shutdown()
