"""The provider's answers are believed only if they are the provider's, for us, of this sign-in, and of now."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from connectors.oidc import OpenIdProvider, provider
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.model import SignInAttempt
from pipeline.settings import Oidc, Settings, Web
from tests import identity
from tests.identity import CLIENT, KEY, SECRET, Provider, jwk, new_key

ATTEMPT = SignInAttempt("state", "nonce", "verifier " * 5)


@pytest.fixture
def stranger() -> Iterator[Provider]:
    with identity.provider() as listening:
        yield listening


def client(stranger: Provider, **changes: Any) -> OpenIdProvider:
    wanted = {"client": CLIENT, "secret": SecretStr(SECRET), "default_role": "reader", "private_addresses": True}
    oidc = Oidc(issuer=stranger.issuer, **{**wanted, **changes})
    return provider(Settings(oidc=oidc, web=Web(address="https://desk.example.org/")))


def code_of(stranger: Provider, signing: OpenIdProvider, attempt: SignInAttempt = ATTEMPT) -> str:
    """The code with which the provider sends the browser back."""
    query = parse_qs(urlsplit(signing.sign_in_address(attempt)).query)
    back = stranger.authorize({name: values[0] for name, values in query.items()})
    return parse_qs(urlsplit(back).query)["code"][0]


def claims(stranger: Provider, **changes: Any) -> dict[str, Any]:
    signing = client(stranger, **changes)
    return dict(signing.claims(code_of(stranger, signing), "", ATTEMPT))


def test_a_user_signs_in(stranger: Provider) -> None:
    stranger.claims = {"name": "Ada Ek"}
    signing = client(stranger)
    address = urlsplit(signing.sign_in_address(ATTEMPT))
    query = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{stranger.issuer}/authorize"
    assert query["redirect_uri"] == ["https://desk.example.org/login/oidc/back"]
    assert query["scope"] == ["openid profile email"]
    assert (query["state"], query["nonce"], "verifier" in address.query) == (["state"], ["nonce"], False)
    found = signing.claims(code_of(stranger, signing), "", ATTEMPT)
    assert (found["sub"], found["name"]) == ("4711", "Ada Ek")
    assert signing.sign_out_address("https://desk.example.org/login") == (
        f"{stranger.issuer}/end?client_id={CLIENT}&post_logout_redirect_uri=https%3A%2F%2Fdesk.example.org%2Flogin"
    )


def test_user_info_completes_the_token_and_never_replaces_it(stranger: Provider) -> None:
    stranger.claims = {"name": "Ada Ek"}
    stranger.user_info = {"sub": "4711", "name": "Somebody", "groups": ["desk"]}
    found = claims(stranger)
    assert (found["name"], found["groups"]) == ("Ada Ek", ["desk"])
    for sub in ("4712", None):
        stranger.user_info = {"sub": sub, "groups": ["admins"]}
        with pytest.raises(RefusedError, match="answers about another user"):
            claims(stranger)


def _unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none")


def _by_public_key(claims: dict[str, Any]) -> str:
    """A token signed by HMAC with the public key, which a careless check takes for the provider's."""
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [json.dumps({"alg": "HS256", "kid": "first"}).encode(), json.dumps(claims).encode()]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    from jwt.algorithms import HMACAlgorithm

    signature = HMACAlgorithm(HMACAlgorithm.SHA256).sign(signed, public)
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def _by_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, SECRET.ljust(32), "HS256", {"kid": "first"})


def _by_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, new_key(), "RS256", {"kid": "first"})


def _with_own_key(claims: dict[str, Any]) -> str:
    """A token that brings the key of its signature."""
    key = new_key()
    return jwt.encode(claims, key, "RS256", {"kid": "own", "jwk": jwk(key, "own")})


def _changed(claims: dict[str, Any]) -> str:
    head, _, tail = jwt.encode(claims, KEY, "RS256", {"kid": "first"}).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "1"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{tail}"


@pytest.mark.parametrize("sign", [_unsigned, _by_public_key, _by_secret, _by_another_key, _with_own_key, _changed])
def test_a_token_that_the_provider_did_not_sign_is_refused(stranger: Provider, sign: Any) -> None:
    stranger.sign = sign
    with pytest.raises(RefusedError, match="ID token"):
        claims(stranger)


NOW = int(time.time())


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT], "azp": "other"},
        {"exp": NOW - 3600, "iat": NOW - 7200},
        {"exp": None},
        {"iat": NOW + 3600},
        {"iat": None},
        {"nbf": NOW + 3600},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 4711},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(stranger: Provider, wrong: dict[str, Any]) -> None:
    stranger.claims = wrong
    with pytest.raises(RefusedError, match="ID token"):
        claims(stranger)


def test_a_token_for_several_clients_names_us(stranger: Provider) -> None:
    stranger.claims = {"aud": [CLIENT, "other"], "azp": CLIENT}
    assert claims(stranger)["sub"] == "4711"


def test_a_code_is_for_whoever_began(stranger: Provider) -> None:
    """A stolen code is worth nothing without the verifier."""
    signing = client(stranger)
    code = code_of(stranger, signing)
    with pytest.raises(RefusedError, match="invalid_grant"):
        signing.claims(code, "", SignInAttempt("state", "nonce", "another verifier"))


def test_an_answer_of_another_provider_is_refused(stranger: Provider) -> None:
    signing = client(stranger)
    with pytest.raises(RefusedError, match="another provider"):
        signing.claims(code_of(stranger, signing), "https://other.example", ATTEMPT)
    stranger.metadata = {"authorization_response_iss_parameter_supported": True}
    signing = client(stranger)
    with pytest.raises(RefusedError, match="another provider"):
        signing.claims(code_of(stranger, signing), "", ATTEMPT)
    assert signing.claims(code_of(stranger, signing), stranger.issuer, ATTEMPT)["sub"] == "4711"


def test_a_wrong_secret_is_named_and_not_shown(stranger: Provider) -> None:
    stranger.token_status = 401
    with pytest.raises(RefusedError, match="invalid_client") as refused:
        claims(stranger)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(client(stranger).__dict__)


def test_changed_keys_are_fetched_again(stranger: Provider) -> None:
    now = 0.0
    signing = client(stranger)
    signing._clock = lambda: now
    assert signing.claims(code_of(stranger, signing), "", ATTEMPT)
    key = new_key()
    stranger.keys = [jwk(key, "second")]
    stranger.sign = lambda claims: jwt.encode(claims, key, "RS256", {"kid": "second"})
    with pytest.raises(RefusedError, match="unknown key"):  # a minute has to pass, so that no token makes us fetch
        signing.claims(code_of(stranger, signing), "", ATTEMPT)
    now = 60.0
    assert signing.claims(code_of(stranger, signing), "", ATTEMPT)
    assert stranger.paths.count("/keys") == 2


def test_metadata_is_fetched_once_an_hour(stranger: Provider) -> None:
    now = 0.0
    signing = client(stranger)
    signing._clock = lambda: now
    for _ in range(3):
        signing.sign_in_address(ATTEMPT)
    assert len(stranger.paths) == 2
    now = 3600.0
    signing.sign_in_address(ATTEMPT)
    assert len(stranger.paths) == 4


def test_symmetric_keys_of_the_provider_are_left_out(stranger: Provider) -> None:
    stranger.keys.append({"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(b"x" * 32).decode()})
    stranger.sign = lambda claims: jwt.encode(claims, "x" * 32, "HS256", {"kid": "shared"})
    with pytest.raises(RefusedError, match="unknown key"):
        claims(stranger)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"issuer": "https://other.example"}, "is about the issuer 'https://other.example'"),
        ({"token_endpoint": None}, "names no token_endpoint with https"),
        ({"jwks_uri": "file:///etc/passwd"}, "names no jwks_uri with https"),
        ({"jwks_uri": 7}, "names no jwks_uri"),
    ],
)
def test_metadata_that_cannot_be_used_is_named(stranger: Provider, metadata: dict[str, Any], complaint: str) -> None:
    stranger.metadata = metadata
    with pytest.raises(WorldError, match=complaint):
        claims(stranger)


def test_an_unreachable_provider_is_named_and_requested_again_later() -> None:
    with identity.provider() as stranger:
        signing = client(stranger)
    now = 0.0
    signing._clock = lambda: now
    with pytest.raises(WorldError, match=r"127\.0\.0\.1.* failed: Connection refused") as first:
        signing.sign_in_address(ATTEMPT)
    with pytest.raises(WorldError) as second:
        signing.sign_in_address(ATTEMPT)
    assert second.value is first.value
    now = 5.0
    with pytest.raises(WorldError) as third:
        signing.sign_in_address(ATTEMPT)
    assert third.value is not first.value


def test_few_sign_ins_wait_for_the_provider(stranger: Provider) -> None:
    signing = client(stranger)
    for _ in range(4):
        signing._turns.acquire()
    with pytest.raises(WorldError, match="too many sign-ins wait"):
        signing.claims("code", "", ATTEMPT)


@pytest.mark.slow
def test_concurrent_sign_ins_share_a_request(stranger: Provider) -> None:
    signing = client(stranger)
    with signing._lock, pytest.raises(WorldError, match="has not answered yet"):
        signing.sign_in_address(ATTEMPT)
    assert stranger.paths == []
    assert signing.sign_in_address(ATTEMPT)


def test_a_private_address_is_refused_and_gets_nothing(stranger: Provider) -> None:
    address = stranger.issuer.replace("http:", "https:")
    oidc = Oidc(issuer=address, client=CLIENT, default_role="reader", timeout=timedelta(seconds=5))
    signing = provider(Settings(oidc=oidc, web=Web(address="https://desk.example.org")))
    with pytest.raises(RefusedError, match=r"127\.0\.0\.1"):
        signing.sign_in_address(ATTEMPT)
    assert stranger.paths == []


def test_an_endpoint_without_encryption_is_refused(stranger: Provider) -> None:
    signing = client(stranger)
    signing.sign_in_address(ATTEMPT)
    signing._settings = signing._settings.model_copy(update={"private_addresses": False})
    with pytest.raises(WorldError, match="names no authorization_endpoint with https"):
        signing.sign_in_address(ATTEMPT)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"client": ""}, "oidc.client"),
        ({"default_role": ""}, "nobody could come in"),
    ],
)
def test_a_setting_that_is_missing_is_named(stranger: Provider, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        client(stranger, **changes)


def test_the_address_of_the_pages_is_needed(stranger: Provider) -> None:
    oidc = Oidc(issuer="https://login.example.org", client=CLIENT, default_role="reader")
    with pytest.raises(SettingsError, match=r"web\.address is not set"):
        provider(Settings(oidc=oidc))


def test_a_token_of_an_earlier_sign_in_is_refused(stranger: Provider) -> None:
    tokens = list[str]()

    def signed_once(claims: dict[str, Any]) -> str:
        tokens.append(jwt.encode(claims, KEY, "RS256", {"kid": "first"}))
        return tokens[0]

    stranger.sign = signed_once
    signing = client(stranger)
    assert signing.claims(code_of(stranger, signing), "", ATTEMPT)["sub"] == "4711"
    later = SignInAttempt("state 2", "nonce 2", "verifier 2 " * 5)
    with pytest.raises(RefusedError, match="another sign-in"):
        signing.claims(code_of(stranger, signing, later), "", later)


@pytest.mark.parametrize(
    "header", [{"crit": ["bound"], "bound": "x"}, {"crit": ["b64"], "b64": False}, {"alg": "none"}, {"kid": ["first"]}]
)
def test_a_token_with_a_header_that_we_do_not_understand_is_refused(stranger: Provider, header: dict[str, Any]) -> None:
    """RFC 7515, section 4.1.11: whoever does not know a critical extension has to refuse the token."""

    def signed(claims: dict[str, Any]) -> str:
        head, payload = ({"alg": "RS256", "kid": "first", **header}, claims)
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, payload)]
        signature = KEY.sign(b".".join(parts), PKCS1v15(), SHA256())
        return b".".join((*parts, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()

    stranger.sign = signed
    with pytest.raises(RefusedError, match="ID token"):
        claims(stranger)


@pytest.mark.parametrize("endpoint", ["jwks_uri", "userinfo_endpoint"])
def test_a_redirect_of_the_provider_is_not_followed(stranger: Provider, endpoint: str) -> None:
    stranger.metadata = {endpoint: f"{stranger.issuer}/moved"}
    with pytest.raises(WorldError, match=r"302|redirect"):
        claims(stranger)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"])
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "/x", 7, [], {}]
)
def test_an_endpoint_of_another_scheme_is_refused(stranger: Provider, name: str, address: object) -> None:
    stranger.metadata = {name: address}
    signing = client(stranger)
    with pytest.raises(WorldError, match=r"names no" if address else r"names no|^$"):
        signing.claims(code_of(stranger, signing), "", ATTEMPT)
        if not signing.sign_out_address("https://desk.example.org/login"):
            raise WorldError("")


def test_an_answer_of_the_provider_without_end_is_cut(stranger: Provider) -> None:
    stranger.metadata = {"about": "x" * 2_000_000}
    with pytest.raises(WorldError, match="more than 1,000,000 bytes"):
        claims(stranger)


@pytest.mark.parametrize("access", ["a\r\nx-role: admin", "a\nb", "ä", "\x00", ""])
def test_an_access_token_brings_no_header(stranger: Provider, access: str) -> None:
    stranger.user_info = {"sub": "4711"}
    stranger.access = access
    with pytest.raises(RefusedError, match=r"access.token"):
        claims(stranger)
    assert "/me" not in stranger.paths


@pytest.mark.parametrize("answer", [{"sub": None}, {}, {"sub": ["4711"]}, {"sub": "4711 "}, [], None, "4711"])
def test_user_info_about_nobody_is_refused(stranger: Provider, answer: Any) -> None:
    stranger.user_info = {}
    stranger.metadata = {"userinfo_endpoint": f"{stranger.issuer}/me"}
    stranger.user_info = answer
    with pytest.raises((RefusedError, WorldError), match=r"another user|no object"):
        claims(stranger)
