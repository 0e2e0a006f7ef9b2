"""Sign-in by OpenID Connect: the authorization code flow with PKCE, and the check of the ID token.

Requests leave through the guarded client. They follow no redirect, and reach a private address only if
`oidc.private_addresses` allows it. PyJWT checks signatures and times; an algorithm has to be asymmetric, so that
neither an unsigned token nor one signed with the provider's public key passes.

https://openid.net/specs/openid-connect-core-1_0.html
https://openid.net/specs/openid-connect-discovery-1_0.html
https://datatracker.ietf.org/doc/html/rfc9700
"""

import asyncio
import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import jwt

from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.model import SignInAttempt
from pipeline.ports import Response
from pipeline.settings import Fetch, Settings
from pipeline.settings.servers import RETURN_PATH, Oidc
from pipeline.text import clean
from pipeline.text.messages import one_line, shortened

_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")

_LEEWAY: Final = timedelta(seconds=60)  # between the clocks of the provider and ours

_KEPT_SECONDS: Final = 3_600.0  # for which metadata and keys are used

_RETRY_SECONDS: Final = 5.0  # after a failure, in which the provider is not asked for its metadata again

_KEYS_SECONDS: Final = 60.0  # between two fetches of the keys for a key that is unknown

_LOCK_SECONDS: Final = 1.0  # that a sign-in waits while another one fetches the metadata

_MOST_BYTES: Final = 1_000_000

_AT_ONCE: Final = 4  # sign-ins that wait for the provider, so that a slow one does not hold up the pages

_MOST_SUBJECT: Final = 255  # characters, by the standard

_WHY: Final = 100  # characters of the provider's error code


@dataclass(frozen=True, slots=True)
class _Known:
    """The provider's metadata and keys at a time of the monotonic clock."""

    metadata: Mapping[str, Any]
    keys: tuple[jwt.PyJWK, ...]
    at: float


class OpenIdProvider:
    """The `IdentityProvider` of the settings. Safe to share between threads."""

    def __init__(
        self, settings: Oidc, address: str, http: HttpClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._address = address
        self._http = http
        self._clock = clock
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._failure: tuple[float, WorldError] | None = None

    def sign_in_address(self, attempt: SignInAttempt) -> str:
        """See `IdentityProvider`."""
        challenge = base64.urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.client,
            "redirect_uri": self._address,
            "scope": self._settings.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(self._endpoint("authorization_endpoint"), query)

    def sign_out_address(self, back: str) -> str:
        """See `IdentityProvider`."""
        if not self._provider().metadata.get("end_session_endpoint"):
            return ""
        query = {"client_id": self._settings.client, "post_logout_redirect_uri": back}
        return _with_query(self._endpoint("end_session_endpoint"), query)

    def claims(self, code: str, issuer: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """See `IdentityProvider`."""
        self._check_issuer(issuer)
        with self._turn():
            tokens = self._exchange(code, attempt)
            claims = self._verified(_text(tokens, "id_token"), attempt)
            return {**self._user_info(tokens, claims), **claims}

    def _check_issuer(self, issuer: str) -> None:
        """Refuse an answer of another provider (RFC 9207)."""
        named = self._provider().metadata.get("authorization_response_iss_parameter_supported") is True
        if (issuer or named) and issuer != self._settings.issuer:
            raise RefusedError("the answer to the sign-in comes from another provider")

    def _exchange(self, code: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """The tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._address,
            "code_verifier": attempt.verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        client, secret = self._settings.client, self._settings.secret
        methods = self._provider().metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is None:
            form["client_id"] = client
        elif isinstance(methods, list) and "client_secret_basic" in methods:
            pair = f"{quote(client, safe='')}:{quote(secret.get_secret_value(), safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client, "client_secret": secret.get_secret_value()}
        url = self._endpoint("token_endpoint")
        answer = self._http.post(url, urlencode(form).encode(), headers, self._settings.timeout)
        if answer.status in (400, 401, 403):
            raise RefusedError(f"{url} refuses the sign-in: {_error_code(answer)}")
        return _object(answer, url)

    def _verified(self, token: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """The claims of an ID token. RefusedError if it is not for us, not of this attempt, or not the provider's."""
        try:
            header = jwt.get_unverified_header(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(header.get("kid")),
                algorithms=_ALGORITHMS,
                audience=self._settings.client,
                issuer=self._settings.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise RefusedError(f"the provider's ID token is not valid: {one_line(str(error))}") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", "" if several else self._settings.client) != self._settings.client:
            raise RefusedError("the provider's ID token is for another client")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise RefusedError("the provider's ID token belongs to another sign-in")
        if not 0 < len(claims["sub"]) <= _MOST_SUBJECT:
            raise RefusedError("the provider's ID token names no subject")
        return claims

    def _key(self, key_id: object) -> jwt.PyJWK:
        """The key of this id; the keys are fetched again if it is unknown, because providers change their keys."""
        known = self._provider()
        key = _chosen(known, key_id)
        if key is None and self._clock() - known.at >= _KEYS_SECONDS:
            key = _chosen(self._provider(again=True), key_id)
        if key is None:
            raise RefusedError("the provider's ID token is signed with an unknown key")
        return key

    def _user_info(self, tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims of the userinfo endpoint, where many providers give name, e-mail and groups; {} if there is none.

        Its answer is not signed, so it has to be about the subject of the ID token.
        """
        if not self._provider().metadata.get("userinfo_endpoint"):
            return {}
        url, access = self._endpoint("userinfo_endpoint"), _text(tokens, "access_token")
        if not (access.isascii() and access.isprintable()):
            raise RefusedError("the provider's access token has characters that no header can carry")
        answer = _object(self._get(url, {"authorization": f"Bearer {access}"}), url)
        if answer.get("sub") != claims["sub"]:
            raise RefusedError(f"{url} answers about another user")
        return answer

    def _endpoint(self, name: str) -> str:
        """The address of an endpoint; https unless `oidc.private_addresses` allows a test on this machine."""
        return self._secure(self._provider().metadata, name)

    def _secure(self, metadata: Mapping[str, Any], name: str) -> str:
        url = metadata.get(name)
        scheme = urlsplit(url).scheme if isinstance(url, str) else ""
        if not (scheme == "https" or (scheme == "http" and self._settings.private_addresses)):
            raise WorldError(f"{self._settings.issuer} names no {name} with https")
        return str(url)

    def _provider(self, *, again: bool = False) -> _Known:
        """The metadata and keys, fetched if they are unknown or old."""
        if not self._lock.acquire(timeout=_LOCK_SECONDS):
            raise WorldError(f"{self._settings.issuer} has not answered yet")
        try:
            now = self._clock()
            if self._known and not again and now - self._known.at < _KEPT_SECONDS:
                return self._known
            if self._failure and now - self._failure[0] < _RETRY_SECONDS:
                raise self._failure[1]
            self._known = known = self._fetched(now)
        except WorldError as error:
            self._failure = (self._clock(), error)
            raise
        else:
            return known
        finally:
            self._lock.release()

    def _fetched(self, now: float) -> _Known:
        issuer = self._settings.issuer
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = _object(self._get(url, {}), url)
        if metadata.get("issuer") != issuer:
            named = shortened(one_line(str(metadata.get("issuer"))), _WHY)
            raise WorldError(f"{url} is about the issuer {named!r}, and oidc.issuer is {issuer!r}")
        jwks = self._secure(metadata, "jwks_uri")
        try:
            keys = jwt.PyJWKSet.from_dict(dict(_object(self._get(jwks, {}), jwks))).keys
        except jwt.PyJWTError as error:
            raise WorldError(f"{jwks} has no key that can be used: {error}") from error
        return _Known(metadata, tuple(key for key in keys if key.algorithm_name in _ALGORITHMS), now)

    def _get(self, url: str, headers: Mapping[str, str]) -> Response:
        async def get() -> Response:
            async with self._http.connections() as connections:
                plain = {"accept": "application/json", "accept-encoding": "identity"}
                return await connections.get(url, {**plain, **headers})

        return asyncio.run(get())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A turn among few: WorldError if too many sign-ins wait for the provider."""
        if not self._turns.acquire(blocking=False):
            raise WorldError("too many sign-ins wait for the provider")
        try:
            yield
        finally:
            self._turns.release()


def _chosen(known: _Known, key_id: object) -> jwt.PyJWK | None:
    """The key of this id; without an id, the only key."""
    keys = [key for key in known.keys if key_id is None or key.key_id == key_id]
    return keys[0] if len(keys) == 1 else None


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _object(answer: Response, url: str) -> Mapping[str, Any]:
    """The JSON object of an answer. WorldError if it is none."""
    if answer.status != 200:
        raise WorldError(f"{url} answers {answer.status}: {_error_code(answer)}")
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise WorldError(f"{url} answers with {len(answer.body):,} bytes that are not JSON") from error
    if not isinstance(value, dict):
        raise WorldError(f"{url} answers with JSON that is no object")
    return value


def _error_code(answer: Response) -> str:
    """The error code of an answer (RFC 6749, section 5.2); never its description, which may repeat what we sent."""
    try:
        code = json.loads(answer.body)["error"]
    except (ValueError, RecursionError, KeyError, TypeError):
        code = ""
    return shortened(one_line(clean(code)), _WHY) if isinstance(code, str) and code else "no reason"


def _text(tokens: Mapping[str, Any], name: str) -> str:
    value = tokens.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedError(f"the provider's answer has no {name}")
    return value


def provider(settings: Settings) -> OpenIdProvider:
    """Return the provider of the settings. SettingsError if a setting that it needs is missing."""
    wanted = settings.oidc
    if not wanted.client:
        raise SettingsError("oidc.client is not set: the provider needs the id of this client")
    if not settings.web.address:
        raise SettingsError("web.address is not set: the provider sends browsers back to it")
    if not (wanted.roles or wanted.default_role):
        raise SettingsError("oidc.roles and oidc.default_role are not set: nobody could come in")
    address = f"{settings.web.address.rstrip('/')}{RETURN_PATH}"
    return OpenIdProvider(wanted, address, HttpClient(_limits(settings.fetch, wanted)))


def _limits(limits: Fetch, wanted: Oidc) -> Fetch:
    changes = {
        "private_addresses": wanted.private_addresses,
        "logins": None,
        "redirects": 0,
        "timeout": wanted.timeout,
        "pause": timedelta(0),
        "bytes": _MOST_BYTES,
        "compressed_bytes": _MOST_BYTES,
    }
    return limits.model_copy(update=changes)
