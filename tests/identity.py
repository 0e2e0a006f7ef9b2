"""An OpenID Connect provider on loopback, which signs in whom the test says, honestly or not."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT = "newsroom"
SECRET = "the client's: secret, 100%"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY = new_key()


def jwk(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    """The public key as a provider publishes it."""
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "RS256"}


@dataclass
class Provider:
    """The provider. `claims` and `user_info` describe the user; what they hold overrides what is right.

    `sign` makes the ID token of its claims. `codes` are those that are not exchanged yet, with their requests.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(KEY, "first")])
    sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(claims, KEY, "RS256", {"kid": "first"})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    token_status: int = 200
    access: str = "access"

    def described(self) -> dict[str, Any]:
        """The discovery document."""
        endpoints = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "end_session_endpoint": "/end",
        }
        if self.user_info is not None:
            endpoints["userinfo_endpoint"] = "/me"
        return {
            "issuer": self.issuer,
            **{name: self.issuer + path for name, path in endpoints.items()},
            **self.metadata,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """The address to which the browser of a user is sent back, who has signed in."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint."""
        if self.token_status != 200:
            return self.token_status, {"error": "invalid_client", "error_description": SECRET}
        scheme, _, pair = authorization.partition(" ")
        client, _, secret = base64.b64decode(pair).decode().partition(":")
        if (scheme, unquote(client), unquote(secret)) != ("Basic", CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        query = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if not query or (challenge, form["redirect_uri"]) != (query["code_challenge"], query["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "sub": "4711",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
        }
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        return 200, {"access_token": self.access, "token_type": "Bearer", "id_token": self.sign(claims)}


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that listens while the block runs."""
    known = Provider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            known.paths.append(parts.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("location", known.authorize(query))
                self.end_headers()
            elif parts.path == "/me":
                assert self.headers["authorization"] == "Bearer access"
                self.answer(200, known.user_info)
            elif parts.path == "/moved":
                self.send_response(302)
                self.send_header("location", known.issuer + "/keys")
                self.end_headers()
            elif parts.path == "/keys":
                self.answer(200, {"keys": known.keys})
            elif parts.path == "/.well-known/openid-configuration":
                self.answer(200, known.described())
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            known.paths.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(*known.exchange(form, self.headers.get("authorization", "")))

        def answer(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
