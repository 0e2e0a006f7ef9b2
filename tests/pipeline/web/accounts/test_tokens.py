"""API tokens act for their users, with no more than the user's role, until they end."""

import base64
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.errors import UsageError
from pipeline.model import ApiToken, Change, Feed, LastUse, User, UserRole
from pipeline.services import Services
from pipeline.testing import FakeClock, FakeDesk
from pipeline.web.accounts.login import Throttle
from pipeline.web.accounts.tokens import (
    MOST_DAYS,
    MOST_TOKENS,
    PREFIX,
    add_token,
    at_most,
    find_token,
    note_use,
    revoke,
    tokens,
)
from pipeline.web.accounts.users import add_user, change_user, remove_user
from tests import examples
from tests.pipeline.web.conftest import HERE, Simultaneous

PASSWORD = "seven blue kettles"
FEED = {"url": "https://courier.example/feed", "as_given": True}


@pytest.fixture
def program(services: Services, client: TestClient, open_web: FastAPI) -> TestClient:
    """A program before a desk that has a user of each role."""
    open_web.state.throttle = Throttle(lambda: 0.0)
    roles: dict[str, UserRole] = {"Ada Ek": "admin", "Eva Ås": "editor", "Ray Lund": "reader"}
    for name, role in roles.items():
        add_user(services.desk, name, role, PASSWORD, has_token=False)
    return client


def user(services: Services, user_id: str) -> User:
    found = services.desk.find(User, user_id)
    assert found
    return found


def created(services: Services, user_id: str = "eva-as", role: UserRole = "editor", days: int = 30) -> str:
    owner, now = user(services, user_id), services.clock()
    return add_token(services.desk, owner, f"export {role}", role=role, days=days, now=now)[1]


def with_token(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def test_a_token_is_stored_as_a_digest(
    services: Services, program: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        value = created(services)
        assert program.get("/api/v1/feeds", headers=with_token(value)).status_code == 200
        program.get("/api/v1/feeds", headers=with_token(f"{value}x"))
    assert value.startswith(PREFIX)
    assert len(value) > 40
    stored = services.settings.file.read_bytes() + services.settings.file.with_name("desk.sqlite-wal").read_bytes()
    assert value.encode() not in stored
    assert value not in caplog.text
    (token,) = services.desk.all(ApiToken)
    assert program.get("/api/v1/feeds", headers=with_token(token.id)).status_code == 401
    assert program.get("/api/v1/feeds", headers=with_token(PREFIX + token.id)).status_code == 401


def test_a_program_works_in_the_name_of_the_user(services: Services, program: TestClient) -> None:
    headers = with_token(created(services))
    assert program.get("/api/v1/account", headers=headers).json()["name"] == "Eva Ås"
    assert program.post("/api/v1/feeds", json=FEED, headers=headers).status_code == 201
    assert "Eva Ås, token 'export editor', from testclient" in [
        change.who for change in services.desk.all(Change) if change.noun == "feed"
    ]
    assert program.get("/alerts.json", headers=headers).status_code == 200


def test_a_token_permits_no_more_than_its_role(services: Services, program: TestClient) -> None:
    headers = with_token(created(services, "ada-ek", "reader"))
    assert program.get("/api/v1/feeds", headers=headers).status_code == 200
    refused = program.post("/api/v1/feeds", json=FEED, headers=headers)
    assert (refused.status_code, services.desk.all(Feed)) == (403, [])
    assert refused.json()["detail"].startswith("the token 'export reader' of Ada Ek has the role reader")
    assert program.get("/api/v1/users", headers=headers).status_code == 403
    assert program.get("/audit", headers=headers).status_code == 403
    assert program.get("/api/v1/users", headers=with_token(created(services, "ada-ek", "admin"))).status_code == 200


def test_a_token_has_at_most_the_role_of_its_user(services: Services, program: TestClient) -> None:
    headers = with_token(created(services))
    change_user(services.desk, "eva-as", has_token=False, role="reader")
    assert program.get("/api/v1/feeds", headers=headers).status_code == 200
    assert program.post("/api/v1/feeds", json=FEED, headers=headers).status_code == 403
    change_user(services.desk, "eva-as", has_token=False, role="admin")
    assert program.post("/api/v1/feeds", json=FEED, headers=headers).status_code == 201
    assert program.get("/api/v1/users", headers=headers).status_code == 403


@pytest.mark.parametrize("end", ["time", "revocation", "password", "removal", "removal and return"])
def test_a_token_ends(services: Services, program: TestClient, end: str) -> None:
    headers = with_token(created(services, "ray-lund", "reader", days=1))
    assert program.get("/api/v1/feeds", headers=headers).status_code == 200
    (token,) = services.desk.all(ApiToken)
    if end == "time":
        assert isinstance(services.clock, FakeClock)
        services.clock.now += timedelta(days=1)
    elif end == "revocation":
        revoke(services.desk, token.id)
    elif end == "password":
        change_user(services.desk, "ray-lund", has_token=False, password="nine green lamps")
    else:
        remove_user(services.desk, "ray-lund", has_token=False)
        assert (services.desk.all(ApiToken), services.desk.all(LastUse)) == ([], [])
    if end == "removal and return":
        add_user(services.desk, "Ray Lund", "reader", PASSWORD, has_token=False)
        services.desk.save(token)  # as a crash amid the removal would leave it
    assert program.get("/api/v1/feeds", headers=headers).status_code == 401


def test_a_use_at_the_time_of_the_revocation_does_not_bring_the_token_back(
    services: Services, program: TestClient
) -> None:
    value = created(services)
    token = find_token(services.desk, value)
    assert token
    revoke(services.desk, token.id)
    note_use(services.desk, token, services.clock())
    assert program.get("/api/v1/feeds", headers=with_token(value)).status_code == 401
    assert tokens(services.desk, services.clock()) == []


def test_wrong_tokens_wait_like_wrong_passwords(services: Services, program: TestClient) -> None:
    value = created(services)
    tries = [program.get("/api/v1/feeds", headers=with_token(f"{PREFIX}{n}")).status_code for n in range(6)]
    assert tries == [401] * 5 + [429]
    assert program.get("/api/v1/feeds", headers=with_token(value)).status_code == 429


FEEDS = ("/feeds/search.atom", "/feeds/search.json", "/feeds/actors/ada-lindqvist/outbox", "/record.atom")
BASIC = 'Basic realm="On the Record", charset="UTF-8"'


def basic(name: str, value: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{value}'.encode()).decode()}"}


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_reader_logs_in_with_a_name_and_a_token(services: Services, program: TestClient, path: str) -> None:
    accepts = {"accept": "application/atom+xml, text/html, */*"}  # as many feed readers do
    refused = program.get(path, headers=accepts)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, f"{BASIC}, Bearer")
    value = created(services, "eva-as", "reader")
    assert program.get(path, headers=accepts | basic("Eva Ås", value)).status_code == 200
    assert program.get(path, headers=basic("eva-as", value)).status_code == 200
    (use,) = services.desk.all(LastUse)
    assert use.at == services.clock()


def test_http_basic_opens_feeds_only(services: Services, program: TestClient) -> None:
    headers = basic("Eva Ås", created(services))
    for path in ("/api/v1/feeds", "/record", "/record.json", "/feeds", "/feeds.opml", "/login.atom/../record"):
        refused = program.get(path, headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer"), path
    posted = program.post("/feeds/search.atom", headers=headers)
    assert (posted.status_code, posted.headers["www-authenticate"]) == (401, "Bearer")
    assert program.get("/users.atom", headers=headers).status_code == 403


def test_a_wrong_login_of_a_feed_reader_is_refused_and_throttled(services: Services, program: TestClient) -> None:
    value = created(services)
    wrong = [
        *(basic("Eva Ås", PASSWORD), basic("Ada Ek", value), basic("", value), {"authorization": "Basic ???"}),
        {"authorization": "Basic /w=="},
    ]
    refused = [program.get("/feeds/search.atom", headers=headers) for headers in wrong]
    assert {(answer.status_code, answer.headers["www-authenticate"]) for answer in refused} == {
        (401, f'{BASIC}, Bearer error="invalid_token"')
    }
    assert program.get("/feeds/search.atom", headers=basic("Eva Ås", value)).status_code == 429


def test_a_feed_reader_may_use_the_token_of_the_desk(locked: TestClient) -> None:
    assert locked.get("/feeds/search.atom", headers=basic("anybody", "open sesame, please")).status_code == 200
    assert locked.get("/feeds/search.atom", headers=basic("anybody", "open sesame")).status_code == 401
    assert locked.get("/record", headers=basic("anybody", "open sesame, please")).status_code == 401


def test_a_token_that_has_ended_says_so_and_is_no_guess(services: Services, program: TestClient) -> None:
    value = created(services)
    change_user(services.desk, "eva-as", has_token=False, password="nine green lamps")
    answers = [program.get("/api/v1/feeds", headers=with_token(value)) for _ in range(7)]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[-1].json()["detail"] == "the token 'export editor' has ended"
    assert program.get("/api/v1/feeds", headers=with_token(created(services, "ray-lund", "reader"))).status_code == 200


def test_a_right_token_forgives_no_wrong_tries(services: Services, program: TestClient) -> None:
    """Otherwise a reader with a token could guess the passwords of others without a wait."""
    value = created(services, "ray-lund", "reader")
    for n in range(4):
        program.get("/api/v1/feeds", headers=with_token(f"{PREFIX}{n}"))
    assert program.get("/api/v1/feeds", headers=with_token(value)).status_code == 200
    assert program.get("/api/v1/feeds", headers=with_token("guess")).status_code == 401
    assert program.get("/api/v1/feeds", headers=with_token("guess")).status_code == 429


def test_a_token_makes_no_other_way_in(services: Services, program: TestClient, open_web: FastAPI) -> None:
    """An admin's token changes neither users nor accounts, sessions and tokens, by API or form."""
    headers = with_token(created(services, "ada-ek", "admin"))
    before = (services.desk.all(User), services.desk.all(ApiToken))
    people = ("/api/v1/users", "/api/v1/account", "/api/v1/sessions", "/api/v1/tokens")
    changes = [
        (method, path.replace("{", "").replace("}", ""))
        for path, methods in open_web.openapi()["paths"].items()
        for method in methods
        if method != "get" and path.startswith(people)
    ]
    assert len(changes) >= 8
    for path in ("/users", "/users/access", "/account", "/account/tokens", "/account/sessions"):
        changes.append(("post", path))
    for method, path in changes:
        answer = program.request(method, path, json={}, headers=headers)
        assert (answer.status_code, "a token changes no accounts" in answer.text) == (403, True), path
    assert (services.desk.all(User), services.desk.all(ApiToken)) == before
    assert program.post("/api/v1/feeds", json=FEED, headers=headers).status_code == 201


def test_the_day_of_the_last_use_is_written_once(services: Services, program: TestClient) -> None:
    headers = with_token(created(services))
    assert tokens(services.desk, services.clock())[0].used is None
    entries = len(services.desk.all(Change))
    for _ in range(3):
        program.get("/api/v1/feeds", headers=headers)
    assert services.desk.version(LastUse) == 1
    assert isinstance(services.clock, FakeClock)
    first = services.clock()
    services.clock.now += timedelta(days=2)
    program.get("/api/v1/feeds", headers=headers)
    used = tokens(services.desk, services.clock())[0].used
    assert used == first + timedelta(days=2)
    assert len(services.desk.all(Change)) == entries


@pytest.mark.parametrize(
    ("name", "role", "days", "complaint"),
    [
        ("", "reader", 30, "a name with a letter"),
        ("...", "reader", 30, "a name with a letter"),
        ("x" * 61, "reader", 30, "60 characters at most"),
        ("a\x00b", "reader", 30, "a name with a letter"),
        (" EXPORT ", "reader", 30, "exists already"),
        ("other", "admin", 30, "the role editor at most, not admin"),
        ("other", "reader", 0, "1 to 366 days, not 0"),
        ("other", "reader", MOST_DAYS + 1, "1 to 366 days, not 367"),
    ],
)
def test_a_token_that_cannot_be_is_refused(name: str, role: UserRole, days: int, complaint: str) -> None:
    desk = FakeDesk()
    desk.save(examples.token())
    with pytest.raises(UsageError, match=complaint):
        add_token(desk, examples.user(), name, role=role, days=days, now=examples.NOON)
    assert desk.all(ApiToken) == [examples.token()]


def test_a_user_has_a_limited_number_of_tokens() -> None:
    desk = FakeDesk()
    for number in range(MOST_TOKENS):
        add_token(desk, examples.user(), f"number {number}", role="reader", days=1, now=examples.NOON)
    with pytest.raises(UsageError, match="20 tokens, which is the maximum"):
        add_token(desk, examples.user(), "too many", role="reader", days=1, now=examples.NOON)
    add_token(desk, examples.user("Bo Berg"), "too many", role="reader", days=1, now=examples.NOON)


def at_once(desk: Simultaneous, *names: str) -> int:
    """The number of these tokens that were added, in threads."""
    desk.meeting = Barrier(len(names))

    def is_added(name: str) -> bool:
        try:
            add_token(desk, examples.user(), name, role="reader", days=1, now=examples.NOON)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as threads:
        return sum(threads.map(is_added, names))


def test_two_requests_at_once_do_not_exceed_the_limit() -> None:
    desk = Simultaneous()
    for number in range(MOST_TOKENS - 1):
        add_token(desk, examples.user(), f"number {number}", role="reader", days=1, now=examples.NOON)
    added = at_once(desk, "one more", "another")
    assert len(desk.all(ApiToken)) == MOST_TOKENS - 1 + added <= MOST_TOKENS


def test_two_requests_at_once_do_not_create_two_tokens_of_a_name() -> None:
    desk = Simultaneous()
    added = at_once(desk, "Night export", "night export")
    assert len(desk.all(ApiToken)) == added <= 1


def test_the_lower_of_two_roles() -> None:
    roles: tuple[UserRole, ...] = ("reader", "editor", "admin")
    assert [[at_most(one, other) for other in roles] for one in roles] == [
        ["reader", "reader", "reader"],
        ["reader", "editor", "editor"],
        ["reader", "editor", "admin"],
    ]


def test_a_login_of_a_feed_reader_is_in_no_log(
    services: Services, program: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    value = created(services)
    with caplog.at_level(logging.DEBUG):
        assert program.get("/alerts.atom", headers=basic("eva-as", value)).status_code == 200
        assert program.get("/alerts.atom", headers=basic("eva-as", f"{value}x")).status_code == 401
        assert program.get("/alerts.atom", headers=basic("eva-as", PASSWORD)).status_code == 401
    secrets = (value, PASSWORD, basic("eva-as", value)["authorization"][6:])
    assert "the token is wrong" in caplog.text
    assert not any(secret in caplog.text for secret in secrets)


@pytest.mark.parametrize(
    "credentials", ["A" * 60_000, "=", "Og==", "OjpjOg==", "/w==", "AAAA\u00e9", "", "  ", "QQ== QQ=="]
)
def test_malformed_logins_of_feed_readers_open_nothing(program: TestClient, credentials: str) -> None:
    header = {b"authorization": f"Basic {credentials}".encode("latin-1")}
    answer = program.get("/alerts.atom", headers=header)
    assert answer.status_code in (400, 401, 431)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_login_of_a_feed_reader_changes_nothing(services: Services, program: TestClient, method: str) -> None:
    headers = basic("ada-ek", created(services, "ada-ek", "admin"))
    for path in ("/feeds/x.atom", "/alerts.atom", "/api/v1/feeds", "/api/v1/feeds.atom", "/watches", "/account/tokens"):
        assert program.request(method, path, headers=headers, json=FEED).status_code in (401, 403, 404, 405)
    assert services.desk.all(Feed) == []


@pytest.mark.parametrize(
    "path",
    ["/api/v1/feeds?x=.atom", "/record?x=/feeds/", "/feeds/../api/v1/feeds", "/feeds%2f..%2fapi/v1/feeds", "//feeds/x"],
)
def test_no_address_passes_for_a_feed(services: Services, program: TestClient, path: str) -> None:
    headers = basic("ada-ek", created(services, "ada-ek", "admin"))
    assert program.get(f"{HERE}{path}", headers=headers).status_code in (401, 404)


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "authorization"])
def test_a_token_in_an_address_opens_nothing(services: Services, program: TestClient, name: str) -> None:
    """Addresses are written to logs of proxies and to the history of browsers."""
    value = created(services)
    assert program.get(f"/alerts.atom?{name}={value}").status_code == 401
    assert (
        program.get("/alerts.atom", headers={"cookie": f"{name}={value}; onrecord_session={value}"}).status_code == 401
    )


def test_a_role_is_not_changed_by_preferences(services: Services, program: TestClient) -> None:
    program.headers.update({"accept": "text/html", "origin": HERE})
    program.post("/login", data={"name": "Ray Lund", "password": PASSWORD})
    refused = program.patch("/api/v1/account", json={"zone": "UTC", "role": "admin", "id": "ada-ek"})
    assert refused.status_code == 422
    form = {"zone": "UTC", "languages": "en", "role": "admin", "id": "ada-ek", "subject": "x", "name": "Ada Ek"}
    assert program.post("/account", data=form).status_code == 303
    ray = user(services, "ray-lund")
    assert (ray.role, ray.name, ray.subject) == ("reader", "Ray Lund", "")


@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        "//users",
        "/users/",
        "/users//access",
        "/%75sers",
        "/users;x",
        "/./users",
        "/x/../users",
        "/users.json",
    ],
)
def test_no_spelling_of_an_address_shows_a_reader_the_users(services: Services, program: TestClient, path: str) -> None:
    program.headers.update({"accept": "text/html", "origin": HERE})
    program.post("/login", data={"name": "Ray Lund", "password": PASSWORD})
    for method in ("GET", "HEAD", "POST"):
        answer = program.request(
            method, f"{HERE}{path}", headers={"x-http-method-override": "GET", "x-original-url": "/users"}
        )
        assert answer.status_code in (307, 308, 401, 403, 404, 405)
        assert "Eva" not in answer.text
